import { authenticate as createAuthenticate } from './authenticate.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { createLockout } from './lockout/index.ts';
import { identityRoutes } from './routes.ts';
import { createSessions } from './sessions.ts';
import { createTokens } from './tokens.ts';

export { accountsOfOtherUpstream } from './accounts-of.ts';

/** Routes and the middleware that puts the caller into the context. */
export async function createIdentity(
  deps: Omit<IdentityDependencies, 'tokens' | 'sessions' | 'lockout'> & { readonly secretKey: string },
) {
  const { secretKey, ...rest } = deps;
  const tokens = await createTokens(secretKey, deps.config.tokens, deps.clock);
  const sessions = createSessions(deps.database, deps.clock);
  const lockout = await createLockout({ ...rest, secretKey });
  const all: IdentityDependencies = { ...rest, tokens, sessions, lockout };
  return { routes: () => identityRoutes(all), authenticate: createAuthenticate(all) };
}

export type Identity = Awaited<ReturnType<typeof createIdentity>>;
