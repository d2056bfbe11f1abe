import type { MiddlewareHandler } from 'hono';
import type { GatewayEnv } from '../kernel/context.ts';

/** The middleware for every path but those that start with `prefix`, which have one of their own. */
export function elsewhere(
  prefix: string,
  middleware: MiddlewareHandler<GatewayEnv>,
): MiddlewareHandler<GatewayEnv> {
  return (c, next) => (c.req.path.startsWith(prefix) ? next() : middleware(c, next));
}
