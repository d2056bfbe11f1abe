/** What a subscription gives, from what Stripe says of it now: no event, no order, no memory. */
import { comparePlans } from '../../access/index.ts';
import type { StripeConfig } from '../../config.ts';
import { type Plan, plans } from '../../kernel/caller.ts';
import { DAY_MS } from '../entitlement.ts';
import type { StripeInvoice, StripeSubscription } from './objects.ts';

export interface SubscriptionGrant {
  readonly plan: Plan;
  readonly from: Date;
  readonly until: Date;
}

export interface SubscriptionView {
  /** The plan of its prices, whether it is paid or not; undefined for prices nobody has configured. */
  readonly plan: Plan | undefined;
  /** undefined: it gives nothing. */
  readonly grant: SubscriptionGrant | undefined;
  /** What it gave before it ended, should nobody have looked while it lasted: days of vouchers waited meanwhile. */
  readonly past?: SubscriptionGrant | undefined;
  /** When it ended, for a grant that is to end then. */
  readonly endedAt: Date | undefined;
  /** What somebody should look at. */
  readonly problems: readonly SubscriptionProblem[];
}

export type SubscriptionProblem =
  | 'price_unknown'
  | 'period_end_missing'
  | 'status_unknown'
  | 'payment_reversed';

/** @param reversed by the ids of invoices whose money went back */
export function viewOf(
  subscription: StripeSubscription,
  invoices: readonly StripeInvoice[],
  reversed: ReadonlyMap<string, unknown>,
  { prices, graceDays }: Pick<StripeConfig, 'prices' | 'graceDays'>,
): SubscriptionView {
  const problems: SubscriptionProblem[] = [];
  const own = invoices.filter((invoice) => invoice.subscription === subscription.id);
  const planOfPrice = (price: string | undefined) =>
    plans.find((plan) => price !== undefined && prices[plan]?.includes(price));
  const plan = highest(subscription.items.map(({ price }) => planOfPrice(price)));
  const ended = subscription.endedAt === undefined ? undefined : new Date(subscription.endedAt * 1_000);
  const nothing = (endedAt?: Date): SubscriptionView => ({ plan, grant: undefined, endedAt, problems });
  if (plan === undefined) problems.push('price_unknown');

  const paid = own
    .filter(({ id, status }) => status === 'paid' && !reversed.has(id))
    .flatMap(({ lines }) => lines)
    .filter(({ amount }) => amount >= 0);
  const paidUntil = latest(paid.map(({ endsAt }) => endsAt));
  const reversedUntil = latest(
    own.filter(({ id }) => reversed.has(id)).flatMap(({ lines }) => lines.map(({ endsAt }) => endsAt)),
  );

  const give = (given: Plan, periodEnd: number): SubscriptionView => {
    // Money that went back pays for nothing, up to the end of what it had paid for.
    if (reversedUntil !== undefined && reversedUntil >= periodEnd) {
      problems.push('payment_reversed');
      return nothing();
    }
    const { cancelAt = Number.POSITIVE_INFINITY, endsWithPeriod } = subscription;
    const isLast = endsWithPeriod || cancelAt <= periodEnd;
    const untilMs = isLast ? Math.min(periodEnd, cancelAt) * 1_000 : periodEnd * 1_000 + graceDays * DAY_MS;
    const from = new Date(subscription.startedAt * 1_000);
    if (untilMs <= from.getTime()) return nothing();
    return { plan, grant: { plan: given, from, until: new Date(untilMs) }, endedAt: undefined, problems };
  };

  /** Of the prices that were paid for up to the end. */
  const lastPaid = () =>
    highest(paid.filter(({ endsAt }) => endsAt === paidUntil).map(({ price }) => planOfPrice(price)));

  const pastOf = (endedAt: number | undefined): SubscriptionGrant | undefined => {
    const given = lastPaid();
    const until = Math.min(paidUntil ?? 0, endedAt ?? 0);
    if (given === undefined || until <= subscription.startedAt) return undefined;
    return { plan: given, from: new Date(subscription.startedAt * 1_000), until: new Date(until * 1_000) };
  };

  switch (subscription.status) {
    case 'active':
    case 'trialing': {
      if (plan === undefined) return nothing();
      if (subscription.periodEnd === undefined) problems.push('period_end_missing');
      const periodEnd = subscription.periodEnd ?? paidUntil;
      return periodEnd === undefined ? nothing() : give(plan, periodEnd);
    }
    case 'past_due': {
      // Stripe has moved on to a period, or a price, that nobody has paid for: what was paid last counts (D26).
      const last = lastPaid();
      if (plan === undefined || last === undefined || paidUntil === undefined) return nothing();
      return give(comparePlans(last, plan) < 0 ? last : plan, paidUntil);
    }
    case 'canceled':
      return { ...nothing(ended), past: pastOf(subscription.endedAt) };
    case 'incomplete':
    case 'incomplete_expired':
    case 'unpaid':
    case 'paused':
      return nothing();
    default:
      problems.push('status_unknown');
      return nothing();
  }
}

function highest(candidates: readonly (Plan | undefined)[]): Plan | undefined {
  const known = candidates.filter((plan) => plan !== undefined);
  return known.sort((a, b) => comparePlans(b, a))[0];
}

const latest = (moments: readonly number[]) => (moments.length === 0 ? undefined : Math.max(...moments));
