import { comparePlans } from '../../access/index.ts';
import type { Plan } from '../../kernel/caller.ts';
import { GatewayError } from '../../kernel/errors.ts';
import type { StripeDependencies } from './dependencies.ts';
import { type StripeSubscription, stripeSubscription } from './objects.ts';
import { planOfPrice } from './plan-of-price.ts';
import { type Subscription, subscriptionOf } from './subscription.ts';
import { syncCustomer } from './sync-customer.ts';
import { OPEN } from './write-subscription.ts';

/**
 * Another plan from now on. A higher one is paid for the rest of the period at once, and what is too much for a lower one
 * is credited on the next invoice. Not while a payment is overdue: Stripe would credit what nobody has paid.
 * @throws GatewayError plan_not_sold, subscription_missing, payment_overdue, payment_failed (nothing was changed),
 * payments_unavailable
 */
export async function changePlan(deps: StripeDependencies, accountId: string, plan: Plan): Promise<void> {
  const price = deps.stripe.prices[plan]?.[0];
  if (price === undefined) throw new GatewayError('plan_not_sold');
  const { known, now } = await openSubscription(deps, accountId);
  if (now.status === 'past_due') {
    await syncCustomer(deps, known.customerId);
    throw new GatewayError('payment_overdue');
  }
  const planOf = (item: { price: string | undefined }) => planOfPrice(deps.stripe, item.price);
  // Something else may be sold with it.
  const item = now.items.find((each) => planOf(each) !== undefined) ?? now.items[0];
  if (item === undefined) throw new GatewayError('subscription_missing');
  const present = planOf(item);
  if (present === plan && known.plan === plan) return;
  if (present !== plan) {
    const isUpgrade = present === undefined || comparePlans(plan, present) > 0;
    await deps.payments.changePrice({ subscription: now.id, item: item.id, price, isUpgrade });
  }
  await syncCustomer(deps, known.customerId);
}

/** Whether it goes on after what is paid for. @throws GatewayError subscription_missing, payments_unavailable */
export async function setRenewal(
  deps: StripeDependencies,
  accountId: string,
  renews: boolean,
): Promise<void> {
  const { known, now } = await openSubscription(deps, accountId);
  if (now.endsWithPeriod === !renews && known.endsWithPeriod === !renews) return;
  if (now.endsWithPeriod === renews) await deps.payments.setEndsWithPeriod(now.id, !renews);
  await syncCustomer(deps, known.customerId);
}

/** As it is known here, and as Stripe has it now: its event may still be on its way. */
async function openSubscription(
  deps: StripeDependencies,
  accountId: string,
): Promise<{ readonly known: Subscription; readonly now: StripeSubscription }> {
  const known = await deps.database.run((sql) => subscriptionOf(sql, accountId));
  if (known === undefined || !OPEN.includes(known.status)) throw new GatewayError('subscription_missing');
  const answer = await deps.payments.subscription(known.id);
  const now = answer === undefined ? undefined : stripeSubscription.parse(answer);
  if (now === undefined || !OPEN.includes(now.status)) {
    await syncCustomer(deps, known.customerId);
    throw new GatewayError('subscription_missing');
  }
  return { known, now };
}
