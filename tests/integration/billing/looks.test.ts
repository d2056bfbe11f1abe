/** Events that never come: what has happened at Stripe is found all the same, and the operator hears of it. */
import { sql as raw } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCheckout } from '../../../src/billing/stripe/start-checkout.ts';
import type { Caller } from '../../../src/kernel/caller.ts';
import { newId } from '../../../src/kernel/ids.ts';
import { PRICES } from '../../support/stripe.ts';
import { type PaymentRig, startPayments } from './rig.ts';

const MINUTE = 1 / (24 * 60);
let rig: PaymentRig;
beforeAll(async () => {
  rig = await startPayments();
});
afterAll(() => rig.close());
beforeEach(() => {
  rig.told.splice(0);
  rig.jobs.splice(0);
  rig.stripe.outbox.take();
});

const planOf = async (accountId: string) => (await rig.planAt(accountId)).plan;
const problems = () =>
  rig.told
    .filter(({ message }) => message === 'payment_problem')
    .map(({ params }) => (params as { problem: string }).problem);
/** Nothing that Stripe sends arrives. */
const lose = () => void rig.stripe.outbox.take();
async function age(customer: string, hours: number): Promise<void> {
  await rig.database.sql.execute(
    raw`update stripe_customers set written_from = now() - ${`${hours} hours`}::interval where id = ${customer}`,
  );
}

/** @returns who bought, and the customer */
async function buy(): Promise<{ accountId: string; customer: string; id: string }> {
  const accountId = newId();
  const caller = { accountId, email: 'a@b.c' } as Caller;
  await startCheckout(rig.deps, caller, { plan: 'pro', origin: 'https://gateway.test', language: 'en' });
  const customer = [...rig.stripe.bank.customers.values()].at(-1)?.id ?? '';
  const { id } = rig.stripe.bank.subscribe(customer, PRICES.pro, {});
  lose();
  return { accountId, customer, id };
}

describe('a purchase whose events are lost', () => {
  it('is found minutes later, and the operator is told once that none come', async () => {
    const { accountId } = await buy();
    await rig.work();
    expect(await planOf(accountId)).toBe('free');
    rig.pass(2 * MINUTE);
    await rig.work();
    expect(await planOf(accountId)).toBe('pro');
    // One event may be late.
    expect(problems()).toEqual([]);
    rig.pass(70 * MINUTE);
    await rig.work();
    rig.pass(2);
    await rig.work();
    expect(problems()).toEqual(['events_missing']);
    expect(rig.jobs).toEqual([]);
  });

  it('tells nobody where events come', async () => {
    const accountId = newId();
    const caller = { accountId, email: 'a@b.c' } as Caller;
    await startCheckout(rig.deps, caller, { plan: 'pro', origin: 'https://gateway.test', language: 'en' });
    const customer = [...rig.stripe.bank.customers.values()].at(-1)?.id ?? '';
    rig.stripe.bank.subscribe(customer, PRICES.pro, {});
    await rig.deliver(rig.stripe.outbox.take());
    rig.pass(2);
    await rig.work();
    expect(problems()).toEqual([]);
  });

  it('is not asked for when nobody paid but the page was opened: the looks end by themselves', async () => {
    const caller = { accountId: newId(), email: 'a@b.c' } as Caller;
    await startCheckout(rig.deps, caller, { plan: 'pro', origin: 'https://gateway.test', language: 'en' });
    rig.pass(2);
    await rig.work();
    expect(rig.jobs).toEqual([]);
    expect(rig.told).toEqual([]);
  });
});

describe('the look of every day', () => {
  it('finds a subscription that has ended, of customers nobody has looked at since yesterday', async () => {
    const { accountId, customer, id } = await buy();
    rig.pass(2);
    await rig.work();
    rig.stripe.bank.cancelNow(id);
    lose();
    await rig.runScheduled('billing.look-all');
    expect(await planOf(accountId)).toBe('pro');
    await age(customer, 30);
    await rig.runScheduled('billing.look-all');
    expect(await planOf(accountId)).toBe('free');
    expect(rig.told.map(({ message }) => message)).toContain('ended');
  });

  it('asks nothing about customers who have nothing that could change', async () => {
    const { customer, id } = await buy();
    rig.stripe.bank.cancelNow(id);
    lose();
    rig.pass(2);
    await rig.work();
    await age(customer, 30);
    const before = rig.stripe.requests();
    await rig.runScheduled('billing.look-all');
    expect(rig.stripe.requests()).toBe(before);
  });

  it('does not take a subscription without events for a broken webhook once it is older than they are kept', async () => {
    const { customer } = await buy();
    rig.pass(2 * MINUTE);
    await rig.work();
    rig.jobs.splice(0);
    rig.pass(40);
    await age(customer, 30);
    await rig.runScheduled('billing.look-all');
    expect(problems()).toEqual([]);
  });
});
