import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { requireFeature } from '../access/index.ts';
import { answerWaiting, jobAccepted } from '../jobs/index.ts';
import { acceptLanguageParameter, preferredLanguage } from '../kernel/accept-language.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { createRouter, jsonContent, problemAnswers } from '../kernel/openapi.ts';
import { preferParameter } from '../kernel/prefer.ts';
import { armStateRoutes } from './arm-state-route.ts';
import type { AjaxDependencies } from './dependencies.ts';
import { eventLanguages } from './event-words.ts';
import { getHub, listHubs } from './list-hubs.ts';
import { listLogs } from './list-logs.ts';
import { getDevice, getRoom, listDevices, listGroups, listRooms } from './list-parts.ts';
import { createPageSize } from './log-pages.ts';
import type { Read, Reader } from './read.ts';
import { jobReaderOf } from './reader.ts';
import {
  deviceDetailSchema,
  deviceParams,
  deviceSchema,
  groupSchema,
  hubParams,
  hubSchema,
  logQuery,
  logSchema,
  roomParams,
  roomSchema,
} from './schema.ts';

const others = { ...jobAccepted, ...problemAnswers(401, 403, 404, 422, 429, 502, 503, 504) };
const tags = ['ajax'];
const parameters = [preferParameter];

const hubsRoute = createRoute({
  method: 'get',
  path: '/hubs',
  tags,
  summary: 'Hubs of the account, with their state',
  middleware: [requireFeature('list_hubs')],
  parameters,
  responses: { 200: jsonContent(z.array(hubSchema), 'Hubs'), ...others },
});
const hubRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}',
  tags,
  summary: 'One hub',
  middleware: [requireFeature('list_hubs')],
  parameters,
  request: { params: hubParams },
  responses: { 200: jsonContent(hubSchema, 'The hub'), ...others },
});
const devicesRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/devices',
  tags,
  summary: 'Devices of a hub, with their telemetry',
  middleware: [requireFeature('read_devices')],
  parameters,
  request: { params: hubParams },
  responses: { 200: jsonContent(z.array(deviceSchema), 'Devices'), ...others },
});
const deviceRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/devices/{device_id}',
  tags,
  summary: 'One device',
  middleware: [requireFeature('read_devices')],
  parameters,
  request: { params: deviceParams },
  responses: { 200: jsonContent(deviceDetailSchema, 'The device'), ...others },
});
const roomsRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/rooms',
  tags,
  summary: 'Rooms of a hub',
  middleware: [requireFeature('read_rooms')],
  parameters,
  request: { params: hubParams },
  responses: { 200: jsonContent(z.array(roomSchema), 'Rooms'), ...others },
});
const groupsRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/groups',
  tags,
  summary: 'Groups of a hub',
  middleware: [requireFeature('read_groups')],
  parameters,
  request: { params: hubParams },
  responses: { 200: jsonContent(z.array(groupSchema), 'Groups'), ...others },
});
const roomRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/rooms/{room_id}',
  tags,
  summary: 'One room',
  middleware: [requireFeature('read_rooms')],
  parameters,
  request: { params: roomParams },
  responses: { 200: jsonContent(roomSchema, 'The room'), ...others },
});
const logsRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/logs',
  tags,
  summary: 'Event log of a hub, newest first',
  middleware: [requireFeature('read_logs')],
  parameters: [preferParameter, acceptLanguageParameter],
  request: { params: hubParams, query: logQuery },
  responses: { 200: jsonContent(logSchema, 'A slice of the log'), ...others },
});

/** `/api/v1/ajax` */
export function ajaxRoutes(deps: AjaxDependencies) {
  const readerOf = jobReaderOf(deps);
  const logPageSize = createPageSize(deps.clock);

  /** Reads and answers, with what is known about the age of the data. */
  const answer = <T>(c: Context<GatewayEnv>, read: (reader: Reader) => Promise<Read<T>>) =>
    answerWaiting(c, async () => {
      const { data, cache } = await read(readerOf(c));
      if (cache) {
        c.header('X-Cache', cache.state);
        c.header('X-Cache-TTL', String(cache.ttlSeconds));
        c.header('Age', String(cache.ageSeconds));
      }
      return c.json(data, 200);
    });

  return createRouter()
    .openapi(hubsRoute, (c) => answer(c, listHubs))
    .openapi(hubRoute, (c) => answer(c, (reader) => getHub(reader, c.req.valid('param').hub_id)))
    .openapi(devicesRoute, (c) => answer(c, (reader) => listDevices(reader, c.req.valid('param').hub_id)))
    .openapi(deviceRoute, (c) => {
      const { hub_id, device_id } = c.req.valid('param');
      return answer(c, (reader) => getDevice(reader, hub_id, device_id));
    })
    .openapi(roomsRoute, (c) => answer(c, (reader) => listRooms(reader, c.req.valid('param').hub_id)))
    .openapi(roomRoute, (c) => {
      const { hub_id, room_id } = c.req.valid('param');
      return answer(c, (reader) => getRoom(reader, hub_id, room_id));
    })
    .openapi(logsRoute, (c) => {
      const { hub_id } = c.req.valid('param');
      const language = preferredLanguage(c.req.header('accept-language'), eventLanguages);
      c.header('Vary', 'Accept-Language', { append: true });
      return answer(c, (reader) =>
        listLogs(reader, hub_id, { ...c.req.valid('query'), language }, logPageSize),
      );
    })
    .openapi(groupsRoute, (c) => answer(c, (reader) => listGroups(reader, c.req.valid('param').hub_id)))
    .route('/', armStateRoutes(deps));
}
