/**
 * A circuit breaker in front of Ajax: while it hangs or fails for everybody, nobody waits for a time-out of his own
 * (promise P11). Failures of one hub say nothing about Ajax, so a run of them opens it only when it has more than one
 * target. Half open, one request at a time finds out whether Ajax is back.
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';

export type BreakerState = 'closed' | 'open' | 'half_open';

/** A request on its way to Ajax: at most one of `succeeded` and `failed`, then `leave`. */
export interface Passage {
  succeeded(): void;
  failed(): void;
  leave(): void;
}

export interface Breaker {
  /**
   * @param target what a failure may be about instead of Ajax as a whole
   * @throws GatewayError upstream_unavailable while open, and half open while another request is trying
   */
  enter(target: string): Passage;
  state(): BreakerState;
}

export interface BreakerOptions {
  readonly clock: Clock;
  /** What waits must not wait any longer. */
  readonly onOpen: (error: GatewayError) => void;
}

const FAILURES = 5;
const TARGETS = 2;
const OPEN_MS = 5_000;
const LONGEST_OPEN_MS = 60_000;

export function createBreaker({ clock, onOpen }: BreakerOptions): Breaker {
  let failures = 0;
  const targets = new Set<string>();
  /** Monotonic ms; undefined while closed. */
  let openUntil: number | undefined;
  let openMs = OPEN_MS;
  let trial: Passage | undefined;

  const unavailable = (waitMs: number) =>
    new GatewayError('upstream_unavailable', { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) });

  function close(): void {
    failures = 0;
    targets.clear();
    openUntil = undefined;
    openMs = OPEN_MS;
  }

  function open(): void {
    openUntil = clock.monotonic() + openMs;
    onOpen(unavailable(openMs));
    openMs = Math.min(openMs * 2, LONGEST_OPEN_MS);
  }

  function fail(passage: Passage, target: string): void {
    failures++;
    targets.add(target);
    // What was sent before it opened may still fail, and says nothing new.
    const isNews =
      openUntil === undefined ? failures >= FAILURES && targets.size >= TARGETS : passage === trial;
    if (isNews) open();
  }

  return {
    enter(target) {
      const now = clock.monotonic();
      if (openUntil !== undefined) {
        if (now < openUntil) throw unavailable(openUntil - now);
        if (trial !== undefined) throw unavailable(1_000);
      }
      const passage: Passage = {
        succeeded: close,
        failed: () => fail(passage, target),
        leave() {
          if (trial === passage) trial = undefined;
        },
      };
      if (openUntil !== undefined) trial = passage;
      return passage;
    },
    state() {
      if (openUntil === undefined) return 'closed';
      return clock.monotonic() < openUntil ? 'open' : 'half_open';
    },
  };
}
