import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import type { GatewayEnv } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';

const KB = 1024;
/** What anybody may send: sign-in and the like take a few hundred bytes. */
export const SMALL_BODY_BYTES = 64 * KB;
/** What those who are signed in may send to Ajax (docs/adr/0013). */
export const LARGE_BODY_BYTES = 10 * KB * KB;

const BODILESS_METHODS = new Set(['GET', 'HEAD']);

/**
 * @param maxBytes whole kilobytes
 * @throws GatewayError payload_too_large; malformed_json when the body breaks off while its length is being counted
 */
export function boundedBody(maxBytes: number) {
  const kilobytes = maxBytes / KB;
  const most = kilobytes < KB ? `${kilobytes} KB` : `${kilobytes / KB} MB`;
  const limit = bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new GatewayError('payload_too_large', { detail: `The body may have at most ${most} here` });
    },
  });
  return createMiddleware<GatewayEnv>((c, next) =>
    // Nobody reads a body of these, and asking whether there is one costs more than the rest of this gate.
    BODILESS_METHODS.has(c.req.method) ? next() : limit(c, next).catch(refuseBrokenBody),
  );
}

/** Errors of what comes after the limit never get here: Hono has answered them by then. */
function refuseBrokenBody(error: unknown): never {
  if (error instanceof GatewayError) throw error;
  throw new GatewayError('malformed_json', { detail: 'The body ended early', cause: error });
}
