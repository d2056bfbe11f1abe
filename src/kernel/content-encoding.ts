/** Bodies come as they are: what is packed could unpack to anything. */
import type { HonoRequest } from 'hono';
import { GatewayError } from './errors.ts';

/** @throws GatewayError unsupported_media_type, which says by Accept-Encoding what is taken (RFC 9110 section 12.5.3) */
export function requirePlain(request: Pick<HonoRequest, 'header'>): void {
  const encoding = request.header('content-encoding') ?? 'identity';
  if (encoding.trim().toLowerCase() === 'identity') return;
  throw new GatewayError('unsupported_media_type', {
    detail: 'Send the body without Content-Encoding',
    headers: { 'accept-encoding': 'identity' },
  });
}
