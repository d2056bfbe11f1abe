import { z } from '@hono/zod-openapi';
import { features, plans } from '../kernel/caller.ts';
import { demoWorld, exampleUuid } from '../kernel/demo-world.ts';

export const credentialsSchema = z
  .object({
    username: z
      .string()
      .trim()
      .min(1)
      .max(64)
      .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'Expected no control characters')
      .openapi({
        description: 'Ajax e-mail',
        // In words every reader of patterns knows, and without the flag, which the generator takes for a part of it.
        pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
      }),
    password: z.string().min(1).max(1024).openapi({ description: 'Ajax password; never stored' }),
    totp: z
      .string()
      .trim()
      .regex(/^\d{6,8}$/, 'Expected the digits of the current code')
      .optional()
      .openapi({ example: '123456', description: 'Current code, for accounts with two-factor sign-in' }),
  })
  .openapi('Credentials', { example: { username: demoWorld.login, password: demoWorld.password } });

/** Stands for a token of the first three parts of RFC 7519, never for a real one. */
export const exampleToken = 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln';

export const refreshBodySchema = z.object({ refresh_token: z.string().max(4096).nullish() });

export const tokenPairSchema = z
  .object({
    access_token: z.string(),
    refresh_token: z.string(),
    token_type: z.literal('bearer'),
    userId: z.string().openapi({ description: 'Ajax user id' }),
  })
  .openapi('TokenPair', {
    example: {
      access_token: exampleToken,
      refresh_token: exampleToken,
      token_type: 'bearer',
      userId: demoWorld.userId,
    },
  });

export const detailSchema = z
  .object({ detail: z.string() })
  .openapi('Detail', { example: { detail: 'Successfully logged out' } });

export const meSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    is_active: z.boolean(),
    subscription_plan: z.enum(plans),
    subscription_status: z.enum(['active', 'inactive']),
    subscription_expires_at: z.string().nullable(),
    subscription_active: z.boolean(),
    subscription_id: z
      .string()
      .nullable()
      .openapi({ description: 'Of the subscription at Stripe that has not ended; null: there is none' }),
    subscription_source: z.string(),
    billing_status: z.string(),
    features: z.array(z.enum(features)),
    is_administrator: z
      .boolean()
      .openapi({ description: 'Named in ADMIN_EMAILS. With ADMIN_SECRET_KEY that alone opens nothing' }),
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
  .openapi('Me', {
    example: {
      id: exampleUuid,
      email: demoWorld.login,
      is_active: true,
      subscription_plan: 'premium',
      subscription_status: 'active',
      subscription_expires_at: null,
      subscription_active: true,
      subscription_id: null,
      subscription_source: 'default',
      billing_status: 'active',
      features: [...features],
      is_administrator: false,
      ajax_info: {
        id: demoWorld.userId,
        phone: '+43 1 555 0101',
        firstName: 'Marta',
        lastName: 'Linden',
        language: 'en',
        login: demoWorld.login,
        imageUrls: { small: null, medium: null, large: null, big: null },
      },
    },
  });
