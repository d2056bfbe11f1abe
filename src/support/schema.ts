import { z } from '@hono/zod-openapi';
import { demoWorld, exampleUuid } from '../kernel/demo-world.ts';

/** A line without control characters, in words every reader of patterns knows. */
const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'Expected no control characters')
    .openapi({ pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' });

export const contactBody = z
  .object({
    subject: line(200),
    message: z.string().trim().min(1).max(5_000),
    category: line(50).default('general'),
    email: z.email().max(254).optional().openapi({
      description:
        'Required without a session; with one, where to answer instead of the e-mail of the account',
    }),
    email_confirmation: z
      .boolean()
      .default(true)
      .openapi({ description: 'Whether a confirmation is mailed' }),
  })
  .openapi('SupportContact', {
    example: {
      subject: 'A hub is missing',
      message: 'Since yesterday my second hub is not in the list.',
      category: 'technical',
      email: demoWorld.login,
      email_confirmation: true,
    },
  });

export const contactAnswer = z
  .object({ status: z.literal('success'), message: z.string() })
  .openapi('SupportContactAnswer', {
    example: { status: 'success', message: 'Your message has been received.' },
  });

export const requestParams = z.object({
  id: z
    .uuid()
    .toLowerCase()
    .openapi({ param: { name: 'id', in: 'path' }, example: exampleUuid }),
});

const limitRange = 'Expected a whole number from 1 to 100';

export const requestQuery = z.object({
  limit: z.coerce
    .number(limitRange)
    .int(limitRange)
    .min(1, limitRange)
    .max(100, limitRange)
    .default(50)
    .openapi({ example: 50 }),
  before: z.uuid().toLowerCase().optional().openapi({
    description: 'The id of the last one of the page before',
    example: exampleUuid,
  }),
  state: z.enum(['open', 'done', 'all']).default('open').openapi({ example: 'open' }),
});

export const requestChange = z
  .object({ done: z.boolean() })
  .openapi('SupportRequestChange', { example: { done: true } });

export const requestSchema = z
  .object({
    id: z.uuid(),
    account_id: z.uuid().nullable(),
    email: z.string(),
    subject: z.string(),
    message: z.string(),
    category: z.string(),
    created_at: z.iso.datetime(),
    done_at: z.iso.datetime().nullable(),
  })
  .openapi('SupportRequest', {
    example: {
      id: exampleUuid,
      account_id: exampleUuid,
      email: demoWorld.login,
      subject: 'A hub is missing',
      message: 'Since yesterday my second hub is not in the list.',
      category: 'technical',
      created_at: '2026-08-01T09:30:00.000Z',
      done_at: null,
    },
  });
