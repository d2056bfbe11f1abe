import { sql as raw } from 'drizzle-orm';
import type { Sql } from '../db/client.ts';
import type { RequestFacts } from '../kernel/context.ts';
import { sha256Hex } from '../kernel/crypto.ts';
import { GatewayError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { IdentityDependencies } from './dependencies.ts';
import type { Lock } from './lockout/index.ts';
import { accounts, sessions } from './table.ts';
import type { TokenPair } from './tokens.ts';

/** No login is sent later after its request arrived (promise P5). */
const START_WITHIN_MS = 20_000;
const LONGEST_LANGUAGE = 200;

export interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly totp: string | undefined;
  /** Accept-Language. */
  readonly language: string | undefined;
}

export interface SignedIn extends TokenPair {
  readonly ajaxUserId: string;
}

/**
 * Signs an Ajax account in and opens a session here; the account is created at its first login. The password leaves
 * this function only as the hash Ajax asks for, and is kept nowhere.
 * @throws GatewayError login_failed only when Ajax said so; an outage is never called a wrong password; sign_in_locked
 */
export async function login(
  deps: IdentityDependencies,
  credentials: Credentials,
  facts: RequestFacts,
  signal: AbortSignal,
): Promise<SignedIn> {
  const { totp } = credentials;
  const login = credentials.email.trim();
  const email = login.toLowerCase();
  const passwordHash = await sha256Hex(credentials.password);
  const { clock, coordinator, lockout } = deps;
  const { answer, isKnownPlace } = await lockout.attempt({
    visitor: { login, address: facts.clientAddress },
    patience: { signal, untilAt: facts.arrivedAt + START_WITHIN_MS },
    signIn: () =>
      coordinator
        .login(
          {
            login,
            passwordHash,
            address: facts.clientAddress.slice(0, 64),
            ...(totp === undefined ? {} : { totp }),
          },
          {
            correlationId: facts.correlationId,
            signal,
            heldMs: clock.monotonic() - facts.arrivedAt,
          },
        )
        .catch((error: unknown) => {
          if (!(error instanceof GatewayError) || error.code !== 'login_failed') throw error;
          throw new GatewayError('login_failed', {
            detail: 'Incorrect Ajax email or password',
            headers: { 'www-authenticate': 'Bearer' },
            cause: error,
          });
        }),
    onFailure: (sql, locks) => recordFailure(deps, sql, { email, locks }, facts),
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
  const { account: ajaxUserId, mark } = answer;
  const language = credentials.language?.slice(0, LONGEST_LANGUAGE);
  const session = { ajaxUserId, email, sessionId, refreshId, mark, language, isKnownPlace };
  await openSession(deps, session, facts);
  return { ...pair, ajaxUserId };
}

interface NewSession {
  readonly ajaxUserId: string;
  readonly email: string;
  readonly sessionId: string;
  readonly refreshId: string;
  readonly language: string | undefined;
  /** Whether this e-mail has signed in from this address before. */
  readonly isKnownPlace: boolean;
  readonly mark: string | undefined;
}

/** Account, session and audit event in one transaction. */
async function openSession(
  deps: IdentityDependencies,
  session: NewSession,
  facts: RequestFacts,
): Promise<void> {
  const { clock, config, database, trail } = deps;
  const { ajaxUserId, email, sessionId, refreshId, language, mark = null } = session;
  await database.run((sql) =>
    sql.transaction(async (tx) => {
      const id = newId(clock.now());
      const [account] = await tx
        .insert(accounts)
        .values({ id, ajaxUserId, email, upstream: deps.accountsOf, language: language ?? null })
        .onConflictDoUpdate({
          target: accounts.ajaxUserId,
          set: { email, lastLoginAt: raw`now()`, ...(language === undefined ? {} : { language }) },
        })
        .returning({ id: accounts.id, isActive: accounts.isActive });
      if (!account) throw new Error('The database returned no row for an account');
      if (!account.isActive) throw new GatewayError('account_disabled');
      const isNewAccount = account.id === id;
      if (isNewAccount) await deps.startTrial(tx, { accountId: account.id, ajaxUserId });
      await tx.insert(sessions).values({
        id: sessionId,
        accountId: account.id,
        refreshId,
        ipAddress: facts.clientAddress,
        userAgent: facts.userAgent.slice(0, 512),
        upstreamMark: mark,
        expiresAt: new Date(clock.now() + config.tokens.refreshSeconds * 1000),
      });
      await trail.event(
        tx,
        { action: 'session.login', method: 'POST', endpoint: '/api/v1/auth/token', resourceId: sessionId },
        facts,
        { accountId: account.id, sessionId },
        { outcome: 'done', statusCode: 200 },
      );
      if (!session.isKnownPlace && !isNewAccount) await tellOfPlace(deps, tx, account.id, facts);
    }),
  );
}

const LONGEST_DEVICE = 120;

async function tellOfPlace(
  { notify, clock }: IdentityDependencies,
  tx: Sql,
  id: string,
  facts: RequestFacts,
) {
  const device = facts.userAgent.slice(0, LONGEST_DEVICE);
  const params = { address: facts.clientAddress, device, at: new Date(clock.now()).toISOString() };
  await notify(tx, id, 'security', 'new_place', params, '/audit');
}

interface Failure {
  readonly email: string;
  readonly locks: readonly Lock[];
}

/** A refused login names no account: whose it would have been is not known. Only a keyed hash of the e-mail is kept. */
async function recordFailure(
  { trail, hashLogin, notify, directory }: IdentityDependencies,
  sql: Sql,
  { email, locks }: Failure,
  facts: RequestFacts,
): Promise<void> {
  const login_hash = await hashLogin(email);
  const record = (action: string, payload: object) =>
    trail.event(
      sql,
      { action, method: 'POST', endpoint: '/api/v1/auth/token', payload, severity: 'warning' },
      facts,
      undefined,
      { outcome: 'failed', statusCode: 401 },
    );
  await record('session.login', { login_hash });
  for (const { scope, until } of locks) {
    await record('session.locked', { login_hash, scope, until: until.toISOString() });
  }
  // A lock of the address says nothing about one account.
  const lock = locks.find(({ scope }) => scope !== 'address');
  const account = lock && (await directory.findByEmail(sql, email));
  if (lock === undefined || account === undefined) return;
  const params = { address: facts.clientAddress, until: lock.until.toISOString() };
  await notify(sql, account.accountId, 'security', 'sign_in_locked', params, '/audit');
}
