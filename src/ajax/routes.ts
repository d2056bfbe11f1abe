import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { requires } from '../access/index.ts';
import { answerWaiting, jobAccepted } from '../jobs/index.ts';
import { acceptLanguageParameter, preferredLanguage } from '../kernel/accept-language.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { preferParameter } from '../kernel/prefer.ts';
import { problems } from '../kernel/problems.ts';
import { armStateRoutes } from './arm-state-route.ts';
import { cacheHeaders, setCacheHeaders } from './cache-headers.ts';
import type { AjaxDependencies } from './dependencies.ts';
import { eventLanguages } from './event-words.ts';
import { getHub, listHubs } from './list-hubs.ts';
import { listLogs } from './list-logs.ts';
import { getDevice, getRoom, listDevices, listGroups, listRooms } from './list-parts.ts';
import { createPageSize } from './log-pages.ts';
import { ofAccount, ofHub, ofPart } from './problems.ts';
import type { Read, Reader } from './read.ts';
import { freshnessParameter, jobReaderOf } from './reader.ts';
import {
  deviceDetailSchema,
  deviceParams,
  deviceSchema,
  groupSchema,
  groupsParams,
  hubParams,
  hubSchema,
  logQuery,
  logSchema,
  roomParams,
  roomSchema,
} from './schema.ts';

const otherwise = { ...jobAccepted, ...problems(...ofPart) };
const tags = ['ajax'];
const parameters = [preferParameter, freshnessParameter];

/** An answer with what is known about the age of its data. */
const readContent = <T extends z.ZodType>(schema: T, description: string) =>
  jsonContent(schema, description, ...cacheHeaders);

const hubsRoute = createRoute({
  method: 'get',
  path: '/hubs',
  operationId: 'listHubs',
  tags,
  summary: 'Hubs of the account, with their state',
  description:
    'One request of Ajax for the list and one per hub, all of them cached. A hub that cannot be read stays in the ' +
    'list and says why in `unavailable`.',
  ...requires('list_hubs'),
  parameters,
  responses: { 200: readContent(z.array(hubSchema), 'Hubs'), ...jobAccepted, ...problems(...ofAccount) },
});
const hubRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}',
  operationId: 'getHub',
  tags,
  summary: 'One hub',
  ...requires('list_hubs'),
  parameters,
  request: { params: hubParams },
  responses: { 200: readContent(hubSchema, 'The hub'), ...jobAccepted, ...problems(...ofHub) },
});
const devicesRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/devices',
  operationId: 'listDevices',
  tags,
  summary: 'Devices of a hub, with their telemetry',
  description:
    'One request of Ajax, however many devices there are. What is not known of a device is left out.',
  ...requires('read_devices'),
  parameters,
  request: { params: hubParams },
  responses: { 200: readContent(z.array(deviceSchema), 'Devices'), ...otherwise },
});
const deviceRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/devices/{device_id}',
  operationId: 'getDevice',
  tags,
  summary: 'One device',
  ...requires('read_devices'),
  parameters,
  request: { params: deviceParams },
  responses: { 200: readContent(deviceDetailSchema, 'The device'), ...otherwise },
});
const roomsRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/rooms',
  operationId: 'listRooms',
  tags,
  summary: 'Rooms of a hub',
  ...requires('read_rooms'),
  parameters,
  request: { params: hubParams },
  responses: { 200: readContent(z.array(roomSchema), 'Rooms'), ...otherwise },
});
const groupsRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/groups',
  operationId: 'listGroups',
  tags,
  summary: 'Groups of a hub',
  description: 'Empty while groups mode is off.',
  ...requires('read_groups'),
  parameters,
  request: { params: groupsParams },
  responses: { 200: readContent(z.array(groupSchema), 'Groups'), ...otherwise },
});
const roomRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/rooms/{room_id}',
  operationId: 'getRoom',
  tags,
  summary: 'One room',
  description: 'Out of the list of rooms, which is cached.',
  ...requires('read_rooms'),
  parameters,
  request: { params: roomParams },
  responses: { 200: readContent(roomSchema, 'The room'), ...otherwise },
});
const logsRoute = createRoute({
  method: 'get',
  path: '/hubs/{hub_id}/logs',
  operationId: 'listLogs',
  tags,
  summary: 'Event log of a hub, newest first',
  description: 'Pages of Ajax are read as they are needed and never cached: at most 6 requests of Ajax.',
  ...requires('read_logs'),
  parameters: [preferParameter, acceptLanguageParameter],
  request: { params: hubParams, query: logQuery },
  responses: { 200: readContent(logSchema, 'A slice of the log'), ...otherwise },
});

/** `/api/v1/ajax` */
export function ajaxRoutes(deps: AjaxDependencies) {
  const readerOf = jobReaderOf(deps);
  const logPageSize = createPageSize(deps.clock);

  /** Reads and answers, with what is known about the age of the data. */
  const answer = <T>(c: Context<GatewayEnv>, read: (reader: Reader) => Promise<Read<T>>) =>
    answerWaiting(c, async () => {
      const { data, cache } = await read(readerOf(c));
      setCacheHeaders(c, cache);
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
