import { cors } from 'hono/cors';

/** Cross-origin calls of the origins the operator named, with cookies. */
export function crossOrigin(origins: readonly string[]) {
  return cors({
    origin: [...origins],
    credentials: true,
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    exposeHeaders: [
      'Age',
      'Idempotency-Replayed',
      'Location',
      'Preference-Applied',
      'Retry-After',
      'X-Cache',
      'X-Cache-TTL',
      'X-Command-ID',
      'X-Correlation-ID',
      'X-Suggested-Interval',
    ],
    maxAge: 600,
  });
}
