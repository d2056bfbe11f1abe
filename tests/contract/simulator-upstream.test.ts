/** The simulator and the schemas that the gateway and the coordinator read Ajax with must agree. */
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import * as upstream from '../../coordinator/contract/upstream.ts';
import { simulatorAt } from '../unit/simulator/client.ts';

const names = ['demo', 'guest', 'office', 'secure'] as const;

/** Every account with every hub it can read. */
async function everyHub() {
  const world = simulatorAt();
  const visits = [];
  for (const name of names) {
    const send = await world.as(name);
    for (const hubId of world.account(name).hubIds)
      visits.push({ name, send, hubId, path: `/hubs/${hubId}` });
  }
  return { world, visits };
}

/** Parses, and proves that the schema looked: each named field was present on the wire and came out unchanged. */
function parsed<Schema extends z.ZodType>(schema: Schema, body: unknown, fields: readonly string[]) {
  const value = schema.parse(body);
  expect(value).toEqual(body);
  for (const item of Array.isArray(value) ? value : [value]) {
    for (const field of fields) expect(item[field], field).toBeDefined();
  }
  return value;
}

describe('every answer of the simulator parses', () => {
  test('login and refresh', async () => {
    const { login, send } = simulatorAt();
    const fields = ['sessionToken', 'userId', 'refreshToken'];
    for (const name of names) {
      const { body } = await login(name);
      parsed(upstream.upstreamLoginResponse, body, fields);
      parsed(upstream.upstreamLoginResponse, (await send('POST', '/refresh', body)).body, fields);
    }
  });

  test('profile', async () => {
    const { as } = simulatorAt();
    const { body } = await (await as('demo'))('GET', '');
    parsed(upstream.upstreamUser, body, ['login', 'firstName', 'phone', 'language', 'imageUrls']);
  });

  test('hub list, hub and role', async () => {
    const { visits } = await everyHub();
    for (const { send, path } of visits) {
      parsed(upstream.upstreamHubList, (await send('GET', '/hubs')).body, ['hubId', 'hubBindingRole']);
      parsed(upstream.upstreamHubBinding, (await send('GET', `${path}/role`)).body, [
        'hubId',
        'hubBindingRole',
      ]);
      parsed(upstream.upstreamHub, (await send('GET', path)).body, [
        ...['id', 'name', 'hubSubtype', 'state', 'groupsEnabled', 'activeChannels', 'battery', 'firmware'],
        ...['ethernet', 'gsm', 'noiseLevel', 'jeweller', 'limits', 'warnings', 'timeZone', 'twoStageArming'],
      ]);
    }
  });

  test('devices, plain, enriched and one by one', async () => {
    const { visits } = await everyHub();
    const info = ['id', 'deviceType', 'deviceName', 'roomId', 'groupId', 'color', 'online'];
    const detail = [
      'id',
      'deviceType',
      'deviceName',
      'roomId',
      'firmwareVersion',
      'issuesCount',
      'bypassState',
    ];
    for (const { send, path } of visits) {
      parsed(upstream.upstreamDeviceList, (await send('GET', `${path}/devices`)).body, info);
      const { body } = await send('GET', `${path}/devices?enrich=true`);
      const devices = parsed(upstream.upstreamDeviceList, body, [...info, 'model']);
      for (const { id, model } of devices) {
        const { body: one } = await send('GET', `${path}/devices/${id}`);
        expect(parsed(upstream.upstreamDevice, one, detail)).toEqual(model);
      }
    }
  });

  test('rooms and groups', async () => {
    const { visits } = await everyHub();
    for (const { send, path } of visits) {
      const rooms = parsed(upstream.upstreamRooms, (await send('GET', `${path}/rooms`)).body, [
        'id',
        'roomName',
      ]);
      const { body: room } = await send('GET', `${path}/rooms/${rooms[0]?.id}`);
      expect(parsed(upstream.upstreamRoom, room, ['id', 'roomName'])).toEqual(rooms[0]);
      const fields = ['id', 'groupName', 'state', 'bulkArmInvolved', 'bulkDisarmInvolved', 'twoStageArming'];
      const groups = parsed(upstream.upstreamGroups, (await send('GET', `${path}/groups`)).body, fields);
      for (const group of groups) {
        const { body } = await send('GET', `${path}/groups/${group.id}`);
        expect(parsed(upstream.upstreamGroup, body, fields)).toEqual(group);
      }
    }
  });

  test('logs', async () => {
    const { visits } = await everyHub();
    for (const { send, path } of visits) {
      const { body } = await send('GET', `${path}/logs`);
      const rows = parsed(upstream.upstreamLogEntries, body, [
        ...[
          'eventId',
          'eventSource',
          'hubId',
          'hubName',
          'eventType',
          'eventTypeV2',
          'eventCode',
          'eventTag',
        ],
        ...['sourceObjectType', 'sourceObjectId', 'sourceObjectName', 'timestamp', 'transition'],
      ]);
      expect(rows.length).toBeGreaterThan(0);
    }
  });

  test('users of a hub', async () => {
    const { visits } = await everyHub();
    const base = ['id', 'firstName', 'hubBindingRole', 'keypadPrefix'];
    for (const { send, path } of visits) {
      parsed(upstream.upstreamBoundUsers, (await send('GET', `${path}/users`)).body, base);
      const { body } = await send('GET', `${path}/users?enrich=true`);
      for (const { id, model } of parsed(upstream.upstreamBoundUsers, body, [...base, 'model'])) {
        const { body: one } = await send('GET', `${path}/users/${id}`);
        const fields = [...base, 'permissions', 'groupsPermissions', 'notificationSettings'];
        expect(parsed(upstream.upstreamBoundUserDetails, one, fields)).toEqual(model);
      }
    }
  });

  test('cameras', async () => {
    const { visits } = await everyHub();
    const fields = ['id', 'roomId', 'name', 'serviceType', 'streamDataUrl', 'dvr'];
    let seen = 0;
    for (const { send, path, name } of visits) {
      if (name === 'guest') continue;
      const { body } = await send('GET', `${path}/cameras`);
      for (const camera of parsed(upstream.upstreamCameras, body, fields)) {
        seen++;
        const { body: one } = await send('GET', `${path}/cameras/${camera.id}`);
        expect(parsed(upstream.upstreamCamera, one, fields)).toEqual(camera);
      }
    }
    expect(seen).toBeGreaterThan(0);
  });

  test('spaces', async () => {
    const { visits } = await everyHub();
    for (const { send, hubId } of visits) {
      const { body } = await send('GET', `/spaces?hubId=${hubId}`);
      const [space] = parsed(upstream.upstreamSpaceBindings, body, ['id', 'name']);
      const { body: one } = await send('GET', `/spaces/${space?.id}`);
      parsed(upstream.upstreamSpace, one, ['id', 'name', 'devices', 'rooms', 'timeZone', 'address']);
    }
  });

  test('arming: refused, started and polled to either end', async () => {
    const { as, hubId, deviceId, control, advance } = simulatorAt();
    const hub = hubId('Studio Norte');
    const send = await as('office');
    const path = `/hubs/${hub}/commands/arming`;
    const arm = () => send('PUT', path, { command: 'ARM', ignoreProblems: false });
    const status = async (token: string) =>
      upstream.upstreamArmingStatus.parse((await send('GET', `${path}?token=${token}`)).body);
    const entrance = deviceId(hub, 'Main entrance');

    control.openDoor(entrance);
    const { rejectionReasons } = upstream.upstreamArmingErrors.parse((await arm()).body);
    expect(rejectionReasons).toEqual([{ sourceType: 'DOOR_PROTECT', sourceId: entrance, code: '20' }]);

    control.closeDoor(entrance);
    const failing = upstream.upstreamArmingStarted.parse((await arm()).body);
    expect(await status(failing.token)).toEqual({ status: 'IN_PROGRESS' });
    control.openDoor(entrance);
    advance(15_000);
    const failed = await status(failing.token);
    expect(failed.status).toBe('ERROR');
    expect(failed.errorMessage?.message).toBeTypeOf('string');

    control.closeDoor(entrance);
    const { token } = upstream.upstreamArmingStarted.parse((await arm()).body);
    advance(15_000);
    expect(await status(token)).toEqual({ status: 'SUCCESS' });
  });

  test('every error', async () => {
    const { as, send, hubId } = simulatorAt();
    const demo = await as('demo');
    const guest = await as('guest');
    const office = await as('office');
    const home = `/hubs/${hubId('Linden Street 12')}`;
    const errors = {
      400: await send('POST', '/login', '{'),
      401: await send('POST', '/login', { login: 'x', passwordHash: 'y' }),
      403: await guest('POST', `${home}/rooms`, { roomName: 'Attic' }),
      404: await demo('GET', `${home}/rooms/00`),
      405: await send('GET', '/login'),
      412: await demo('PUT', `${home}/commands/groupsMode`, { groupsMode: 'ON' }),
      422: await send('POST', '/login', {}),
      501: await demo('GET', `${home}/monitoring`),
      503: await office('POST', `/hubs/${hubId('Riverside Warehouse')}/rooms`, { roomName: 'Hall B' }),
    };
    for (const [status, { status: answered, body }] of Object.entries(errors)) {
      expect(answered).toBe(Number(status));
      parsed(upstream.upstreamErrorMessage, body, ['message', 'messageId']);
    }
    const [detail] = upstream.upstreamErrorMessage.parse(errors[422].body).errors ?? [];
    expect(detail).toMatchObject({ resource: 'Login', field: 'login', code: 'missing_field' });
  });

  test('throttling that hides behind 200', async () => {
    const { send } = simulatorAt({ budget: { limit: 1, windowMs: 60_000 }, throttleAs: 'message-200' });
    await send('GET', '/nowhere');
    parsed(upstream.upstreamThrottleMessage, (await send('GET', '/nowhere')).body, ['message']);
  });
});

describe('the schemas', () => {
  test.each([
    ['a login without a session token', upstream.upstreamLoginResponse, { userId: '1', refreshToken: '2' }],
    ['a hub list that is no list', upstream.upstreamHubList, { message: 'no' }],
    ['a binding without hubId', upstream.upstreamHubList, [{ hubBindingRole: 'MASTER' }]],
    ['a hub without id', upstream.upstreamHub, { name: 'x' }],
    ['a device whose temperature is a text', upstream.upstreamDevice, { id: '1', temperature: 'warm' }],
    ['a room without id', upstream.upstreamRooms, [{ roomName: 'x' }]],
    ['arming errors without reasons', upstream.upstreamArmingErrors, { message: 'x' }],
    ['started arming without a token', upstream.upstreamArmingStarted, {}],
    ['a throttling message with data beside it', upstream.upstreamThrottleMessage, { message: 'x', id: 1 }],
  ])('refuse %s', (_, schema, body) => {
    expect(schema.safeParse(body).success).toBe(false);
  });

  test('let unknown fields and unknown enumeration values through', () => {
    const hub = { id: '1', state: 'HALF_ARMED', hubSubtype: 'HUB_9', somethingNew: { deep: [1] } };
    expect(upstream.upstreamHub.parse(hub)).toEqual(hub);
    const device = { id: '1', deviceType: 'Toaster', signalLevel: 'EXCELLENT', crumbs: 12 };
    expect(upstream.upstreamDevice.parse(device)).toEqual(device);
  });

  test('take null for whatever the upstream leaves out', () => {
    const hub = { id: '1', name: null, timeZone: null, battery: null, activeChannels: null };
    expect(upstream.upstreamHub.parse(hub)).toEqual(hub);
    expect(upstream.upstreamDevice.parse({ id: '1', groupId: null, temperature: null })).toBeDefined();
  });

  test('unwrap lists that come inside an object', () => {
    const bindings = [{ hubId: '1', hubBindingRole: 'MASTER' }];
    expect(upstream.upstreamHubList.parse({ hubs: bindings })).toEqual(bindings);
    expect(upstream.upstreamLogEntries.parse({ logs: [{ eventId: '1' }], total: 1 })).toEqual([
      { eventId: '1' },
    ]);
  });
});
