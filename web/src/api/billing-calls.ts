import { answerOf, inEnglish, type Reading, type ReadOptions, read } from './answer.ts';
import type { Client } from './client.ts';
import type { HistoryEntry, PlanOfAccount, RedeemedVoucher, Subscription, UsageDay } from './types.ts';

type PaidPlan = 'basic' | 'pro' | 'premium';

/** Of the account's plan. None of these calls reaches Ajax, and no quota counts them. */
export interface BillingCalls {
  plan(options?: ReadOptions): Promise<Reading<PlanOfAccount>>;
  /** @returns the address of a page of Stripe where the plan is paid for; nothing is bought before */
  checkout(plan: PaidPlan): Promise<string>;
  /** @returns the address of a page of Stripe for cards, invoices and the subscription */
  portal(): Promise<string>;
  /** From now on: a higher plan is charged at once. */
  changePlan(plan: PaidPlan): Promise<Subscription>;
  /** At the end of the period. */
  cancel(): Promise<Subscription>;
  /** Not after all. */
  resume(): Promise<Subscription>;
  redeem(code: string): Promise<RedeemedVoucher>;
  /** Oldest first, without gaps, today included. */
  usage(days: number, options?: ReadOptions): Promise<Reading<readonly UsageDay[]>>;
  /** Newest first. */
  history(options?: ReadOptions): Promise<Reading<readonly HistoryEntry[]>>;
}

export const createBillingCalls = ({ billing }: Client): BillingCalls => ({
  plan: (options) => read(billing.plan.$get({}, inEnglish(options))),
  checkout: async (plan_type) =>
    (await answerOf(billing['create-checkout-session'].$post({ json: { plan_type } }, inEnglish()))).url,
  portal: async () => (await answerOf(billing.portal.$post({}, inEnglish()))).url,
  changePlan: (plan_type) => answerOf(billing['change-plan'].$post({ json: { plan_type } })),
  cancel: () => answerOf(billing.cancel.$post()),
  resume: () => answerOf(billing.resume.$post()),
  redeem: (code) => answerOf(billing.redeem.$post({ json: { code } }, inEnglish())),
  usage: async (days, options) => {
    const { data, ...rest } = await read(
      billing.usage.$get({ query: { days: String(days) } }, inEnglish(options)),
    );
    return { ...rest, data: data.days };
  },
  history: (options) => read(billing.history.$get({}, inEnglish(options))),
});
