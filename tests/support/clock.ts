import { type Clock, systemClock } from '../../src/kernel/clock.ts';

export interface MovableClock extends Clock {
  /** Lets wall and monotonic time jump ahead together. Timers that are running keep their own pace. */
  skip(ms: number): void;
}

/** Real time that a test can move ahead, for lifetimes; nothing waits for it. */
export function movableClock(): MovableClock {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    after: systemClock.after,
    skip(ms) {
      ahead += ms;
    },
  };
}
