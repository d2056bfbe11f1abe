/** What is said of an answer that was made of several reads. */
import { describe, expect, it } from 'vitest';
import { suggestedSeconds } from '../../../coordinator/pace.ts';
import { seededRandom } from '../../../simulator/random.ts';
import { combineMarks } from '../../../src/ajax/read.ts';

const random = seededRandom(11);
const mark = (baseMs: number) => ({
  state: 'HIT' as const,
  ageSeconds: 1,
  ttlSeconds: 20,
  suggestedIntervalSeconds: suggestedSeconds(baseMs, { use: 0, waitMs: 0 }, random),
});

describe('an answer made of several reads', () => {
  it('is to be asked for again as soon as the part that changes soonest', () => {
    const combined = combineMarks([mark(1_800_000), mark(30_000), mark(600_000)]);
    expect(combined?.suggestedIntervalSeconds).toBeGreaterThanOrEqual(30);
    expect(combined?.suggestedIntervalSeconds).toBeLessThanOrEqual(38);
  });

  it('spreads clients as much as one read does, however many hubs they have', () => {
    const lists = Array.from({ length: 200 }, () =>
      combineMarks([mark(1_800_000), ...Array.from({ length: 20 }, () => mark(30_000))]),
    );
    const intervals = lists.map((list) => list?.suggestedIntervalSeconds ?? 0);
    expect(Math.min(...intervals)).toBeGreaterThanOrEqual(30);
    expect(Math.max(...intervals) - Math.min(...intervals)).toBeGreaterThanOrEqual(6);
    const crowds = [...Map.groupBy(intervals, (seconds) => seconds).values()].map(({ length }) => length);
    expect(Math.max(...crowds)).toBeLessThan(50);
  });

  it('says nothing when no part does', () => {
    const { suggestedIntervalSeconds: _, ...silent } = mark(30_000);
    expect(combineMarks([silent, undefined, silent])).toEqual({
      state: 'HIT',
      ageSeconds: 1,
      ttlSeconds: 20,
    });
  });
});
