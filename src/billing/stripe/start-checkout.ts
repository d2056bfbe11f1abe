import type { Caller, Plan } from '../../kernel/caller.ts';
import { GatewayError } from '../../kernel/errors.ts';
import { stripeCustomers } from '../table.ts';
import type { StripeDependencies } from './dependencies.ts';
import { customerOf, deletedCustomers, subscriptionOf } from './subscription.ts';

export interface CheckoutOrder {
  readonly plan: Plan;
  /** Where the dashboard is, without a slash at its end. */
  readonly origin: string;
  readonly language: string;
}

/** Statuses in which a second subscription would be paid beside the first. */
const TAKEN = ['active', 'trialing', 'past_due', 'paused'];

/**
 * Opens a page of Stripe where the account buys a plan. Nothing is bought by that.
 * @throws GatewayError plan_not_sold, subscription_exists, payments_unavailable, database_unavailable
 */
export async function startCheckout(
  deps: StripeDependencies,
  { accountId, email }: Caller,
  { plan, origin, language }: CheckoutOrder,
): Promise<string> {
  const price = deps.stripe.prices[plan]?.[0];
  if (price === undefined) throw new GatewayError('plan_not_sold');
  const subscription = await deps.database.run((sql) => subscriptionOf(sql, accountId));
  if (subscription !== undefined && TAKEN.includes(subscription.status)) {
    throw new GatewayError('subscription_exists');
  }
  return deps.payments.startCheckout({
    ...{ customer: await ensureCustomer(deps, accountId, email), accountId, plan, price, language },
    successUrl: `${origin}/billing?success=true&session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${origin}/billing?canceled=true`,
  });
}

/** Known here before Stripe can tell anything about it; two at once make one. */
async function ensureCustomer(
  { database, payments }: StripeDependencies,
  accountId: string,
  email: string,
): Promise<string> {
  const known = await database.run((sql) => customerOf(sql, accountId));
  if (known !== undefined) return known;
  const deleted = await database.run((sql) => deletedCustomers(sql, accountId));
  const key = `customer-${accountId}-${deleted}`;
  const id = await payments.createCustomer({ accountId, email, key });
  await database.run(
    async (sql) => void (await sql.insert(stripeCustomers).values({ id, accountId }).onConflictDoNothing()),
  );
  return id;
}
