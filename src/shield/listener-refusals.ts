import { Hono } from 'hono';
import type { Clock } from '../kernel/clock.ts';
import { type ErrorCode, GatewayError, problemResponse } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import { crossOrigin } from './cross-origin.ts';
import type { Hits } from './hits.ts';
import { securityHeaders } from './security-headers.ts';

/** Refusals a listener makes before there is a request. */
type ListenerRefusal = Extract<
  ErrorCode,
  'malformed_request' | 'uri_too_long' | 'headers_too_large' | 'request_timeout'
>;

interface RefusedPeer {
  readonly remoteAddress: string | undefined;
  readonly origin: string | undefined;
}

/**
 * What a listener answers to what never became a request: the same problems with the same headers as everywhere else.
 * The address is that of the connection, a proxy's where there is one: its headers could not be read, or not believed.
 */
export function createListenerRefusals(corsOrigins: readonly string[], hits: Hits, clock: Clock) {
  const app = new Hono<{ Bindings: { refusal: ListenerRefusal } }>()
    .use(securityHeaders(), crossOrigin(corsOrigins))
    .all('*', (c) => {
      const correlationId = newId(clock.now());
      const response = problemResponse(new GatewayError(c.env.refusal), correlationId);
      response.headers.set('x-correlation-id', correlationId);
      return response;
    });
  return (refusal: ListenerRefusal, { remoteAddress, origin }: RefusedPeer): Response | Promise<Response> => {
    hits.note({ address: remoteAddress ?? 'unknown', rule: refusal, method: '', path: '' });
    return app.request('/', origin === undefined ? {} : { headers: { origin } }, { refusal });
  };
}
