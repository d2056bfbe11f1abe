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
const BODILESS_METHODS = new Set(['GET', 'HEAD']);

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
    // Not by `c.header`: on an answer that is made it makes another, whose body is a stream.
    c.res.headers.set('X-Correlation-ID', correlationId);
    c.res.headers.set('X-Request-Latency-ms', (clock.monotonic() - startedAt).toFixed(1));
  });
}

/** Everything the dashboard needs comes from its own origin. */
export function securityHeaders() {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
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
  const shared = cors({
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

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses changes that a page of another origin makes with the visitor's cookies. Browsers say where a request comes
 * from (Origin, Sec-Fetch-Site); clients that do not are not browsers and hold no cookies of others.
 * @throws GatewayError origin_not_allowed
 */
export function sameOriginChanges(origins: readonly string[]) {
  const allowed = new Set(origins);
  return createMiddleware<GatewayEnv>(async (c, next) => {
    if (!SAFE_METHODS.has(c.req.method) && c.req.header('cookie') !== undefined) {
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
