import type { Caller } from '../kernel/caller.ts';
import type { RequestFacts } from '../kernel/context.ts';
import type { IdentityDependencies } from './dependencies.ts';

/**
 * Ends the session, access and refresh token with it. With the account's last session the connection to Ajax is
 * forgotten too; that part is done as well as the moment allows and never keeps a logout from succeeding.
 * @throws GatewayError database_unavailable
 */
export async function logout(deps: IdentityDependencies, caller: Caller, facts: RequestFacts): Promise<void> {
  const { database, sessions, trail, clock } = deps;
  const askedAt = clock.now();
  await database.run((sql) =>
    sql.transaction(async (tx) => {
      await sessions.revoke(tx, caller.sessionId);
      await trail.event(
        tx,
        {
          action: 'session.logout',
          method: 'POST',
          endpoint: '/api/v1/auth/logout',
          resourceId: caller.sessionId,
        },
        facts,
        caller,
        { outcome: 'done', statusCode: 200 },
      );
    }),
  );
  sessions.forget(caller.sessionId);
  try {
    const { hasOthers, lastMark } = await sessions.besides(caller.sessionId, caller.accountId);
    if (hasOthers) return;
    // Whoever signs in with the account meanwhile has a connection of their own, which stays.
    const last = { mark: lastMark, at: askedAt };
    await deps.coordinator.forget(caller.ajaxUserId, { correlationId: facts.correlationId }, last);
  } catch (error) {
    deps.log.warn({ error, correlationId: facts.correlationId }, 'upstream session not forgotten at logout');
  }
}
