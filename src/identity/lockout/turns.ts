import type { Clock } from '../../kernel/clock.ts';
import { GatewayError } from '../../kernel/errors.ts';

export interface Patience {
  /** The client leaves. */
  readonly signal: AbortSignal;
  /** Monotonic milliseconds: nobody waits longer. */
  readonly untilAt: number;
}

export interface Turns {
  /**
   * Waits until fewer than `atOnce` turns of `key` are taken in this process, first come, first served.
   * @returns ends the turn
   * @throws GatewayError budget_exhausted when the patience is over; the signal's reason
   */
  take(key: string, atOnce: number, patience: Patience): Promise<() => void>;
}

interface Line {
  taken: number;
  readonly waiting: Set<() => void>;
}

export function createTurns(clock: Clock): Turns {
  const lines = new Map<string, Line>();

  function end(key: string, line: Line): void {
    const [next] = line.waiting;
    if (next !== undefined) {
      // The turn is handed on.
      line.waiting.delete(next);
      next();
      return;
    }
    line.taken--;
    if (line.taken === 0) lines.delete(key);
  }

  return {
    async take(key, atOnce, { signal, untilAt }) {
      signal.throwIfAborted();
      const line = lines.get(key) ?? { taken: 0, waiting: new Set() };
      lines.set(key, line);
      if (line.taken < atOnce) line.taken++;
      else await wait(line, signal, untilAt);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        end(key, line);
      };
    },
  };

  function wait(line: Line, signal: AbortSignal, untilAt: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (reason: unknown) => {
      if (line.waiting.delete(resolve)) reject(reason);
    };
    const leave = () => giveUp(signal.reason);
    line.waiting.add(resolve);
    signal.addEventListener('abort', leave, { once: true });
    const cancel = clock.after(untilAt - clock.monotonic(), () => giveUp(busy()));
    return promise.finally(() => {
      cancel();
      signal.removeEventListener('abort', leave);
    });
  }
}

/** Other sign-ins of the same e-mail or address are under way, and their ends decide about this one. */
export const busy = () =>
  new GatewayError('budget_exhausted', {
    detail: 'Too many sign-ins with this e-mail or from this address at the same time',
    retryAfterSeconds: 2,
  });
