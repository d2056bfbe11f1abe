import { describe, expect, test } from 'vitest';
import { parseSimulatorState, type SimulatorOptions } from '../../../simulator/simulator.ts';
import { type Send, simulatorAt } from './client.ts';

type World = ReturnType<typeof simulatorAt>;

/** A simulator that goes on with what the other one left in a file, at the same time of the same clock. */
function restarted(world: World, options: SimulatorOptions = {}): World {
  const restore = parseSimulatorState(JSON.parse(JSON.stringify(world.state())));
  expect(restore).toBeDefined();
  return simulatorAt({ clock: world.now, restore, ...options });
}

async function signedIn(world: World, name: string) {
  const { body } = await world.login(name);
  const headers = { 'x-session-token': body.sessionToken };
  /** Sends with the same tokens to any simulator. */
  const to =
    ({ send }: World): Send =>
    (method, path, sent) =>
      send(method, `/user/${body.userId}${path}`, sent, headers);
  return { ...body, to };
}

const arm = (command: string, ignoreProblems = false) => ({ command, ignoreProblems });

describe('after a restart', () => {
  test('a session goes on, and ends when it would have ended', async () => {
    const world = simulatorAt();
    const { to } = await signedIn(world, 'demo');
    world.advance(60_000);
    const again = restarted(world);
    expect((await to(again)('GET', '/hubs')).status).toBe(200);
    world.advance(14 * 60_000);
    expect((await to(again)('GET', '/hubs')).status).toBe(401);
  });

  test('a refresh token works once, an expired session stays expired, a rotated one dead', async () => {
    const world = simulatorAt();
    const { to, userId, refreshToken } = await signedIn(world, 'demo');
    world.control.expireSessions();
    const again = restarted(world);
    expect((await to(again)('GET', '/hubs')).status).toBe(401);
    const refresh = (at: World) => at.send('POST', '/refresh', { userId, refreshToken });
    expect((await refresh(again)).status).toBe(200);
    expect((await refresh(restarted(again))).status).toBe(401);
  });

  test('hubs, devices, rooms, groups and the profile are as they were left', async () => {
    const world = simulatorAt();
    const send = (await signedIn(world, 'demo')).to(world);
    const [home, shop] = [world.hubId('Linden Street 12'), world.hubId('Lumen Coffee')];
    const front = world.deviceId(home, 'Front door');
    world.control.openDoor(front);
    world.control.setTampered(front, true);
    world.control.setTemperature(front, 4);
    world.control.setAlarm(world.deviceId(home, 'Living room camera'), 'motion', true);
    world.control.setHubPower(shop, false);
    world.control.setHubState(shop, 'ARMED_NIGHT_MODE_ON');
    await send('POST', `/hubs/${home}/rooms`, { roomName: 'Winter garden' });
    await send('PUT', `/hubs/${home}/commands/arming`, arm('ARM', true));
    await send('DELETE', `/hubs/${shop}/devices/${world.control.hub(shop).devices[0]?.id}`);
    await send('PUT', '', { firstName: 'Robin' });

    const again = restarted(world);
    expect(again.control.hubs()).toEqual(world.control.hubs());
    expect(again.control.hub(home).state).toBe('ARMED');
    expect(again.state()).toEqual(world.state());
    const sendAgain = await again.as('demo');
    for (const path of ['', `/hubs/${home}`, `/hubs/${home}/rooms`, `/hubs/${home}/devices?enrich=true`]) {
      expect((await sendAgain('GET', path)).body).toEqual((await send('GET', path)).body);
    }
  });

  test('a device that was taken out of its group is still in none', async () => {
    const world = simulatorAt();
    const send = (await signedIn(world, 'demo')).to(world);
    const shop = world.hubId('Lumen Coffee');
    const [device] = world.state().hubs.find(({ id }) => id === shop)?.devices ?? [];
    world.control.setHubState(shop, 'DISARMED_NIGHT_MODE_OFF');
    expect((await send('PUT', `/hubs/${shop}/commands/groupsMode`, { groupsMode: 'OFF' })).status).toBe(204);
    const settings = { deviceName: 'Alone', roomId: device?.roomId };
    expect((await send('PUT', `/hubs/${shop}/devices/${device?.id}`, settings)).status).toBe(204);
    expect(restarted(world).state()).toEqual(world.state());
  });

  test('the log goes on: old rows stay, in their order, and new ones get new ids', () => {
    const world = simulatorAt();
    const hub = world.hubId('Linden Street 12');
    world.control.armByKeypad(hub, true);
    world.advance(3_600_000);
    const again = restarted(world);
    expect(again.control.log(hub)).toEqual(world.control.log(hub));
    again.control.armByKeypad(hub, false);
    const ids = again.control.log(hub).map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(world.control.log(hub).length + 1);
  });

  test('two-stage arming ends in its own time, and its token still answers', async () => {
    const world = simulatorAt();
    const { to } = await signedIn(world, 'office');
    const hub = world.hubId('Studio Norte');
    const started = await to(world)('PUT', `/hubs/${hub}/commands/arming`, arm('ARM', true));
    expect(started.status).toBe(202);
    world.advance(5_000);
    const again = restarted(world);
    const progress = () => to(again)('GET', `/hubs/${hub}/commands/arming?token=${started.body.token}`);
    expect((await progress()).body).toEqual({ status: 'IN_PROGRESS' });
    world.advance(10_000);
    expect((await progress()).body).toEqual({ status: 'SUCCESS' });
    expect(again.control.hub(hub).state).toBe('ARMED');
  });

  test('arrivals of the window still count', async () => {
    const budget = { limit: 3, windowMs: 60_000 };
    const world = simulatorAt({ budget });
    await world.login('demo');
    world.advance(30_000);
    await world.login('demo');
    const again = restarted(world, { budget });
    expect((await again.login('demo')).status).toBe(200);
    expect((await again.login('demo')).status).toBe(429);
    world.advance(60_000);
    expect(again.state().arrivals).toEqual([]);
  });

  test('the world keeps its age: batteries do not fill up again', () => {
    const world = simulatorAt();
    world.advance(90 * 24 * 3_600_000);
    expect(restarted(world).state().startedAt).toBe(world.state().startedAt);
  });
});

describe('the state', () => {
  test('is a copy: neither the simulator it came from nor the one it went to change it', async () => {
    const world = simulatorAt();
    const state = world.state();
    const text = JSON.stringify(state);
    const again = simulatorAt({ restore: state });
    for (const each of [world, again]) {
      await each.login('demo');
      each.control.armByKeypad(each.hubId('Lumen Coffee'), true);
    }
    expect(JSON.stringify(state)).toBe(text);
  });

  test('of another seed is ignored', async () => {
    const other = simulatorAt({ seed: 2 });
    const { sessionToken } = await signedIn(other, 'demo');
    other.control.renameHub(other.hubId('Lumen Coffee'), 'Somewhere else');
    const world = simulatorAt({ restore: other.state() });
    expect(world.state()).toEqual(simulatorAt().state());
    expect(JSON.stringify(world.state())).not.toContain(sessionToken);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['something else', { hubs: [] }],
    ['a later format', { ...simulatorAt().state(), format: 2 }],
    ['a half', { ...simulatorAt().state(), sessions: undefined }],
    ['a hub without devices', { ...simulatorAt().state(), hubs: [{ id: '00' }] }],
  ])('that is %s is none', (_, value) => {
    expect(parseSimulatorState(value)).toBeUndefined();
  });

  test('with hubs, devices and accounts nobody knows leaves the planned ones alone', () => {
    const state = simulatorAt({ extraAccounts: 2 }).state();
    const world = simulatorAt({ restore: state });
    expect(world.state()).toEqual(simulatorAt().state());
  });
});
