import type { Sql } from '../../db/client.ts';
import { newId } from '../../kernel/ids.ts';
import type { BillingDependencies } from '../dependencies.ts';
import type { SubscriptionProblem } from './grant-of.ts';

export type PaymentProblem =
  | SubscriptionProblem
  | 'several_subscriptions'
  | 'events_missing'
  | 'customer_unknown';

/** Something about payments that only the operator can put right. @param subject an id at Stripe */
export async function alert(
  { notifyAdministrators, trail, clock, log }: BillingDependencies,
  tx: Sql,
  problem: PaymentProblem,
  subject: string,
): Promise<void> {
  log.error({ problem, subject }, 'a payment needs a look of the operator');
  await trail.event(
    tx,
    {
      ...{ action: 'billing.problem', method: 'POST', endpoint: '/api/v1/billing/webhook' },
      ...{ resourceId: subject, payload: { problem }, severity: 'critical' },
    },
    { correlationId: newId(clock.now()), clientAddress: '', userAgent: '', arrivedAt: 0, secure: false },
    undefined,
    { outcome: 'done', statusCode: 200 },
  );
  await notifyAdministrators(tx, 'operator', 'payment_problem', { problem, subject });
}
