import type { RequestFacts } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { IdentityDependencies } from './dependencies.ts';
import type { SignedIn } from './login.ts';

/**
 * Exchanges a refresh token for a new pair. The old one ends in the same step that makes the new one valid, so a
 * failure before that step burns nothing, and of many at once exactly one wins. A token that was exchanged long ago and shows up again
 * ends the session (RFC 9700 section 4.14.2).
 * @throws GatewayError invalid_refresh_token, account_disabled, database_unavailable
 */
export async function refresh(
  deps: IdentityDependencies,
  refreshToken: string | undefined,
  facts: RequestFacts,
): Promise<SignedIn> {
  const claims = refreshToken === undefined ? undefined : await deps.tokens.verifyRefresh(refreshToken);
  const session = claims && (await deps.sessions.find(claims.sid));
  if (!claims || !session) throw new GatewayError('invalid_refresh_token');
  if (!session.isActive) throw new GatewayError('account_disabled');

  const refreshId = newId(deps.clock.now());
  const pair = await deps.tokens.issue({
    email: session.email,
    sessionId: session.sessionId,
    refreshId,
    userAgent: facts.userAgent,
    clientAddress: facts.clientAddress,
  });
  const result = await deps.database.run((sql) =>
    deps.sessions.rotate(sql, {
      sessionId: session.sessionId,
      from: claims.jti,
      to: refreshId,
      expiresAt: new Date(deps.clock.now() + deps.config.tokens.refreshSeconds * 1000),
    }),
  );
  if (result === 'reused') await endStolenSession(deps, session, facts);
  if (result !== 'rotated') throw new GatewayError('invalid_refresh_token');
  deps.sessions.forget(session.sessionId);
  return { ...pair, ajaxUserId: session.ajaxUserId };
}

async function endStolenSession(
  deps: IdentityDependencies,
  session: { readonly sessionId: string; readonly accountId: string },
  facts: RequestFacts,
): Promise<void> {
  await deps.database.run((sql) =>
    sql.transaction(async (tx) => {
      await deps.sessions.revoke(tx, session.sessionId);
      await deps.trail.event(
        tx,
        {
          action: 'session.refresh_token_reused',
          method: 'POST',
          endpoint: '/api/v1/auth/refresh',
          resourceId: session.sessionId,
          severity: 'critical',
        },
        facts,
        session,
        { outcome: 'done', statusCode: 401 },
      );
    }),
  );
  deps.sessions.forget(session.sessionId);
}
