import type { Context } from 'hono';
import { jobOf } from '../jobs/index.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import type { AjaxDependencies } from './dependencies.ts';
import type { Reader } from './read.ts';

type ReaderDependencies = Pick<AjaxDependencies, 'coordinator' | 'clock'>;

/** A reader for the request in hand; `Cache-Control` and `X-Cache-Control` with no-cache ask for fresh data. */
export function readerOf({ coordinator, clock }: ReaderDependencies) {
  return (c: Context<GatewayEnv>): Reader => ({
    coordinator,
    clock,
    meter: c.get('meter'),
    caller: c.get('caller'),
    facts: c.get('facts'),
    signal: c.req.raw.signal,
    lane: 'interactive',
    noCache: [c.req.header('cache-control'), c.req.header('x-cache-control')].some((value) =>
      /\bno-cache\b/i.test(value ?? ''),
    ),
  });
}

/** Describes in OpenAPI what asks for fresh data. */
export const freshnessParameter = {
  name: 'Cache-Control',
  in: 'header' as const,
  required: false,
  description:
    '`no-cache`: nothing older than the last change of the hub or 2 s. `X-Cache-Control` does the same',
  schema: { type: 'string' as const },
  example: 'no-cache',
};

/** The same, but its reads belong to a job where the client prefers not to wait (`Prefer: respond-async`). */
export function jobReaderOf(deps: ReaderDependencies) {
  const reader = readerOf(deps);
  return (c: Context<GatewayEnv>): Reader => {
    const job = jobOf(c, deps.clock.now());
    return { ...reader(c), ...(job === undefined ? {} : { job }) };
  };
}
