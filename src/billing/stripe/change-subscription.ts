import { comparePlans } from '../../access/index.ts';
import type { Plan } from '../../kernel/caller.ts';
import { GatewayError } from '../../kernel/errors.ts';
import type { StripeDependencies } from './dependencies.ts';
import { type Subscription, subscriptionOf } from './subscription.ts';
import { syncCustomer } from './sync-customer.ts';

/**
 * Another plan from now on. A higher one is paid for the rest of the period at once, and what is too much for a lower one
 * is credited on the next invoice.
 * @throws GatewayError plan_not_sold, subscription_missing, payment_failed (nothing was changed), payments_unavailable
 */
export async function changePlan(deps: StripeDependencies, accountId: string, plan: Plan): Promise<void> {
  const price = deps.stripe.prices[plan]?.[0];
  if (price === undefined) throw new GatewayError('plan_not_sold');
  const { id, itemId, plan: present, customerId } = await paidSubscription(deps, accountId);
  if (present === plan) return;
  if (itemId === null) throw new GatewayError('subscription_missing');
  const isUpgrade = present === null || comparePlans(plan, present) > 0;
  await deps.payments.changePrice({ subscription: id, item: itemId, price, isUpgrade });
  await syncCustomer(deps, customerId);
}

/** Whether it goes on after what is paid for. @throws as `changePlan` */
export async function setRenewal(
  deps: StripeDependencies,
  accountId: string,
  renews: boolean,
): Promise<void> {
  const { id, customerId, endsWithPeriod } = await paidSubscription(deps, accountId);
  if (endsWithPeriod === !renews) return;
  await deps.payments.setEndsWithPeriod(id, !renews);
  await syncCustomer(deps, customerId);
}

async function paidSubscription(deps: StripeDependencies, accountId: string): Promise<Subscription> {
  const subscription = await deps.database.run((sql) => subscriptionOf(sql, accountId));
  if (subscription === undefined || !['active', 'trialing', 'past_due'].includes(subscription.status)) {
    throw new GatewayError('subscription_missing');
  }
  return subscription;
}
