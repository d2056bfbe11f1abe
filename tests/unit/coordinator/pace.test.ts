/** When clients are asked to come back: never too early, later under load, and not all at once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Load, spreadSeconds, suggestedSeconds } from '../../../coordinator/pace.ts';
import { seededRandom } from '../../../simulator/random.ts';
import { GatewayError } from '../../../src/kernel/errors.ts';
import { ACCOUNT, context, createSignedInWorld, get } from './world.ts';

const base = fc.integer({ min: 1, max: 7_200_000 });
const load = fc.record({
  use: fc.double({ min: 0, max: 2, noNaN: true }),
  waitMs: fc.double({ min: 0, max: 900_000, noNaN: true }),
});
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const calm: Load = { use: 0, waitMs: 0 };

describe('the suggested interval', () => {
  test('is never below the lifetime of the resource, whatever the load and the draw', () => {
    fc.assert(
      fc.property(base, load, draw, (baseMs, state, drawn) => {
        const seconds = suggestedSeconds(baseMs, state, () => drawn);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds * 1_000).toBeGreaterThanOrEqual(baseMs);
      }),
    );
  });

  test('never falls while the use of the budget or the wait grows', () => {
    fc.assert(
      fc.property(base, load, load, draw, (baseMs, one, other, drawn) => {
        const more = { use: one.use + other.use, waitMs: one.waitMs + other.waitMs };
        const of = (state: Load) => suggestedSeconds(baseMs, state, () => drawn);
        expect(of(more)).toBeGreaterThanOrEqual(of(one));
      }),
    );
  });

  test('doubles when all tokens are out, and adds the wait', () => {
    const of = (state: Load) => suggestedSeconds(30_000, state, () => 0);
    expect([of(calm), of({ use: 0.5, waitMs: 0 }), of({ use: 1, waitMs: 0 })]).toEqual([30, 30, 60]);
    expect(of({ use: 1, waitMs: 12_000 })).toBe(72);
  });

  test('spreads 200 synchronised clients over at least a fifth of the lifetime, no second with a quarter of them', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 30_000, max: 1_800_000 }), (seed, baseMs) => {
        const random = seededRandom(seed);
        const all = Array.from({ length: 200 }, () => suggestedSeconds(baseMs, calm, random));
        expect((Math.max(...all) - Math.min(...all)) * 1_000).toBeGreaterThanOrEqual(baseMs / 5);
        const crowds = [...Map.groupBy(all, (seconds) => seconds).values()].map(({ length }) => length);
        expect(Math.max(...crowds)).toBeLessThan(50);
      }),
      { numRuns: 50 },
    );
  });
});

describe('Retry-After', () => {
  test('is never earlier than the truth, and at most a quarter or one second later', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 3_600, noNaN: true }), draw, (seconds, drawn) => {
        const told = spreadSeconds(seconds, () => drawn);
        const earliest = Math.max(1, Math.ceil(seconds));
        expect(told).toBeGreaterThanOrEqual(earliest);
        expect(told).toBeLessThanOrEqual(Math.max(earliest + 1, earliest * 1.25));
      }),
    );
  });

  test('takes both of one and two seconds where one would do', () => {
    expect([spreadSeconds(1, () => 0), spreadSeconds(1, () => 0.999)]).toEqual([1, 2]);
  });
});

const config = { budget: { requests: 10, windowMs: 60_000, reserve: 0 } };

describe('the coordinator', () => {
  test('says when to read again, by resource, and later while reads wait', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 20, windowMs: 600_000, reserve: 0 } },
    });
    const suggested = async (path: string[]) => (await get(world, path)).cache?.suggestedIntervalSeconds;
    expect(await suggested(['hubs', '1'])).toBe(30);
    expect(await suggested(['hubs'])).toBe(1_800);
    expect(await suggested(['hubs', '1', 'rooms'])).toBe(600);
    expect(await suggested(['hubs', '1', 'logs'])).toBe(10);
    expect(await suggested(['hubs', '2', 'commands', 'arming'])).toBe(3);
    expect((await world.client.budget(ACCOUNT, context())).suggestedIntervalSeconds).toBe(5);
    for (let n = 0; n < 14; n++) await get(world, ['hubs', String(n), 'logs']);
    // Everything is out: a hit says how long the next miss would wait.
    expect(await suggested(['hubs', '1'])).toBeGreaterThan(600);
    expect((await world.client.budget(ACCOUNT, context())).suggestedIntervalSeconds).toBeGreaterThan(600);
  });

  test('draws anew for each answer', async () => {
    const world = await createSignedInWorld({ random: seededRandom(7) });
    const answers = await Promise.all(Array.from({ length: 200 }, () => get(world, ['hubs', '1'])));
    const intervals = answers.map(({ cache }) => cache?.suggestedIntervalSeconds ?? 0);
    expect(Math.min(...intervals)).toBeGreaterThanOrEqual(30);
    expect(Math.max(...intervals) - Math.min(...intervals)).toBeGreaterThanOrEqual(6);
  });

  test('admits who comes back after the Retry-After of its refusal, whatever was drawn', async () => {
    for (const drawn of [0, 0.5, 0.999]) {
      const world = await createSignedInWorld({ config, random: () => drawn });
      for (let n = 0; n < 9; n++) await get(world, ['hubs', String(n), 'logs']);
      const refusal = await get(world, ['hubs', '1', 'logs']).catch(
        (error: unknown) => error as GatewayError,
      );
      if (!(refusal instanceof GatewayError)) throw new Error('It was not refused');
      expect(refusal.code).toBe('budget_exhausted');
      await world.clock.advance((refusal.extras.retryAfterSeconds ?? 0) * 1_000);
      expect((await get(world, ['hubs', '1', 'logs'])).status).toBe(200);
    }
  });

  test('asks clients it refuses together back over several seconds, none before there is room', async () => {
    const world = await createSignedInWorld({ config, random: seededRandom(3) });
    for (let n = 0; n < 9; n++) await get(world, ['hubs', String(n), 'logs']);
    const refusals = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        get(world, ['hubs', String(n), 'logs']).catch((error: unknown) => error as GatewayError),
      ),
    );
    const waits = refusals.map((error) =>
      error instanceof GatewayError ? error.extras.retryAfterSeconds : 0,
    );
    const known = waits.map((seconds) => seconds ?? 0);
    expect(Math.min(...known)).toBeGreaterThanOrEqual(60);
    expect(Math.max(...known) - Math.min(...known)).toBeGreaterThanOrEqual(12);
    expect(Math.max(...known)).toBeLessThanOrEqual(77);
  });

  test('leaves other refusals as they are', async () => {
    const world = await createSignedInWorld({ random: () => 0.999 });
    const refused = await world.client.job(ACCOUNT, crypto.randomUUID(), context()).catch((error) => error);
    expect(refused).toMatchObject({ code: 'job_not_found' });
    expect((refused as GatewayError).extras.retryAfterSeconds).toBeUndefined();
  });
});
