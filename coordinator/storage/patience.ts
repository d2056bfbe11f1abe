import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';

/** A storage that hangs is as good as down after this long (promise P11). */
const STORAGE_TIMEOUT_MS = 2_000;

/**
 * Waits for the storage, but not for long. The work itself goes on: it may still take effect later, so callers treat
 * the error as an unknown outcome.
 * @throws GatewayError storage_unavailable, also for every error of the storage
 */
export async function withinStorageTime<T>(clock: Clock, work: Promise<T>): Promise<T> {
  let cancel = () => {};
  const expiry = new Promise<never>((_, reject) => {
    cancel = clock.after(STORAGE_TIMEOUT_MS, () =>
      reject(new Error(`No answer from the storage in ${STORAGE_TIMEOUT_MS} ms`)),
    );
  });
  try {
    return await Promise.race([work, expiry]);
  } catch (error) {
    throw new GatewayError('storage_unavailable', { cause: error, retryAfterSeconds: 2 });
  } finally {
    cancel();
  }
}
