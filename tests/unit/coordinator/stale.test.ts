/** What is served when nothing better is to be had, and what a restart may serve (P8). */
import { describe, expect, test } from 'vitest';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import { newId } from '../../../src/kernel/ids.ts';
import {
  ACCOUNT,
  CREDENTIALS,
  codeOf,
  context,
  createFakeAjax,
  createSignedInWorld,
  createTestClock,
  createWorld,
  get,
  put,
  type Reply,
  type World,
} from './world.ts';

const HUB = ['hubs', '1'];
const stopUpstream = (world: World) => world.client.switchUpstream({ stopped: true }, context());
const ARMING = [...HUB, 'commands', 'arming'];

/** Hubs answer how often they were asked for. */
function countingAjax(clock = createTestClock()) {
  const ajax = createFakeAjax(clock);
  let version = 0;
  const answer = () =>
    ajax.behave(({ method, path }) =>
      method === 'GET' && path.includes('/hubs') ? { status: 200, body: { version: ++version } } : undefined,
    );
  answer();
  return { clock, ajax, answer };
}

describe('stale service', () => {
  test.each<[string, Reply]>([
    ['throttles', { status: 429, headers: { 'retry-after': '300' } }],
    ['is down', { status: 503 }],
    ['fails', { status: 500 }],
    ['does not answer', 'reset'],
    ['cannot be reached', 'refuse'],
  ])('when Ajax %s, an older answer is served and marked, with its age', async (_name, reply) => {
    const { clock, ajax } = countingAjax();
    const world = await createSignedInWorld({ clock, ajax });
    await get(world, HUB);
    await clock.advance(100_000);
    ajax.behave(() => reply);
    expect(await get(world, HUB)).toMatchObject({
      status: 200,
      body: { version: 1 },
      cache: { state: 'STALE', ageSeconds: 100, ttlSeconds: 0 },
    });
  });

  test('when the budget is exhausted too, at once', async () => {
    const { clock, ajax } = countingAjax();
    const config = { budget: { requests: 3, windowMs: 600_000, reserve: 0 } };
    const world = await createSignedInWorld({ clock, ajax, config });
    await get(world, HUB);
    await get(world, ['hubs', '2', 'logs']);
    await clock.advance(60_000);
    const asked = clock.monotonic();
    expect((await get(world, HUB)).cache).toMatchObject({ state: 'STALE', ageSeconds: 60 });
    expect(clock.monotonic()).toBe(asked);
    expect(await codeOf(get(world, ['hubs', '3']))).toBe('budget_exhausted');
  });

  test('when Ajax takes longer than a caller may be held, too', async () => {
    const { clock, ajax } = countingAjax();
    const world = await createSignedInWorld({ clock, ajax });
    await get(world, HUB);
    await clock.advance(60_000);
    ajax.behave(() => 'hang');
    // An earlier call of the same request took 11 s: its 25 s are over before Ajax has had its 15.
    const held = { ...context(), heldMs: 11_000 };
    const asked = clock.monotonic();
    const reading = world.client
      .read({ account: ACCOUNT, path: HUB, lane: 'interactive', ...held })
      .then(({ cache }) => ({ cache, tookMs: clock.monotonic() - asked }));
    reading.catch(() => {});
    await clock.advance(15_000);
    expect(await reading).toMatchObject({ cache: { state: 'STALE', ageSeconds: 74 }, tookMs: 14_000 });
    const gone = new AbortController();
    const left = codeOf(get(world, HUB, { signal: gone.signal }));
    await clock.settle();
    gone.abort();
    expect(await left).toBe('coordinator_unavailable');
  });

  test('is marked as such in the answer of a job as well', async () => {
    const { clock, ajax } = countingAjax();
    const world = await createSignedInWorld({ clock, ajax });
    await get(world, HUB);
    await clock.advance(60_000);
    ajax.behave(() => 'reset');
    const job = { id: newId(), request: { path: '/api/v1/ajax/hubs/1' } };
    const read = () =>
      world.client.read({ account: ACCOUNT, path: HUB, lane: 'interactive', job, ...context() });
    expect((await read()).cache).toMatchObject({ state: 'STALE', ageSeconds: 60 });
    await clock.advance(5_000);
    expect((await read()).cache).toMatchObject({ state: 'STALE', ageSeconds: 65 });
  });

  test('ends by itself as soon as Ajax answers again', async () => {
    const { clock, ajax, answer } = countingAjax();
    const world = await createSignedInWorld({ clock, ajax });
    await get(world, HUB);
    await clock.advance(60_000);
    ajax.behave(() => 'reset');
    expect((await get(world, HUB)).cache?.state).toBe('STALE');
    answer();
    expect(await get(world, HUB)).toMatchObject({ body: { version: 2 }, cache: { state: 'MISS' } });
  });

  test('ends at ten times the lifetime of the answer', async () => {
    const { clock, ajax } = countingAjax();
    const world = await createSignedInWorld({ clock, ajax });
    await get(world, HUB);
    ajax.behave(() => 'reset');
    await clock.advance(299_999);
    expect((await get(world, HUB)).cache?.state).toBe('STALE');
    await clock.advance(1);
    expect(await codeOf(get(world, HUB))).toBe('upstream_error');
  });

  test('never crosses a change, nor serves what was read while the hub was dirty (P8)', async () => {
    const { clock, ajax, answer } = countingAjax();
    const world = await createSignedInWorld({ clock, ajax });
    await get(world, HUB);
    await put(world, ARMING);
    ajax.behave(() => 'reset');
    expect(await codeOf(get(world, HUB))).toBe('upstream_error');
    answer();
    await clock.advance(5_000);
    await get(world, HUB); // Dirty still: it may lack the effect of the command.
    await clock.advance(20_000);
    ajax.behave(() => 'reset');
    expect(await codeOf(get(world, HUB))).toBe('upstream_error');
  });

  test('is not for who asks for fresh data, nor for an account that has to sign in again', async () => {
    const { clock, ajax } = countingAjax();
    const world = await createSignedInWorld({ clock, ajax });
    await get(world, HUB);
    await clock.advance(60_000);
    ajax.behave(() => 'reset');
    expect(await codeOf(get(world, HUB, { noCache: true }))).toBe('upstream_error');
    ajax.behave(() => ({ status: 401, body: { message: 'User is not authorized' } }));
    expect(await codeOf(get(world, HUB))).not.toBe('none');
  });
});

describe('how old it may be', () => {
  const MINUTE = 60_000;
  test.each<[string[], number]>([
    [['hubs', '1'], 5 * MINUTE],
    [['hubs', '1', 'groups'], 5 * MINUTE],
    [['hubs', '1', 'devices'], 5 * MINUTE],
    [['hubs', '1', 'devices', '2'], 5 * MINUTE],
    [['hubs', '1', 'rooms'], 60 * MINUTE],
    [['hubs'], 60 * MINUTE],
    [[], 60 * MINUTE],
  ])('follows from the resource: %j', async (path, mostMs) => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method }) => (method === 'GET' ? { status: 200, body: [] } : undefined));
    await get(world, path);
    await stopUpstream(world);
    await world.clock.advance(mostMs - 1);
    expect((await get(world, path)).cache?.state).toBe('STALE');
    await world.clock.advance(1);
    expect(await codeOf(get(world, path))).toBe('upstream_stopped');
  });

  test('follows from its configured lifetime: ten times that', async () => {
    const cacheTtlSeconds = { hubs: 1, hub: 1, devices: 1, device: 0, rooms: 1, groups: 1 };
    const world = await createSignedInWorld({ config: { cacheTtlSeconds } });
    await get(world, HUB);
    await get(world, [...HUB, 'devices', '2']);
    await stopUpstream(world);
    await world.clock.advance(9_999);
    expect((await get(world, HUB)).cache?.state).toBe('STALE');
    // What is never cached is never stale either.
    expect(await codeOf(get(world, [...HUB, 'devices', '2']))).toBe('upstream_stopped');
    await world.clock.advance(1);
    expect(await codeOf(get(world, HUB))).toBe('upstream_stopped');
  });

  test('counts from before a restart', async () => {
    const { clock, ajax } = countingAjax();
    const storage = createMemoryStorage(clock);
    const first = await createSignedInWorld({ clock, ajax, storage });
    await get(first, HUB);
    await clock.advance(200_000);
    const second = await createWorld({ clock, ajax, storage });
    ajax.behave(() => 'reset');
    const { cache } = await get(second, HUB);
    expect(cache?.state).toBe('STALE');
    expect(cache?.ageSeconds).toBeGreaterThanOrEqual(200);
    await clock.advance(100_000);
    expect(await codeOf(get(second, HUB))).not.toBe('none');
  });
});

describe('while the storage hangs', () => {
  function hangingStorage(clock: ReturnType<typeof createTestClock>) {
    const own = createMemoryStorage(clock);
    let hangs = false;
    const storage = new Proxy(own, {
      get: (target, name: keyof CoordinatorStorage) =>
        hangs ? () => new Promise(() => {}) : target[name].bind(target),
    });
    return {
      storage,
      hang(is: boolean) {
        hangs = is;
      },
    };
  }

  test('nothing is sent, everybody hears so within 2 s, and it goes on by itself (P11)', async () => {
    const { clock, ajax } = countingAjax();
    const { storage, hang } = hangingStorage(clock);
    const world = await createSignedInWorld({ clock, ajax, storage });
    await get(world, HUB);
    hang(true);
    // Until the lease has run out what is in memory is certain.
    await clock.advance(4_000);
    const before = ajax.arrivals.length;
    const asked = clock.monotonic();
    const ends: [string, number][] = [];
    for (const work of [
      get(world, HUB),
      get(world, ['hubs', '2']),
      put(world, ARMING),
      world.client.login(CREDENTIALS, context()),
      world.client.forget(ACCOUNT, context()),
    ]) {
      void codeOf(work).then((code) => ends.push([code, clock.monotonic() - asked]));
    }
    await clock.advance(2_000);
    expect(ends.map(([code]) => code)).toEqual(Array(5).fill('storage_unavailable'));
    expect(ajax.arrivals).toHaveLength(before);
    hang(false);
    await clock.advance(3_000);
    expect((await get(world, ['hubs', '2'])).cache?.state).toBe('MISS');
    expect((await put(world, ARMING)).status).toBe(200);
  });

  test('who may have lost the lease serves nothing stale: another may have changed the hub (P8)', async () => {
    const { clock, ajax } = countingAjax();
    const { storage, hang } = hangingStorage(clock);
    const world = await createSignedInWorld({ clock, ajax, storage });
    await get(world, HUB);
    await clock.advance(60_000);
    ajax.behave(() => 'hang');
    const reading = get(world, HUB).then(
      ({ cache }) => cache?.state,
      (error: { code?: string }) => error.code,
    );
    await clock.settle();
    hang(true);
    await clock.advance(15_000);
    expect(await reading).toBe('upstream_timeout');
  });
});

describe('a restart', () => {
  async function restarted(
    between: (world: Awaited<ReturnType<typeof createSignedInWorld>>) => Promise<unknown>,
  ) {
    const { clock, ajax } = countingAjax();
    const storage = createMemoryStorage(clock);
    const first = await createSignedInWorld({ clock, ajax, storage });
    await get(first, HUB);
    await between(first);
    // What is kept goes to storage a few milliseconds late.
    await clock.advance(10);
    return { clock, ajax, storage, world: await createWorld({ clock, ajax, storage }) };
  }

  test('starts warm: what was cached is served, with its age, and costs no call', async () => {
    const { world, ajax } = await restarted(({ clock }) => clock.advance(10_000));
    const before = ajax.arrivals.length;
    const { body, cache } = await get(world, HUB);
    expect(body).toEqual({ version: 1 });
    expect(cache?.state).toBe('HIT');
    // Two seconds are added for the commit that brought it there.
    expect(cache?.ageSeconds).toBeGreaterThanOrEqual(10);
    expect(cache?.ageSeconds).toBeLessThanOrEqual(13);
    expect(ajax.arrivals).toHaveLength(before);
  });

  test('is warm also for a hub that was commanded a while ago', async () => {
    const { world } = await restarted(async (first) => {
      await put(first, ARMING);
      await first.clock.advance(60_000);
      await get(first, HUB);
    });
    expect((await get(world, HUB)).cache?.state).toBe('HIT');
  });

  test('for 200 clients that ask at once it is one look into the storage and no call', async () => {
    const { world, ajax } = await restarted(async () => {});
    const before = ajax.arrivals.length;
    const answers = await Promise.all(Array.from({ length: 200 }, () => get(world, HUB)));
    expect(new Set(answers.map(({ cache }) => cache?.state))).toEqual(new Set(['HIT']));
    expect(ajax.arrivals).toHaveLength(before);
  });

  test('serves nothing that was valid no longer', async () => {
    const { world } = await restarted(({ clock }) => clock.advance(30_000));
    expect((await get(world, HUB)).cache?.state).toBe('MISS');
  });

  test('serves nothing from before a command, answered or cut off by the crash (P8)', async () => {
    const answered = await restarted((world) => put(world, ARMING));
    expect((await get(answered.world, HUB)).body).toEqual({ version: 2 });
    const cutOff = await restarted(async (world) => {
      world.ajax.hold();
      void put(world, ARMING).catch(() => {});
      await world.clock.settle();
    });
    void get(cutOff.world, HUB);
    await cutOff.clock.settle();
    expect(cutOff.ajax.arrivals.filter(({ method }) => method === 'GET')).toHaveLength(2);
  });

  test('forgets what an account that signed out had, in storage too (P7)', async () => {
    const { storage } = await restarted((world) =>
      world.client.forget('a1b2c3d4', { correlationId: 'sign-out' }),
    );
    expect(await storage.keys('cache')).toEqual([]);
    expect(await storage.keys('session')).toEqual([]);
  });

  test('keeps no body in clear (P9)', async () => {
    const { storage } = await restarted(async () => {});
    const stored = JSON.stringify(await storage.list('cache'));
    expect(stored).not.toContain('version');
    expect(stored).toContain('v1.');
  });
});
