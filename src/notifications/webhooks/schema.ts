import { z } from '@hono/zod-openapi';
import { exampleUuid } from '../../kernel/demo-world.ts';
import { kindSchema } from '../schema.ts';
import { LONGEST_URL } from './target.ts';

const time = z.iso.datetime();
/** Without control characters, which databases refuse, in words every reader of patterns knows. */
const line = (least: number, most: number) =>
  z
    .string()
    .trim()
    .min(least)
    .max(most)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'Expected no control characters')
    .openapi({ pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' });
const url = line(1, LONGEST_URL);
const description = line(0, 200);
const kinds = z.array(kindSchema).min(1).max(20);

const exampleUrl = 'https://hooks.example.com/ajaxsecurflow';

export const newEndpointBody = z
  .object({ url, description: description.default(''), kinds })
  .openapi('NewWebhook', {
    example: { url: exampleUrl, description: 'Home automation', kinds: ['security', 'operator'] },
  });

export const changeEndpointBody = z
  .object({
    url: url.optional(),
    description: description.optional(),
    kinds: kinds.optional(),
    enabled: z.boolean().optional(),
  })
  .openapi('WebhookChange', { example: { enabled: true, kinds: ['security'] } });

export const endpointSchema = z
  .object({
    id: z.uuid(),
    url: z.string(),
    description: z.string(),
    kinds: z.array(kindSchema),
    enabled: z.boolean(),
    disabled_reason: z
      .enum(['failing', 'gone'])
      .nullable()
      .openapi({
        description:
          'Why it was switched off by itself. failing: a delivery failed in every attempt and nothing else was ' +
          'delivered meanwhile; gone: it answered 410',
      }),
    created_at: time,
    last_delivered_at: time.nullable(),
  })
  .openapi('Webhook', {
    example: {
      id: exampleUuid,
      url: exampleUrl,
      description: 'Home automation',
      kinds: ['security', 'operator'],
      enabled: true,
      disabled_reason: null,
      created_at: '2026-08-01T09:30:00.000Z',
      last_delivered_at: null,
    },
  });

export const endpointWithSecretSchema = endpointSchema
  .extend({
    secret: z.string().openapi({ description: 'Shown only now; keep it where signatures are checked' }),
  })
  .openapi('WebhookWithSecret', {
    example: {
      id: exampleUuid,
      url: exampleUrl,
      description: 'Home automation',
      kinds: ['security', 'operator'],
      enabled: true,
      disabled_reason: null,
      created_at: '2026-08-01T09:30:00.000Z',
      last_delivered_at: null,
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
    },
  });

export const deliverySchema = z
  .object({
    id: z.uuid().openapi({ description: 'The header webhook-id, the same in every attempt' }),
    type: z.string(),
    state: z.enum(['pending', 'delivered', 'failed', 'skipped']).openapi({
      description: 'skipped: the webhook was switched off before it was sent',
    }),
    attempts: z.number().int(),
    response_status: z.number().int().nullable(),
    error: z.string().nullable().openapi({
      description:
        'Of the last attempt: status, timeout, connection, certificate, name_not_found, not_public, not_https',
    }),
    duration_ms: z.number().int().nullable(),
    created_at: time,
    ended_at: time.nullable(),
  })
  .openapi('WebhookDelivery', {
    example: {
      id: exampleUuid,
      type: 'webhook.test',
      state: 'pending',
      attempts: 0,
      response_status: null,
      error: null,
      duration_ms: null,
      created_at: '2026-08-01T09:30:00.000Z',
      ended_at: null,
    },
  });
