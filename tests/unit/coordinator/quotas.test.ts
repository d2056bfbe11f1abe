/** Quotas of plans: counted where a request leaves for Ajax, and only there. */
import { describe, expect, test } from 'vitest';
import { type JobOfRead, JobWaiting } from '../../../coordinator/contract/client.ts';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import { GatewayError } from '../../../src/kernel/errors.ts';
import { newId } from '../../../src/kernel/ids.ts';
import type { Meter } from '../../../src/kernel/quota.ts';
import {
  ACCOUNT,
  codeOf,
  context,
  createSignedInWorld,
  createTestClock,
  createWorld,
  put,
  type World,
} from './world.ts';

let request = 0;
const meterOf = (quota = 'minute=3 hour=5', requestId = `request-${++request}`): Meter => ({
  ...{ requestId, quota, left: undefined, fetched: 0, cached: 0, refused: 0 },
});

interface Ask {
  readonly meter?: Meter;
  readonly account?: string;
  readonly noCache?: boolean;
  readonly signal?: AbortSignal;
  readonly lane?: 'interactive' | 'command';
  readonly job?: JobOfRead;
}

const read = (world: Pick<World, 'client'>, path: string[], { account = ACCOUNT, ...ask }: Ask = {}) =>
  world.client.read({ account, path, lane: 'interactive', meter: meterOf(), ...context(), ...ask });

/** Paths nothing is cached of. */
const logs = (hub: number) => ['hubs', String(hub), 'logs'];

async function fill(world: World, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await read(world, logs(n));
}

async function refusal(reading: Promise<unknown>): Promise<GatewayError> {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GatewayError)) throw new Error('Not refused');
  return error;
}

describe('a quota', () => {
  test('refuses what is beyond it, asks Ajax nothing, and says when it is possible again', async () => {
    const world = await createSignedInWorld();
    await fill(world, 3);
    await world.clock.advance(20_000);
    const sent = world.ajax.arrivals.length;
    const meter = meterOf();
    const error = await refusal(read(world, logs(9), { meter }));
    expect(error.code).toBe('quota_exceeded');
    expect(error.extras).toMatchObject({ retryAfterSeconds: 40, members: { quota: 'minute', limit: 3 } });
    expect(meter).toMatchObject({ refused: 1, left: '"minute";r=0;t=40, "hour";r=2;t=3580' });
    expect(world.ajax.arrivals).toHaveLength(sent);
  });

  test('is all there again when its window ends, to the millisecond', async () => {
    const world = await createSignedInWorld();
    await fill(world, 3);
    await world.clock.advance(59_999);
    expect(await codeOf(read(world, logs(9)))).toBe('quota_exceeded');
    await world.clock.advance(1);
    const meter = meterOf();
    await read(world, logs(9), { meter });
    expect(meter.left).toBe('"minute";r=2;t=60, "hour";r=1;t=3540');
  });

  test('of the hour holds when that of the minute would let through, and waits for the hour', async () => {
    const world = await createSignedInWorld();
    await fill(world, 3);
    await world.clock.advance(60_000);
    await fill(world, 2);
    const error = await refusal(read(world, logs(9)));
    expect(error.extras).toMatchObject({ retryAfterSeconds: 3_540, members: { quota: 'hour', limit: 5 } });
  });

  test('slows who polls down to what lasts until its window ends', async () => {
    const world = await createSignedInWorld();
    const suggested = async (quota: string) =>
      (await read(world, logs(1), { meter: meterOf(quota) })).cache?.suggestedIntervalSeconds;
    // Plenty is left: the pace of what is never cached.
    expect(await suggested('minute=100 hour=1000')).toBe(10);
    await fill(world, 2);
    await world.clock.advance(20_000);
    // The fourth of five in an hour: one more in the 3,580 s that are left of it.
    expect(await suggested('minute=100 hour=5')).toBe(3_580);
    expect(await suggested('minute=9 hour=5')).toBe(3_580);
  });

  test('counts a request once, however many reads it takes, also at the same time', async () => {
    const world = await createSignedInWorld();
    const meter = meterOf();
    await Promise.all([1, 2, 3, 4].map((hub) => read(world, logs(hub), { meter })));
    await read(world, logs(5), { meter });
    expect(meter).toMatchObject({ fetched: 5, left: expect.stringContaining('"minute";r=2') });
  });

  test('lets no more through when many come at once', async () => {
    const world = await createSignedInWorld();
    const readings = Array.from({ length: 20 }, (_, n) =>
      read(world, logs(n)).catch((error: GatewayError) => error.code),
    );
    const results = await Promise.all(readings);
    expect(results.filter((each) => each === 'quota_exceeded')).toHaveLength(17);
  });

  test('counts nothing the cache answers', async () => {
    const world = await createSignedInWorld();
    const meter = meterOf();
    for (let n = 0; n < 20; n++) await read(world, ['hubs', '1'], n === 0 ? {} : { meter });
    expect(meter).toMatchObject({ fetched: 0, cached: 19, left: expect.stringContaining('"minute";r=2;') });
    await fill(world, 2);
    // What is cached is served on when the quota is used up.
    expect(await read(world, ['hubs', '1'])).toMatchObject({ status: 200, cache: { state: 'HIT' } });
  });

  test('counts nothing that is refused before it leaves for Ajax, and what has left even if nobody waits', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 2, windowMs: 60_000, reserve: 0 } },
    });
    // One token is left by the sign-in.
    await read(world, logs(1));
    for (let n = 0; n < 5; n++) expect(await codeOf(read(world, logs(2)))).toBe('budget_exhausted');
    const meter = meterOf();
    await world.client
      .read({ account: ACCOUNT, path: logs(3), lane: 'interactive', meter, ...context() })
      .catch(() => {});
    await world.clock.advance(120_000);
    await read(world, logs(4), { meter });
    expect(meter.left).toContain('"hour";r=3;');
  });

  test('counts a read that has left when its reader has too', async () => {
    const world = await createSignedInWorld();
    const release = world.ajax.hold();
    const leaving = new AbortController();
    const reading = read(world, logs(1), { signal: leaving.signal }).catch(() => 'left');
    await world.clock.settle();
    leaving.abort();
    expect(await reading).toBe('left');
    release();
    await world.clock.settle();
    const meter = meterOf();
    await read(world, logs(2), { meter });
    expect(meter.left).toContain('"minute";r=1;');
  });

  test('never refuses a command, nor what it has to look up first', async () => {
    const world = await createSignedInWorld();
    await fill(world, 3);
    expect(await codeOf(read(world, logs(9)))).toBe('quota_exceeded');
    expect(await read(world, ['hubs'], { lane: 'command' })).toMatchObject({ status: 200 });
    expect(await put(world, ['hubs', '1', 'commands', 'arming'])).toMatchObject({ status: 200 });
  });

  test('is nobody else’s', async () => {
    const world = await createSignedInWorld();
    await fill(world, 3);
    const meter = meterOf();
    // Not signed in, which is another refusal.
    expect(await codeOf(read(world, logs(1), { account: 'ffff', meter }))).toBe('upstream_login_required');
    // Nobody can have another’s request pay, either.
    const shared = meterOf('minute=1', 'request-of-somebody');
    expect(await codeOf(read(world, logs(1), { meter: shared }))).toBe('quota_exceeded');
  });

  test('of a higher plan counts what was used with the lower one', async () => {
    const world = await createSignedInWorld();
    await fill(world, 3);
    const meter = meterOf('minute=4 hour=100');
    await read(world, logs(8), { meter });
    expect(meter.left).toBe('"minute";r=0;t=60, "hour";r=96;t=3600');
  });

  test('is remembered by the next life', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const first = await createSignedInWorld({ clock, storage });
    await fill(first, 3);
    await clock.advance(10_000);
    await first.host.close();
    const next = await createWorld({ clock, storage, ajax: first.ajax });
    const meter = meterOf();
    expect(await codeOf(read(next, logs(9), { meter }))).toBe('quota_exceeded');
    const [minute, hour] = (meter.left ?? '').match(/(?<=t=)\d+/g)?.map(Number) ?? [];
    expect(minute).toBeGreaterThanOrEqual(50 - 1);
    expect(minute).toBeLessThanOrEqual(50);
    expect(hour).toBeLessThanOrEqual(3_590);
    await clock.advance(51_000);
    expect(await read(next, logs(9))).toMatchObject({ status: 200 });
  });

  test('counts a job once, and a job beyond it ends in that refusal', async () => {
    const world = await createSignedInWorld();
    const job = (id = newId()): JobOfRead => ({ id, request: { path: '/api/v1/ajax/hubs' } });
    const readFor = async (of: JobOfRead, path: string[]) => {
      const reading = read(world, path, { job: of }).catch((error: unknown) => {
        if (error instanceof JobWaiting) return error.job;
        throw error;
      });
      reading.catch(() => {});
      await world.clock.advance(20);
      return reading;
    };
    const first = job();
    await readFor(first, logs(1));
    await readFor(first, logs(2));
    await fill(world, 2);
    expect(await codeOf(readFor(job(), logs(3)))).toBe('quota_exceeded');
  });

  test('that makes no sense is refused', async () => {
    const world = await createSignedInWorld();
    for (const quota of ['', 'day=3', 'minute=x', 'minute=1  hour=2'])
      expect(await codeOf(read(world, logs(1), { meter: meterOf(quota) })), quota).toBe('invalid_request');
  });
});
