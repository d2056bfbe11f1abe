/**
 * When work will probably start, given the tokens that are out and the work before it. Admission refuses at once what
 * cannot make its deadline, so this must neither promise what does not come nor refuse what would have been served.
 */
import type { Demand, Others, Place } from '../queue/place.ts';
import { isUrgent, mayUseReserve } from '../queue/urgency.ts';
import type { Holdings } from './holdings.ts';
import { expectedStart, type Reclaimed, type Returns } from './returns.ts';

/** In tokens. */
export interface Limits {
  readonly requests: number;
  /** Those that are not in the reserve. */
  readonly unreserved: number;
  readonly logins: number;
  readonly tenantUrgent: number;
  readonly tenantReserve: number;
}

export interface Prospect {
  readonly holdings: Holdings;
  readonly limits: Limits;
  readonly place: Place;
  /** Work that starts before it, its own tenant's included. */
  readonly demands: readonly Demand[];
  readonly others: Others;
  /** Monotonic ms before which nothing starts. */
  readonly from: number;
  /** Ms after which a token comes back, at the soonest. */
  readonly cycleMs: number;
}

/** What a tenant holds at most while others wait, of which tokens. */
interface Share {
  readonly tokens: number;
  readonly of: 'urgent' | 'reserved';
}

/** Monotonic ms. */
export function predictStart({ holdings, limits, place, demands, others, from, cycleMs }: Prospect): number {
  const start = (limit: number, returns: Returns, before: number, left: readonly Reclaimed[] = []) =>
    expectedStart({ limit, returns, ahead: before, reclaimed: left, from, cycleMs });
  const startOf = (limit: number, share: Share) => {
    const { ahead, reclaimed } = weigh(holdings, limits, demands, place.account, share);
    return start(limit, holdings.all, ahead, reclaimed);
  };
  const quarter: Share = { tokens: limits.tenantUrgent, of: 'urgent' };
  const third: Share = { tokens: limits.tenantReserve, of: 'reserved' };

  if (!isUrgent(place.urgency)) return startOf(limits.unreserved, quarter);
  const own = others === 'absent' ? undefined : holdings.of(place.account);
  const ownAhead = jobsOf(demands, ({ account, urgency }) => account === place.account && isUrgent(urgency));
  const whenInShare = own ? start(limits.tenantUrgent, own.urgent, ownAhead) : from;
  if (place.urgency === 'login') {
    const loginsAhead = jobsOf(demands, ({ urgency }) => urgency === 'login');
    const whenLogins = start(limits.logins, holdings.logins, loginsAhead);
    return Math.max(startOf(limits.unreserved, quarter), whenLogins, whenInShare);
  }
  // Beyond its share of the reserve a tenant still has the other tokens.
  const whenReserve = own ? start(limits.tenantReserve, own.reserved, ownAhead) : from;
  const whenAny = Math.min(
    startOf(limits.unreserved, quarter),
    Math.max(startOf(limits.requests, third), whenReserve),
  );
  return Math.max(whenAny, whenInShare);
}

/**
 * How many tokens the work before takes. A tenant at its share, and logins at theirs, take no more than come back from
 * them, and these come back for nobody else.
 */
function weigh(
  holdings: Holdings,
  limits: Limits,
  demands: readonly Demand[],
  account: string,
  share: Share,
) {
  const urgent = new Map<string, number>();
  let ahead = 0;
  for (const demand of demands) {
    const isShared = mayUseReserve(demand.urgency) && demand.account !== account;
    if (isShared) urgent.set(demand.account, (urgent.get(demand.account) ?? 0) + demand.jobs);
    else if (demand.urgency !== 'login') ahead += demand.jobs;
  }
  const reclaimed: Reclaimed[] = [];
  const count = (jobs: number, limit: number, returns: Returns | undefined) => {
    const now = Math.min(jobs, Math.max(0, limit - (returns?.size() ?? 0)));
    ahead += now;
    if (returns && jobs > now) reclaimed.push({ returns, most: jobs - now });
  };
  for (const [tenant, jobs] of urgent) count(jobs, share.tokens, holdings.of(tenant)?.[share.of]);
  count(
    jobsOf(demands, ({ urgency }) => urgency === 'login'),
    limits.logins,
    holdings.logins,
  );
  return { ahead, reclaimed };
}

function jobsOf(demands: readonly Demand[], which: (demand: Demand) => boolean): number {
  return demands.reduce((sum, demand) => (which(demand) ? sum + demand.jobs : sum), 0);
}
