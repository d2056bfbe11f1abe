import { z } from '@hono/zod-openapi';
import { grantSchema } from '../billing/index.ts';
import { plans } from '../kernel/caller.ts';
import { demoWorld, exampleUuid } from '../kernel/demo-world.ts';
import { momentFrom1970 } from '../kernel/moments.ts';
import { pageLimit } from '../kernel/paging.ts';

export const pageQuery = {
  limit: pageLimit,
  before_id: z.uuid().optional().openapi({
    description: 'Only those older than this one: `next_before_id` of the page before',
    example: exampleUuid,
  }),
};

export const usersQuerySchema = z.object({
  ...pageQuery,
  search: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'Expected no control characters')
    .optional()
    .openapi({
      description: 'Part of an e-mail, or a whole id, here or at Ajax',
      example: 'demo',
      pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
    }),
});

const reason = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'Expected no control characters')
  .openapi({ description: 'For the other administrators', pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' });

export const grantBodySchema = z
  .object({
    plan: z.enum(plans).exclude(['free']),
    from: momentFrom1970.optional().openapi({ description: 'Default: now' }),
    until: momentFrom1970.nullish().openapi({ description: 'Exclusive; null: no end' }),
    reason,
  })
  .openapi('ManualGrant', {
    example: { plan: 'pro', until: '2100-01-01T00:00:00Z', reason: 'Helped with the translation' },
  });

export const grantEndSchema = z
  .object({ reason })
  .openapi('GrantEnd', { example: { reason: 'Given by mistake' } });

export const userIdParam = z.object({
  user_id: z.uuid().openapi({ param: { name: 'user_id', in: 'path' }, example: exampleUuid }),
});

export const grantIdParams = userIdParam.extend({
  grant_id: z.uuid().openapi({ param: { name: 'grant_id', in: 'path' }, example: exampleUuid }),
});

export const voucherIdParam = z.object({
  voucher_id: z.uuid().openapi({ param: { name: 'voucher_id', in: 'path' }, example: exampleUuid }),
});

export const userSchema = z
  .object({
    id: z.uuid(),
    email: z.string(),
    ajax_user_id: z.string(),
    is_active: z.boolean(),
    created_at: z.iso.datetime(),
    last_login_at: z.iso.datetime(),
    plan: z.enum(plans),
    plan_source: z.string(),
    plan_until: z.iso.datetime().nullable(),
    grants: z.array(grantSchema).openapi({ description: 'Newest first' }),
  })
  .openapi('User', {
    example: {
      id: exampleUuid,
      email: demoWorld.login,
      ajax_user_id: demoWorld.userId,
      is_active: true,
      created_at: '2026-08-01T09:00:00.000Z',
      last_login_at: '2026-08-01T09:30:00.000Z',
      plan: 'free',
      plan_source: 'default',
      plan_until: null,
      grants: [],
    },
  });

export const usersSchema = z
  .object({ users: z.array(userSchema), next_before_id: z.uuid().nullable() })
  .openapi('Users', { example: { users: [], next_before_id: null } });
