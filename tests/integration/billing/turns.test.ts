/** Plans that end, begin or change because time passes: who has them is told, once, whoever notices first. */
import { sql as raw } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { grants } from '../../../src/billing/table.ts';
import { tellPlan } from '../../../src/billing/tell-plan.ts';
import { turnsJob } from '../../../src/billing/turns.ts';
import type { JobContext } from '../../../src/db/background.ts';
import type { Plan } from '../../../src/kernel/caller.ts';
import { newId } from '../../../src/kernel/ids.ts';
import { PRICES } from '../../support/stripe.ts';
import { DAY, GRACE_DAYS, type PaymentRig, startManyPayments, startPayments } from './rig.ts';

let rig: PaymentRig;
beforeAll(async () => {
  rig = await startPayments();
});
afterAll(() => rig.close());
beforeEach(() => rig.told.splice(0));

const context: JobContext = {
  ...{ id: newId(), attempt: 1, isLast: false, signal: new AbortController().signal },
  finish: async () => {},
};
const work = () => turnsJob(rig.deps).handle({}, context);

/** Of administrators; undefined: from now on, without end. */
async function give(accountId: string, plan: Plan, days?: number, inDays = 0): Promise<void> {
  const from = new Date(rig.now() + inDays * DAY);
  const until = days === undefined ? null : new Date(from.getTime() + days * DAY);
  await rig.database.sql.transaction(async (tx) => {
    await tx.insert(grants).values({ id: newId(), accountId, plan, source: 'admin', from, until });
    await tellPlan(rig.deps, tx, accountId, { isSaid: true });
  });
}
async function giveVoucher(accountId: string, plan: Plan, days: number): Promise<void> {
  await rig.giveVoucher(accountId, plan, days);
  await rig.database.sql.transaction((tx) => tellPlan(rig.deps, tx, accountId, { isSaid: true }));
}
const told = (accountId: string) =>
  rig.told
    .filter((each) => each.accountId === accountId)
    .map(({ message, params }) => ({ message, ...(params as object) }));
const pass = async (days: number) => {
  rig.pass(days);
  await work();
};

describe('a plan', () => {
  it('that ends is told of three days before, and when it has ended, once each', async () => {
    const accountId = newId();
    await give(accountId, 'premium', 10);
    await pass(6.9);
    expect(told(accountId)).toEqual([]);
    await pass(0.2);
    const until = new Date(rig.now() + 2.9 * DAY).toISOString();
    await work();
    expect(told(accountId)).toEqual([{ message: 'ending', plan: 'premium', until }]);
    await pass(2.9);
    await work();
    expect(told(accountId).slice(1)).toEqual([{ message: 'ended', plan: 'premium', now: 'free' }]);
    expect((await rig.planAt(accountId)).plan).toBe('free');
  });

  it('of days ends when they are used up, which a subscription puts off', async () => {
    const { accountId, customer } = await rig.newCustomer();
    await giveVoucher(accountId, 'pro', 5);
    await pass(1);
    const subscription = rig.stripe.bank.subscribe(customer, PRICES.premium, {});
    await rig.deliver(rig.stripe.outbox.take());
    await pass(20);
    rig.stripe.bank.cancelNow(subscription.id);
    await rig.deliver(rig.stripe.outbox.take());
    expect(told(accountId).map(({ message }) => message)).toEqual(['changed', 'received', 'ended']);
    await pass(3.9);
    await pass(0.1);
    expect(told(accountId).slice(3)).toEqual([
      { message: 'ending', plan: 'pro', until: new Date(rig.now()).toISOString() },
      { message: 'ended', plan: 'pro', now: 'free' },
    ]);
  });

  it('shorter than the warning is not warned of by who has just been told how long it lasts', async () => {
    const accountId = newId();
    await give(accountId, 'basic', 2);
    await pass(1);
    expect(told(accountId)).toEqual([]);
    await pass(1);
    expect(told(accountId)).toMatchObject([{ message: 'ended' }]);
  });

  it('that begins later is told of when it begins', async () => {
    const accountId = newId();
    await give(accountId, 'pro', 30, 5);
    await pass(4.9);
    expect(told(accountId)).toEqual([]);
    await pass(0.2);
    expect(told(accountId)).toEqual([{ message: 'changed', from: 'free', to: 'pro' }]);
  });

  it('that goes on from another source is no news', async () => {
    const accountId = newId();
    await give(accountId, 'pro', 10);
    await giveVoucher(accountId, 'pro', 10);
    await pass(11);
    expect(told(accountId)).toEqual([]);
    await pass(9);
    expect(told(accountId)).toMatchObject([{ message: 'ended' }]);
  });

  it('that nobody has paid for ends with its grace, and Stripe’s own word on that is not a second one', async () => {
    const { accountId, customer } = await rig.newCustomer();
    const { bank, outbox } = rig.stripe;
    const { id } = bank.subscribe(customer, PRICES.pro, {});
    await rig.deliver(outbox.take());
    rig.pass(30);
    bank.decline(customer, true);
    bank.renew(id);
    await rig.deliver(outbox.take());
    await pass(GRACE_DAYS);
    bank.giveUp(id, 'canceled');
    await rig.deliver(outbox.take());
    await work();
    expect(told(accountId).map(({ message }) => message)).toEqual(['changed', 'received', 'failed', 'ended']);
  });

  it('that cannot be told of keeps nobody else waiting, and is told of later', async () => {
    const [broken, fine] = [newId(), newId()].sort();
    await give(broken ?? '', 'pro', 1);
    await give(fine ?? '', 'pro', 1);
    rig.pass(1);
    const { notify } = rig.deps;
    const deps = {
      ...rig.deps,
      notify: (async (tx, accountId, ...rest) => {
        if (accountId === broken) throw new Error('On purpose');
        await notify(tx, accountId, ...rest);
      }) as typeof notify,
    };
    await turnsJob(deps).handle({}, context);
    expect([told(broken ?? '').length, told(fine ?? '').length]).toEqual([0, 1]);
    await work();
    expect([told(broken ?? '').length, told(fine ?? '').length]).toEqual([1, 1]);
  });

  it('nobody was told of yet, because it is older than the telling, is not told of late', async () => {
    const accountId = newId();
    await rig.giveVoucher(accountId, 'premium', 5);
    await rig.database.sql.execute(
      raw`insert into told_plans (account_id, due_at) values (${accountId}, ${new Date(0).toISOString()})`,
    );
    await work();
    expect(told(accountId)).toEqual([]);
    await pass(5);
    expect(told(accountId)).toMatchObject([{ message: 'ended', plan: 'premium' }]);
  });
});

it('a plan is told of once by several processes that notice at the same time', {
  timeout: 60_000,
}, async () => {
  // The embedded database would let them do it one after the other.
  const many = await startManyPayments();
  try {
    const { deps, told: heard, pass: skip, now } = many.create();
    const accounts = Array.from({ length: 20 }, () => newId());
    const until = new Date(now() + DAY);
    for (const accountId of accounts) {
      await deps.database.sql.transaction(async (tx) => {
        const given = {
          id: newId(),
          accountId,
          plan: 'pro',
          source: 'admin',
          from: new Date(now()),
        } as const;
        await tx.insert(grants).values({ ...given, until });
        await tellPlan(deps, tx, accountId, { isSaid: true });
      });
    }
    skip(1);
    await Promise.all([1, 2, 3].map(() => turnsJob(deps).handle({}, context)));
    expect(heard.map((each) => each.accountId).sort()).toEqual([...accounts].sort());
  } finally {
    await many.close();
  }
});
