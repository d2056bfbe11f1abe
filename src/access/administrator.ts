import { createMiddleware } from 'hono/factory';
import type { GatewayEnv } from '../kernel/context.ts';
import { secretCheck } from '../kernel/crypto.ts';
import { GatewayError } from '../kernel/errors.ts';

export interface AdministratorPolicy {
  /** E-mails of the administrators (ADMIN_EMAILS), compared without case; nobody when empty. */
  readonly emails: readonly string[];
  /** Where set (ADMIN_SECRET_KEY), the header X-Admin-Secret must carry it as well. */
  readonly secretKey: string | undefined;
}

/**
 * Lets administrators pass. One answer for every reason, so that neither half can be guessed by itself.
 * @throws GatewayError administrator_required
 */
export function requireAdministrator({ emails, secretKey }: AdministratorPolicy) {
  const administrators = new Set(emails.map((email) => email.toLowerCase()));
  const isSecret = secretKey === undefined ? () => true : secretCheck(secretKey);
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const isNamed = administrators.has(c.get('caller').email.toLowerCase());
    const knowsSecret = isSecret(c.req.header('x-admin-secret') ?? '');
    if (!isNamed || !knowsSecret) throw new GatewayError('administrator_required');
    await next();
  });
}
