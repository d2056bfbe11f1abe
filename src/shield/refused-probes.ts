import { createMiddleware } from 'hono/factory';
import type { GatewayEnv } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import type { Hits } from './hits.ts';
import { probeRuleOf } from './screening.ts';

/**
 * Refuses probes before anything is asked of anybody. Looks at the target as sent, because a URL has its dots resolved.
 * @throws GatewayError probe_refused
 */
export function refusedProbes(hits: Hits) {
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const path = pathOf(c.env?.target) ?? c.req.path;
    const rule = probeRuleOf(path);
    if (rule !== undefined) {
      hits.note({ address: c.var.facts.clientAddress, rule, method: c.req.method, path });
      throw new GatewayError('probe_refused', { detail: 'Forbidden: Malicious activity detected.' });
    }
    await next();
  });
}

/** The path of a request target (RFC 9112 section 3.2), which may be a whole address. */
function pathOf(target: string | undefined): string | undefined {
  if (target === undefined) return undefined;
  const [beforeQuery = ''] = target.split('?', 1);
  if (beforeQuery.startsWith('/')) return beforeQuery;
  const authority = beforeQuery.indexOf('//');
  const path = beforeQuery.indexOf('/', authority + 2);
  return authority === -1 || path === -1 ? '/' : beforeQuery.slice(path);
}
