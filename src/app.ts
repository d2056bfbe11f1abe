/** The gateway's HTTP application: middleware order, modules, one place for errors. */
import type { MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { CoordinatorClient } from '../coordinator/contract/client.ts';
import { adminRoutes, metricsRoutes } from './admin/index.ts';
import { ajaxRoutes, budgetRoutes, passThroughRoutes } from './ajax/index.ts';
import { type AuditTrail, auditRoutes } from './audit/index.ts';
import {
  type Billing,
  billingRoutes,
  meterRequests,
  stripeWebhookRoutes,
  type Usage,
} from './billing/index.ts';
import { commandRoutes } from './commands/index.ts';
import type { Config } from './config.ts';
import type { Database } from './db/client.ts';
import type { Identity } from './identity/index.ts';
import { type InfoDependencies, infoRoutes } from './info.ts';
import { jobRoutes } from './jobs/index.ts';
import type { Clock } from './kernel/clock.ts';
import type { GatewayEnv } from './kernel/context.ts';
import { GatewayError, problemResponse } from './kernel/errors.ts';
import type { Log } from './kernel/log.ts';
import { createRouter } from './kernel/openapi.ts';
import type { Notifications } from './notifications/index.ts';
import { olderPaths } from './older-paths.ts';
import { openApiRoutes } from './openapi.ts';
import { readinessRoutes } from './readiness.ts';
import {
  API_PAGE,
  boundedBody,
  crossOrigin,
  elsewhere,
  type Hits,
  LARGE_BODY_BYTES,
  refusedProbes,
  requestFacts,
  SMALL_BODY_BYTES,
  sameOriginChanges,
  securityHeaders,
  soundJson,
} from './shield/index.ts';
import type { Support } from './support/index.ts';
import { type DeadLetters, deadLetterMetrics } from './worker/index.ts';

export interface AppDependencies {
  readonly config: Config;
  readonly version: string;
  readonly database: Database;
  readonly coordinator: CoordinatorClient;
  readonly trail: AuditTrail;
  readonly identity: Identity;
  readonly billing: Billing;
  /** Counts requests by account and day. */
  readonly usage: Usage;
  /** Counts what the shield refuses. */
  readonly hits: Hits;
  readonly clock: Clock;
  readonly log: Log;
  readonly deadLetters: DeadLetters;
  readonly notifications: Notifications;
  readonly support: Support;
  readonly demoAccounts: InfoDependencies['demoAccounts'];
  /** Serves the page of the API's description. */
  readonly apiPage: MiddlewareHandler<GatewayEnv>;
  /** Serves the built dashboard for paths no route answers. */
  readonly dashboard: MiddlewareHandler<GatewayEnv>;
}

/** Where Stripe sends its events, which are larger than what people send. Its signature is looked at first. */
const WEBHOOK = '/api/v1/billing/webhook';
const EVENT_BYTES = 512 * 1024;

/** What goes on to Ajax, with bodies as large as Ajax takes them. */
const AJAX = '/api/v1/ajax';

export function createApp(deps: AppDependencies) {
  const { config, version, demoAccounts, identity, trail, coordinator, hits } = deps;
  const name = config.projectName;
  const app = createRouter();

  app.onError((error, c) => {
    const facts = c.get('facts');
    const known = toGatewayError(error);
    deps.notifications.alertOf(known.code);
    const { signal } = c.req.raw;
    // Whoever leaves ends its own calls: that is no failure of anybody.
    const isOver = error === signal.reason || known.code === 'coordinator_unavailable';
    if (signal.aborted && isOver) {
      const fields = { correlationId: facts?.correlationId, path: c.req.path };
      deps.log.debug(fields, 'the client left before its answer');
    } else if (known.code === 'internal_error') {
      deps.log.error({ error, correlationId: facts?.correlationId, path: c.req.path }, 'unhandled error');
    } else if (known.status >= 500) {
      deps.log.warn(
        { error: known, code: known.code, correlationId: facts?.correlationId },
        'request failed',
      );
    }
    return problemResponse(known, facts?.correlationId);
  });
  app.notFound((c) => problemResponse(new GatewayError('not_found'), c.get('facts')?.correlationId));

  app.use(
    requestFacts(config.http.trustedProxies, deps.clock),
    securityHeaders(),
    crossOrigin(config.http.corsOrigins),
    refusedProbes(hits),
    sameOriginChanges(config.http.corsOrigins),
    elsewhere(AJAX, elsewhere(WEBHOOK, boundedBody(SMALL_BODY_BYTES))),
    elsewhere(AJAX, elsewhere(WEBHOOK, soundJson(hits))),
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        problemResponse(
          new GatewayError('method_not_allowed', { headers: { allow: methods.join(', ') } }),
          c.var.facts.correlationId,
        ),
    }),
  );
  // Answers about accounts are nobody else's to keep; a route that knows better says so.
  app.use('/api/*', async (c, next) => {
    await next();
    const { headers } = c.res;
    if (!headers.has('cache-control')) headers.set('Cache-Control', 'private, no-cache');
  });
  for (const path of [
    ...['ajax/*', 'budget', 'billing/*', 'commands/*', 'jobs/*', 'security/*', 'admin/*'],
    ...['notifications', 'notifications/*', 'webhooks', 'webhooks/*'],
  ])
    app.use(`/api/v1/${path}`, elsewhere(WEBHOOK, identity.authenticate));
  app.use(`${AJAX}/*`, meterRequests(deps));
  // Only now: whoever is nobody here must not make the gateway keep large bodies in memory.
  app.use(`${AJAX}/*`, boundedBody(LARGE_BODY_BYTES), soundJson(hits));

  const ownMetrics = async () => hits.metrics() + (await deadLetterMetrics(deps.database, deps.deadLetters));
  const { payments, dependencies: billing } = deps.billing;
  app.use(WEBHOOK, boundedBody(EVENT_BYTES));
  const routes = app
    .route('/api/v1/billing', stripeWebhookRoutes({ payments }))
    .route('/api/v1/auth', identity.routes('auth'))
    .route('/api/v1/users', identity.routes('users'))
    .route('/api/v1/ajax', ajaxRoutes(deps))
    // After the routes it must not shadow.
    .route('/api/v1/ajax', passThroughRoutes(deps))
    .route('/api/v1/commands', commandRoutes(deps))
    .route('/api/v1/jobs', jobRoutes({ coordinator, dispatch: (request, env) => app.fetch(request, env) }))
    .route('/api/v1', budgetRoutes(deps))
    .route(
      '/api/v1/billing',
      billingRoutes({ ...billing, payments, usage: deps.usage, publicUrl: config.publicUrl }),
    )
    .route('/api/v1/security', auditRoutes(trail))
    .route('/api/v1/notifications', deps.notifications.routes())
    .route('/api/v1/webhooks', deps.notifications.webhookRoutes())
    .route('/api/v1/support', deps.support.routes(identity.recognize))
    .route('/api/v1/mail', deps.notifications.unsubscribeRoutes())
    .route('/api/v1/admin', adminRoutes({ ...deps, ...billing, administrators: config.administrators }))
    .route('/', metricsRoutes({ coordinator, token: config.metricsToken, ownMetrics }))
    .route('/api/v1', infoRoutes({ name, version, demoAccounts, payments: payments !== undefined }))
    .route('/api/v1', openApiRoutes({ app, name, version }))
    .route('/', readinessRoutes({ database: deps.database, coordinator, name, version }));

  app.route('/', olderPaths(config.projectName));
  app.get(API_PAGE, deps.apiPage);
  app.get(`${API_PAGE}/`, (c) => c.redirect(API_PAGE, 308));
  // Only here: answers that carry secrets are never compressed together with what a client sent.
  app.all('*', compress(), deps.dashboard);
  return routes;
}

/** What a typed client (`hc<AppType>`) needs to know about the routes. */
export type AppType = ReturnType<typeof createApp>;

/** Hono's own errors carry a status but no code; anything else is a bug of ours. */
function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof HTTPException && error.status === 400) {
    return new GatewayError('malformed_json', { cause: error });
  }
  if (error instanceof HTTPException && error.status === 415) {
    return new GatewayError('unsupported_media_type', { cause: error });
  }
  return new GatewayError('internal_error', { cause: error });
}
