/** What is served when nothing better is to be had, and what a restart may serve (P8). */
import { describe, expect, test } from 'vitest';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import {
  codeOf,
  createFakeAjax,
  createSignedInWorld,
  createTestClock,
  createWorld,
  get,
  put,
  type Reply,
} from './world.ts';

const HUB = ['hubs', '1'];
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
