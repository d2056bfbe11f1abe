import type { Clock } from '../kernel/clock.ts';
import { type End, isRunning } from './end.ts';

/** As far as the mutation has come. Rejects when that cannot be learnt now. */
export type LookUp = (signal: AbortSignal) => Promise<End>;

/** As often as Ajax itself lets two-stage arming be asked for. */
const LOOK_EVERY_MS = 3_000;
/** Longer than the coordinator follows a command. */
const FOLLOW_FOR_MS = 6 * 60_000;

/**
 * Looks every 3 s how far a mutation has come, until it has ended, 6 min are over or `signal` stops it. Never rejects.
 * @returns the last that is known
 */
export async function followToEnd(
  known: End,
  lookUp: LookUp,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<End> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const onAbort = () => stop();
  signal.addEventListener('abort', onAbort, { once: true });
  let last = known;
  const giveUpAt = clock.monotonic() + FOLLOW_FOR_MS;
  while (isRunning(last) && clock.monotonic() < giveUpAt && !signal.aborted) {
    await pause(clock, stopped);
    if (signal.aborted) break;
    // A look that hangs must not hold up a shutdown; one that fails says nothing of the mutation.
    last = (await Promise.race([lookUp(signal).catch(() => undefined), stopped])) ?? last;
  }
  // The signal outlives this by far.
  signal.removeEventListener('abort', onAbort);
  return last;
}

async function pause(clock: Clock, stopped: Promise<void>): Promise<void> {
  let cancel = () => {};
  const over = new Promise<void>((resolve) => {
    cancel = clock.after(LOOK_EVERY_MS, resolve);
  });
  await Promise.race([over, stopped]);
  cancel();
}
