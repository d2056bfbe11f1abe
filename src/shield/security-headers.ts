import { createMiddleware } from 'hono/factory';
import { secureHeaders } from 'hono/secure-headers';
import type { GatewayEnv } from '../kernel/context.ts';

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
