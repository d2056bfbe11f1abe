/** Ajax away for everybody is found out once, not by each caller for itself (P11); one call stops everything. */
import { describe, expect, test } from 'vitest';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import { GatewayError } from '../../../src/kernel/errors.ts';
import {
  ACCOUNT,
  type Arrival,
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
  send,
  type World,
} from './world.ts';

const ARMING = ['hubs', '1', 'commands', 'arming'];
const hub = (n: number) => ['hubs', String(n), 'devices'];
const breakerOf = async (world: World) => (await world.client.status(context())).upstream.breaker;
const isRead = ({ path }: Arrival) => path.includes('/user/');
const read = (world: World) => world.ajax.arrivals.filter(isRead).length;

/** Reads of five hubs at once, and as much time as they need to fail. */
async function failFive(world: World, answer: Reply = 'hang'): Promise<string[]> {
  world.ajax.behave((arrival) => (isRead(arrival) ? answer : undefined));
  const reads = [1, 2, 3, 4, 5].map((n) => codeOf(get(world, hub(n))));
  if (answer === 'hang') await world.clock.advance(15_000);
  return Promise.all(reads);
}

describe('the breaker', () => {
  test.each<[string, Reply, string]>([
    ['hangs', 'hang', 'upstream_timeout'],
    ['breaks connections', 'reset', 'upstream_error'],
    ['cannot be reached', 'refuse', 'upstream_error'],
  ])('opens when Ajax %s, and nobody waits any more (P11)', async (_name, answer, code) => {
    const world = await createSignedInWorld();
    expect(await failFive(world, answer)).toEqual(Array(5).fill(code));
    expect(await breakerOf(world)).toBe('open');
    const before = read(world);
    const since = world.clock.monotonic();
    await expect(get(world, hub(6))).rejects.toMatchObject({
      code: 'upstream_unavailable',
      extras: { retryAfterSeconds: 5 },
    });
    await expect(put(world, ARMING)).rejects.toMatchObject({ code: 'command_not_executed' });
    expect(await codeOf(world.client.login({ ...CREDENTIALS, login: 'b@example.com' }, context()))).toBe(
      'upstream_unavailable',
    );
    expect(world.clock.monotonic()).toBe(since);
    expect(read(world)).toBe(before);
  });

  test.each([502, 503, 504, 520])('opens at answers with status %i', async (status) => {
    const world = await createSignedInWorld();
    world.ajax.behave((arrival) => (isRead(arrival) ? { status } : undefined));
    for (const n of [1, 2, 3, 4, 5]) await get(world, hub(n)).catch(() => {});
    expect(await breakerOf(world)).toBe('open');
  });

  test.each<[string, Reply]>([
    ['503 of an offline hub', { status: 503, body: { message: 'Hub is offline' } }],
    ['500 of an odd request', { status: 500 }],
    ['404', { status: 404 }],
  ])('does not count a %s', async (_name, answer) => {
    const world = await createSignedInWorld();
    world.ajax.behave((arrival) => (isRead(arrival) ? answer : undefined));
    for (let n = 1; n <= 12; n++) await get(world, hub(n)).catch(() => {});
    expect(await breakerOf(world)).toBe('closed');
  });

  test('does not open for one hub that hangs, however often and whoever asks', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ path }) => (path.includes('/hubs/7') ? { status: 504 } : undefined));
    for (let n = 0; n < 10; n++) await get(world, ['hubs', '7', 'logs', String(n)]).catch(() => {});
    expect(await breakerOf(world)).toBe('closed');
    expect((await get(world, hub(1))).status).toBe(200);
  });

  test('does not open while others are answered in between', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ path }) => (/hubs\/\d\//.test(path) ? { status: 504 } : undefined));
    for (let n = 1; n <= 9; n++) {
      await get(world, hub(n)).catch(() => {});
      if (n % 3 === 0) await get(world, ['spaces', String(n)]);
    }
    expect(await breakerOf(world)).toBe('closed');
  });

  test('lets one request find out whether Ajax is back, and closes when it is', async () => {
    const world = await createSignedInWorld();
    await failFive(world);
    await world.clock.advance(5_000);
    expect(await breakerOf(world)).toBe('half_open');
    const before = read(world);
    world.ajax.behave(() => undefined);
    const release = world.ajax.hold();
    const trial = get(world, hub(1));
    await world.clock.settle();
    expect(await codeOf(get(world, hub(2)))).toBe('upstream_unavailable');
    expect(read(world)).toBe(before + 1);
    release();
    expect((await trial).status).toBe(200);
    expect(await breakerOf(world)).toBe('closed');
    expect((await get(world, hub(2))).status).toBe(200);
  });

  test('waits longer after each vain attempt, at most a minute', async () => {
    const world = await createSignedInWorld();
    await failFive(world, 'reset');
    for (const openMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      await world.clock.advance(openMs - 1);
      expect(await breakerOf(world)).toBe('open');
      await world.clock.advance(1);
      expect(await codeOf(get(world, hub(1)))).toBe('upstream_error');
      expect(await breakerOf(world)).toBe('open');
    }
  });

  test('is not kept half open by a trial whose caller leaves before it was sent', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 6, windowMs: 10_000, reserve: 0 } },
    });
    await failFive(world, 'reset');
    await world.clock.advance(5_000);
    const leaving = new AbortController();
    const trial = codeOf(get(world, hub(1), { signal: leaving.signal }));
    await world.clock.settle();
    leaving.abort();
    await trial;
    world.ajax.behave(() => undefined);
    await world.clock.advance(40_000);
    expect((await get(world, hub(2))).status).toBe(200);
  });

  test('refuses what waits in the line when it opens', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 6, windowMs: 10_000, reserve: 0 } },
    });
    world.ajax.behave((arrival) => (isRead(arrival) ? { status: 502 } : undefined));
    const release = world.ajax.hold();
    const sent = [1, 2, 3, 4, 5].map((n) => codeOf(get(world, hub(n))));
    await world.clock.settle();
    const waiting = codeOf(get(world, hub(6)));
    await world.clock.settle();
    expect((await world.client.budget(ACCOUNT, context())).waiting).toBe(1);
    release();
    await Promise.all(sent);
    expect(await waiting).toBe('upstream_unavailable');
  });

  test('serves what it has while it is open, marked as old (P8 kept)', async () => {
    const world = await createSignedInWorld();
    await get(world, ['hubs', '1']);
    await world.clock.advance(31_000);
    await failFive(world, 'reset');
    expect((await get(world, ['hubs', '1'])).cache?.state).toBe('STALE');
  });
});

describe('the kill switch', () => {
  const stop = (world: World, reason?: string) =>
    world.client.switchUpstream({ stopped: true, ...(reason === undefined ? {} : { reason }) }, context());
  const resume = (world: World) => world.client.switchUpstream({ stopped: false }, context());

  test('stops reads, commands, sign-ins and refreshes at once, and lets them go again', async () => {
    const world = await createSignedInWorld();
    expect(await stop(world, 'the key is replaced')).toMatchObject({ reason: 'the key is replaced' });
    const before = world.ajax.arrivals.length;
    expect([
      await codeOf(get(world, hub(1))),
      await codeOf(put(world, ARMING)),
      await codeOf(world.client.login(CREDENTIALS, context())),
    ]).toEqual(Array(3).fill('upstream_stopped'));
    await world.clock.advance(16 * 60_000);
    expect(await codeOf(get(world, hub(1)))).toBe('upstream_stopped');
    expect(world.ajax.arrivals).toHaveLength(before);
    expect(await resume(world)).toBeNull();
    expect((await get(world, hub(1))).status).toBe(200);
  });

  test('refuses what waits, and a command that waits is never executed (P6)', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 2, windowMs: 10_000, reserve: 0 } },
    });
    await get(world, hub(1));
    const reading = codeOf(get(world, hub(2)));
    const commanded = codeOf(put(world, ARMING));
    await world.clock.settle();
    await stop(world);
    expect([await reading, await commanded]).toEqual(['upstream_stopped', 'upstream_stopped']);
    await resume(world);
    await world.clock.advance(60_000);
    expect(world.ajax.arrivals.filter(({ method }) => method === 'PUT')).toHaveLength(0);
    const [receipt] = await world.client.receipts(ACCOUNT, 1, context());
    expect(receipt).toMatchObject({ outcome: 'not_executed', code: 'upstream_stopped' });
  });

  test('keeps what has its token and is not yet written from being written', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    let isSlow = false;
    let release = () => {};
    const world = await createSignedInWorld({
      clock,
      storage: {
        ...storage,
        async commit(commit) {
          if (isSlow) {
            isSlow = false;
            await new Promise<void>((resolve) => {
              release = resolve;
            });
          }
          return storage.commit(commit);
        },
      },
    });
    isSlow = true;
    const reading = codeOf(get(world, hub(1)));
    await clock.settle();
    const stopping = stop(world);
    await clock.settle();
    release();
    await stopping;
    expect(await reading).toBe('upstream_stopped');
    expect(read(world)).toBe(0);
    // Its token is back: the next request does not wait for it.
    expect((await world.client.budget(ACCOUNT, context())).used).toBe(1);
  });

  test('survives a restart and a change of the owner', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const first = await createSignedInWorld({ clock, storage, ajax });
    await stop(first, 'suspicion');
    const second = await createWorld({ clock, storage, ajax });
    expect((await second.client.status(context())).upstream.stopped).toMatchObject({ reason: 'suspicion' });
    expect(await codeOf(get(second, hub(1)))).toBe('upstream_stopped');
    await resume(second);
    const third = await createWorld({ clock, storage, ajax });
    expect((await get(third, hub(1))).status).toBe(200);
  });

  test('stops at once although the storage is away, says that it could not be written down, and is, later', async () => {
    const clock = createTestClock();
    const own = createMemoryStorage(clock);
    let isCut = false;
    const storage = new Proxy(own, {
      get: (target, name: keyof CoordinatorStorage) =>
        isCut ? () => Promise.reject(new Error('cut off')) : target[name],
    });
    const world = await createSignedInWorld({ clock, storage });
    isCut = true;
    expect(await codeOf(stop(world))).toBe('storage_unavailable');
    isCut = false;
    await clock.advance(2_000);
    expect(await codeOf(get(world, hub(1)))).toBe('upstream_stopped');
    isCut = true;
    expect(await codeOf(resume(world))).toBe('storage_unavailable');
    isCut = false;
    await clock.advance(2_000);
    // Not resumed, neither here nor after a restart.
    expect(await codeOf(get(world, hub(1)))).toBe('upstream_stopped');
    const next = await createWorld({ clock, storage: own });
    expect(await codeOf(get(next, hub(1)))).toBe('upstream_stopped');
  });

  test('serves what it has, marked once it is old', async () => {
    const world = await createSignedInWorld();
    await get(world, ['hubs', '1']);
    await stop(world);
    expect((await get(world, ['hubs', '1'])).cache?.state).toBe('HIT');
    await world.clock.advance(31_000);
    expect((await get(world, ['hubs', '1'])).cache?.state).toBe('STALE');
  });

  test('refuses what is no switch', async () => {
    const world = await createWorld();
    for (const body of [{}, { stopped: 'yes' }, { stopped: true, reason: 'x'.repeat(201) }, []]) {
      const sent = world.client.switchUpstream(body as { stopped: boolean }, context());
      expect(await codeOf(sent)).toBe('invalid_request');
    }
  });

  test('an asynchronous command that waits has an end in its receipt', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 1, windowMs: 10_000, reserve: 0 } },
    });
    const accepted = await send(world, ARMING, {}, { respondAsync: true });
    if (accepted.kind !== 'accepted') throw new GatewayError('internal_error');
    await stop(world);
    await world.clock.settle();
    expect(await world.client.receipt(ACCOUNT, accepted.receipt.id, context())).toMatchObject({
      outcome: 'not_executed',
      code: 'upstream_stopped',
    });
  });
});
