import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import type { GatewayEnv } from '../kernel/context.ts';

/** Cross-origin calls of the origins the operator named, with cookies. */
export function crossOrigin(origins: readonly string[]) {
  const shared = cors({
    origin: [...origins],
    credentials: true,
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    exposeHeaders: [
      'Age',
      'Idempotency-Replayed',
      'Location',
      'Preference-Applied',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'X-Cache',
      'X-Cache-TTL',
      'X-Command-ID',
      'X-Correlation-ID',
      'X-Suggested-Interval',
    ],
    maxAge: 600,
  });
  return createMiddleware<GatewayEnv>(async (c, next) => {
    if (c.req.method === 'OPTIONS' || c.req.header('origin') !== undefined) return shared(c, next);
    await next();
    c.res.headers.append('Vary', 'Origin');
  });
}
