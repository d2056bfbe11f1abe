import { describe, expect, it } from 'vitest';
import { startBy, withHold } from '../../../coordinator/call.ts';
import type { Clock } from '../../../src/kernel/clock.ts';

/** Remembers what is to happen when; nothing happens by itself. */
function stillClock() {
  const timers: { delayMs: number; callback: () => void }[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 1_000,
    after(delayMs, callback) {
      timers.push({ delayMs, callback });
      return () => {};
    },
  };
  return { clock, timers };
}

const never = () => new Promise<never>(() => {});
const caller = (heldMs: number) => ({ signal: new AbortController().signal, heldMs });

describe('the hold of a caller (promise P5)', () => {
  it('is 25 s from its request, whatever earlier calls of the same request took', async () => {
    const { clock, timers } = stillClock();
    const held = withHold(clock, caller(18_000), never);
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([7_000]);
    timers[0]?.callback();
    await expect(held).rejects.toMatchObject({ code: 'budget_exhausted' });
  });

  it('leaves 20 s of it for a start', () => {
    expect(startBy(stillClock().clock, caller(0))).toBe(21_000);
    expect(startBy(stillClock().clock, caller(18_000))).toBe(3_000);
  });

  it('ends at once for a caller who has been held longer than that', async () => {
    const { clock, timers } = stillClock();
    const held = withHold(clock, caller(60_000), never);
    expect(timers[0]?.delayMs).toBe(0);
    timers[0]?.callback();
    await expect(held).rejects.toMatchObject({ code: 'budget_exhausted' });
  });
});
