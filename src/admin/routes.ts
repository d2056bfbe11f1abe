import { createRoute, type z } from '@hono/zod-openapi';
import type { CoordinatorStatus } from '../../coordinator/contract/messages.ts';
import { administratorsOnly } from '../access/index.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { ofCoordinator, ofSession, problems } from '../kernel/problems.ts';
import type { Notifications } from '../notifications/index.ts';
import { type AlertDependencies, alertsRoutes } from './alerts-routes.ts';
import { type DeadLetterDependencies, deadLetterRoutes } from './dead-letter-routes.ts';
import { coordinatorSchema } from './schema.ts';
import { type SupportAdminDependencies, supportAdminRoutes } from './support-routes.ts';
import { toState, type UpstreamDependencies, upstreamRoutes } from './upstream-route.ts';
import { type UsersDependencies, usersRoutes } from './users-routes.ts';
import { vouchersRoutes } from './vouchers-routes.ts';

export interface AdminDependencies
  extends UpstreamDependencies,
    AlertDependencies,
    DeadLetterDependencies,
    UsersDependencies,
    SupportAdminDependencies {
  readonly notifications: Notifications;
}

/** `/api/v1/admin`: for the operator. */
export function adminRoutes(deps: AdminDependencies) {
  const { coordinator, administrators } = deps;
  const coordinatorRoute = createRoute({
    method: 'get',
    path: '/coordinator',
    operationId: 'getCoordinatorStatus',
    tags: ['admin'],
    summary: 'How the coordinator does: budget, queue, cache, upstream',
    ...administratorsOnly(administrators),
    responses: {
      200: jsonContent(coordinatorSchema, 'Counters since the start of the coordinator'),
      ...problems(...ofSession, ...ofCoordinator, 'administrator_required'),
    },
  });
  return createRouter()
    .openapi(coordinatorRoute, async (c) => {
      const { correlationId } = c.var.facts;
      return c.json(toView(await coordinator.status({ correlationId, signal: c.req.raw.signal })), 200);
    })
    .route('/', upstreamRoutes(deps))
    .route('/', usersRoutes(deps))
    .route('/', vouchersRoutes(deps))
    .route('/alerts', alertsRoutes(deps))
    .route('/dead-letters', deadLetterRoutes(deps))
    .route('/support', supportAdminRoutes(deps));
}

function toView(status: CoordinatorStatus): z.infer<typeof coordinatorSchema> {
  const { lease, budget, keys, queue, upstream, startedAt, ...rest } = status;
  return {
    ...rest,
    upstream: { ...upstream, stopped: toState(upstream.stopped) },
    started_at: startedAt,
    lease: { epoch: lease.epoch, remaining_ms: lease.remainingMs, url: lease.url },
    budget: {
      limit: budget.limit,
      window_ms: budget.windowMs,
      used: budget.used,
      waiting: budget.waiting,
      predicted_wait_ms: budget.predictedWaitMs,
      reserve: budget.reserve,
      closed_until: toTime(budget.closedUntil),
    },
    keys: keys.map(({ closedUntil, ...key }) => ({ ...key, closed_until: toTime(closedUntil) })),
    queue: { waiting: queue.waiting, oldest_ms: queue.oldestMs },
  };
}

const toTime = (epochMs: number | null) => (epochMs === null ? null : new Date(epochMs).toISOString());
