/** The promise everything else serves: never more than N arrivals in any window, by the upstream's own clock. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { SendOnce } from '../../../src/kernel/send-once.undici.ts';
import {
  ACCOUNT,
  CREDENTIALS,
  context,
  createTestClock,
  createWorld,
  get,
  put,
  sessionBody,
  type TestClock,
  type World,
} from './world.ts';

const N = 8;
const W = 2_000;
const TIMEOUT_MS = 1_000;
const limits = {
  budget: { requests: N, windowMs: W, reserve: 1 },
  requestTimeoutMs: TIMEOUT_MS,
};

/** Arrivals by Ajax's clock; requests reach it late, or not at all, or twice as late as anybody waits. */
function createRoughNetwork(clock: TestClock, random: () => number) {
  const arrivals: number[] = [];
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  let life = 0;

  /** What one life of the coordinator sends with; dies with it. */
  function connect(): SendOnce {
    const mine = ++life;
    return async (request) => {
      await wait(random() < 0.1 ? random() * 1_500 : random() * 20);
      // A killed process writes nothing any more.
      if (mine !== life) return new Promise(() => {});
      if (request.mayWrite?.() === false) return { kind: 'unwritten', reason: 'refused', error: undefined };
      const fate = random();
      const isSlow = fate < 0.1;
      const travelMs = isSlow ? random() * (TIMEOUT_MS + 15_000) : random() * 300;
      const arrived = wait(travelMs).then(() => arrivals.push(clock.monotonic()));
      if (isSlow) {
        await wait(TIMEOUT_MS);
        return { kind: 'unanswered', reason: 'timeout', error: undefined };
      }
      await arrived;
      await wait(random() * 300);
      if (fate < 0.15) return { kind: 'unanswered', reason: 'connection', error: undefined };
      request.onStatus?.(fate < 0.2 ? 500 : 200);
      const body = /login|refresh/.test(request.path) ? sessionBody(arrivals.length) : {};
      const status = fate < 0.2 ? 500 : fate < 0.22 ? 401 : 200;
      return { kind: 'answered', status, headers: new Headers(), body: Buffer.from(JSON.stringify(body)) };
    };
  }
  return { arrivals, connect };
}

/** The most arrivals in any [t, t + W). */
function largestWindow(arrivals: readonly number[], windowMs: number): number {
  const sorted = [...arrivals].sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [last, at] of sorted.entries()) {
    while (at - (sorted[first] ?? 0) >= windowMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe('never more than N arrivals in any window (P1)', () => {
  test.each([
    ['and kills', 0],
    ['kills, and a storage that loses its last second', 0.5],
  ])(
    'through slow networks, time-outs, resets, 401s, logins, full queues %s',
    async (_name, losses) => {
      let fullest = 0;
      await fc.assert(
        fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 4 }), async (seed, lives) => {
          const random = seeded(seed);
          const clock = createTestClock({ earlyMs: 1 });
          const storage = createMemoryStorage(clock);
          const network = createRoughNetwork(clock, random);
          let earlier = { at: 0, snapshot: storage.snapshot() };
          const loseLastSecond = () => {
            storage.rollBack(earlier.snapshot);
            storage.restart();
          };
          for (let life = 1; life <= lives; life++) {
            const world = await createWorld({
              config: limits,
              clock,
              storage,
              ajax: { send: network.connect() },
              isFirstRun: life === 1,
            });
            world.client.login(CREDENTIALS, context()).catch(() => {});
            const lifeMs = 2_000 + random() * (losses > 0 ? 40_000 : 15_000);
            const end = clock.monotonic() + lifeMs;
            while (clock.monotonic() < end) {
              const id = String(Math.floor(random() * 1e9));
              const work =
                random() < 0.3
                  ? put(world, ['hubs', id])
                  : get(world, ['hubs', id, 'logs'], { account: ACCOUNT });
              work.catch(() => {});
              await clock.advance(random() * 200);
              // Of a living owner: it has to notice by itself.
              if (random() < losses / 50) loseLastSecond();
              if (clock.monotonic() - earlier.at > 1_000) {
                earlier = { at: clock.monotonic(), snapshot: storage.snapshot() };
              }
            }
            if (random() < losses) loseLastSecond();
          }
          await clock.advance(30_000);
          fullest = Math.max(fullest, largestWindow(network.arrivals, W));
          expect(largestWindow(network.arrivals, W)).toBeLessThanOrEqual(N);
        }),
        { numRuns: 12 },
      );
      // The load was heavy enough to mean something.
      expect(fullest).toBe(N);
    },
    120_000,
  );
});

test('a storage whose clock jumps 5 s ahead between two lives forgets no request that still counts', async () => {
  const clock = createTestClock();
  let aheadMs = 0;
  const storage = createMemoryStorage({ now: () => clock.now() + aheadMs });
  const network = createRoughNetwork(clock, () => 0.5);
  const ask = (world: World, n: number) => void get(world, ['hubs', '1', 'logs', String(n)]).catch(() => {});
  const first = await createWorld({ config: limits, clock, storage, ajax: { send: network.connect() } });
  const login = first.client.login(CREDENTIALS, context());
  await clock.advance(1_000);
  await login;
  for (let n = 0; n < 20; n++) ask(first, n);
  await clock.advance(W / 2);
  expect(network.arrivals).toHaveLength(N - 1);
  aheadMs = 5_000;
  const second = await createWorld({
    ...{ config: limits, clock, storage },
    ajax: { send: network.connect() },
    isFirstRun: false,
  });
  for (let n = 20; n < 40; n++) ask(second, n);
  await clock.advance(10_000);
  expect(network.arrivals.length).toBeGreaterThan(2 * N);
  expect(largestWindow(network.arrivals, W)).toBeLessThanOrEqual(N);
});

test('with work waiting, at least 98 % of the tokens are used per W + reply (P2)', async () => {
  const windowMs = 60_000;
  const clock = createTestClock();
  const arrivals: number[] = [];
  const replyMs = 200;
  const send: SendOnce = async (request) => {
    if (request.mayWrite?.() === false) return { kind: 'unwritten', reason: 'refused', error: undefined };
    arrivals.push(clock.monotonic());
    await new Promise<void>((resolve) => void clock.after(replyMs, resolve));
    request.onStatus?.(200);
    const body = JSON.stringify(request.path.includes('login') ? sessionBody(1) : {});
    return { kind: 'answered', status: 200, headers: new Headers(), body: Buffer.from(body) };
  };
  const world = await createWorld({
    clock,
    config: { budget: { requests: 100, windowMs, reserve: 5 } },
    ajax: { send },
  });
  const login = world.client.login(CREDENTIALS, context());
  while (arrivals.length === 0) await clock.settle();
  await clock.advance(replyMs);
  await login;
  arrivals.length = 0;
  const rounds = 3;
  const cycleMs = windowMs + replyMs;
  for (let second = 0; second < (rounds * cycleMs) / 1_000; second++) {
    for (let n = 0; n < 20; n++) get(world, ['hubs', '1', 'logs', `${second}-${n}`]).catch(() => {});
    await clock.advance(1_000);
  }
  // The tokens of reads: all but the reserve.
  expect(arrivals.length / (rounds * 95)).toBeGreaterThanOrEqual(0.98);
  expect(largestWindow(arrivals, windowMs)).toBeLessThanOrEqual(100);
}, 60_000);

/** mulberry32. */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
