import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { CacheMark, CoordinatorClient } from '../../coordinator/contract/client.ts';
import { requireFeature } from '../access/index.ts';
import type { AuditTrail } from '../audit/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { createRouter, jsonContent, problemAnswers } from '../kernel/openapi.ts';
import { getHub, listHubs } from './list-hubs.ts';
import { getDevice, listDevices, listGroups, listRooms } from './list-parts.ts';
import type { Read, Reader } from './read.ts';
import {
  armDoneSchema,
  armInProgressSchema,
  armStateBody,
  budgetSchema,
  deviceDetailSchema,
  deviceParams,
  deviceSchema,
  groupSchema,
  hubParams,
  hubSchema,
  roomSchema,
} from './schema.ts';
import { setArmState } from './set-arm-state.ts';

export interface AjaxDependencies {
  readonly coordinator: CoordinatorClient;
  readonly trail: AuditTrail;
  readonly clock: Clock;
}

const problems = problemAnswers(401, 403, 404, 422, 429, 502, 503, 504);
const tags = ['ajax'];

const hubsRoute = createRoute({
  method: 'get',
  path: '/hubs',
  tags,
  summary: 'Hubs of the account, with their state',
  middleware: [requireFeature('list_hubs')],
  responses: { 200: jsonContent(z.array(hubSchema), 'Hubs'), ...problems },
});
const hubRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}',
  tags,
  summary: 'One hub',
  middleware: [requireFeature('list_hubs')],
  request: { params: hubParams },
  responses: { 200: jsonContent(hubSchema, 'The hub'), ...problems },
});
const devicesRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/devices',
  tags,
  summary: 'Devices of a hub, with their telemetry',
  middleware: [requireFeature('read_devices')],
  request: { params: hubParams },
  responses: { 200: jsonContent(z.array(deviceSchema), 'Devices'), ...problems },
});
const deviceRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/devices/{device_id}',
  tags,
  summary: 'One device',
  middleware: [requireFeature('read_devices')],
  request: { params: deviceParams },
  responses: { 200: jsonContent(deviceDetailSchema, 'The device'), ...problems },
});
const roomsRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/rooms',
  tags,
  summary: 'Rooms of a hub',
  middleware: [requireFeature('read_rooms')],
  request: { params: hubParams },
  responses: { 200: jsonContent(z.array(roomSchema), 'Rooms'), ...problems },
});
const groupsRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/groups',
  tags,
  summary: 'Groups of a hub',
  middleware: [requireFeature('read_groups')],
  request: { params: hubParams },
  responses: { 200: jsonContent(z.array(groupSchema), 'Groups'), ...problems },
});
const armStateRoute = createRoute({
  method: 'post',
  path: '/hubs/{hub_id}/arm-state',
  tags,
  summary: 'Arm, disarm or night mode, of a hub or one of its groups',
  middleware: [requireFeature('send_commands')],
  request: {
    params: hubParams,
    body: { content: { 'application/json': { schema: armStateBody } }, required: true },
  },
  responses: {
    200: jsonContent(armDoneSchema, 'Done'),
    202: jsonContent(armInProgressSchema, 'Two-stage arming has started; the hub is not armed yet'),
    ...problems,
    ...problemAnswers(400, 412, 413),
  },
});

/** `/api/v1/ajax` */
export function ajaxRoutes(deps: AjaxDependencies) {
  const reader = readerOf(deps);
  return createRouter()
    .openapi(hubsRoute, async (c) => c.json(marked(c, await listHubs(reader(c))), 200))
    .openapi(hubRoute, async (c) =>
      c.json(marked(c, await getHub(reader(c), c.req.valid('param').hub_id)), 200),
    )
    .openapi(devicesRoute, async (c) =>
      c.json(marked(c, await listDevices(reader(c), c.req.valid('param').hub_id)), 200),
    )
    .openapi(deviceRoute, async (c) => {
      const { hub_id, device_id } = c.req.valid('param');
      return c.json(marked(c, await getDevice(reader(c), hub_id, device_id)), 200);
    })
    .openapi(roomsRoute, async (c) =>
      c.json(marked(c, await listRooms(reader(c), c.req.valid('param').hub_id)), 200),
    )
    .openapi(groupsRoute, async (c) =>
      c.json(marked(c, await listGroups(reader(c), c.req.valid('param').hub_id)), 200),
    )
    .openapi(armStateRoute, async (c) => {
      const context = { trail: deps.trail, clock: deps.clock, endpoint: c.req.path };
      const result = await setArmState(reader(c), context, c.req.valid('param').hub_id, c.req.valid('json'));
      if (result === 'done') {
        return c.json({ success: true as const, outcome: 'done' as const, message: 'Command executed' }, 200);
      }
      const message = 'Two-stage arming has started; the hub is not armed yet';
      return c.json({ success: false as const, outcome: 'in_progress' as const, message }, 202);
    });
}

const budgetRoute = createRoute({
  method: 'get',
  path: '/budget',
  tags: ['budget'],
  summary: 'The shared request budget, and the share of the caller',
  responses: { 200: jsonContent(budgetSchema, 'Budget now'), ...problemAnswers(401, 503) },
});

/** `/api/v1/budget`: costs no upstream call. */
export function budgetRoutes({ coordinator }: AjaxDependencies) {
  return createRouter().openapi(budgetRoute, async (c) => {
    const { caller, facts } = c.var;
    const budget = await coordinator.budget(caller.ajaxUserId, {
      correlationId: facts.correlationId,
      signal: c.req.raw.signal,
    });
    const { limit, windowMs, used, waiting, mine, predictedWaitMs } = budget;
    return c.json(
      { limit, window_seconds: windowMs / 1000, used, waiting, mine, predicted_wait_ms: predictedWaitMs },
      200,
    );
  });
}

/** A reader for the request in hand; `Cache-Control` and `X-Cache-Control` with no-cache ask for fresh data. */
export function readerOf({ coordinator, clock }: Pick<AjaxDependencies, 'coordinator' | 'clock'>) {
  return (c: Context<GatewayEnv>): Reader => ({
    coordinator,
    clock,
    caller: c.var.caller,
    facts: c.var.facts,
    signal: c.req.raw.signal,
    lane: 'interactive',
    noCache: [c.req.header('cache-control'), c.req.header('x-cache-control')].some((value) =>
      /\bno-cache\b/i.test(value ?? ''),
    ),
  });
}

function marked<T>(c: Context<GatewayEnv>, { data, cache }: Read<T>): T {
  if (cache) markCache(c, cache);
  return data;
}

function markCache(c: Context<GatewayEnv>, cache: CacheMark): void {
  c.header('X-Cache', cache.state);
  c.header('X-Cache-TTL', String(cache.ttlSeconds));
  c.header('Age', String(cache.ageSeconds));
}
