import { createRoute, type z } from '@hono/zod-openapi';
import type { CoordinatorClient } from '../../coordinator/contract/client.ts';
import type { CoordinatorStatus } from '../../coordinator/contract/messages.ts';
import { type AdministratorPolicy, requireAdministrator } from '../access/index.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { ofCoordinator, ofSession, problems } from '../kernel/problems.ts';
import { coordinatorSchema } from './schema.ts';

export interface AdminDependencies {
  readonly coordinator: CoordinatorClient;
  readonly administrators: AdministratorPolicy;
}

/** `/api/v1/admin`: for the operator. */
export function adminRoutes({ coordinator, administrators }: AdminDependencies) {
  const coordinatorRoute = createRoute({
    method: 'get',
    path: '/coordinator',
    operationId: 'getCoordinatorStatus',
    tags: ['admin'],
    summary: 'How the coordinator does: budget, queue, cache, upstream',
    description:
      'For administrators (ADMIN_EMAILS). With ADMIN_SECRET_KEY configured, the header X-Admin-Secret must carry it.',
    security: [
      { bearer: [] },
      { cookie: [] },
      { bearer: [], adminSecret: [] },
      { cookie: [], adminSecret: [] },
    ],
    middleware: [requireAdministrator(administrators)],
    responses: {
      200: jsonContent(coordinatorSchema, 'Counters since the start of the coordinator'),
      ...problems(...ofSession, ...ofCoordinator, 'administrator_required'),
    },
  });
  return createRouter().openapi(coordinatorRoute, async (c) => {
    const { correlationId } = c.var.facts;
    return c.json(toView(await coordinator.status({ correlationId, signal: c.req.raw.signal })), 200);
  });
}

function toView(status: CoordinatorStatus): z.infer<typeof coordinatorSchema> {
  const { lease, budget, queue, startedAt, ...rest } = status;
  return {
    ...rest,
    started_at: startedAt,
    lease: { epoch: lease.epoch, remaining_ms: lease.remainingMs, url: lease.url },
    budget: {
      limit: budget.limit,
      window_ms: budget.windowMs,
      used: budget.used,
      waiting: budget.waiting,
      predicted_wait_ms: budget.predictedWaitMs,
      reserve: budget.reserve,
      closed_until: budget.closedUntil === null ? null : new Date(budget.closedUntil).toISOString(),
    },
    queue: { waiting: queue.waiting, oldest_ms: queue.oldestMs },
  };
}
