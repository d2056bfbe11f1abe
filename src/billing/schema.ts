import { z } from '@hono/zod-openapi';
import { features, grantSources, plans } from '../kernel/caller.ts';
import { exampleUuid } from '../kernel/demo-world.ts';
import { momentFrom1970 } from '../kernel/moments.ts';
import { grantSchema } from './grant-view.ts';
import { subscriptionSchema } from './stripe/subscription-view.ts';

const moment = z.iso.datetime().nullable();
const source = z.enum([...grantSources, 'default']);

export const quotaSchema = z
  .object({
    name: z.enum(['minute', 'hour']),
    limit: z.number().int(),
    window_seconds: z.number().int(),
  })
  .openapi('Quota', {
    description: 'Reads that ask Ajax; what the cache answers, and commands, are not counted',
    example: { name: 'minute', limit: 10, window_seconds: 60 },
  });

const priceSchema = z
  .object({
    amount: z.string().openapi({ description: 'For people, with its currency' }),
    amount_minor: z.number().int().openapi({ description: 'In the smallest unit of the currency' }),
    currency: z.string().openapi({ description: 'ISO 4217, capitals' }),
    interval: z.enum(['day', 'week', 'month', 'year']),
    interval_count: z.number().int().openapi({ description: 'So many of them are paid at once' }),
  })
  .openapi('Price', {
    example: { amount: '€10.00', amount_minor: 1_000, currency: 'EUR', interval: 'month', interval_count: 1 },
  });

const planOffer = z
  .object({
    plan: z.enum(plans),
    name: z.string(),
    features: z.array(z.enum(features)),
    quotas: z.array(quotaSchema),
    price: priceSchema
      .nullable()
      .openapi({ description: 'null: it is not sold, or Stripe cannot say at the moment what it costs' }),
  })
  .openapi('PlanOffer');

export const planSchema = z
  .object({
    plan: z.enum(plans),
    name: z.string().openapi({ description: 'In the language of the request' }),
    source: source.openapi({ description: 'Where the plan comes from; `default`: everybody has it' }),
    grant_id: z.uuid().nullable(),
    until: moment.openapi({ description: 'Until then the plan is never lower; null: no end is known' }),
    next: z
      .object({ plan: z.enum(plans), source, from: z.iso.datetime() })
      .nullable()
      .openapi({ description: 'What decides after that, as things stand' }),
    features: z.array(z.enum(features)),
    quotas: z.array(quotaSchema).openapi({ description: 'Empty: as many as you like' }),
    grants: z.array(grantSchema).openapi({ description: 'Newest first, also those that are over' }),
    plans: z.array(planOffer).openapi({ description: 'To compare' }),
    payments: z.object({
      is_configured: z.boolean(),
      plans: z.array(z.enum(plans)).openapi({ description: 'What can be bought' }),
      has_portal: z.boolean().openapi({ description: 'POST /billing/portal has a page for this account' }),
      subscription: subscriptionSchema
        .nullable()
        .openapi({ description: 'The one that matters, if it has not ended' }),
    }),
  })
  .openapi('PlanOfAccount', {
    example: {
      plan: 'premium',
      name: 'Premium',
      source: 'default',
      grant_id: null,
      until: null,
      next: null,
      features: ['list_hubs', 'send_commands'],
      quotas: [{ name: 'minute', limit: 500, window_seconds: 60 }],
      grants: [],
      plans: [{ plan: 'free', name: 'Free', features: ['list_hubs'], quotas: [], price: null }],
      payments: { is_configured: true, plans: ['pro'], has_portal: false, subscription: null },
    },
  });

export const redeemBodySchema = z
  .object({
    code: z
      .string()
      .max(64)
      .openapi({ description: 'Case, spaces and hyphens do not matter', example: 'AJAX-7K3M-9QXZ-4T2X' }),
  })
  .openapi('Redeem', { example: { code: 'AJAX-7K3M-9QXZ-4T2X' } });

export const redeemedSchema = z
  .object({
    id: z.string(),
    code: z.string(),
    plan: z.enum(plans),
    duration_days: z.number().int(),
    is_redeemed: z.literal(true),
    redeemed_at: z.iso.datetime(),
    created_at: z.iso.datetime(),
    starts_at: moment.openapi({
      description: 'When its days begin, as things stand; null: no time is known',
    }),
    ends_at: moment,
    explanation: z.string().openapi({ description: 'The same in words' }),
  })
  .openapi('RedeemedVoucher', {
    example: {
      id: exampleUuid,
      code: 'AJAX-7K3M-9QXZ-4T2X',
      plan: 'premium',
      duration_days: 30,
      is_redeemed: true,
      redeemed_at: '2026-08-01T09:30:00.000Z',
      created_at: '2026-07-01T00:00:00.000Z',
      starts_at: '2026-08-01T09:30:00.000Z',
      ends_at: '2026-08-31T09:30:00.000Z',
      explanation: 'Premium for 30 days, from now on.',
    },
  });

const whole = (min: number, max: number) => {
  const expected = `Expected a whole number from ${min} to ${max}`;
  return z.coerce.number(expected).int(expected).min(min, expected).max(max, expected);
};
/** The same where JSON may bring it: true and [5] are no numbers. */
const wholeOfAny = (min: number, max: number) => {
  const expected = `Expected a whole number from ${min} to ${max}`;
  const digits = z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number);
  return z
    .union([z.number(), digits], expected)
    .pipe(z.number().int(expected).min(min, expected).max(max, expected));
};
const label = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'Expected no control characters');

/** Of the query or the body. */
export const voucherOrderSchema = (nowMs: number) =>
  z.object({
    duration_days: wholeOfAny(1, 3_650).default(30),
    count: wholeOfAny(1, 1_000).default(1),
    plan: z
      .string()
      .toLowerCase()
      .pipe(z.enum(['basic', 'pro', 'premium']))
      .default('premium'),
    uses: wholeOfAny(1, 100_000).default(1),
    expires_at: momentFrom1970
      .refine((text) => Date.parse(text) > nowMs, 'Expected a moment to come')
      .optional(),
    batch: label(64).optional(),
    note: label(200).optional(),
  });

export const voucherSchema = z
  .object({
    id: z.uuid(),
    code: z.string(),
    plan: z.enum(plans),
    duration_days: z.number().int(),
    uses: z.number().int(),
    used: z.number().int(),
    is_redeemed: z.boolean().openapi({ description: 'Used up' }),
    expires_at: moment,
    revoked_at: moment,
    batch: z.string().nullable(),
    note: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .openapi('Voucher', {
    example: {
      id: exampleUuid,
      code: 'AJAX-7K3M-9QXZ-4T2X',
      plan: 'premium',
      duration_days: 30,
      uses: 1,
      used: 0,
      is_redeemed: false,
      expires_at: null,
      revoked_at: null,
      batch: 'summer',
      note: null,
      created_at: '2026-08-01T09:30:00.000Z',
    },
  });

export const usageQuerySchema = z.object({
  days: whole(1, 366).default(30).openapi({ example: 30, description: 'How many days, today included' }),
});

export const usageSchema = z
  .object({
    days: z
      .array(
        z.object({
          day: z.iso.date().openapi({ description: 'UTC' }),
          requests: z.number().int().openapi({ description: 'All of them that were answered' }),
          fetched: z.number().int().openapi({ description: 'Reads that asked Ajax: what the quota counts' }),
          cached: z.number().int().openapi({ description: 'Reads the cache answered' }),
          commands: z.number().int(),
          refused: z.number().int().openapi({ description: 'Reads the quota refused' }),
        }),
      )
      .openapi({ description: 'Oldest first, without gaps' }),
  })
  .openapi('Usage', {
    example: {
      days: [{ day: '2026-08-01', requests: 420, fetched: 96, cached: 320, commands: 4, refused: 0 }],
    },
  });

export const historySchema = z
  .object({
    id: z.string(),
    date: z.iso.datetime(),
    type: z.enum(['voucher', 'payment']),
    description: z.string().openapi({ description: 'In the language of the request' }),
    amount: z.string().openapi({ description: 'For people, with its currency' }),
    amount_minor: z.number().int().openapi({ description: 'In the smallest unit of the currency' }),
    currency: z.string().nullable().openapi({ description: 'ISO 4217, capitals; null: costs nothing' }),
    status: z
      .string()
      .openapi({ description: 'As clients of the first gateway know it: Aplicado, Pagado, Pendiente, ...' }),
    status_code: z.enum([
      'applied',
      'paid',
      'open',
      'void',
      'uncollectible',
      'draft',
      'refunded',
      'disputed',
    ]),
    download_url: z.string().nullable(),
  })
  .openapi('HistoryEntry', {
    example: {
      id: 'vouch_1',
      date: '2026-08-01T09:30:00.000Z',
      type: 'voucher',
      description: 'Voucher: Premium, 30 days',
      amount: '0.00',
      amount_minor: 0,
      currency: null,
      status: 'Aplicado',
      status_code: 'applied',
      download_url: null,
    },
  });
