/** Redis, PostgreSQL and Ajax that take connections and say nothing, from the middle of a burst on. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Breakable, startBreakable, WINDOW_MS } from './breakable.ts';
import {
  type Burst,
  heardOf,
  judge,
  type Person,
  pause,
  signInAll,
  startBurst,
  tally,
  workAgain,
} from './burst.ts';

/** Promise P11 says 2 s; a machine that runs tests may be busy. */
const AT_ONCE_MS = 4_000;
/** All of it without a restart. */
const RECOVERED_WITHIN_MS = 30_000;

let site: Breakable;
let people: readonly Person[];
let burst: Burst | undefined;
const install = (storage: 'redis' | 'postgres') => async () => {
  site = await startBreakable({ storage });
  people = await signInAll(site);
};
afterEach(async () => {
  await burst?.stop();
});

async function burstUntil(breakIt: () => void): Promise<number> {
  burst = startBurst(people);
  await pause(WINDOW_MS);
  breakIt();
  return Date.now();
}

/** What those heard who asked once it had begun; nobody waited for it. */
async function heardFor(ms: number, since: number) {
  await pause(ms);
  const heard = burst?.heardSince(since + 100) ?? [];
  const slowest = Math.max(...heard.map(({ tookMs }) => tookMs));
  expect(heard.length).toBeGreaterThan(10);
  expect(slowest, JSON.stringify(tally(heard))).toBeLessThan(AT_ONCE_MS);
  return Object.keys(tally(heard)).sort();
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** By itself; then everything has one outcome, and the budget was kept. */
async function recovers(): Promise<void> {
  const [person] = people;
  if (person === undefined || burst === undefined) throw new Error('Nobody asks');
  await workAgain(person, RECOVERED_WITHIN_MS);
  await burst.stop();
  for (const answer of Object.keys(tally(heardOf(burst)))) expect(ANSWERS).toContain(answer);
  const ends = await judge(site.simulator, burst.commands);
  expect(ends.done).toBeGreaterThan(5);
}

/** All that may be said, whatever happens to whom. */
const ANSWERS = [
  '201',
  '404 upstream_not_found',
  '429 budget_exhausted',
  '429 command_not_executed',
  '503 database_unavailable',
  '503 storage_unavailable',
  '503 upstream_unavailable',
  '504 command_outcome_unknown',
  '504 upstream_timeout',
];

describe('a Redis and an Ajax that say nothing', { timeout: 120_000 }, () => {
  beforeAll(install('redis'), 60_000);
  afterAll(() => site.close());

  it('Redis: 503 at once, nothing is sent, and it goes on by itself', async () => {
    const since = await burstUntil(site.paths.redis.freeze);
    const codes = await heardFor(5_000, since);
    expect(codes).toEqual(['503 storage_unavailable']);
    site.paths.redis.resume();
    await recovers();
  });

  it('a Redis whose machine is gone without a word, and another in its place', async () => {
    await burstUntil(site.paths.redis.strand);
    await recovers();
  });

  it('Ajax: its time-out at first, then 503 at once; it goes on by itself', async () => {
    const since = await burstUntil(site.paths.upstream.freeze);
    const codes = await heardFor(5_000, since);
    expect(codes).toContain('503 upstream_unavailable');
    // Once the breaker is open, at once.
    const later = (burst?.heardSince(since + 3_000) ?? []).filter(
      ({ code }) => code === 'upstream_unavailable',
    );
    expect(later.length).toBeGreaterThan(10);
    expect(median(later.map(({ tookMs }) => tookMs))).toBeLessThan(500);
    site.paths.upstream.resume();
    await recovers();
  });

  it('an Ajax whose machine is gone without a word, and another in its place', async () => {
    await burstUntil(site.paths.upstream.strand);
    await recovers();
  });
});

describe('a PostgreSQL that says nothing, with everything in it', { timeout: 120_000 }, () => {
  beforeAll(install('postgres'), 60_000);
  afterAll(() => site.close());

  it('frozen: 503 at once, nothing is sent, and it goes on by itself', async () => {
    const since = await burstUntil(site.paths.postgres.freeze);
    const codes = await heardFor(5_000, since);
    expect(codes.filter((code) => !code.startsWith('503'))).toEqual([]);
    site.paths.postgres.resume();
    await recovers();
  });

  it('cut off: the same', async () => {
    const since = await burstUntil(site.paths.postgres.cut);
    const codes = await heardFor(5_000, since);
    expect(codes.filter((code) => !code.startsWith('503'))).toEqual([]);
    site.paths.postgres.resume();
    await recovers();
  });

  it('its machine gone without a word, and another in its place', async () => {
    await burstUntil(site.paths.postgres.strand);
    await recovers();
  });
});
