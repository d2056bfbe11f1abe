/** Events that come again, at once, too late, or in the middle of something: handled once, and nothing is said twice. */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../../../simulator/stripe/outbox.ts';
import { receiveEvent } from '../../../src/billing/stripe/events.ts';
import { viewOf } from '../../../src/billing/stripe/grant-of.ts';
import { stripeInvoice, stripeSubscription } from '../../../src/billing/stripe/objects.ts';
import { syncCustomer } from '../../../src/billing/stripe/sync-customer.ts';
import { grants, stripeCustomers, stripeInvoices } from '../../../src/billing/table.ts';
import { PRICES, WEBHOOK_SECRET } from '../../support/stripe.ts';
import { DAY, GRACE_DAYS, type PaymentRig, startPayments } from './rig.ts';

let rig: PaymentRig;
beforeAll(async () => {
  rig = await startPayments();
});
afterAll(() => rig.close());

async function subscribed(price: string = PRICES.pro) {
  const owner = await rig.newCustomer();
  const { id } = rig.stripe.bank.subscribe(owner.customer, price, {});
  return { ...owner, id, events: rig.stripe.outbox.take() };
}
const grantsOf = (accountId: string) =>
  rig.database.sql.select().from(grants).where(eq(grants.accountId, accountId));
const toldOf = (accountId: string | undefined) =>
  rig.told.filter((each) => each.accountId === accountId).map(({ kind, message }) => `${kind} ${message}`);

describe('an event', () => {
  it('that comes twenty times at once is one job', async () => {
    const { events } = await subscribed();
    const [event] = events;
    if (event === undefined) throw new Error('No event');
    await Promise.all(Array.from({ length: 20 }, () => rig.receive(event)));
    expect(rig.jobs.splice(0)).toMatchObject([{ data: { eventId: event.id } }]);
  });

  it('is not stored without its job', async () => {
    const { events } = await subscribed();
    const payload = events[0]?.payload ?? '';
    const broken = {
      ...rig.deps,
      enqueue: async () => {
        throw new Error('no room for jobs');
      },
    };
    const signature = await sign(payload, WEBHOOK_SECRET, Date.now());
    await expect(receiveEvent(broken, payload, signature)).rejects.toThrow('no room for jobs');
    // Stripe sends it again, and now it is taken.
    await receiveEvent(rig.deps, payload, signature);
    expect(rig.jobs.splice(0)).toHaveLength(1);
  });

  it('whose handling dies before its end has done nothing, and is done again', async () => {
    const { accountId, events } = await subscribed();
    for (const event of events) await rig.receive(event);
    const dying = {
      finish: async () => {
        throw new Error('killed');
      },
    };
    await expect(rig.work(dying)).rejects.toThrow('killed');
    expect(await grantsOf(accountId)).toEqual([]);
    rig.jobs.push(
      ...events.map(({ id }) => ({ name: 'billing.stripe-event', data: { eventId: id }, dueMs: 0 })),
    );
    await rig.work();
    expect(await grantsOf(accountId)).toHaveLength(1);
  });

  it('waits while Stripe is away', async () => {
    const { accountId, events } = await subscribed();
    for (const event of events) await rig.receive(event);
    const stored = [...rig.jobs];
    rig.stripe.setDown(true);
    await expect(rig.work()).rejects.toMatchObject({ code: 'payments_unavailable' });
    rig.stripe.setDown(false);
    rig.jobs.push(...stored);
    await rig.work();
    expect(await rig.planAt(accountId)).toMatchObject({ plan: 'pro' });
  }, 30_000);

  it('that is handled again and again tells people once, and writes nothing new', async () => {
    const { accountId, customer, events } = await subscribed();
    for (let n = 0; n < 4; n++) {
      await rig.deliver(events);
      await syncCustomer(rig.deps, customer);
    }
    expect(toldOf(accountId).sort()).toEqual(['payment received', 'plan_change changed']);
    expect(await grantsOf(accountId)).toHaveLength(1);
    const invoices = await rig.database.sql
      .select()
      .from(stripeInvoices)
      .where(eq(stripeInvoices.accountId, accountId));
    expect(invoices).toMatchObject([{ status: 'paid', total: 1_000, currency: 'EUR', plan: 'pro' }]);
  });

  it('about a customer whose row was lost finds its account again', async () => {
    const { accountId, customer, events } = await subscribed();
    await rig.database.sql.delete(stripeCustomers).where(eq(stripeCustomers.id, customer));
    await rig.deliver(events);
    expect(await rig.planAt(accountId)).toMatchObject({ plan: 'pro' });
  });

  it.each([
    ['a price nobody has configured', 'price_unknown', 'price_unknown'],
    ['a second subscription', PRICES.basic, 'several_subscriptions'],
  ])('of %s tells administrators once', async (_name, price, problem) => {
    const { customer } = await subscribed();
    rig.stripe.bank.subscribe(customer, price, {});
    rig.told.length = 0;
    for (let n = 0; n < 3; n++) await syncCustomer(rig.deps, customer);
    const alerts = rig.told.filter(({ message }) => message === 'payment_problem');
    expect(
      alerts.map(({ params }) => (params as { problem: string }).problem).filter((each) => each === problem),
    ).toEqual([problem]);
    rig.stripe.outbox.take();
  });
});

it('what was taken away stays so when the next period is paid: days of a voucher used meanwhile are used', async () => {
  const { accountId, id, events } = await subscribed(PRICES.premium);
  const startMs = rig.now();
  await rig.deliver(events);
  const invoice = [...rig.stripe.bank.invoices.values()].find(({ subscription }) => subscription === id);
  rig.stripe.bank.refund(invoice?.id ?? '');
  await rig.deliver(rig.stripe.outbox.take());
  await rig.giveVoucher(accountId, 'premium', 3);
  rig.pass(30);
  rig.stripe.bank.renew(id);
  await rig.deliver(rig.stripe.outbox.take());
  const { until } = await rig.planAt(accountId);
  expect((until - startMs) / DAY).toBe(60 + GRACE_DAYS);
});

it('what is paid late had no gap: days of a voucher used meanwhile come back', async () => {
  const { accountId, customer, id, events } = await subscribed();
  const startMs = rig.now();
  await rig.deliver(events);
  await rig.giveVoucher(accountId, 'pro', 10);
  rig.stripe.bank.decline(customer, true);
  rig.pass(30);
  rig.stripe.bank.renew(id);
  await rig.deliver(rig.stripe.outbox.take());
  rig.pass(GRACE_DAYS + 2);
  expect(await rig.planAt(accountId)).toMatchObject({ plan: 'pro', source: 'voucher' });
  rig.stripe.bank.decline(customer, false);
  rig.stripe.bank.retry(id);
  await rig.deliver(rig.stripe.outbox.take());
  expect(((await rig.planAt(accountId)).until - startMs) / DAY).toBe(60 + GRACE_DAYS + 10);
});

it('a subscription that has ended ends then, not when that is heard of: days of a voucher run from there', async () => {
  const { accountId, id, events } = await subscribed();
  const startMs = rig.now();
  await rig.deliver(events);
  await rig.giveVoucher(accountId, 'pro', 10);
  rig.pass(10);
  rig.stripe.bank.cancelNow(id);
  rig.pass(5);
  await rig.deliver(rig.stripe.outbox.take());
  expect(((await rig.planAt(accountId)).until - startMs) / DAY).toBe(20);
});

describe('a customer', () => {
  it('nobody knows is told of once, however many events there are', async () => {
    const stranger = rig.stripe.bank.createCustomer('x@y.z', {});
    rig.stripe.bank.subscribe(stranger.id, PRICES.pro, {});
    rig.told.length = 0;
    for (const event of rig.stripe.outbox.take()) await rig.receive(event);
    await rig.work();
    expect(rig.told.map(({ params }) => params)).toEqual([
      { problem: 'customer_unknown', subject: stranger.id },
    ]);
  });

  it('with more charges than Stripe lists at once: the one whose money went back is found', async () => {
    const { accountId, customer, id } = await subscribed();
    const [invoice] = [...rig.stripe.bank.invoices.values()].filter((each) => each.subscription === id);
    rig.stripe.bank.refund(invoice?.id ?? '');
    for (let n = 0; n < 250; n++) {
      const declined = {
        id: `ch_declined_${n}`,
        customer,
        invoice: '',
        intent: 'pi_declined',
        amount: 1_000,
      };
      rig.stripe.bank.charges.set(declined.id, { ...declined, refunded: 0, disputed: false });
    }
    await syncCustomer(rig.deps, customer);
    expect((await rig.planAt(accountId)).plan).toBe('free');
    rig.stripe.outbox.take();
  });

  it('that was missing, as with a wrong key, is there again when it is found', async () => {
    const { accountId, customer } = await subscribed();
    const elsewhere = {
      ...rig.deps.payments,
      customer: async () => undefined,
      subscriptionsOf: async () => undefined,
      subscription: async () => undefined,
    };
    await syncCustomer(rig.deps, customer);
    await syncCustomer({ ...rig.deps, payments: elsewhere }, customer);
    expect((await rig.planAt(accountId)).plan).toBe('free');
    await syncCustomer(rig.deps, customer);
    expect((await rig.planAt(accountId)).plan).toBe('pro');
    const [row] = await rig.database.sql
      .select()
      .from(stripeCustomers)
      .where(eq(stripeCustomers.id, customer));
    expect(row?.deletedAt).toBeNull();
    rig.stripe.outbox.take();
  });

  it('whose subscription gives again gets no days of a voucher back that ran while it gave less', async () => {
    const { accountId, customer, id } = await subscribed(PRICES.basic);
    await syncCustomer(rig.deps, customer);
    await rig.giveVoucher(accountId, 'pro', 10);
    rig.pass(5);
    rig.stripe.bank.changePrice(id, PRICES.premium, true);
    await syncCustomer(rig.deps, customer);
    rig.stripe.bank.pause(id, true);
    await syncCustomer(rig.deps, customer);
    rig.stripe.bank.pause(id, false);
    await syncCustomer(rig.deps, customer);
    rig.stripe.bank.cancelNow(id);
    await syncCustomer(rig.deps, customer);
    const { plan, until } = await rig.planAt(accountId);
    expect([plan, Math.round((until - rig.now()) / DAY)]).toEqual(['pro', 5]);
    rig.stripe.outbox.take();
  });
});

describe('two looks at the same customer', () => {
  it('may end in any order: what was seen first is never written over what was seen later', async () => {
    const { accountId, customer, id } = await subscribed(PRICES.premium);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const slow = {
      ...rig.deps,
      payments: {
        ...rig.deps.payments,
        // What it has read grows old before it goes on.
        async chargesOf(of: string) {
          const charges = await rig.deps.payments.chargesOf(of);
          await gate;
          return charges;
        },
      },
    };
    const first = syncCustomer(slow, customer);
    await new Promise((resolve) => setTimeout(resolve, 50));
    rig.stripe.bank.cancelNow(id);
    await syncCustomer(rig.deps, customer);
    expect((await rig.planAt(accountId)).plan).toBe('free');
    open();
    await first;
    expect((await rig.planAt(accountId)).plan).toBe('free');
  });
});

describe('what a subscription gives', () => {
  const at = Date.UTC(2028, 1, 1) / 1_000;
  const settings = { prices: { pro: [PRICES.pro] }, graceDays: 0 };
  const subscription = (fields: object) =>
    stripeSubscription.parse({
      ...{ id: 'sub_1', customer: { id: 'cus_1', object: 'customer' }, status: 'active', created: at },
      items: { data: [{ id: 'si_1', price: { id: PRICES.pro } }] },
      ...fields,
    });
  const invoice = stripeInvoice.parse({
    ...{ id: 'in_1', status: 'paid', created: at, currency: 'eur', total: 1_000, subscription: 'sub_1' },
    lines: {
      data: [{ amount: 1_000, period: { start: at, end: at + 86_400 * 31 }, price: { id: PRICES.pro } }],
    },
  });

  it('ends where older and current versions say so', () => {
    const end = at + 86_400 * 29;
    const item = { id: 'si_1', price: { id: PRICES.pro }, current_period_end: end };
    for (const fields of [{ current_period_end: end }, { items: { data: [item] } }]) {
      const { grant, problems } = viewOf(subscription(fields), [], new Map(), settings);
      expect([grant?.until, problems]).toEqual([new Date(end * 1_000), []]);
    }
  });

  it('ends with what was paid when no version says so, and with nothing when nothing was: never never', () => {
    const withInvoice = viewOf(subscription({}), [invoice], new Map(), settings);
    expect(withInvoice.grant?.until).toEqual(new Date(at * 1_000 + 31 * DAY));
    expect(withInvoice.problems).toEqual(['period_end_missing']);
    expect(viewOf(subscription({}), [], new Map(), settings)).toMatchObject({
      ...{ grant: undefined, problems: ['period_end_missing'] },
    });
  });

  it('is nothing in a status nobody knows, and somebody is told', () => {
    const view = viewOf(subscription({ status: 'brand_new' }), [invoice], new Map(), settings);
    expect(view).toMatchObject({ grant: undefined, problems: ['status_unknown'] });
  });

  it('ends at the moment it was told to end, when that is before the period does', () => {
    const fields = { current_period_end: at + 86_400 * 29, cancel_at: at + 86_400 * 3 };
    const { grant } = viewOf(subscription(fields), [], new Map(), { ...settings, graceDays: 3 });
    expect(grant?.until).toEqual(new Date((at + 86_400 * 3) * 1_000));
  });

  const line = (price: string, amount: number, start = at, end = at + 86_400 * 31) => ({
    ...{ amount, period: { start, end }, price: { id: price } },
  });
  const bill = (id: string, lines: readonly object[], fields: object = {}) =>
    stripeInvoice.parse({
      ...{ id, status: 'paid', created: at, currency: 'eur', total: 1, subscription: 'sub_1' },
      ...{ lines: { data: lines }, ...fields },
    });
  const three = { ...settings, prices: { basic: ['b'], pro: [PRICES.pro], premium: ['p'] } };
  const premium = (fields: object) =>
    subscription({
      items: { data: [{ id: 'si_1', price: { id: 'p' }, current_period_end: at + 86_400 * 31 }] },
      ...fields,
    });

  it('is what was paid before an upgrade whose money went back', () => {
    const invoices = [
      bill('in_2', [line('b', -500, at + 1_000), line('p', 2_000, at + 1_000)]),
      bill('in_1', [line('b', 500)]),
    ];
    const view = viewOf(premium({}), invoices, new Map([['in_2', 'refunded']]), three);
    expect(view).toMatchObject({ grant: { plan: 'basic' }, problems: ['payment_reversed'] });
  });

  it('is what the first of the upgrades whose money went back replaced', () => {
    const invoices = [
      bill('in_3', [line(PRICES.pro, -1_000), line('p', 2_000)]),
      bill('in_2', [line('b', -500), line(PRICES.pro, 1_000)]),
      bill('in_1', [line('b', 500)]),
    ];
    const planWithout = (...ids: string[]) =>
      viewOf(premium({}), invoices, new Map(ids.map((id) => [id, 'refunded'])), three).grant?.plan;
    expect([planWithout('in_3'), planWithout('in_2'), planWithout('in_3', 'in_2')]).toEqual([
      ...['pro', 'basic', 'basic'],
    ]);
  });

  it('ends at the moment it was told to end also where no version says when the period does', () => {
    const { grant } = viewOf(subscription({ cancel_at: at + 86_400 * 3 }), [invoice], new Map(), {
      ...{ ...settings, graceDays: 3 },
    });
    expect(grant?.until).toEqual(new Date((at + 86_400 * 3) * 1_000));
  });

  it('is nothing when the money went back that the rest was bought with', () => {
    const invoices = [
      bill('in_2', [line('p', -2_000), line('b', 500), line('b', -500), line('p', 2_000)]),
      bill('in_1', [line('p', 2_000)]),
    ];
    expect(viewOf(premium({}), invoices, new Map([['in_1', 'disputed']]), three).grant).toBeUndefined();
  });

  it('lasts no longer for a change that was paid with credit for a period nobody has paid', () => {
    const next = [at + 86_400 * 31, at + 86_400 * 62] as const;
    const invoices = [
      bill('in_3', [line('p', -2_000, ...next), line('p', 2_000, next[0] + 60, next[1])]),
      bill('in_2', [line('p', 2_000, ...next)], { status: 'open', billing_reason: 'subscription_cycle' }),
      bill('in_1', [line('b', 500)]),
    ];
    const { grant } = viewOf(premium({ status: 'past_due' }), invoices, new Map(), three);
    expect(grant).toMatchObject({ plan: 'basic', until: new Date(next[0] * 1_000) });
  });

  it.each([
    ['the leap day', Date.UTC(2028, 0, 29), Date.UTC(2028, 1, 29)],
    ['the end of a short month', Date.UTC(2027, 0, 31, 23, 59, 59), Date.UTC(2027, 1, 28, 23, 59, 59)],
    ['the end of the year', Date.UTC(2026, 11, 31), Date.UTC(2027, 0, 31)],
  ])('lasts to the second over %s', (_name, start, end) => {
    const fields = { created: start / 1_000, current_period_end: end / 1_000, cancel_at_period_end: true };
    const { grant } = viewOf(subscription(fields), [], new Map(), settings);
    expect([grant?.from.getTime(), grant?.until.getTime()]).toEqual([start, end]);
  });
});
