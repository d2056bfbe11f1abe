# docs/deploy.md says how to run it. Every RUN, HEALTHCHECK and CMD below is also run by tests/runtime/container.test.ts.
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim

# What runs: the production dependencies, and of the Node that package-lock.json pins only the program.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev \
  && mv node_modules/node-linux-*/bin/node node \
  && rm -r node_modules/node-linux-* node_modules/.bin \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -delete

FROM ${NODE_IMAGE} AS dashboard
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY web web/
COPY src src/
RUN npm run build

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="AjaxSecurFlow" \
  org.opencontainers.image.description="Self-hostable, multi-tenant gateway in front of the Ajax Systems alarm API" \
  org.opencontainers.image.licenses="MIT"
COPY --from=dependencies /app/node /usr/local/bin/node
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules/
COPY package.json LICENSE ./
COPY coordinator coordinator/
COPY simulator simulator/
COPY src src/
COPY --from=dashboard /app/web/dist web/dist/
RUN install -d -o 1000 -g 1000 -m 700 /data
# A number, so that an orchestrator can see that it is not root.
USER 1000:1000
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["node", "src/main.health.ts"]
CMD ["node", "src/main.ts"]
