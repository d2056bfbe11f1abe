import { sql as raw } from 'drizzle-orm';
import type { RequestFacts } from '../kernel/context.ts';
import { sha256Hex } from '../kernel/crypto.ts';
import { GatewayError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { accounts, sessions } from './table.ts';
import type { TokenPair } from './tokens.ts';

export interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly totp: string | undefined;
}

export interface SignedIn extends TokenPair {
  readonly ajaxUserId: string;
}

/**
 * Signs an Ajax account in and opens a session here; the account is created at its first login. The password leaves
 * this function only as the hash Ajax asks for, and is kept nowhere.
 * @throws GatewayError login_failed only when Ajax said so; an outage is never called a wrong password
 */
export async function login(
  deps: IdentityDependencies,
  credentials: Credentials,
  facts: RequestFacts,
  signal: AbortSignal,
): Promise<SignedIn> {
  const email = credentials.email.trim().toLowerCase();
  const passwordHash = await sha256Hex(credentials.password);
  const { totp } = credentials;
  const answer = await deps.coordinator
    .login(
      {
        login: credentials.email.trim(),
        passwordHash,
        address: facts.clientAddress.slice(0, 64),
        ...(totp === undefined ? {} : { totp }),
      },
      { correlationId: facts.correlationId, signal },
    )
    .catch(async (error: unknown) => {
      if (!(error instanceof GatewayError) || error.code !== 'login_failed') throw error;
      await recordFailure(deps, email, facts);
      throw new GatewayError('login_failed', {
        detail: 'Incorrect Ajax email or password',
        headers: { 'www-authenticate': 'Bearer' },
        cause: error,
      });
    });

  const sessionId = newId(deps.clock.now());
  const refreshId = newId(deps.clock.now());
  const subject = {
    email,
    sessionId,
    refreshId,
    userAgent: facts.userAgent,
    clientAddress: facts.clientAddress,
  };
  const pair = await deps.tokens.issue(subject);
  await openSession(deps, { ajaxUserId: answer.account, email, sessionId, refreshId }, facts);
  return { ...pair, ajaxUserId: answer.account };
}

interface NewSession {
  readonly ajaxUserId: string;
  readonly email: string;
  readonly sessionId: string;
  readonly refreshId: string;
}

/** Account, session and audit event in one transaction. */
async function openSession(
  deps: IdentityDependencies,
  session: NewSession,
  facts: RequestFacts,
): Promise<void> {
  const { clock, config, database, trail } = deps;
  const { ajaxUserId, email, sessionId, refreshId } = session;
  await database.run((sql) =>
    sql.transaction(async (tx) => {
      const [account] = await tx
        .insert(accounts)
        .values({ id: newId(clock.now()), ajaxUserId, email, upstream: deps.accountsOf })
        .onConflictDoUpdate({ target: accounts.ajaxUserId, set: { email, lastLoginAt: raw`now()` } })
        .returning({ id: accounts.id, isActive: accounts.isActive });
      if (!account) throw new Error('The database returned no row for an account');
      if (!account.isActive) throw new GatewayError('account_disabled');
      await tx.insert(sessions).values({
        id: sessionId,
        accountId: account.id,
        refreshId,
        ipAddress: facts.clientAddress,
        userAgent: facts.userAgent.slice(0, 512),
        expiresAt: new Date(clock.now() + config.tokens.refreshSeconds * 1000),
      });
      await trail.event(
        tx,
        { action: 'session.login', method: 'POST', endpoint: '/api/v1/auth/token', resourceId: sessionId },
        facts,
        { accountId: account.id, sessionId },
        { outcome: 'done', statusCode: 200 },
      );
    }),
  );
}

/** A refused login names no account: whose it would have been is not known. Only a keyed hash of the e-mail is kept. */
async function recordFailure(deps: IdentityDependencies, email: string, facts: RequestFacts): Promise<void> {
  const payload = { login_hash: await deps.hashLogin(email) };
  try {
    await deps.database.run((sql) =>
      deps.trail.event(
        sql,
        {
          action: 'session.login',
          method: 'POST',
          endpoint: '/api/v1/auth/token',
          payload,
          severity: 'warning',
        },
        facts,
        undefined,
        { outcome: 'failed', statusCode: 401 },
      ),
    );
  } catch (error) {
    deps.log.warn(
      { error, correlationId: facts.correlationId },
      'refused login not written to the audit trail',
    );
  }
}
