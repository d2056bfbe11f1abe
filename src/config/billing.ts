/** What a plan costs, lets through and is tried out with. */
import { type Plan, plans } from '../kernel/caller.ts';
import {
  type ConfigProblem,
  integer,
  list,
  oneOf,
  secret,
  text,
  url,
  type Values,
  type Variable,
} from './variables.ts';

/** Reads of one account that may reach Ajax; undefined: as many as it likes. */
export interface Quota {
  readonly perHour: number;
  readonly perMinute: number;
}

export interface BillingConfig {
  readonly quotas: Readonly<Record<Plan, Quota | undefined>>;
  /** undefined: there is no trial. */
  readonly trial: { readonly plan: Plan; readonly days: number } | undefined;
  /** Vouchers one account may redeem in its life. */
  readonly vouchersPerAccount: number;
  /** undefined: nothing can be bought. */
  readonly stripe: StripeConfig | undefined;
}

export interface StripeConfig {
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** Origin of the API; undefined: Stripe itself. */
  readonly apiBase: string | undefined;
  /** The first price of a plan is what is sold; the others are known as well. */
  readonly prices: Readonly<Partial<Record<Plan, readonly string[]>>>;
  /** For so long a plan outlives the period that is paid for, while Stripe goes on trying. */
  readonly graceDays: number;
}

const quota: Variable<Quota | 'none'> = {
  read: (value) => {
    if (value.toLowerCase() === 'none') return 'none';
    const [, perHour, perMinute] = /^(\d{1,7})\s*\/\s*(\d{1,7})$/.exec(value) ?? [];
    const read = { perHour: Number(perHour), perMinute: Number(perMinute) };
    return read.perHour >= 1 && read.perMinute >= 1 ? read : undefined;
  },
  allowed: 'reads per hour and per minute, such as 100/10, or none',
  secret: false,
};

const paidPlans = ['basic', 'pro', 'premium'] as const;
const priceIds = list(text, 'ids of prices');

export const billingVariables = {
  DEFAULT_PLAN: oneOf(...plans),
  QUOTA_FREE: quota,
  QUOTA_BASIC: quota,
  QUOTA_PRO: quota,
  QUOTA_PREMIUM: quota,
  TRIAL_DAYS: integer(0, 3_650),
  TRIAL_PLAN: oneOf(...paidPlans),
  VOUCHERS_PER_ACCOUNT: integer(0, 10_000),
  STRIPE_SECRET_KEY: secret,
  STRIPE_WEBHOOK_SECRET: secret,
  STRIPE_PRICE_ID_BASIC: priceIds,
  STRIPE_PRICE_ID_PRO: priceIds,
  STRIPE_PRICE_ID_PREMIUM: priceIds,
  STRIPE_API_BASE: url('https:', 'http:'),
  STRIPE_GRACE_DAYS: integer(0, 60),
} as const;

type BillingValues = Values<typeof billingVariables>;

/** Of accounts without a grant: everything where nothing can be bought. */
export const defaultPlanOf = (values: Pick<BillingValues, 'DEFAULT_PLAN' | 'STRIPE_SECRET_KEY'>): Plan =>
  values.DEFAULT_PLAN ?? (values.STRIPE_SECRET_KEY === undefined ? 'premium' : 'free');

/** As the documentation of the first gateway promised. */
const usualQuotas: Readonly<Record<Plan, Quota>> = {
  free: { perHour: 100, perMinute: 10 },
  basic: { perHour: 500, perMinute: 50 },
  pro: { perHour: 1_000, perMinute: 100 },
  premium: { perHour: 5_000, perMinute: 500 },
};

export function billingConfig(values: BillingValues, problems: ConfigProblem[]): BillingConfig {
  const quotaOf = (plan: Plan, set: Quota | 'none' | undefined) =>
    set === 'none' ? undefined : (set ?? usualQuotas[plan]);
  return {
    quotas: {
      free: quotaOf('free', values.QUOTA_FREE),
      basic: quotaOf('basic', values.QUOTA_BASIC),
      pro: quotaOf('pro', values.QUOTA_PRO),
      premium: quotaOf('premium', values.QUOTA_PREMIUM),
    },
    trial: trialOf(values, problems),
    vouchersPerAccount: values.VOUCHERS_PER_ACCOUNT ?? 5,
    stripe: stripeOf(values, problems),
  };
}

function trialOf(values: BillingValues, problems: ConfigProblem[]): BillingConfig['trial'] {
  const days = values.TRIAL_DAYS ?? 0;
  if (days === 0) return undefined;
  const plan = values.TRIAL_PLAN ?? 'premium';
  const defaultPlan = defaultPlanOf(values);
  if (plans.indexOf(plan) <= plans.indexOf(defaultPlan)) {
    problems.push({
      variable: 'TRIAL_PLAN',
      value: plan,
      message: `must be above DEFAULT_PLAN (${defaultPlan}), or there is nothing to try; set DEFAULT_PLAN=free, for instance`,
    });
  }
  return { plan, days };
}

function stripeOf(values: BillingValues, problems: ConfigProblem[]): StripeConfig | undefined {
  const {
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    STRIPE_PRICE_ID_BASIC: basic,
    STRIPE_PRICE_ID_PRO: pro,
    STRIPE_PRICE_ID_PREMIUM: premium,
  } = values;
  if (secretKey === undefined) return undefined;
  if (webhookSecret === undefined) {
    problems.push({
      variable: 'STRIPE_WEBHOOK_SECRET',
      value: undefined,
      message:
        'is required with STRIPE_SECRET_KEY: without it nobody can tell events of Stripe from forged ones',
    });
  }
  const prices = {
    ...(basic?.length ? { basic } : {}),
    ...(pro?.length ? { pro } : {}),
    ...(premium?.length ? { premium } : {}),
  };
  const all = Object.values(prices).flat();
  if (all.length === 0) {
    problems.push({
      variable: 'STRIPE_PRICE_ID_BASIC',
      value: undefined,
      message: 'or STRIPE_PRICE_ID_PRO or STRIPE_PRICE_ID_PREMIUM is required with STRIPE_SECRET_KEY',
    });
  }
  const twice = all.find((price, at) => all.indexOf(price) !== at);
  if (twice !== undefined) {
    problems.push({
      variable: 'STRIPE_PRICE_ID_PREMIUM',
      value: twice,
      message: 'is the price of two plans',
    });
  }
  const apiBase = values.STRIPE_API_BASE === undefined ? undefined : new URL(values.STRIPE_API_BASE).origin;
  return {
    ...{ secretKey, webhookSecret: webhookSecret ?? '', apiBase, prices },
    graceDays: values.STRIPE_GRACE_DAYS ?? 3,
  };
}
