import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import { featuresOf } from '../access/index.ts';
import { entitlementAt } from '../billing/index.ts';
import type { Caller } from '../kernel/caller.ts';
import type { GatewayEnv, RequestFacts } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import { ACCESS_COOKIE } from './cookies.ts';
import type { IdentityDependencies } from './dependencies.ts';

/**
 * Puts the caller into the context, or refuses. Every request is checked: signature, expiry, User-Agent, session row
 * and plan, against state at most 1 s old. Failing closed: no database, no answer.
 * @throws GatewayError invalid_credentials (one answer for every reason), database_unavailable
 */
export function authenticate(deps: IdentityDependencies) {
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const caller = await identify(deps, accessToken(c), c.get('facts'));
    if (!caller) {
      throw new GatewayError('invalid_credentials', {
        detail: 'Invalid credentials',
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    c.set('caller', caller);
    await next();
  });
}

/**
 * Puts the caller into the context where there is one. Routes for everybody use it: a session that has ended makes
 * nobody of somebody, and refuses nothing.
 * @throws GatewayError database_unavailable
 */
export function recognize(deps: IdentityDependencies) {
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const caller = await identify(deps, accessToken(c), c.var.facts);
    if (caller) c.set('caller', caller);
    await next();
  });
}

/**
 * The token of the Authorization header (with or without the word Bearer), else of the cookie. The word alone is no
 * token: the page /docs sends it as long as nobody has typed one in.
 */
function accessToken(c: Context<GatewayEnv>): string | undefined {
  const named = c.req
    .header('authorization')
    ?.trim()
    .replace(/^Bearer(?: +|$)/i, '');
  return named || getCookie(c, ACCESS_COOKIE);
}

async function identify(
  deps: IdentityDependencies,
  token: string | undefined,
  facts: RequestFacts,
): Promise<Caller | undefined> {
  if (!token) return undefined;
  const claims = await deps.tokens.verifyAccess(token, facts.userAgent);
  const session = claims && (await deps.sessions.find(claims.sid));
  if (!session?.isActive) return undefined;
  if (session.ipAddress !== facts.clientAddress) recordMove(deps, session, facts);
  const entitlement = entitlementAt(session.timeline, deps.clock.now());
  return {
    accountId: session.accountId,
    ajaxUserId: session.ajaxUserId,
    email: session.email,
    sessionId: session.sessionId,
    entitlement,
    features: featuresOf(entitlement.plan, deps.config.plans.developerMode),
  };
}

/** Another address is no reason to refuse (mobile networks change them), but its owner can see it in the trail. */
function recordMove(
  deps: IdentityDependencies,
  session: { readonly sessionId: string; readonly accountId: string; readonly ipAddress: string },
  facts: RequestFacts,
): void {
  deps.database
    .run((sql) =>
      sql.transaction(async (tx) => {
        if (!(await deps.sessions.moved(tx, session.sessionId, facts.clientAddress))) return;
        await deps.trail.event(
          tx,
          {
            action: 'session.address_changed',
            method: 'GET',
            endpoint: '/api/v1/auth',
            resourceId: session.sessionId,
            payload: { from: session.ipAddress, to: facts.clientAddress },
            severity: 'warning',
          },
          facts,
          session,
          { outcome: 'done', statusCode: 200 },
        );
      }),
    )
    .catch((error: unknown) => deps.log.warn({ error }, 'address change not written to the audit trail'));
}
