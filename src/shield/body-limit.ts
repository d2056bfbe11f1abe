import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import type { GatewayEnv } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';

const MAX_BODY_BYTES = 10 * 1024 * 1024;
const BODILESS_METHODS = new Set(['GET', 'HEAD']);

/**
 * @throws GatewayError payload_too_large; malformed_json when the body breaks off while its length is being counted
 */
export function boundedBody() {
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new GatewayError('payload_too_large', { detail: 'The body may have at most 10 MB' });
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
