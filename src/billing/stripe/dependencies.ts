import type { StripeConfig } from '../../config.ts';
import type { Enqueue } from '../../db/background.ts';
import type { BillingDependencies } from '../dependencies.ts';
import type { Payments } from './payments.ts';
import type { PriceList } from './price-list.ts';

/** What the verbs of payments work with. */
export interface StripeDependencies extends BillingDependencies {
  readonly payments: Payments;
  readonly stripe: StripeConfig;
  readonly priceList: PriceList;
  readonly enqueue: Enqueue;
}

/** Whose a customer at Stripe is. */
export interface Owner {
  readonly accountId: string;
  readonly customerId: string;
}
