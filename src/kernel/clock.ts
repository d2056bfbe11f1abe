/** Time comes from outside, so that tests move it and nothing sleeps. */
export interface Clock {
  /** Wall clock, epoch milliseconds. May jump. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary start. Never jumps back. */
  monotonic(): number;
  /**
   * Runs `callback` once, not before `delayMs` by the monotonic clock; returns a function that cancels.
   * Timers of the runtimes may fire a little early: callers re-read the clock.
   */
  after(delayMs: number, callback: () => void): () => void;
}

/** Longest delay the runtimes' timers accept (a signed 32-bit number of milliseconds). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
