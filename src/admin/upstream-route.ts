import { createRoute, type z } from '@hono/zod-openapi';
import type { CoordinatorClient } from '../../coordinator/contract/client.ts';
import type { UpstreamStop } from '../../coordinator/contract/messages.ts';
import { type AdministratorPolicy, administratorsOnly } from '../access/index.ts';
import { type AuditTrail, forward } from '../audit/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { ofBody, ofChange, ofCoordinator, ofSession, problems } from '../kernel/problems.ts';
import type { Notifications } from '../notifications/index.ts';
import { upstreamStateSchema, upstreamSwitchBody, upstreamSwitchExamples } from './schema.ts';

export interface UpstreamDependencies {
  readonly coordinator: CoordinatorClient;
  readonly trail: AuditTrail;
  readonly clock: Clock;
  readonly administrators: AdministratorPolicy;
  readonly notifications: Pick<Notifications, 'tellAdministrators'>;
}

/** `PUT /api/v1/admin/upstream`: the kill switch. */
export function upstreamRoutes(deps: UpstreamDependencies) {
  const { coordinator, trail, clock, administrators } = deps;
  const route = createRoute({
    method: 'put',
    path: '/upstream',
    operationId: 'switchUpstream',
    tags: ['admin'],
    summary: 'Stop all requests to Ajax, or let them go again',
    ...administratorsOnly(
      administrators,
      'Takes effect with the answer, for everybody, and survives restarts. What waits is refused with ' +
        '`upstream_stopped`; cached answers are still served, marked `STALE` once they are old.',
    ),
    request: {
      body: {
        content: { 'application/json': { schema: upstreamSwitchBody, examples: upstreamSwitchExamples } },
        required: true,
      },
    },
    responses: {
      200: jsonContent(upstreamStateSchema, 'As it is now'),
      ...problems(...ofSession, ...ofCoordinator, ...ofBody, ...ofChange, 'administrator_required'),
    },
  });

  return createRouter().openapi(route, async (c) => {
    const { facts, caller } = c.var;
    const to = c.req.valid('json');
    const stop = await forward({
      ...{ trail, clock, facts, actor: caller },
      action: {
        action: to.stopped ? 'upstream.stop' : 'upstream.resume',
        method: 'PUT',
        endpoint: c.req.path,
        payload: to,
        severity: 'critical',
      },
      // It may have been switched before the coordinator or its storage was lost.
      saysNothing: ['coordinator_unavailable', 'storage_unavailable'],
      endOf: () => ({ outcome: 'done', statusCode: 200 }),
      send: () => coordinator.switchUpstream(to, { correlationId: facts.correlationId }),
    });
    const by = caller.email;
    // It has happened; nobody has to wait for what is said about it.
    if (to.stopped)
      deps.notifications.tellAdministrators('upstream_stopped', { by, reason: to.reason ?? null });
    else deps.notifications.tellAdministrators('upstream_resumed', { by });
    return c.json(toState(stop), 200);
  });
}

export function toState(stop: UpstreamStop): z.infer<typeof upstreamStateSchema> {
  if (stop === null) return { stopped: false, since: null, reason: null };
  return { stopped: true, since: new Date(stop.since).toISOString(), reason: stop.reason };
}
