import { describe, expect, test } from 'vitest';
import type { SimulatorOptions } from '../../../simulator/simulator.ts';
import { simulatorAt } from './client.ts';

const HOUR_MS = 3_600_000;

/** All that can be read about one hub. */
async function snapshot(world: ReturnType<typeof simulatorAt>) {
  const hub = world.hubId('Linden Street 12');
  const send = await world.as('demo');
  const read = async (path: string) => (await send('GET', `/hubs/${hub}${path}`)).body;
  return [await read(''), await read('/devices?enrich=true'), await read('/rooms'), await read('/logs')];
}

const at = (options: SimulatorOptions, hours = 0) => {
  const world = simulatorAt(options);
  world.advance(hours * HOUR_MS);
  return snapshot(world);
};

describe('a world', () => {
  test('is the same for the same seed and time', async () => {
    expect(await at({ seed: 7 }, 30)).toEqual(await at({ seed: 7 }, 30));
  });

  test('differs by seed', () => {
    const hubIds = (seed: number) => simulatorAt({ seed }).accounts.flatMap((account) => account.hubIds);
    expect(hubIds(1)).not.toEqual(hubIds(2));
  });

  test('has no two hubs, devices or users with one id', () => {
    const { control, accounts } = simulatorAt({ extraAccounts: 500 });
    const hubs = control.hubs();
    const ids = [
      hubs.map(({ id }) => id),
      hubs.flatMap(({ devices }) => devices.map(({ id }) => id)),
      accounts.map(({ userId }) => userId),
    ];
    for (const each of ids) expect(new Set(each).size).toBe(each.length);
  });

  test('grows as many further accounts as asked for, each with a hub of its own', async () => {
    const { accounts, as } = simulatorAt({ extraAccounts: 3 });
    expect(accounts.filter(({ login }) => login.endsWith('@load.test'))).toHaveLength(3);
    const user = await as('user3@load.test');
    expect((await user('GET', '/hubs')).body).toHaveLength(1);
  });

  test('lives: temperatures drift, batteries drain, doors open and close', async () => {
    const world = simulatorAt();
    const hub = world.hubId('Linden Street 12');
    const temperatures = new Set<number>();
    const batteries: number[] = [];
    const doors = new Set<boolean>();
    for (let minute = 0; minute < 10 * 24 * 60; minute += 1) {
      world.advance(60_000);
      const front = world.control.hub(hub).devices.find(({ name }) => name === 'Front door');
      doors.add(front?.open ?? false);
      if (minute % (12 * 60) !== 0) continue;
      const send = await world.as('demo');
      const { body } = await send('GET', `/hubs/${hub}/devices/${front?.id}`);
      temperatures.add(body.temperature);
      batteries.push(body.batteryChargeLevelPercentage);
    }
    expect(temperatures.size).toBeGreaterThan(1);
    expect(doors).toEqual(new Set([true, false]));
    expect(batteries).toEqual([...batteries].sort((one, other) => other - one));
    expect(batteries.at(-1)).toBeLessThan(batteries[0] ?? 0);
  });

  test('opens no door by itself in its first 15 minutes, nor through an armed one', () => {
    const world = simulatorAt({ seed: 3 });
    const hub = world.hubId('Linden Street 12');
    const open = () => world.control.hub(hub).devices.some((device) => device.open);
    for (let second = 0; second < 15 * 60; second += 5) {
      expect(open()).toBe(false);
      world.advance(5_000);
    }
    world.control.setHubState(hub, 'ARMED');
    for (let minute = 0; minute < 24 * 60; minute++) {
      world.advance(60_000);
      expect(open()).toBe(false);
    }
  });

  test('stands still when told to', async () => {
    const still = simulatorAt({ living: false });
    const before = await snapshot(still);
    still.advance(100 * HOUR_MS);
    const devices = (body: unknown[]) => body[1];
    expect(devices(await snapshot(still))).toEqual(devices(before));
  });
});
