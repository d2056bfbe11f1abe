import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { requirePlain } from '../kernel/content-encoding.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import type { Hits } from './hits.ts';
import { type JsonLimits, jsonFaultOf, usualJsonLimits } from './json-shape.ts';

/**
 * Reads JSON bodies, whatever the route, and refuses those that are packed (RFC 9110 section 8.4), not UTF-8 (RFC 8259
 * section 8.1), nested beyond reason or to be read in two ways. Hono keeps what was read: routes ask for it through `c.req`, not through `c.req.raw`.
 * @throws GatewayError unsupported_media_type, malformed_json, json_too_complex, json_ambiguous
 */
export function soundJson(hits: Hits, limits: JsonLimits = usualJsonLimits) {
  return createMiddleware<GatewayEnv>(async (c, next) => {
    if (hasBody(c) && isJson(c.req.header('content-type'))) {
      requirePlain(c.req);
      const fault = jsonFaultOf(decode(await read(c)), limits);
      if (fault === 'ambiguous') throw new GatewayError('json_ambiguous');
      if (fault === 'too_complex') {
        const { method, path } = c.req;
        hits.note({ address: c.var.facts.clientAddress, rule: 'json', method, path });
        throw new GatewayError('json_too_complex', {
          detail: `JSON may be nested ${limits.depth} levels deep and hold ${limits.values} values`,
        });
      }
    }
    await next();
  });
}

function hasBody(c: Context<GatewayEnv>): boolean {
  return c.req.method !== 'GET' && c.req.method !== 'HEAD';
}

/** `application/json` and everything built on it (RFC 6839), as the routes' own validators read it. */
function isJson(contentType: string | undefined): boolean {
  const [type = ''] = (contentType ?? '').toLowerCase().split(';', 1);
  return type.trim() === 'application/json' || type.trim().endsWith('+json');
}

async function read(c: Context<GatewayEnv>): Promise<ArrayBuffer> {
  try {
    return await c.req.arrayBuffer();
  } catch (error) {
    throw new GatewayError('malformed_json', { detail: 'The body ended early', cause: error });
  }
}

function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new GatewayError('malformed_json', { detail: 'The body is not valid UTF-8', cause: error });
  }
}
