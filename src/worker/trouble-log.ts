import type { Log } from '../kernel/log.ts';

const ONCE_PER_MS = 60_000;

/**
 * Logs trouble between jobs, such as a database that is away: every poll meets it, so once per minute, with how often it
 * was met in between. Nothing else is to be done: the next poll tries again.
 */
export function createTroubleLog(log: Log, monotonic: () => number = () => performance.now()) {
  let silentUntil = Number.NEGATIVE_INFINITY;
  let suppressed = 0;
  return (error: unknown): void => {
    const now = monotonic();
    if (now < silentUntil) {
      suppressed++;
      return;
    }
    silentUntil = now + ONCE_PER_MS;
    log.warn({ error: asError(error), suppressed }, 'background work meets trouble, it goes on by itself');
    suppressed = 0;
  };
}

/** pg-boss copies errors into plain objects. */
function asError(error: unknown): Error {
  if (error instanceof Error) return error;
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  return Object.assign(new Error(String(message ?? error)), code === undefined ? {} : { code });
}
