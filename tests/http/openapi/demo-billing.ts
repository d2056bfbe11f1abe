/** What the examples of plans, vouchers and payments speak of, and how their routes are brought to refuse. */
import { eq, inArray } from 'drizzle-orm';
import {
  grants,
  redeemCounters,
  redemptions,
  stripeCustomers,
  stripeSubscriptions,
  vouchers,
} from '../../../src/billing/table.ts';
import { accounts } from '../../../src/identity/table.ts';
import { exampleUuid } from '../../../src/kernel/demo-world.ts';
import { newId } from '../../../src/kernel/ids.ts';
import type { TestGateway } from '../../support/gateway.ts';
import { PRICES, type TestStripe } from '../../support/stripe.ts';
import type { Operation } from './described.ts';

export const EXAMPLE_CODE = 'AJAX-7K3M-9QXZ-4T2X';

export interface BillingDemo {
  readonly gateway: TestGateway;
  readonly stripe: TestStripe;
}

async function demoAccount({ database }: TestGateway): Promise<string | undefined> {
  const [account] = await database.sql
    .select()
    .from(accounts)
    .where(eq(accounts.email, 'demo@ajaxsecurflow.dev'));
  return account?.id;
}

export async function prepareBilling({ gateway, stripe }: BillingDemo, { path }: Operation): Promise<void> {
  const { sql } = gateway.database;
  if (path.includes('/redeem') || path.includes('/vouchers')) {
    await sql.delete(redemptions);
    await sql.delete(redeemCounters);
    await sql.delete(vouchers);
    await sql
      .insert(vouchers)
      .values({ id: exampleUuid, code: EXAMPLE_CODE, plan: 'premium', days: 30, batch: 'summer' });
  }
  if (path.includes('/admin/users')) {
    await sql
      .insert(accounts)
      .values({ id: exampleUuid, ajaxUserId: 'ffff', email: 'example@ajaxsecurflow.dev', upstream: 'live' })
      .onConflictDoNothing();
    await sql.delete(grants).where(eq(grants.accountId, exampleUuid));
    const grant = { id: exampleUuid, accountId: exampleUuid, plan: 'pro', source: 'admin' } as const;
    await sql.insert(grants).values({ ...grant, from: new Date(0) });
  }
  const accountId = await demoAccount(gateway);
  if (!/\/billing\/(create-checkout|portal|change-plan|cancel|resume)/.test(path) || accountId === undefined)
    return;
  await sql.delete(stripeSubscriptions);
  await sql.delete(stripeCustomers);
  await sql.delete(grants).where(inArray(grants.source, ['stripe']));
  const { id: customerId } = stripe.bank.createCustomer('demo@ajaxsecurflow.dev', { account_id: accountId });
  await sql.insert(stripeCustomers).values({ id: customerId, accountId });
  if (path.includes('create-checkout')) return;
  await subscribe({ gateway, stripe }, customerId, accountId);
  // There is something to take back.
  if (path.endsWith('/resume')) await sql.update(stripeSubscriptions).set({ endsWithPeriod: true });
}

export async function subscribe(
  { gateway, stripe }: BillingDemo,
  customerId: string,
  accountId: string,
): Promise<void> {
  const { id, item } = stripe.bank.subscribe(customerId, PRICES.basic, {});
  await gateway.database.sql.insert(stripeSubscriptions).values({
    ...{ id, customerId, accountId, status: 'active', plan: 'basic', itemId: item },
    ...{ endsWithPeriod: false, problems: [] },
  });
}

/** Brings the example's voucher, or its account, to where redeeming is refused. */
export const vouchersThat = {
  async areUsed({ database }: TestGateway): Promise<void> {
    await database.sql.update(vouchers).set({ used: 1 });
  },
  async areExpired({ database }: TestGateway): Promise<void> {
    await database.sql.update(vouchers).set({ expiresAt: new Date(0) });
  },
  async areRedeemed(gateway: TestGateway): Promise<void> {
    const accountId = (await demoAccount(gateway)) ?? '';
    await gateway.database.sql
      .insert(redemptions)
      .values({ id: newId(), voucherId: exampleUuid, accountId, at: new Date() });
  },
  async areTooMany(gateway: TestGateway): Promise<void> {
    const accountId = (await demoAccount(gateway)) ?? '';
    for (let n = 0; n < 5; n++) {
      const id = newId();
      await gateway.database.sql
        .insert(vouchers)
        .values({ id, code: `AJAX-${id.slice(-12)}`, plan: 'pro', days: 1 });
      await gateway.database.sql.insert(redemptions).values({ id, voucherId: id, accountId, at: new Date() });
    }
  },
};
