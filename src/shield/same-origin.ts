import { createMiddleware } from 'hono/factory';
import type { GatewayEnv } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses changes that a page of another origin makes with the visitor's cookies, or to them: a foreign form brings no
 * Lax cookies along, but what its answer sets or deletes counts (signed in as somebody else, signed out). Browsers say
 * where a request comes from (Origin, Sec-Fetch-Site); clients that do not are not browsers and hold no cookies of
 * others. Without cookies, `Authorization` shows that no foreign page made the request: it would need a preflight.
 * @throws GatewayError origin_not_allowed
 */
export function sameOriginChanges(origins: readonly string[]) {
  const allowed = new Set(origins);
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const concernsCookies =
      c.req.header('cookie') !== undefined || c.req.header('authorization') === undefined;
    if (!SAFE_METHODS.has(c.req.method) && concernsCookies) {
      const origin = c.req.header('origin');
      const site = c.req.header('sec-fetch-site');
      // The browser's own word first: behind a proxy that rewrites the Host header, the origin says less.
      const isOwn =
        site === 'same-origin' ||
        (origin !== undefined && URL.parse(origin)?.host === new URL(c.req.url).host);
      const isNamed = origin !== undefined && allowed.has(origin);
      const isForeign = origin === undefined ? site === 'cross-site' : !isOwn && !isNamed;
      if (isForeign) throw new GatewayError('origin_not_allowed');
    }
    await next();
  });
}
