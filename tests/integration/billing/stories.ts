/** What may happen to an account with a subscription, and what it has in the end: by hand, as docs/billing.md says. */
import type { Plan } from '../../../src/kernel/caller.ts';
import { PRICES } from '../../support/stripe.ts';
import { DAY, GRACE_DAYS, type Payments } from './rig.ts';

export interface Told {
  /** What the account has in the end. */
  readonly plan: Plan;
  readonly source?: string;
  /** Epoch ms; Infinity: it never gets less. */
  readonly until: number;
}

export interface Story {
  /** Each step is something that happens at Stripe, or here, or time that passes. */
  readonly steps: readonly ((world: World) => unknown)[];
  readonly end: (world: World) => Told;
}

export interface World {
  readonly payments: Payments;
  readonly accountId: string;
  readonly customer: string;
  /** Of the first period. */
  readonly start: number;
  readonly subscriptions: string[];
  /** Vouchers are redeemed when their turn comes. */
  readonly redeem: (plan: Plan, days: number) => unknown;
}

const { basic, pro, premium } = PRICES;
const bankOf = ({ payments }: World) => payments.stripe.bank;
const subscribe = (price: string) => (world: World) => {
  world.subscriptions.push(bankOf(world).subscribe(world.customer, price, {}).id);
};
const first = ({ subscriptions }: World) => subscriptions[0] ?? '';
const second = ({ subscriptions }: World) => subscriptions[1] ?? '';
const decline = (isDeclined: boolean) => (world: World) => bankOf(world).decline(world.customer, isDeclined);
const renew = (world: World) => bankOf(world).renew(first(world));
const pass = (days: number) => (world: World) => world.payments.pass(days);
const invoiceOf = (world: World) =>
  [...bankOf(world).invoices.values()].find((each) => each.subscription === first(world))?.id ?? '';

const free: Told = { plan: 'free', source: 'default', until: Number.POSITIVE_INFINITY };
const paid =
  (plan: Plan, periods: number) =>
  (world: World): Told => ({
    ...{ plan, source: 'stripe' },
    until: world.start + (30 * periods + GRACE_DAYS) * DAY,
  });

export const stories: Readonly<Record<string, Story>> = {
  'a new subscription': { steps: [subscribe(pro)], end: paid('pro', 1) },
  'one whose first payment fails': { steps: [decline(true), subscribe(premium)], end: () => free },
  'one whose first payment comes later': {
    steps: [decline(true), subscribe(pro), decline(false), (world) => bankOf(world).retry(first(world))],
    end: paid('pro', 1),
  },
  'a renewal': { steps: [subscribe(pro), pass(30), renew], end: paid('pro', 2) },
  'an upgrade': {
    steps: [subscribe(basic), pass(10), (world) => bankOf(world).changePrice(first(world), premium, true)],
    end: paid('premium', 1),
  },
  'an upgrade nobody pays for, which gives nothing more': {
    steps: [
      subscribe(basic),
      pass(10),
      decline(true),
      (world) => bankOf(world).changePrice(first(world), premium, false),
    ],
    end: paid('basic', 1),
  },
  'an upgrade whose money went back, which leaves what was paid before': {
    steps: [
      ...[subscribe(basic), pass(10)],
      (world) => bankOf(world).changePrice(first(world), premium, true),
      (world) => bankOf(world).refund([...bankOf(world).invoices.keys()].at(-1) ?? ''),
    ],
    end: paid('basic', 1),
  },
  'an upgrade while a renewal is owed, which gives nothing more': {
    steps: [
      ...[subscribe(basic), pass(30), decline(true), renew, decline(false)],
      (world) => bankOf(world).changePrice(first(world), premium, false),
    ],
    end: paid('basic', 1),
  },
  'a downgrade': {
    steps: [subscribe(premium), pass(10), (world) => bankOf(world).changePrice(first(world), basic, false)],
    end: paid('basic', 1),
  },
  'a renewal nobody pays for, which lasts no longer than what was paid': {
    steps: [subscribe(pro), pass(30), decline(true), renew],
    end: paid('pro', 1),
  },
  'the same when its days of grace are over': {
    steps: [subscribe(pro), pass(30), decline(true), renew, pass(GRACE_DAYS)],
    end: () => free,
  },
  'the same when Stripe has given up': {
    steps: [
      subscribe(pro),
      pass(30),
      decline(true),
      renew,
      (world) => bankOf(world).giveUp(first(world), 'unpaid'),
    ],
    end: () => free,
  },
  'a failed payment and its recovery': {
    steps: [
      ...[subscribe(pro), pass(30), decline(true), renew, pass(2), decline(false)],
      (world) => bankOf(world).retry(first(world)),
    ],
    end: paid('pro', 2),
  },
  'a cancellation at the end of the period, before that': {
    steps: [subscribe(pro), pass(10), (world) => bankOf(world).endWithPeriod(first(world), true)],
    end: (world) => ({ plan: 'pro', until: world.start + 30 * DAY }),
  },
  'a cancellation, and its end': {
    steps: [subscribe(pro), (world) => bankOf(world).endWithPeriod(first(world), true), pass(30), renew],
    end: () => free,
  },
  'a cancellation taken back': {
    steps: [
      subscribe(pro),
      (world) => bankOf(world).endWithPeriod(first(world), true),
      (world) => bankOf(world).endWithPeriod(first(world), false),
    ],
    end: paid('pro', 1),
  },
  'who cancels at once and returns': {
    steps: [
      subscribe(premium),
      pass(3),
      (world) => bankOf(world).cancelNow(first(world)),
      pass(4),
      subscribe(basic),
    ],
    end: (world) => ({ plan: 'basic', until: world.start + (7 + 30 + GRACE_DAYS) * DAY }),
  },
  'a refund': {
    steps: [subscribe(pro), pass(2), (world) => bankOf(world).refund(invoiceOf(world))],
    end: () => free,
  },
  'a refund, and the next period, which is paid': {
    steps: [subscribe(pro), pass(2), (world) => bankOf(world).refund(invoiceOf(world)), pass(28), renew],
    end: paid('pro', 2),
  },
  'a refund of a part, which changes nothing': {
    steps: [subscribe(pro), (world) => bankOf(world).refund(invoiceOf(world), 100)],
    end: paid('pro', 1),
  },
  'a dispute': {
    steps: [subscribe(pro), (world) => void bankOf(world).dispute(invoiceOf(world))],
    end: () => free,
  },
  'a dispute that was won': {
    steps: [
      subscribe(pro),
      (world) => bankOf(world).closeDispute(bankOf(world).dispute(invoiceOf(world)).id, 'won'),
    ],
    end: paid('pro', 1),
  },
  'a dispute that was lost': {
    steps: [
      subscribe(pro),
      (world) => bankOf(world).closeDispute(bankOf(world).dispute(invoiceOf(world)).id, 'lost'),
    ],
    end: () => free,
  },
  'a customer that was deleted': {
    steps: [subscribe(premium), pass(5), (world) => void bankOf(world).deleteCustomer(world.customer)],
    end: () => free,
  },
  'two subscriptions, of which the better counts': {
    steps: [subscribe(premium), subscribe(basic)],
    end: paid('premium', 1),
  },
  'two subscriptions, the better of which ends': {
    steps: [subscribe(premium), subscribe(basic), pass(6), (world) => bankOf(world).cancelNow(first(world))],
    end: paid('basic', 1),
  },
  'two subscriptions, the worse of which ends': {
    steps: [subscribe(premium), subscribe(basic), pass(6), (world) => bankOf(world).cancelNow(second(world))],
    end: paid('premium', 1),
  },
  'one that was paused': {
    steps: [subscribe(pro), (world) => bankOf(world).pause(first(world), true)],
    end: () => free,
  },
  'one that was paused and goes on': {
    steps: [
      subscribe(pro),
      (world) => bankOf(world).pause(first(world), true),
      (world) => bankOf(world).pause(first(world), false),
    ],
    end: paid('pro', 1),
  },
  'a price nobody has configured, which gives nothing': {
    steps: [subscribe('price_unknown')],
    end: () => free,
  },
  'a better voucher on top, which counts first': {
    steps: [subscribe(basic), (world) => world.redeem('premium', 40), pass(1)],
    end: (world) => ({ plan: 'premium', source: 'voucher', until: world.start + 40 * DAY }),
  },
  'a voucher below, whose days are all there when the subscription ends': {
    steps: [
      ...[subscribe(pro), (world: World) => world.redeem('basic', 10), pass(20)],
      (world) => bankOf(world).endWithPeriod(first(world), true),
      ...[pass(10), renew, pass(1)],
    ],
    end: (world) => ({ plan: 'basic', source: 'voucher', until: world.start + 40 * DAY }),
  },
};

/** An account that has just begun its first checkout. */
export async function newWorld(payments: Payments, redeem?: World['redeem']): Promise<World> {
  const { accountId, customer } = await payments.newCustomer();
  return {
    ...{ payments, accountId, customer, subscriptions: [] },
    start: Math.floor(payments.now() / 1_000) * 1_000,
    redeem: redeem ?? ((plan, days) => payments.giveVoucher(accountId, plan, days)),
  };
}

/** In an order that follows from the seed. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** What the account has now; Stripe counts in seconds. */
export async function planOf({ payments, accountId }: World): Promise<Told> {
  const { until, ...rest } = await payments.planAt(accountId);
  return { ...rest, until: Math.round(until / 1_000) * 1_000 };
}
