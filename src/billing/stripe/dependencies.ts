import type { StripeConfig } from '../../config.ts';
import type { Enqueue } from '../../db/background.ts';
import type { Sql } from '../../db/client.ts';
import type { Plan } from '../../kernel/caller.ts';
import type { BillingDependencies } from '../dependencies.ts';
import type { Payments } from './payments.ts';

/** What the verbs of payments work with. */
export interface StripeDependencies extends BillingDependencies {
  readonly payments: Payments;
  readonly stripe: StripeConfig;
  readonly enqueue: Enqueue;
  readonly announce: Announce;
}

/** What changed, for people: said once, in the transaction that changes it. */
export type Announcement =
  | { readonly kind: 'plan_started' | 'plan_changed' | 'plan_ended'; readonly plan: Plan }
  /** In the smallest unit of the currency. */
  | { readonly kind: 'payment_received'; readonly amount: number; readonly currency: string }
  | { readonly kind: 'payment_overdue' | 'renewal_off' | 'renewal_on'; readonly plan: Plan | undefined }
  /** For the operator. `subject`: an id at Stripe. */
  | { readonly kind: 'alert'; readonly problem: string; readonly subject: string };

/** @param accountId undefined: it is about no account, or nobody's business but the operator's */
export type Announce = (tx: Sql, accountId: string | undefined, announcement: Announcement) => Promise<void>;
