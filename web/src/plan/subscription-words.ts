import type { PlanOfAccount, Subscription } from '../api/types.ts';
import { writeDate } from '../design/time.ts';
import { namePlan } from '../session/name-plan.ts';

export type PaidPlan = 'basic' | 'pro' | 'premium';

/** What can be bought here, from the least to the most. */
export const soldPlans = ({ payments }: PlanOfAccount): readonly PaidPlan[] =>
  payments.plans.filter((plan): plan is PaidPlan => plan !== 'free');

/** Statuses beside which nothing else is sold (as Stripe names them); what never began or was given up is none. */
export const isRunning = ({ status }: Subscription): boolean =>
  ['active', 'trialing', 'past_due', 'paused'].includes(status);

/** Above what can be bought: what became of a subscription that gives nothing. */
export function writeSale({ payments: { subscription } }: PlanOfAccount): string {
  const name = subscription?.plan ? namePlan(subscription.plan) : 'a plan';
  switch (subscription?.status) {
    case 'unpaid':
      return `Your subscription of ${name} gives nothing until its invoice is paid: see Cards and invoices.`;
    case 'incomplete':
      return `The first payment of ${name} has not come through. Try it again, or choose another plan.`;
    default:
      return 'Stripe shows the price before anything is paid.';
  }
}

/** "Pro, paid until 1 September 2026, then renewed." */
export function writeSubscription({ status, plan, period_end, ends_with_period }: Subscription): string {
  const name = plan ? namePlan(plan) : 'A plan this gateway does not know';
  const end = period_end ? writeDate(period_end) : undefined;
  if (status === 'past_due') {
    return `${name}. The last payment failed and is tried again. Check your card, so that the plan stays.`;
  }
  if (status === 'paused') return `${name}, paused.`;
  if (end === undefined) return `${name}.`;
  return ends_with_period ? `${name}, until ${end}. It is not renewed.` : `${name}, renewed on ${end}.`;
}
