/** The first gate: no I/O, no identity. What passes has a correlation id, a bounded body and an acceptable origin. */
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import { secureHeaders } from 'hono/secure-headers';
import type { Clock } from '../kernel/clock.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import { isCorrelationId, newId } from '../kernel/ids.ts';
import { createForwarding } from './client-address.ts';

const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Facts of the request, and the headers every answer carries. A client's correlation id counts only if well formed. */
export function requestFacts(trustedProxies: readonly string[], clock: Clock) {
  const forwarding = createForwarding(trustedProxies);
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const startedAt = clock.monotonic();
    const given = c.req.header('x-correlation-id');
    const correlationId = isCorrelationId(given) ? given : newId(clock.now());
    const { clientAddress, secure } = forwarding({
      peer: c.env?.remoteAddress,
      forwardedFor: c.req.header('x-forwarded-for'),
      forwardedProto: c.req.header('x-forwarded-proto'),
      protocol: new URL(c.req.url).protocol,
    });
    c.set('facts', {
      correlationId,
      clientAddress,
      secure,
      userAgent: c.req.header('user-agent') ?? '',
      arrivedAt: startedAt,
    });
    await next();
    c.header('X-Correlation-ID', correlationId);
    c.header('X-Request-Latency-ms', (clock.monotonic() - startedAt).toFixed(1));
  });
}

/** The page of the API's description. */
export const API_PAGE = '/docs';

/**
 * Everything the pages need comes from their own origin. The page of the API's description is drawn by a library that
 * writes its styles into the page; no script may do that anywhere.
 */
export function securityHeaders() {
  const usual = headersWithStyles("'self'");
  const ofApiPage = headersWithStyles("'self'", "'unsafe-inline'");
  return createMiddleware<GatewayEnv>((c, next) => (c.req.path === API_PAGE ? ofApiPage : usual)(c, next));
}

function headersWithStyles(...styleSrc: string[]) {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc,
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      manifestSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: 'DENY',
    referrerPolicy: 'strict-origin-when-cross-origin',
    strictTransportSecurity: 'max-age=31536000; includeSubDomains',
    crossOriginResourcePolicy: 'same-origin',
    permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
  });
}

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
  return createMiddleware<GatewayEnv>((c, next) => limit(c, next).catch(refuseBrokenBody));
}

/** Errors of what comes after the limit never get here: Hono has answered them by then. */
function refuseBrokenBody(error: unknown): never {
  if (error instanceof GatewayError) throw error;
  throw new GatewayError('malformed_json', { detail: 'The body ended early', cause: error });
}
