import { answerOf, inEnglish, type Reading, type ReadOptions, read } from './answer.ts';
import type { Client } from './client.ts';
import type { HistoryEntry, PlanOfAccount, RedeemedVoucher, UsageDay } from './types.ts';

/** Of the account's plan. None of these calls reaches Ajax, and no quota counts them. */
export interface BillingCalls {
  plan(options?: ReadOptions): Promise<Reading<PlanOfAccount>>;
  redeem(code: string): Promise<RedeemedVoucher>;
  /** Oldest first, without gaps, today included. */
  usage(days: number, options?: ReadOptions): Promise<Reading<readonly UsageDay[]>>;
  /** Newest first. */
  history(options?: ReadOptions): Promise<Reading<readonly HistoryEntry[]>>;
}

export const createBillingCalls = ({ billing }: Client): BillingCalls => ({
  plan: (options) => read(billing.plan.$get({}, inEnglish(options))),
  redeem: (code) => answerOf(billing.redeem.$post({ json: { code } }, inEnglish())),
  usage: async (days, options) => {
    const { data, ...rest } = await read(
      billing.usage.$get({ query: { days: String(days) } }, inEnglish(options)),
    );
    return { ...rest, data: data.days };
  },
  history: (options) => read(billing.history.$get({}, inEnglish(options))),
});
