import { createKeyedHash } from '../kernel/crypto.ts';
import { authenticate as createAuthenticate, recognize as createRecognize } from './authenticate.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { createLockout } from './lockout/index.ts';
import { type IdentityPlace, identityRoutes } from './routes.ts';
import { createSessions } from './sessions.ts';
import { createTokens } from './tokens.ts';

export { accountDirectory } from './account-directory.ts';
export { accountsOfOtherUpstream } from './accounts-of.ts';
export { findAccount, findAccounts } from './find-accounts.ts';

/** Routes and the middleware that puts the caller into the context. */
export async function createIdentity(
  deps: Omit<IdentityDependencies, 'tokens' | 'sessions' | 'lockout' | 'hashLogin'> & {
    readonly secretKey: string;
  },
) {
  const { secretKey, ...rest } = deps;
  const all: IdentityDependencies = {
    ...rest,
    tokens: await createTokens(secretKey, deps.config.tokens, deps.clock),
    sessions: createSessions(deps.database, deps.clock, deps.config.plans.defaultPlan),
    lockout: await createLockout({ ...rest, secretKey }),
    hashLogin: await createKeyedHash(secretKey, 'gateway:refused-logins'),
  };
  return {
    routes: (place: IdentityPlace) => identityRoutes(all, place),
    authenticate: createAuthenticate(all),
    /** Plans have changed: the next request of anybody sees it. */
    plansChanged: () => all.sessions.forgetAll(),
    recognize: createRecognize(all),
  };
}

export type Identity = Awaited<ReturnType<typeof createIdentity>>;
