/** What may happen, as commands of fast-check: to the model and to the double of Stripe. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { StripeEvent } from '../../../../simulator/stripe/outbox.ts';
import { PRICES } from '../../../support/stripe.ts';
import { DAY, type Payments } from '../rig.ts';
import { shuffled } from '../stories.ts';
import {
  type Account,
  changePlan,
  entitlementOf,
  isHigher,
  keepPast,
  passDay,
  payOpen,
  renew,
  type Sold,
  type Subscription,
  subscribe,
} from './account.ts';

/** The same account at the gateway. */
export interface Real {
  readonly payments: Payments;
  readonly accountId: string;
  readonly startMs: number;
  customer: string;
  /** Of the subscriptions of the model, in their order. */
  readonly ids: string[];
  /** On their way. */
  pending: StripeEvent[];
  readonly seen: StripeEvent[];
  /** Looks after everything that happens; otherwise when it is told to. */
  readonly isPrompt: boolean;
}

type Command = fc.AsyncCommand<Account, Real>;

export interface Delivery {
  readonly seed: number;
  /** What was delivered before comes again. */
  readonly twice: boolean;
  /** By many workers. */
  readonly atOnce: boolean;
}
const delivery = fc.record({
  ...{ seed: fc.integer({ min: 1, max: 1_000_000 }), twice: fc.boolean(), atOnce: fc.boolean() },
});

async function deliver(real: Real, share: number, { seed, twice, atOnce }: Delivery): Promise<void> {
  const { payments, seen } = real;
  const all = shuffled([...real.pending, ...payments.stripe.outbox.take()], seed);
  const now = all.splice(0, Math.ceil(all.length * share));
  real.pending = all;
  const comes = twice ? shuffled([...now, ...now, ...seen.slice(-6)], seed + 1) : now;
  seen.push(...now);
  await (atOnce ? payments.deliverAtOnce(comes) : payments.deliver(comes));
}

/** Everything comes; then both say the same, to the millisecond. */
export async function settle(account: Account, real: Real, how: Delivery): Promise<void> {
  await deliver(real, 1, how);
  const { plan, until } = await real.payments.planAt(real.accountId);
  const expected = entitlementOf(account);
  const day = (until - real.startMs) / DAY;
  expect({ day: account.today, plan, until: day }).toEqual({ day: account.today, ...expected });
}

const inOrder: Delivery = { seed: 1, twice: false, atOnce: false };

function command(
  name: string,
  check: (account: Account) => boolean,
  run: (account: Account, real: Real) => Promise<unknown> | unknown,
): Command {
  return {
    check,
    toString: () => name,
    async run(account, real) {
      await run(account, real);
      keepPast(account);
      if (real.isPrompt) await settle(account, real, { ...inOrder, seed: account.today + 1 });
    },
  };
}

/** Of one subscription of those there are. */
function ofOne(
  name: string,
  at: number,
  check: (subscription: Subscription, account: Account) => boolean,
  run: (found: { subscription: Subscription; id: string; account: Account; real: Real }) => unknown,
): Command {
  const find = ({ subscriptions }: Account) => at % Math.max(1, subscriptions.length);
  return command(
    `${name}(${at})`,
    (account) => {
      const subscription = account.subscriptions[find(account)];
      return subscription !== undefined && check(subscription, account);
    },
    (account, real) => {
      const subscription = account.subscriptions[find(account)];
      const id = real.ids[find(account)];
      if (subscription === undefined || id === undefined) throw new Error('There is none');
      return run({ subscription, id, account, real });
    },
  );
}

const bankOf = ({ payments }: Real) => payments.stripe.bank;
const invoiceOf = (real: Real, id: string, at: number) =>
  [...bankOf(real).invoices.values()].filter(({ subscription }) => subscription === id)[at];
const chargedOf = ({ invoices }: Subscription, at: number) => invoices[at % Math.max(1, invoices.length)];
const isIn =
  (...states: Subscription['status'][]) =>
  ({ status }: Subscription) =>
    states.includes(status);

const sold = fc.constantFrom<Sold>('basic', 'pro', 'premium');
const one = fc.nat({ max: 3 });
const which = fc.nat({ max: 2 });

function setCard(account: Account, real: Real, isDeclined: boolean): void {
  account.isDeclined = isDeclined;
  bankOf(real).decline(real.customer, isDeclined);
}
/** Whoever buys has a card that is taken, nearly always. */
const subscribing = fc.tuple(sold, fc.constantFrom(false, false, false, true)).map(([plan, isDeclined]) =>
  command(
    `subscribe(${plan}${isDeclined ? ', declined' : ''})`,
    ({ subscriptions }) =>
      subscriptions.length < 4 && subscriptions.filter(({ status }) => status !== 'canceled').length < 2,
    async (account, real) => {
      if (bankOf(real).customer(real.customer).deleted)
        real.customer = await real.payments.newCustomerOf(real.accountId);
      setCard(account, real, isDeclined);
      subscribe(account, plan);
      real.ids.push(bankOf(real).subscribe(real.customer, PRICES[plan], {}).id);
    },
  ),
);
const changing = fc.tuple(one, sold).map(([at, plan]) =>
  ofOne(
    `change to ${plan}`,
    at,
    (of) =>
      of.plan !== plan && (of.status === 'active' || (of.status === 'past_due' && isHigher(of.plan, plan))),
    ({ subscription, id, account, real }) => {
      changePlan(account, subscription, plan);
      bankOf(real).changePrice(id, PRICES[plan], false);
    },
  ),
);
const declining = fc.boolean().map((isDeclined) =>
  command(
    isDeclined ? 'cards are declined' : 'cards are taken',
    (account) => account.isDeclined !== isDeclined,
    (account, real) => setCard(account, real, isDeclined),
  ),
);
const retrying = one.map((at) =>
  ofOne(
    'pay what is open',
    at,
    ({ status, periodEnd, start }, { today }) =>
      status === 'past_due' ||
      (status === 'unpaid' && today < periodEnd) ||
      // Stripe waits 23 hours for the first payment.
      (status === 'incomplete' && today === start),
    ({ subscription, id, account, real }) => {
      setCard(account, real, false);
      payOpen(subscription);
      bankOf(real).retry(id);
    },
  ),
);
const givingUp = fc.tuple(one, fc.constantFrom('unpaid', 'canceled')).map(([at, as]) =>
  ofOne(`give up: ${as}`, at, isIn('past_due'), ({ subscription, id, real }) => {
    subscription.status = as;
    bankOf(real).giveUp(id, as);
  }),
);
const endingWithPeriod = fc.tuple(one, fc.boolean()).map(([at, ends]) =>
  ofOne(
    ends ? 'end with period' : 'go on after all',
    at,
    (of) => isIn('active', 'past_due')(of) && of.endsWithPeriod !== ends,
    ({ subscription, id, real }) => {
      subscription.endsWithPeriod = ends;
      bankOf(real).endWithPeriod(id, ends);
    },
  ),
);
const cancelling = one.map((at) =>
  ofOne(
    'cancel',
    at,
    ({ status }) => status !== 'canceled',
    ({ subscription, id, real }) => {
      subscription.status = 'canceled';
      bankOf(real).cancelNow(id);
    },
  ),
);
const pausing = fc.tuple(one, fc.boolean()).map(([at, isPaused]) =>
  ofOne(
    isPaused ? 'pause' : 'resume',
    at,
    ({ status, periodEnd }, { today }) =>
      isPaused ? status === 'active' : status === 'paused' && today < periodEnd,
    ({ subscription, id, real }) => {
      subscription.status = isPaused ? 'paused' : 'active';
      bankOf(real).pause(id, isPaused);
    },
  ),
);
const refunding = fc.tuple(one, which, fc.boolean()).map(([at, n, inFull]) =>
  ofOne(
    `refund ${inFull ? 'all' : 'a part'} of ${n}`,
    at,
    (of) => chargedOf(of, n)?.state === 'paid',
    ({ subscription, id, real }) => {
      const invoice = chargedOf(subscription, n);
      if (invoice === undefined) return;
      const there = invoiceOf(real, id, subscription.invoices.indexOf(invoice));
      if (inFull) invoice.state = 'refunded';
      bankOf(real).refund(there?.id ?? '', inFull ? undefined : 1);
    },
  ),
);
const disputing = fc.tuple(one, which).map(([at, n]) =>
  ofOne(
    `dispute ${n}`,
    at,
    (of) => chargedOf(of, n)?.state === 'paid' && !chargedOf(of, n)?.wasDisputed,
    ({ subscription, id, real }) => {
      const invoice = chargedOf(subscription, n);
      if (invoice === undefined) return;
      Object.assign(invoice, { state: 'disputed', wasDisputed: true });
      bankOf(real).dispute(invoiceOf(real, id, subscription.invoices.indexOf(invoice))?.id ?? '');
    },
  ),
);
const closingDispute = fc.tuple(one, which, fc.constantFrom('won', 'lost')).map(([at, n, how]) =>
  ofOne(
    `dispute ${n} ${how}`,
    at,
    (of) => chargedOf(of, n)?.state === 'disputed',
    ({ subscription, id, real }) => {
      const invoice = chargedOf(subscription, n);
      if (invoice === undefined) return;
      const { charge } = invoiceOf(real, id, subscription.invoices.indexOf(invoice)) ?? {};
      const [dispute] = [...bankOf(real).disputes.values()].filter((each) => each.charge === charge);
      if (how === 'won') invoice.state = 'paid';
      bankOf(real).closeDispute(dispute?.id ?? '', how);
    },
  ),
);
const deleting = fc.constant(
  command(
    'delete the customer',
    ({ subscriptions }) => subscriptions.length > 1,
    ({ subscriptions }, real) => {
      if (bankOf(real).customer(real.customer).deleted) return;
      for (const each of subscriptions) each.status = 'canceled';
      bankOf(real).deleteCustomer(real.customer);
    },
  ),
);
const passing = fc.constantFrom(1, 2, 5, 15, 28, 31).map((days) =>
  command(
    `${days} days pass`,
    () => true,
    async (account, real) => {
      for (let day = 0; day < days; day++) {
        const over = passDay(account);
        real.payments.pass(1);
        for (const each of over) {
          const id = real.ids[account.subscriptions.indexOf(each)] ?? '';
          if (each.status === 'past_due' && !account.isDeclined) {
            // What is owed comes first.
            payOpen(each);
            bankOf(real).retry(id);
          }
          renew(account, each);
          bankOf(real).renew(id);
        }
        keepPast(account);
        if (over.length > 0 && real.isPrompt) await deliver(real, 1, { ...inOrder, seed: account.today });
      }
    },
  ),
);
const delivering = fc.tuple(fc.constantFrom(0.3, 0.6), delivery).map(([share, how]) =>
  command(
    `deliver ${share} (${JSON.stringify(how)})`,
    () => true,
    (_account, real) => deliver(real, share, how),
  ),
);
const settling = delivery.map((how) =>
  command(
    `deliver all (${JSON.stringify(how)})`,
    () => true,
    (account, real) => settle(account, real, how),
  ),
);
const redeeming = fc.tuple(sold, fc.constantFrom(3, 10, 40)).map(([plan, days]) =>
  command(
    `${days} days of ${plan} from a voucher`,
    ({ vouchers }) => vouchers.length < 3,
    async (account, real) => {
      account.vouchers.push({ plan, days, from: account.today });
      await real.payments.giveVoucher(real.accountId, plan, days);
    },
  ),
);

/** As often as they make interesting lives. */
const often = (times: number, each: fc.Arbitrary<Command>) => Array.from({ length: times }, () => each);
const ofStripe = [
  ...[...often(3, subscribing), ...often(5, changing), ...often(4, declining), ...often(4, retrying)],
  ...[...often(2, givingUp), ...often(3, endingWithPeriod), ...often(1, cancelling), ...often(4, pausing)],
  ...[...often(2, refunding), ...often(1, disputing), ...often(3, closingDispute), ...often(6, passing)],
  deleting,
];
/** Without vouchers, in any weather. */
export const anyLife = fc.commands([...ofStripe, ...often(3, delivering), ...often(2, settling)], {
  ...{ maxCommands: 50, size: 'max' },
});
/** With vouchers, whose days depend on what was known when. */
export const promptLife = fc.commands([...ofStripe, ...often(3, redeeming), ...often(3, refunding)], {
  ...{ maxCommands: 40, size: 'max' },
});
