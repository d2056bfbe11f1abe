import { z } from '@hono/zod-openapi';
import { exampleUuid } from '../kernel/demo-world.ts';
import { channels, kinds, tones } from './catalogue.ts';
import { languages } from './texts/words.ts';

export const idParams = z.object({
  id: z
    .uuid()
    .toLowerCase()
    .openapi({ param: { name: 'id', in: 'path' }, example: exampleUuid }),
});

const limitRange = 'Expected a whole number from 1 to 100';
const limit = z.coerce
  .number(limitRange)
  .int(limitRange)
  .min(1, limitRange)
  .max(100, limitRange)
  .default(50)
  .openapi({ example: 50 });
const before = z.uuid().toLowerCase().optional().openapi({
  description: 'The id of the last one of the page before',
  example: exampleUuid,
});

export const pageQuery = z.object({ limit, before });

export const listQuery = z.object({
  limit,
  before,
  unread_only: z
    .enum(['true', 'false', 'True', 'False', '1', '0'])
    .default('false')
    .transform((value) => ['true', '1'].includes(value.toLowerCase()))
    .openapi({ type: 'boolean', example: false }),
});

export const kindSchema = z.enum(kinds);
const time = z.iso.datetime();

const notificationExample = {
  id: exampleUuid,
  kind: 'security' as const,
  title: 'Sign-in from a new place',
  message: 'Somebody signed in to your account from 203.0.113.5 on 1 August 2026 at 09:30 UTC.',
  type: 'warning' as const,
  link: '/audit',
  is_read: false,
  created_at: '2026-08-01T09:30:00.000Z',
};

export const notificationSchema = z
  .object({
    id: z.uuid(),
    kind: kindSchema,
    title: z.string(),
    message: z.string(),
    type: z.enum(tones),
    link: z.string().nullable().openapi({ description: 'Path of the dashboard' }),
    is_read: z.boolean(),
    created_at: time,
  })
  .openapi('Notification', { example: notificationExample });

export const summarySchema = z
  .object({
    unread_count: z.number().int(),
    notifications: z.array(notificationSchema).openapi({ description: 'The newest 20' }),
  })
  .openapi('NotificationSummary', { example: { unread_count: 1, notifications: [notificationExample] } });

export const allReadSchema = z
  .object({ detail: z.string() })
  .openapi('AllRead', { example: { detail: 'All notifications marked as read' } });

const preference = z.object({ kind: kindSchema, channel: z.enum(channels), enabled: z.boolean() });

export const preferencesSchema = z
  .object({
    language: z.enum(languages).nullable().openapi({ description: 'Of mails; null: as the browser says' }),
    mail_available: z.boolean().openapi({ description: 'Whether this gateway sends mail at all' }),
    preferences: z.array(
      preference.extend({
        essential: z.boolean().openapi({ description: 'Cannot be turned off' }),
      }),
    ),
  })
  .openapi('NotificationPreferences', {
    example: {
      language: 'en',
      mail_available: true,
      preferences: [{ kind: 'voucher', channel: 'mail', enabled: true, essential: false }],
    },
  });

export const preferencesBody = z
  .object({
    language: z.enum(languages).nullable().optional(),
    preferences: z.array(preference).max(100).optional(),
  })
  .openapi('NotificationPreferencesChange', {
    example: { language: 'en', preferences: [{ kind: 'voucher', channel: 'mail', enabled: true }] },
  });

/** Not one of ours, but of their shape. */
export const exampleToken = `${exampleUuid}.voucher.0`;

export const unsubscribeParams = z.object({
  token: z.string().openapi({ param: { name: 'token', in: 'path' }, example: exampleToken }),
});
