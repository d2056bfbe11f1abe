import type { Caller, Plan } from '../../kernel/caller.ts';
import { GatewayError } from '../../kernel/errors.ts';
import { stripeCustomers } from '../table.ts';
import type { StripeDependencies } from './dependencies.ts';
import { lookAfterCheckout } from './look-again.ts';
import { customerOf, deletedCustomers, subscriptionOf } from './subscription.ts';
import { syncCustomer } from './sync-customer.ts';

export interface CheckoutOrder {
  readonly plan: Plan;
  /** Where the dashboard is, without a slash at its end. */
  readonly origin: string;
  readonly language: string;
}

/** Statuses in which a second subscription would be paid beside the first. */
const TAKEN = ['active', 'trialing', 'past_due', 'paused'];

/**
 * Opens a page of Stripe where the account buys a plan. Nothing is bought by that. Nobody pays twice: Stripe is asked first
 * what was bought a moment ago, and pages that were opened before are closed.
 * @throws GatewayError plan_not_sold, subscription_exists, payments_unavailable, database_unavailable
 */
export async function startCheckout(
  deps: StripeDependencies,
  { accountId, email }: Caller,
  { plan, origin, language }: CheckoutOrder,
): Promise<string> {
  const price = deps.stripe.prices[plan]?.[0];
  if (price === undefined) throw new GatewayError('plan_not_sold');
  const known = await deps.database.run((sql) => customerOf(sql, accountId));
  if (known !== undefined) await syncCustomer(deps, known);
  const subscription = await deps.database.run((sql) => subscriptionOf(sql, accountId));
  if (subscription !== undefined && TAKEN.includes(subscription.status)) {
    throw new GatewayError('subscription_exists');
  }
  const customer = await ensureCustomer(deps, accountId, email);
  const { id, url } = await deps.payments.startCheckout({
    ...{ customer, accountId, plan, price, language },
    successUrl: `${origin}/billing?success=true&session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${origin}/billing?canceled=true`,
  });
  await deps.payments.closeEarlierCheckouts(customer, id);
  await lookAfterCheckout(deps, customer);
  return url;
}

/** For so long Stripe is asked for the same customer. It repeats its answer for a day, also when that was an error. */
const SAME_CUSTOMER_MS = 10 * 60_000;

/** Known here before Stripe can tell anything about it; two at once make one. */
async function ensureCustomer(
  { database, payments, clock }: StripeDependencies,
  accountId: string,
  email: string,
): Promise<string> {
  const known = await database.run((sql) => customerOf(sql, accountId));
  if (known !== undefined) return known;
  const deleted = await database.run((sql) => deletedCustomers(sql, accountId));
  const period = Math.floor(clock.now() / SAME_CUSTOMER_MS);
  const key = `customer-${accountId}-${deleted}-${period}`;
  const id = await payments.createCustomer({ accountId, email, key });
  await database.run(
    async (sql) => void (await sql.insert(stripeCustomers).values({ id, accountId }).onConflictDoNothing()),
  );
  return id;
}
