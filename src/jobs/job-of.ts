import type { Context } from 'hono';
import type { JobOfRead } from '../../coordinator/contract/client.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { newId } from '../kernel/ids.ts';
import { prefersAsync } from '../kernel/prefer.ts';

/** A job carries its request in a header of the coordinator's protocol. */
const LONGEST_PATH = 2_000;

/**
 * The job that collects the reads of the request in hand: the one it is repeated for, or a new one when the client
 * prefers not to wait. undefined: it waits. Whoever calls this is a route a job may repeat.
 */
export function jobOf(c: Context<GatewayEnv>, nowMs: number): JobOfRead | undefined {
  const repeated = c.env?.jobId;
  if (repeated === undefined && !prefersAsync(c.req.header('prefer'))) return undefined;
  const { pathname, search } = new URL(c.req.url);
  const request = { path: `${pathname}${search}` };
  if (repeated !== undefined) return { id: repeated, request };
  // Preferences may be ignored (RFC 7240 section 2).
  return request.path.length > LONGEST_PATH ? undefined : { id: newId(nowMs), request };
}
