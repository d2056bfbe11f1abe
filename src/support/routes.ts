import { createRoute } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Caller } from '../kernel/caller.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { ofBody, ofChange, problems } from '../kernel/problems.ts';
import { contact, type SupportDependencies } from './contact.ts';
import { contactAnswer, contactBody } from './schema.ts';

const withOrWithoutSession: Record<string, string[]>[] = [{ bearer: [] }, { cookie: [] }, {}];

/** `/api/v1/support`. `recognize` puts the caller into the context where there is one. */
export function supportRoutes(deps: SupportDependencies, recognize: MiddlewareHandler<GatewayEnv>) {
  const route = createRoute({
    method: 'post',
    path: '/contact',
    operationId: 'contactSupport',
    tags: ['support'],
    summary: 'Write to the operator of this gateway',
    description:
      'Five messages per hour and account; without a session per address, and per e-mail address named. Kept for the ' +
      'operator whether or not this gateway sends mail.',
    security: withOrWithoutSession,
    middleware: [recognize],
    request: { body: { content: { 'application/json': { schema: contactBody } }, required: true } },
    responses: {
      200: jsonContent(contactAnswer, 'It has been stored'),
      ...problems(...ofBody, ...ofChange, 'support_limit_reached', 'database_unavailable'),
    },
  });
  return createRouter().openapi(route, async (c) => {
    const { email_confirmation, email, ...rest } = c.req.valid('json');
    const from = {
      caller: c.get('caller') as Caller | undefined,
      facts: c.var.facts,
      endpoint: c.req.path,
      acceptLanguage: c.req.header('accept-language'),
    };
    await contact(deps, { ...rest, email, wantsConfirmation: email_confirmation }, from);
    return c.json({ status: 'success' as const, message: 'Your message has been received.' }, 200);
  });
}
