/** Several API keys: a budget each, and accounts that go by the one they signed in on. */
import { describe, expect, test } from 'vitest';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import { createSealer } from '../../../src/kernel/crypto.ts';
import { COORDINATOR_SECRET_KEY } from '../../support/coordinator.ts';
import { createKeyedAjax, createKeyedWorld, idOf, type KeyedWorld, keyOf, type Name } from './keyed-ajax.ts';
import { codeOf, context, createTestClock, get, send } from './world.ts';

const budget = { requests: 10, windowMs: 60_000, reserve: 2 };
const ARMING = ['hubs', '1', 'commands', 'arming'];
const arm = (world: KeyedWorld, name: Name, word = 'ARM') =>
  send(world, ARMING, { command: word }, { account: idOf(name) });

async function signedIn(options: Parameters<typeof createKeyedWorld>[0] = {}) {
  const world = await createKeyedWorld(options);
  await world.signIn('ann');
  await world.signIn('ben');
  return world;
}

describe('accounts', () => {
  test('sign in on the key with the most room, and stay on it with calls and refreshes', async () => {
    const world = await signedIn();
    expect([await world.placeOf('ann'), await world.placeOf('ben')]).toEqual([1, 2]);
    await world.clock.advance(15 * 60_000);
    expect([await world.placeOf('ann'), await world.placeOf('ben')]).toEqual([1, 2]);
    expect(world.ajax.on(1).filter((path) => path === 'refresh')).toHaveLength(1);
    expect(world.ajax.on(2).filter((path) => path === 'refresh')).toHaveLength(1);
  });

  test('of keys with the same load go where fewer accounts are', async () => {
    const world = await createKeyedWorld();
    const places: number[] = [];
    for (const name of ['ann', 'ben', 'cid', 'dora'] as const) {
      await world.signIn(name);
      places.push(await world.placeOf(name));
      await world.clock.advance(61_000);
    }
    expect(places).toEqual([1, 2, 1, 2]);
  });

  test('go where less is waiting, not just where fewer tokens are out', async () => {
    const world = await signedIn({ config: { budget } });
    for (let n = 0; n < 7; n++) await Promise.all([world.read('ann'), world.read('ben')]);
    // One of the reserve: of key 1 nine tokens are out, of key 2 eight.
    await arm(world, 'ann');
    await world.clock.advance(45_000);
    const waiting = Array.from({ length: 4 }, () => world.read('ben'));
    await world.clock.settle();
    const login = world.signIn('cid');
    await world.clock.advance(61_000);
    await Promise.all([login, ...waiting]);
    expect(await world.placeOf('cid')).toBe(1);
  });

  test('stay where they are when they sign in again and nothing speaks for another key', async () => {
    const world = await createKeyedWorld();
    for (let again = 0; again < 3; again++) {
      await world.signIn('ann');
      expect(await world.placeOf('ann')).toBe(1);
      await world.clock.advance(61_000);
    }
  });

  test('are still on their key after a restart, whatever the order in the configuration', async () => {
    const { clock, storage, ajax } = await signedIn();
    const next = await createKeyedWorld({ clock, storage, ajax, keys: [2, 1] });
    expect([await next.placeOf('ann'), await next.placeOf('ben')]).toEqual([1, 2]);
    // And the next one knows who is where before anybody has asked for anything.
    const last = await createKeyedWorld({ clock, storage, ajax });
    expect((await last.status()).keys.map(({ sessions }) => sessions)).toEqual([1, 1]);
  });

  test('with a session from before keys had names go by the first key', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const ajax = createKeyedAjax(clock);
    const first = await createKeyedWorld({ clock, storage, ajax, keys: [1] });
    await first.signIn('ann');
    await first.host.close();
    const next = await createKeyedWorld({ clock, storage: withoutNames(storage), ajax });
    expect((await next.status()).keys.map(({ sessions }) => sessions)).toEqual([1, 0]);
    expect(await next.placeOf('ann')).toBe(1);
    await clock.advance(15 * 60_000);
    expect(await next.placeOf('ann')).toBe(1);
  });

  test('whose key is not configured any more have to sign in again, and then go by another', async () => {
    const { clock, storage, ajax } = await signedIn();
    const next = await createKeyedWorld({ clock, storage, ajax, keys: [2] });
    const before = ajax.arrivals.length;
    expect(await next.readCode('ann')).toBe('upstream_login_required');
    expect(await codeOf(arm(next, 'ann'))).toBe('upstream_login_required');
    expect(ajax.arrivals).toHaveLength(before);
    expect(await next.placeOf('ben')).toBe(2);
    await next.signIn('ann');
    expect(await next.placeOf('ann')).toBe(2);
  });

  test('need not sign in again when their key comes back before they were missed', async () => {
    const { clock, storage, ajax } = await signedIn();
    const without = await createKeyedWorld({ clock, storage, ajax, keys: [2] });
    expect(await without.readCode('ann')).toBe('upstream_login_required');
    const next = await createKeyedWorld({ clock, storage, ajax });
    expect(await next.placeOf('ann')).toBe(1);
  });

  test('that moved while a call of theirs was waiting are served by their new key', async () => {
    const world = await signedIn({ config: { budget: { ...budget, requests: 20 } } });
    for (let n = 0; n < 17; n++) await world.read('ann');
    await world.clock.advance(45_000);
    const waiting = world.read('ann');
    await world.clock.settle();
    await world.signIn('ann');
    // Ajax ends the old session: the call that leaves on the old key is refused, and goes again on the new one.
    world.ajax.behave(({ headers }) =>
      headers['x-session-token']?.endsWith('key-1') ? { status: 401 } : undefined,
    );
    await world.clock.advance(16_000);
    expect((await waiting).body).toEqual({ by: 2 });
    // A session never leaves on a key it does not belong to.
    for (const arrival of world.ajax.arrivals) {
      const token = arrival.headers['x-session-token'];
      if (token !== undefined) expect(token).toContain(`of-key-${keyOf(arrival)}`);
    }
  });
});

describe('the budgets (P1, P2)', () => {
  test('of two keys carry twice as much, and no more than its own on each', async () => {
    const world = await signedIn({ config: { budget } });
    const codes = await Promise.all(
      Array.from({ length: 30 }, (_, n) => world.readCode(n % 2 === 0 ? 'ann' : 'ben')),
    );
    expect(codes.filter((code) => code === 'none')).toHaveLength(14);
    expect([world.ajax.on(1), world.ajax.on(2)].map(({ length }) => length)).toEqual([8, 8]);
  });

  test('are each kept through restarts, also while a key is not configured', async () => {
    const { clock, storage, ajax, read } = await signedIn({ config: { budget } });
    for (let n = 0; n < 7; n++) await Promise.all([read('ann'), read('ben')]);
    await clock.settle();
    const without = await createKeyedWorld({ clock, storage, ajax, keys: [2], config: { budget } });
    expect((await without.status()).budget.used).toBe(8);
    await clock.advance(5_000);
    const next = await createKeyedWorld({ clock, storage, ajax, config: { budget } });
    expect((await next.status()).keys.map(({ used }) => used)).toEqual([8, 8]);
    expect(await next.readCode('ann')).toBe('budget_exhausted');
  });

  test('are booked in full for a key that comes back after a storage lost what was spent on it', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const ajax = createKeyedAjax(clock);
    const world = await signedIn({ clock, storage, ajax, config: { budget } });
    const before = storage.snapshot();
    for (let n = 0; n < 7; n++) await world.read('ann');
    await clock.settle();
    storage.rollBack(before);
    storage.restart();
    const options = { clock, storage, ajax, config: { budget }, isFirstRun: false };
    const without = await createKeyedWorld({ ...options, keys: [2] });
    expect((await without.status()).keys.map(({ used }) => used)).toEqual([10]);
    const next = await createKeyedWorld(options);
    expect((await next.status()).keys.map(({ used }) => used)).toEqual([10, 10]);
    // Whoever was booked already is not booked again by every life that follows.
    await clock.advance(60_000);
    const later = await createKeyedWorld(options);
    await clock.advance(50_000);
    expect((await later.status()).keys.map(({ used }) => used)).toEqual([0, 0]);
    expect(await later.placeOf('ann')).toBe(1);
  });

  test('a throttled key closes for its own accounts, and sign-ins avoid it', async () => {
    const world = await signedIn();
    world.ajax.behave((arrival) => (keyOf(arrival) === 1 ? { status: 429 } : undefined));
    expect(await world.readCode('ann')).toBe('upstream_throttled');
    world.ajax.behave(() => undefined);
    expect(await world.placeOf('ben')).toBe(2);
    await world.clock.advance(5_000);
    await world.read('ben');
    await world.signIn('cid');
    expect(await world.placeOf('cid')).toBe(2);
    const { keys, budget: all } = await world.status();
    expect(keys.map(({ closedUntil }) => closedUntil !== null)).toEqual([true, false]);
    expect(all.closedUntil).toBe(keys[0]?.closedUntil);
    const { clock, storage, ajax } = world;
    const next = await createKeyedWorld({ clock, storage, ajax });
    expect((await next.status()).keys.map(({ closedUntil }) => closedUntil !== null)).toEqual([true, false]);
  });

  test('sign-ins hold at most a tenth of each key, and none of a reserve', async () => {
    const world = await createKeyedWorld({ config: { budget: { ...budget, requests: 20 } } });
    const names: Name[] = ['ann', 'ben', 'cid', 'dora', 'emil', 'fay'];
    const codes = await Promise.all(names.map((name) => codeOf(world.signIn(name))));
    expect(codes.filter((code) => code === 'none')).toHaveLength(4);
    expect([world.ajax.on(1), world.ajax.on(2)].map(({ length }) => length)).toEqual([2, 2]);
  });

  test('an account sees the budget of its key, an operator all of them', async () => {
    const world = await signedIn({ config: { budget } });
    for (let n = 0; n < 3; n++) await world.read('ben');
    const seen = await world.client.budget(idOf('ben'), context());
    expect(seen).toMatchObject({ limit: 10, used: 4, mine: { used: 3 } });
    expect(await world.client.budget(idOf('ann'), context())).toMatchObject({ used: 1, mine: { used: 0 } });
    const { budget: all, keys, sessions, upstream } = await world.status();
    expect(all).toMatchObject({ limit: 20, used: 5, reserve: 4, waiting: 0, closedUntil: null });
    expect(keys).toEqual([
      { ...ofKey(1), used: 1 },
      { ...ofKey(2), used: 4 },
    ]);
    expect([sessions, upstream.sent]).toEqual([2, 5]);
    const metrics = await world.coordinator.metrics();
    expect(metrics).toMatch(/^ajaxsecurflow_budget_limit 20$/m);
    expect(metrics).toMatch(/^ajaxsecurflow_key_used\{key="2"\} 4$/m);
    expect(metrics).toMatch(/^ajaxsecurflow_key_sessions\{key="1"\} 1$/m);
  });

  test('an Ajax that is away for one key is not away for the other', async () => {
    const world = await signedIn();
    world.ajax.behave((arrival) => (keyOf(arrival) === 1 ? 'refuse' : undefined));
    for (let n = 0; n < 6; n++) await codeOf(world.read('ann', String(n)));
    expect(await world.readCode('ann')).toBe('upstream_unavailable');
    expect(await world.placeOf('ben')).toBe(2);
    const { keys, upstream } = await world.status();
    expect(keys.map(({ breaker }) => breaker)).toEqual(['open', 'closed']);
    expect(upstream.breaker).toBe('open');
  });

  test('one stop of the operator stops them all', async () => {
    const world = await signedIn();
    await world.client.switchUpstream({ stopped: true }, context());
    expect([await world.readCode('ann'), await world.readCode('ben')]).toEqual(
      Array(2).fill('upstream_stopped'),
    );
  });
});

describe('what accounts of different keys share', () => {
  test('is the order of commands for one hub: the second leaves when the first has ended', async () => {
    const world = await signedIn({ config: { budget: { ...budget, reserve: 0 } } });
    // Key 1 has no token left: the first command has to wait for one, the second would not.
    for (let n = 0; n < 9; n++) await world.read('ann');
    await world.clock.advance(45_000);
    const first = arm(world, 'ann', 'ARM');
    await world.clock.settle();
    const second = arm(world, 'ben', 'DISARM');
    await world.clock.settle();
    const sent = () => world.ajax.arrivals.filter(({ method }) => method === 'PUT').map(keyOf);
    expect(sent()).toEqual([]);
    await world.clock.advance(16_000);
    await Promise.all([first, second]);
    expect(sent()).toEqual([1, 2]);
  });

  test('is that a command of one makes what the other has read old (P8)', async () => {
    const world = await signedIn();
    const state = () => get(world, ['hubs', '1'], { account: idOf('ben') });
    await state();
    expect((await state()).cache?.state).toBe('HIT');
    await arm(world, 'ann');
    expect((await state()).cache?.state).toBe('MISS');
  });

  test('is which command was the last: an identical one joins only that', async () => {
    const world = await signedIn();
    world.ajax.behave(({ method }) => (method === 'PUT' ? 'reset' : undefined));
    expect(await codeOf(arm(world, 'ann'))).toBe('command_outcome_unknown');
    world.ajax.behave(() => undefined);
    await arm(world, 'ben', 'DISARM');
    // Without ben's in between it would be the first again.
    await arm(world, 'ann');
    expect(world.ajax.arrivals.filter(({ method }) => method === 'PUT').map(keyOf)).toEqual([1, 2, 1]);
  });
});

const ofKey = (place: number) => ({
  ...{ place, state: 'ok', limit: 10, waiting: 0, closedUntil: null, breaker: 'closed', sessions: 1 },
});

/** Sessions as they were stored before they named their key. */
function withoutNames(storage: CoordinatorStorage): CoordinatorStorage {
  const sealer = createSealer(COORDINATOR_SECRET_KEY, 'coordinator:records');
  async function older(key: string, value: string): Promise<string> {
    const place = `record:session:${key}`;
    const { key: _name, ...session } = JSON.parse(await (await sealer).open(value, place));
    return (await sealer).seal(JSON.stringify(session), place);
  }
  return {
    ...storage,
    async get(kind, key) {
      const value = await storage.get(kind, key);
      return kind === 'session' && value !== undefined ? older(key, value) : value;
    },
    async list(kind) {
      const rows = await storage.list(kind);
      if (kind !== 'session') return rows;
      return Promise.all(rows.map(async (row) => ({ ...row, value: await older(row.key, row.value) })));
    },
  };
}
