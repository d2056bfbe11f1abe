/** What a compared server is told, as its only argument. */
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { jwtVerify } from 'jose';

export interface ServerSettings {
  /** Origin of the upstream. */
  readonly upstream: string;
  readonly redisUrl: string;
  readonly postgresUrl: string;
  /** Of HS256, hexadecimal. */
  readonly key: string;
  /** What a cached read answers. */
  readonly body: string;
}

export const settings = JSON.parse(process.argv[2] ?? '{}') as ServerSettings;

const key = Buffer.from(settings.key ?? '', 'hex');

/** The claims of a token in the Authorization header. @throws JOSEError */
export async function claimsOf(authorization: string | undefined) {
  const token = (authorization ?? '').replace(/^Bearer /, '');
  const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], requiredClaims: ['exp', 'sid'] });
  return payload;
}

/** Listens on a free port and says which. */
export function listen(app: Hono): void {
  serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => process.send?.({ port }));
  process.once('disconnect', () => process.exit(0));
}
