/** Those who are refused together are not asked back together. */
import { GatewayError } from '../src/kernel/errors.ts';
import { spreadSeconds } from './pace.ts';

/** The same error; a 429 or 503 with a later Retry-After perhaps, never with an earlier one. */
export function withSpread(error: GatewayError, random: () => number): GatewayError {
  const { retryAfterSeconds } = error.extras;
  if (retryAfterSeconds === undefined || (error.status !== 429 && error.status !== 503)) return error;
  return new GatewayError(error.code, {
    ...error.extras,
    detail: error.message,
    retryAfterSeconds: spreadSeconds(retryAfterSeconds, random),
  });
}
