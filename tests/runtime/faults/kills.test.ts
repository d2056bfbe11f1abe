/** SIGKILL in the middle of a burst: of Redis, of the coordinator, of both. */
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Breakable, DOUBT_MS, REQUEST_TIMEOUT_MS, startBreakable, WINDOW_MS } from './breakable.ts';
import { heardOf, judge, type Person, pause, signInAll, startBurst, tally, workAgain } from './burst.ts';

/** Promise P11 says 2 s; a machine that runs tests may be busy. */
const AT_ONCE_MS = 4_000;
const RECOVERED_WITHIN_MS = 20_000;
/** Ajax may count a request as late as that, and then for a window. */
const STILL_COUNTS_MS = REQUEST_TIMEOUT_MS + 15_000 + WINDOW_MS;

/** What a power cut takes with `everysec`; a process that is killed leaves it to the operating system. */
function loseTail({ redis }: Breakable, from: number): void {
  truncateSync(appendOnlyFile(redis.directory), from);
}

function appendOnlyFile(directory: string): string {
  const folder = join(directory, 'appendonlydir');
  const name = readdirSync(folder).find((file) => file.endsWith('.incr.aof'));
  return join(folder, name ?? '');
}

describe.each([
  ['everysec', 'the last second is lost'],
  ['always', 'nothing is lost'],
])('with appendfsync %s, where %s', { timeout: 120_000 }, (appendfsync) => {
  let site: Breakable;
  let people: readonly Person[];
  beforeAll(async () => {
    site = await startBreakable({ redis: { settings: { appendfsync } } });
    people = await signInAll(site);
  }, 60_000);
  afterAll(() => site.close());

  const loses = appendfsync === 'everysec';

  /** Bytes of the log a second before it is killed. */
  async function lastSecond(): Promise<number> {
    const { size } = statSync(appendOnlyFile(site.redis.directory));
    await pause(1_000);
    return size;
  }

  async function killRedis(): Promise<void> {
    const kept = await lastSecond();
    await site.redis.kill();
    if (loses) loseTail(site, kept);
  }

  it('Redis killed in the middle of commits: 503 at once, and it goes on by itself', async () => {
    const { simulator, redis } = site;
    const burst = startBurst(people);
    await pause(1_500);
    await killRedis();
    const killedAt = Date.now();
    await pause(2_000);
    const meanwhile = burst.heardSince(killedAt + 100);
    expect(tally(meanwhile)).toEqual({ '503 storage_unavailable': meanwhile.length });
    expect(meanwhile.length).toBeGreaterThan(10);
    expect(Math.max(...meanwhile.map(({ tookMs }) => tookMs))).toBeLessThan(AT_ONCE_MS);
    const before = simulator.journal.count();
    await redis.restart();
    await expect
      .poll(() => simulator.journal.count(), { timeout: RECOVERED_WITHIN_MS })
      .toBeGreaterThan(before + 20);
    await burst.stop();
    const ends = await judge(simulator, burst.commands);
    // What was sent before and after, known to the last of them: the coordinator lived.
    expect(ends).toMatchObject({ unknown: 0 });
    expect(ends.done).toBeGreaterThan(5);
  });

  it('the coordinator killed and started again: what it had sent is unknown or done, and the budget holds', async () => {
    const { simulator, coordinators } = site;
    const [coordinator] = coordinators;
    const burst = startBurst(people);
    await pause(2_000);
    await coordinator?.end('SIGKILL');
    await coordinator?.start();
    const before = simulator.journal.count();
    await expect
      .poll(() => simulator.journal.count(), { timeout: RECOVERED_WITHIN_MS })
      .toBeGreaterThan(before + 20);
    await burst.stop();
    const codes = Object.keys(tally(heardOf(burst)));
    expect(codes).not.toContain('500 internal_error');
    const ends = await judge(simulator, burst.commands);
    expect(ends.done).toBeGreaterThan(5);
  });

  it('both killed: Ajax hears nothing until nothing of before can count any more', async () => {
    const { simulator, coordinators, redis } = site;
    const [coordinator] = coordinators;
    const [person] = people;
    if (coordinator === undefined || person === undefined) throw new Error('Nobody');
    const burst = startBurst(people);
    await pause(1_000);
    const kept = await lastSecond();
    await Promise.all([coordinator.end('SIGKILL'), redis.kill()]);
    if (loses) loseTail(site, kept);
    const killedAt = Date.now();
    await redis.restart();
    await coordinator.start();
    const startedAt = Date.now();
    await pause(1_500);
    const refused = burst.heardSince(startedAt);
    await burst.stop();
    // Not held for longer than they may be.
    expect(tally(refused)).toEqual({ '429 budget_exhausted': refused.length });
    expect(refused.length).toBeGreaterThan(10);
    await workAgain(person, DOUBT_MS + RECOVERED_WITHIN_MS);
    // The listener of Ajax may still read what the dead one wrote.
    const [first] = simulator.journal.arrivals().filter(({ at }) => at > killedAt + 500);
    expect(first?.at).toBeGreaterThan(killedAt + STILL_COUNTS_MS);
    const ends = await judge(simulator, burst.commands, { mayForget: loses });
    expect(ends.done + ends.forgotten).toBeGreaterThan(5);
  });
});
