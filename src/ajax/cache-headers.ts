import type { Context } from 'hono';
import type { CacheMark } from '../../coordinator/contract/client.ts';
import type { GatewayEnv } from '../kernel/context.ts';

export const cacheHeaders = [
  ...(['X-Cache', 'X-Cache-TTL', 'Age', 'X-Suggested-Interval'] as const),
  ...(['RateLimit', 'RateLimit-Policy'] as const),
] as const;

/** What is known about the age of the data, and when to ask again. */
export function setCacheHeaders(c: Context<GatewayEnv>, cache: CacheMark | undefined): void {
  if (cache === undefined) return;
  c.header('X-Cache', cache.state);
  c.header('X-Cache-TTL', String(cache.ttlSeconds));
  c.header('Age', String(cache.ageSeconds));
  if (cache.suggestedIntervalSeconds !== undefined) {
    c.header('X-Suggested-Interval', String(cache.suggestedIntervalSeconds));
  }
}
