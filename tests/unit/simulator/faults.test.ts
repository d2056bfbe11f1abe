import { describe, expect, test } from 'vitest';
import { breakConnections } from '../../../simulator/simulator.ts';
import { simulatorAt } from './client.ts';

const nowhere = (signal?: AbortSignal) =>
  new Request('http://ajax.test/api/nowhere', {
    headers: { 'x-api-key': 'demo-key' },
    ...(signal && { signal }),
  });

describe('a fault', () => {
  test('answers instead, as often as told, and only where it matches', async () => {
    const { send, faults } = simulatorAt();
    faults.push({
      match: { method: 'POST', path: /refresh$/ },
      times: 2,
      after: 1,
      outcome: { status: 500, body: { message: 'no' }, headers: { 'x-fault': 'yes' } },
    });
    const refresh = async () => (await send('POST', '/refresh', {})).status;
    expect([await refresh(), await refresh(), await refresh(), await refresh()]).toEqual([
      422, 500, 500, 422,
    ]);
    expect((await send('POST', '/login', {})).status).toBe(422);
    expect(faults.rules()).toEqual([]);
  });

  test('can be for one account only, at login and by session', async () => {
    const { login, as, faults } = simulatorAt();
    const [demo, guest] = [await as('demo'), await as('guest')];
    faults.push({ match: { account: 'demo@ajaxsecurflow.dev' }, outcome: { status: 503 } });
    expect((await demo('GET', '/hubs')).status).toBe(503);
    expect((await guest('GET', '/hubs')).status).toBe(200);
    await expect(login('guest')).resolves.toMatchObject({ status: 200 });
    await expect(login('demo')).resolves.toMatchObject({ status: 503 });
    faults.clear();
    expect((await demo('GET', '/hubs')).status).toBe(200);
  });

  test('can spoil the answer of a command that was executed, or prevent it', async () => {
    const { as, hubId, faults, control, journal } = simulatorAt();
    const hub = hubId('Linden Street 12');
    const demo = await as('demo');
    const arming = () =>
      demo('PUT', `/hubs/${hub}/commands/arming`, { command: 'ARM', ignoreProblems: false });
    const match = { path: '/commands/arming' };
    faults.push({ match, times: 1, outcome: 'network-error' });
    await expect(arming()).rejects.toThrow(TypeError);
    expect(control.hub(hub).state).toBe('DISARMED');
    faults.push({ match, times: 1, executes: true, outcome: 'network-error' });
    await expect(arming()).rejects.toThrow(TypeError);
    expect(control.hub(hub).state).toBe('ARMED');
    expect(journal.arrivals(match).map(({ status }) => status)).toEqual([undefined, undefined]);
  });

  test('hang lasts until the caller leaves or the rules are cleared', async () => {
    const { fetch, faults } = simulatorAt();
    faults.push({ match: {}, outcome: 'hang' });
    const controller = new AbortController();
    const left = fetch(nowhere(controller.signal));
    const cleared = fetch(nowhere());
    await Promise.resolve();
    controller.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await new Promise((resolve) => setTimeout(resolve));
    faults.clear();
    await expect(cleared).rejects.toThrow('faults cleared');
  });

  test('broken-body starts well and breaks off', async () => {
    const { fetch, faults } = simulatorAt();
    faults.push({ match: {}, outcome: 'broken-body' });
    const response = await fetch(nowhere());
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  test('network-error behind a listener is a broken connection, not a 500', async () => {
    const { fetch, faults } = simulatorAt();
    faults.push({ match: {}, outcome: 'network-error' });
    const response = await breakConnections(fetch)(nowhere());
    await expect(response.text()).rejects.toThrow();
  });

  test('delayMs answers as usual', async () => {
    const { fetch, faults } = simulatorAt();
    faults.push({ match: {}, outcome: { delayMs: 5 } });
    const started = performance.now();
    expect((await fetch(nowhere())).status).toBe(404);
    expect(performance.now() - started).toBeGreaterThanOrEqual(4);
  });
});
