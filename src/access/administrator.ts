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

/** Whether an e-mail is an administrator's. Not yet what lets one act: see `requireAdministrator`. */
export const isNamedAdministrator = (
  { emails }: Pick<AdministratorPolicy, 'emails'>,
  email: string,
): boolean => emails.some((named) => named.toLowerCase() === email.toLowerCase());

/**
 * Lets administrators pass. One answer for every reason, so that neither half can be guessed by itself.
 * @throws GatewayError administrator_required
 */
export function requireAdministrator(policy: AdministratorPolicy) {
  const { secretKey } = policy;
  const isSecret = secretKey === undefined ? () => true : secretCheck(secretKey);
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const isNamed = isNamedAdministrator(policy, c.get('caller').email);
    const knowsSecret = isSecret(c.req.header('x-admin-secret') ?? '');
    if (!isNamed || !knowsSecret) throw new GatewayError('administrator_required');
    await next();
  });
}
