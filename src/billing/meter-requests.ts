import { createMiddleware } from 'hono/factory';
import type { Config } from '../config.ts';
import { type Plan, plans } from '../kernel/caller.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { randomToken } from '../kernel/crypto.ts';
import { windowsOf } from './quotas.ts';
import type { Usage } from './usage.ts';

export interface MeterDependencies {
  readonly config: Pick<Config, 'billing' | 'plans'>;
  readonly usage: Usage;
}

/**
 * Tells the coordinator what the caller's plan lets through, the caller what is left of it (the fields `RateLimit` and
 * `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-10), and the charts what it has used.
 */
export function meterRequests({ config, usage }: MeterDependencies) {
  const written = Object.fromEntries(plans.map((plan) => [plan, write(plan, config)])) as Record<
    Plan,
    ReturnType<typeof write>
  >;
  // Names a request among those of all gateways and of all their lives.
  const prefix = randomToken(9);
  let count = 0;

  return createMiddleware<GatewayEnv>(async (c, next) => {
    const { accountId, entitlement } = c.var.caller;
    const { quota, policy } = written[entitlement.plan];
    count++;
    const requestId = `${prefix}.${count}`;
    const meter = { requestId, quota, left: undefined, fetched: 0, cached: 0, refused: 0 };
    c.set('meter', meter);
    await next();
    const { left }: { left: string | undefined } = meter;
    if (policy !== undefined && left !== undefined) {
      c.res.headers.set('RateLimit-Policy', policy);
      c.res.headers.set('RateLimit', left);
    }
    if (!['GET', 'HEAD'].includes(c.req.method)) {
      if (c.res.status < 400) usage.count(accountId, 'commands');
    } else if (meter.refused > 0) usage.count(accountId, 'refused');
    else if (meter.fetched > 0) usage.count(accountId, 'fetched');
    else if (meter.cached > 0) usage.count(accountId, 'cached');
  });
}

function write(plan: Plan, config: MeterDependencies['config']) {
  const windows = windowsOf(plan, config);
  if (windows.length === 0) return { quota: undefined, policy: undefined };
  return {
    quota: windows.map(({ name, limit }) => `${name}=${limit}`).join(' '),
    policy: windows
      .map(({ name, limit, windowMs }) => `"${name}";q=${limit};w=${windowMs / 1_000}`)
      .join(', '),
  };
}
