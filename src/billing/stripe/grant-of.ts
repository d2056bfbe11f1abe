/** What a subscription gives, from what Stripe says of it now: no event, no order, no memory. */
import { comparePlans } from '../../access/index.ts';
import type { StripeConfig } from '../../config.ts';
import type { Plan } from '../../kernel/caller.ts';
import { DAY_MS } from '../entitlement.ts';
import type { StripeInvoice, StripeSubscription } from './objects.ts';
import { planOfPrice } from './plan-of-price.ts';

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
  config: Pick<StripeConfig, 'prices' | 'graceDays'>,
): SubscriptionView {
  const { graceDays } = config;
  const problems: SubscriptionProblem[] = [];
  const own = invoices.filter((invoice) => invoice.subscription === subscription.id);
  const planOf = ({ price }: { readonly price: string | undefined }) => planOfPrice(config, price);
  const plan = highest(subscription.items.map(planOf));
  const ended = subscription.endedAt === undefined ? undefined : new Date(subscription.endedAt * 1_000);
  const nothing = (endedAt?: Date): SubscriptionView => ({ plan, grant: undefined, endedAt, problems });
  if (plan === undefined) problems.push('price_unknown');

  const kept = own.filter(({ id, status }) => status === 'paid' && !reversed.has(id));
  const paid = paidBy(kept);
  const back = own.filter(({ id }) => reversed.has(id)).flatMap(({ lines }) => lines);
  const reversedUntil = endOf(back);

  /** The plan of what was paid for up to the end. */
  const lastOf = (lines: readonly Line[]) =>
    highest(lines.filter(({ endsAt }) => endsAt === endOf(lines)).map(planOf));

  const give = (given: Plan, periodEnd: number): SubscriptionView => {
    let left: Plan | undefined = given;
    // Money that went back pays for nothing, up to the end of what it had paid for, nor does what was bought with its
    // credit. What an upgrade replaced is paid for still: its invoice credits that.
    if (reversedUntil !== undefined && reversedUntil >= periodEnd) {
      problems.push('payment_reversed');
      const first = own.findLast(({ id, lines }) => reversed.has(id) && (endOf(lines) ?? 0) >= periodEnd);
      const [replaced, ...others] = (first?.lines ?? []).filter(({ amount }) => amount < 0).map(planOf);
      left = others.reduce(lower, lower(replaced, given));
    }
    if (left === undefined) return nothing();
    const { cancelAt = Number.POSITIVE_INFINITY, endsWithPeriod } = subscription;
    const isLast = endsWithPeriod || cancelAt <= periodEnd;
    const untilMs = isLast ? Math.min(periodEnd, cancelAt) * 1_000 : periodEnd * 1_000 + graceDays * DAY_MS;
    // What is paid later does not fill the period whose money went back.
    const backUntil = endOf(back.filter(({ endsAt }) => endsAt < periodEnd)) ?? 0;
    const from = new Date(Math.max(subscription.startedAt, backUntil) * 1_000);
    if (untilMs <= from.getTime()) return nothing();
    return { plan, grant: { plan: left, from, until: new Date(untilMs) }, endedAt: undefined, problems };
  };

  const pastOf = (endedAt: number | undefined): SubscriptionGrant | undefined => {
    const given = lastOf(paid);
    const until = Math.min(endOf(paid) ?? 0, endedAt ?? 0);
    if (given === undefined || until <= subscription.startedAt) return undefined;
    return { plan: given, from: new Date(subscription.startedAt * 1_000), until: new Date(until * 1_000) };
  };

  switch (subscription.status) {
    case 'active':
    case 'trialing': {
      if (plan === undefined) return nothing();
      if (subscription.periodEnd === undefined) problems.push('period_end_missing');
      const periodEnd = subscription.periodEnd ?? endOf(paid);
      return periodEnd === undefined ? nothing() : give(plan, periodEnd);
    }
    case 'past_due': {
      // Stripe has moved on to a period, or a price, that nobody has paid for: what was paid last counts (D26). Changes
      // within the period that is owed are paid with credit for what was never paid.
      const owedFrom = latest(
        own
          .filter(({ isRenewal, status }) => isRenewal && (status === 'open' || status === 'uncollectible'))
          .flatMap(({ lines }) => lines.map(({ startsAt }) => startsAt)),
      );
      const before = paid.filter(({ startsAt }) => startsAt < (owedFrom ?? Number.POSITIVE_INFINITY));
      const given = lower(lastOf(before), plan);
      const paidUntil = endOf(before);
      return given === undefined || paidUntil === undefined ? nothing() : give(given, paidUntil);
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

type Line = StripeInvoice['lines'][number];

/** What is credited is not bought. */
const paidBy = (invoices: readonly StripeInvoice[]): readonly Line[] =>
  invoices.flatMap(({ lines }) => lines).filter(({ amount }) => amount >= 0);

function highest(candidates: readonly (Plan | undefined)[]): Plan | undefined {
  const known = candidates.filter((plan) => plan !== undefined);
  return known.sort((a, b) => comparePlans(b, a))[0];
}

/** undefined unless both are known. */
function lower(one: Plan | undefined, other: Plan | undefined): Plan | undefined {
  if (one === undefined || other === undefined) return undefined;
  return comparePlans(one, other) < 0 ? one : other;
}

const endOf = (lines: readonly Line[]) => latest(lines.map(({ endsAt }) => endsAt));
const latest = (moments: readonly number[]) => (moments.length === 0 ? undefined : Math.max(...moments));
