import { z } from '@hono/zod-openapi';
import { plans } from '../../kernel/caller.ts';
import type { Subscription } from './subscription.ts';

export const subscriptionSchema = z
  .object({
    id: z.string(),
    status: z.string().openapi({
      description: 'As Stripe names it: active, trialing, past_due, unpaid, paused, incomplete, canceled',
    }),
    plan: z.enum(plans).nullable(),
    period_end: z.iso.datetime().nullable(),
    ends_with_period: z.boolean().openapi({ description: 'It does not go on after that' }),
  })
  .openapi('Subscription', {
    example: {
      id: 'sub_1',
      status: 'active',
      plan: 'pro',
      period_end: '2026-09-01T09:30:00.000Z',
      ends_with_period: false,
    },
  });

export function toSubscriptionView({
  id,
  status,
  plan,
  periodEnd,
  endsWithPeriod,
}: Subscription): z.infer<typeof subscriptionSchema> {
  return {
    ...{ id, status, plan, ends_with_period: endsWithPeriod },
    period_end: periodEnd?.toISOString() ?? null,
  };
}
