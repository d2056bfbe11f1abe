import { z } from '@hono/zod-openapi';
import { features, plans } from '../kernel/caller.ts';

export const credentialsSchema = z
  .object({
    username: z
      .string()
      .trim()
      .min(1)
      .max(64)
      .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'Expected no control characters')
      .openapi({ example: 'you@example.com', description: 'Ajax e-mail' }),
    password: z.string().min(1).max(1024).openapi({ description: 'Ajax password; never stored' }),
    totp: z
      .string()
      .trim()
      .regex(/^\d{6,8}$/, 'Expected the digits of the current code')
      .optional()
      .openapi({ example: '123456', description: 'Current code, for accounts with two-factor sign-in' }),
  })
  .openapi('Credentials');

export const refreshBodySchema = z.object({ refresh_token: z.string().max(4096).nullish() });

export const tokenPairSchema = z
  .object({
    access_token: z.string(),
    refresh_token: z.string(),
    token_type: z.literal('bearer'),
    userId: z.string().openapi({ description: 'Ajax user id' }),
  })
  .openapi('TokenPair');

export const detailSchema = z.object({ detail: z.string() }).openapi('Detail');

export const meSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    is_active: z.boolean(),
    subscription_plan: z.enum(plans),
    subscription_status: z.enum(['active', 'inactive']),
    subscription_expires_at: z.string().nullable(),
    subscription_active: z.boolean(),
    subscription_id: z.string().nullable(),
    subscription_source: z.string(),
    billing_status: z.string(),
    features: z.array(z.enum(features)),
    ajax_info: z
      .object({
        id: z.string(),
        phone: z.string().nullable(),
        firstName: z.string().nullable(),
        lastName: z.string().nullable(),
        language: z.string().nullable(),
        login: z.string().nullable(),
        imageUrls: z
          .object({
            small: z.string().nullable(),
            medium: z.string().nullable(),
            large: z.string().nullable(),
            big: z.string().nullable(),
          })
          .nullable(),
      })
      .nullable()
      .openapi({ description: 'The Ajax profile; null while Ajax cannot be read' }),
  })
  .openapi('Me');
