/** The gateway's HTTP application: middleware order, modules, one place for errors. */
import type { MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { CoordinatorClient } from '../coordinator/contract/client.ts';
import { adminRoutes, metricsRoutes } from './admin/index.ts';
import { ajaxRoutes, budgetRoutes } from './ajax/index.ts';
import { type AuditTrail, auditRoutes } from './audit/index.ts';
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
import { checkReadiness } from './readiness.ts';
import {
  boundedBody,
  crossOrigin,
  requestFacts,
  sameOriginChanges,
  securityHeaders,
} from './shield/index.ts';

export interface AppDependencies {
  readonly config: Config;
  readonly version: string;
  readonly database: Database;
  readonly coordinator: CoordinatorClient;
  readonly trail: AuditTrail;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly log: Log;
  readonly demoAccounts: InfoDependencies['demoAccounts'];
  /** Serves the built dashboard for paths no route answers. */
  readonly dashboard: MiddlewareHandler<GatewayEnv>;
}

export function createApp(deps: AppDependencies) {
  const { config, version, demoAccounts, identity, trail, coordinator } = deps;
  const app = createRouter();

  app.onError((error, c) => {
    const facts = c.get('facts');
    const known = toGatewayError(error);
    if (known.code === 'internal_error') {
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
    sameOriginChanges(config.http.corsOrigins),
    boundedBody(),
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
  for (const path of ['ajax/*', 'budget', 'commands/*', 'jobs/*', 'security/*', 'admin/*'])
    app.use(`/api/v1/${path}`, identity.authenticate);

  app.get('/health', (c) => c.json({ status: 'ok', project: config.projectName, version }));
  app.get('/ready', async (c) => {
    const readiness = await checkReadiness(deps, c.var.facts.correlationId);
    return c.json(readiness, readiness.status === 'ready' ? 200 : 503);
  });
  app.doc31('/api/v1/openapi.json', {
    openapi: '3.1.0',
    info: { title: config.projectName, version },
  });

  const routes = app
    .route('/api/v1/auth', identity.routes())
    .route('/api/v1/users', identity.routes())
    .route('/api/v1/ajax', ajaxRoutes(deps))
    .route('/api/v1/commands', commandRoutes(deps))
    .route('/api/v1/jobs', jobRoutes({ coordinator, dispatch: (request, env) => app.fetch(request, env) }))
    .route('/api/v1', budgetRoutes(deps))
    .route('/api/v1/security', auditRoutes(trail))
    .route('/api/v1/admin', adminRoutes({ coordinator, administrators: config.administrators }))
    .route('/', metricsRoutes({ coordinator, token: config.metricsToken }))
    .route('/api/v1', infoRoutes({ name: config.projectName, version, demoAccounts }));

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
