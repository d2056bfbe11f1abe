import { comparePlans } from '../access/index.ts';
import type { Entitlement, GrantSource, Plan } from '../kernel/caller.ts';

export interface Grant {
  readonly plan: Plan;
  readonly source: GrantSource;
  readonly from: Date;
  readonly until: Date | undefined;
}

/**
 * What an account may do at `nowMs`: the best grant in force, else the default plan. Of equal plans the one that
 * lasts longest counts. Ends are exclusive, so an entitlement ends to the millisecond without any job.
 */
export function entitlementAt(grants: readonly Grant[], nowMs: number, defaultPlan: Plan): Entitlement {
  let best: Entitlement = { plan: defaultPlan, source: 'default', until: undefined };
  for (const grant of grants) {
    const inForce = grant.from.getTime() <= nowMs && endOf(grant) > nowMs;
    if (inForce && isBetter(grant, best)) best = grant;
  }
  return { plan: best.plan, source: best.source, until: best.until };
}

function isBetter(grant: Grant, best: Entitlement): boolean {
  const difference = comparePlans(grant.plan, best.plan);
  if (difference !== 0) return difference > 0;
  return best.source !== 'default' && endOf(grant) > endOf(best);
}

function endOf({ until }: { readonly until: Date | undefined }): number {
  return until?.getTime() ?? Number.POSITIVE_INFINITY;
}
