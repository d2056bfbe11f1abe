/** How the trail learns of the end of a mutation that went on after its answer (promises P6 and P10). */
import { describe, expect, it } from 'vitest';
import { followToEnd } from '../../../src/audit/follow.ts';
import type { End } from '../../../src/audit/index.ts';
import { createTestClock } from '../coordinator/world.ts';

const accepted: End = { outcome: 'accepted', statusCode: 202 };
const inProgress: End = { outcome: 'in_progress', statusCode: 202 };

/** What each look tells, one after the other; the last one stays. */
function follow(looks: readonly (End | 'fails' | 'hangs')[]) {
  const clock = createTestClock();
  const stopping = new AbortController();
  const lookedAtMs: number[] = [];
  let ended: End | undefined;
  const lookUp = async (): Promise<End> => {
    const look = looks[Math.min(lookedAtMs.length, looks.length - 1)];
    lookedAtMs.push(clock.monotonic() - startedAt);
    if (look === 'hangs') return new Promise(() => {});
    if (look === undefined || look === 'fails') throw new Error('unreachable');
    return look;
  };
  const startedAt = clock.monotonic();
  const end = followToEnd(accepted, lookUp, { clock, signal: stopping.signal });
  void end.then((last) => {
    ended = last;
  });
  return { clock, stopping, lookedAtMs, end, ended: () => ended };
}

describe('a mutation that goes on after its answer', () => {
  it.each(['done', 'failed', 'not_executed', 'unknown'] as const)(
    'is looked at every 3 s until it is %s, and no longer',
    async (outcome) => {
      const { clock, lookedAtMs, ended } = follow([accepted, inProgress, { outcome, statusCode: 202 }]);
      await clock.advance(8_999);
      expect(ended()).toBeUndefined();
      await clock.advance(60_000);
      expect(ended()).toEqual({ outcome, statusCode: 202 });
      expect(lookedAtMs).toEqual([3_000, 6_000, 9_000]);
    },
  );

  it('is looked at again when a look failed', async () => {
    const { clock, ended } = follow(['fails', 'fails', { outcome: 'done', statusCode: 202 }]);
    await clock.advance(10_000);
    expect(ended()).toMatchObject({ outcome: 'done' });
  });

  it('is given up after 6 min with the last that was known', async () => {
    const { clock, lookedAtMs, ended } = follow([accepted, inProgress, 'fails']);
    await clock.advance(359_999);
    expect(ended()).toBeUndefined();
    await clock.advance(1);
    expect(ended()).toEqual(inProgress);
    expect(lookedAtMs).toHaveLength(120);
  });

  it.each([
    ['between two looks', 4_000, inProgress],
    ['while a look hangs', 6_000, inProgress],
    ['before the first look', 1_000, accepted],
  ])('is let go of at a shutdown %s, with what is known', async (_when, afterMs, known) => {
    const { clock, stopping, end, lookedAtMs } = follow([inProgress, 'hangs']);
    await clock.advance(afterMs);
    const looks = lookedAtMs.length;
    stopping.abort();
    expect(await end).toEqual(known);
    await clock.advance(60_000);
    expect(lookedAtMs).toHaveLength(looks);
  });
});
