/**
 * What docs/billing.md promises an account, in whole days since it began. Knows nothing of events, grants or Stripe's
 * objects, and shares no code with the product.
 */
export const plans = ['free', 'basic', 'pro', 'premium'] as const;
export type Plan = (typeof plans)[number];
export type Sold = Exclude<Plan, 'free'>;

export const PERIOD = 30;
export const GRACE = 3;
/** Nobody has days for longer. */
const HORIZON = 1_000;

export interface Invoice {
  readonly plan: Sold;
  /** Of an upgrade, for the rest of a period: the plan before it, which is credited. */
  readonly before: Sold | undefined;
  /** End of what it pays for. */
  readonly until: number;
  state: 'open' | 'paid' | 'refunded' | 'disputed';
  wasDisputed: boolean;
}

export interface Subscription {
  plan: Sold;
  status: 'incomplete' | 'active' | 'past_due' | 'unpaid' | 'paused' | 'canceled';
  readonly start: number;
  periodEnd: number;
  endsWithPeriod: boolean;
  /** In the order they were written. */
  readonly invoices: Invoice[];
  /** Until when it gave something, as far as is known; undefined: it never has. */
  gaveUntil: number | undefined;
}

interface Voucher {
  readonly plan: Sold;
  readonly days: number;
  readonly from: number;
}

export interface Account {
  today: number;
  isDeclined: boolean;
  readonly subscriptions: Subscription[];
  readonly vouchers: Voucher[];
  /** By day: what subscriptions gave. */
  readonly past: Plan[];
}

export const newAccount = (): Account => ({
  ...{ today: 0, isDeclined: false, subscriptions: [], vouchers: [], past: [] },
});

const rank = (plan: Plan) => plans.indexOf(plan);
export const isHigher = (a: Plan, b: Plan) => rank(a) > rank(b);
const better = (a: Plan, b: Plan): Plan => (isHigher(a, b) ? a : b);

interface Gift {
  readonly plan: Sold;
  readonly until: number;
}

const isBack = ({ state }: Invoice) => state === 'refunded' || state === 'disputed';
const lower = (a: Sold, b: Sold): Sold => (isHigher(a, b) ? b : a);

/** What is paid for of the period with that end: nothing is built on money that went back. */
function paidFor(invoices: readonly Invoice[], end: number): Sold | undefined {
  let plan: Sold | undefined;
  for (const invoice of invoices.filter(({ until }) => until === end)) {
    if (isBack(invoice)) return invoice.before;
    if (invoice.state === 'paid' && (invoice.before === undefined || plan !== undefined)) plan = invoice.plan;
  }
  return plan;
}

/** The table of docs/billing.md, line by line. */
export function giftOf({
  status,
  plan,
  periodEnd,
  endsWithPeriod,
  invoices,
}: Subscription): Gift | undefined {
  const of = (given: Sold | undefined, end: number): Gift | undefined =>
    given && { plan: lower(given, plan), until: endsWithPeriod ? end : end + GRACE };
  const wentBack = (end: number) => invoices.some((each) => isBack(each) && each.until === end);
  if (status === 'active') return of(wentBack(periodEnd) ? paidFor(invoices, periodEnd) : plan, periodEnd);
  if (status !== 'past_due') return undefined;
  const end = Math.max(...invoices.filter(({ state }) => state === 'paid').map(({ until }) => until));
  return Number.isFinite(end) ? of(paidFor(invoices, end), end) : undefined;
}

/** Whether the card was taken. */
function bill({ isDeclined }: Account, subscription: Subscription, before?: Sold): boolean {
  const { plan, periodEnd: until, invoices } = subscription;
  invoices.push({ plan, until, before, state: isDeclined ? 'open' : 'paid', wasDisputed: false });
  return !isDeclined;
}

export function subscribe(account: Account, plan: Sold): void {
  const { today: start } = account;
  const subscription: Subscription = {
    ...{ plan, status: 'incomplete', start, periodEnd: start + PERIOD },
    ...{ endsWithPeriod: false, invoices: [], gaveUntil: undefined },
  };
  account.subscriptions.push(subscription);
  if (bill(account, subscription)) subscription.status = 'active';
}

export function changePlan(account: Account, subscription: Subscription, plan: Sold): void {
  const before = subscription.plan;
  subscription.plan = plan;
  if (isHigher(plan, before) && !bill(account, subscription, before)) subscription.status = 'past_due';
}

/** What is open is paid. */
export function payOpen(subscription: Subscription): void {
  for (const invoice of subscription.invoices) if (invoice.state === 'open') invoice.state = 'paid';
  subscription.status = 'active';
}

/** Another period, or the end. */
export function renew(account: Account, subscription: Subscription): void {
  if (subscription.endsWithPeriod) {
    subscription.status = 'canceled';
    return;
  }
  subscription.periodEnd += PERIOD;
  if (!bill(account, subscription)) subscription.status = 'past_due';
}

/** One day more. Those whose period is over then are to be renewed. */
export function passDay(account: Account): Subscription[] {
  const { today, subscriptions, past } = account;
  past[today] = givenOn(account, today);
  account.today++;
  return subscriptions.filter(
    ({ status, periodEnd }) => ['active', 'past_due'].includes(status) && periodEnd === account.today,
  );
}

function givenOn({ subscriptions }: Account, day: number): Plan {
  return subscriptions
    .map(giftOf)
    .filter((gift) => gift !== undefined && gift.until > day)
    .reduce<Plan>((best, gift) => better(best, gift?.plan ?? 'free'), 'free');
}

/**
 * To be called after whatever happened. What gives again after it had stopped had no gap, for it is paid for; but what
 * money that went back had paid for stays what it was.
 */
export function keepPast({ today, subscriptions, past }: Account): void {
  for (const subscription of subscriptions) {
    const gift = giftOf(subscription);
    const { gaveUntil } = subscription;
    if (gift === undefined || gift.until <= today) {
      if (gaveUntil !== undefined && gaveUntil > today) subscription.gaveUntil = today;
      continue;
    }
    const backUntil = Math.max(
      0,
      ...subscription.invoices
        .filter((each) => isBack(each) && each.until <= today)
        .map(({ until }) => until),
    );
    for (let day = Math.max(gaveUntil ?? today, backUntil); day < today; day++)
      past[day] = better(past[day] ?? 'free', gift.plan);
    subscription.gaveUntil = gift.until;
  }
}

/** The plan now, and the day before which it gets no less; Infinity: never. */
export function entitlementOf(account: Account): { plan: Plan; until: number } {
  const { today, past } = account;
  const left = account.vouchers.map((voucher) => ({ ...voucher }));
  let now: Plan = 'free';
  for (let day = 0; day < today + HORIZON; day++) {
    let plan = day < today ? (past[day] ?? 'free') : givenOn(account, day);
    const [voucher] = left
      .filter((each) => each.from <= day && each.days > 0 && isHigher(each.plan, plan))
      .sort((a, b) => rank(b.plan) - rank(a.plan) || a.from - b.from);
    if (voucher !== undefined) {
      voucher.days--;
      plan = voucher.plan;
    }
    if (day === today) now = plan;
    if (day > today && isHigher(now, plan)) return { plan: now, until: day };
  }
  return { plan: now, until: Number.POSITIVE_INFINITY };
}
