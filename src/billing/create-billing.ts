import type { Config, StripeConfig } from '../config.ts';
import type { BackgroundJob, Enqueue } from '../db/background.ts';
import type { BillingDependencies } from './dependencies.ts';
import type { StripeDependencies } from './stripe/dependencies.ts';
import { stripeJobs } from './stripe/events.ts';
import { createStripePayments } from './stripe/payments.stripe.ts';
import { createPriceList } from './stripe/price-list.ts';
import { createTrials } from './trial.ts';
import { turnsJob } from './turns.ts';

export interface BillingOptions extends Omit<BillingDependencies, 'plansChanged'> {
  readonly config: Pick<Config, 'billing' | 'plans' | 'administrators'>;
  readonly enqueue: Enqueue;
  readonly secretKey: string;
  /** Carries what is asked of Stripe; default: the runtime's. */
  readonly paymentsFetch?: typeof fetch | undefined;
}

/** Plans, vouchers and payments, as far as they need no HTTP. */
export async function createBilling({ enqueue, secretKey, paymentsFetch, ...options }: BillingOptions) {
  const listeners = new Set<() => void>();
  const dependencies: BillingDependencies = {
    ...options,
    plansChanged() {
      for (const listener of listeners) listener();
    },
  };
  const { stripe } = options.config.billing;
  const payments = stripe && paymentsOf(dependencies, stripe, enqueue, paymentsFetch);
  const jobs: readonly BackgroundJob[] = [
    turnsJob(dependencies),
    ...(payments === undefined ? [] : stripeJobs(payments)),
  ];
  return {
    ...{ dependencies, payments, jobs },
    startTrial: await createTrials({ ...options, secretKey }),
    /** Told when somebody's grants have changed here. */
    onPlansChanged: (listener: () => void) => void listeners.add(listener),
  };
}

function paymentsOf(
  dependencies: BillingDependencies,
  stripe: StripeConfig,
  enqueue: Enqueue,
  fetch: BillingOptions['paymentsFetch'],
): StripeDependencies {
  const payments = createStripePayments(stripe, fetch);
  const priceList = createPriceList({ ...dependencies, payments, prices: stripe.prices });
  return { ...dependencies, stripe, enqueue, payments, priceList };
}

export type Billing = Awaited<ReturnType<typeof createBilling>>;
