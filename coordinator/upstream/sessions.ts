/**
 * Signing in and staying signed in. Login and refresh of one account never run at the same time; the newest login
 * wins; a refresh token is used once, because Ajax ends the session it renews.
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import type { Order } from '../cache/order.ts';
import { accountSchema, type LoginAnswer, type LoginRequest, type SignIn } from '../contract/messages.ts';
import { upstreamLoginResponse } from '../contract/upstream.ts';
import type { Key } from '../keys/key.ts';
import type { Keys } from '../keys/keys.ts';
import { createChains } from './chains.ts';
import { withoutSecrets } from './discretion.ts';
import type { Outcome } from './exchange.ts';
import { blamesApiKey, blamesPassword, loginError, outageError, parseJson } from './refusals.ts';
import { markOf } from './session-mark.ts';
import type { Session, SessionStore } from './session-store.ts';

export interface SessionContext {
  readonly correlationId: string;
  /** Monotonic ms until which a login may wait for its token. */
  readonly deadlineAt: number;
  readonly signal: AbortSignal | undefined;
  /** Told when the login is being written. */
  readonly onWrite: () => void;
}

export type Credentials = Omit<LoginRequest, 'address'>;

/** An e-mail, by its keyed hash, and the account it signed in to last, if any. */
export interface Who {
  readonly loginKey: string;
  readonly account: string | undefined;
}

export interface KeyedSession {
  readonly session: Session;
  readonly key: Key;
}

export interface Sessions {
  /**
   * The account goes by this key from now on.
   * @throws GatewayError login_failed, account_type_unsupported, operator_key_invalid, upstream_*, budget_exhausted, storage_unavailable
   */
  login(credentials: Credentials, who: Who, key: Key, context: SessionContext): Promise<LoginAnswer>;
  /** Whose e-mail it is. @throws GatewayError storage_unavailable */
  identify(login: string): Promise<Who>;
  /**
   * A session fit for use now, and the key it belongs to.
   * @throws GatewayError upstream_login_required, operator_key_invalid, storage_unavailable, upstream_*, budget_exhausted
   */
  ensure(account: string, correlationId: string): Promise<KeyedSession>;
  /**
   * A session that is not `refused`, of which Ajax just said 401: the one that replaced it, or a refreshed one.
   * @throws as `ensure`
   */
  renew(refused: Session, correlationId: string): Promise<KeyedSession>;
  /** The newest that may be used, unless the account goes by another key now. */
  usable(account: string, key: Key): Session | undefined;
  /** Unless the account signed in later than that; false then. */
  forget(account: string, unlessLaterThan: SignIn | undefined): Promise<boolean>;
  readonly counters: { readonly refreshes: number };
}

export interface SessionsOptions {
  readonly keys: Keys;
  readonly store: SessionStore;
  readonly order: Order;
  readonly clock: Clock;
  /** Keyed hash of an e-mail. */
  readonly hashLogin: (login: string) => Promise<string>;
  /** Ms a refresh may wait for its token. */
  readonly waitMs: number;
}

const SESSION_LIFE_MS = 15 * 60_000;
/** Refreshed this long before its end, so that it does not end while work waits in the line. */
const REFRESH_AHEAD_MS = 60_000;
const SAFETY_MS = 5_000;

export function createSessions(options: SessionsOptions): Sessions {
  const { keys, store, order, clock, hashLogin, waitMs } = options;
  const chains = createChains();
  const renewals = new Map<string, Promise<KeyedSession>>();
  const counters = { refreshes: 0 };

  async function login(
    credentials: Credentials,
    { loginKey, account: known }: Who,
    key: Key,
    context: SessionContext,
  ): Promise<LoginAnswer> {
    const chain = known ?? `login:${loginKey}`;
    let signedIn: Session | undefined;

    function failed(outcome: Outcome): GatewayError {
      const error = loginError(discreet(outcome, credentials.passwordHash), clock.now());
      if (error.code === 'operator_key_invalid') key.standing.refused(chain);
      else if (blamesPassword(outcome)) key.standing.accepted();
      return error;
    }

    const outcome = await key.exchanger.perform({
      ...context,
      urgency: 'login',
      account: chain,
      owner: known,
      method: 'POST',
      path: 'login',
      headers: jsonHeaders,
      body: JSON.stringify({ ...credentials, userRole: 'USER' }),
      async within(attempt) {
        let newcomer: Session | undefined;
        const result = await chains.run(chain, async () => {
          const result = await attempt();
          if (result.kind !== 'answered') return result;
          const issue = { loginKey, signedInAt: clock.now(), mark: markOf(order.next()) };
          const session = toSession(result, issue, key);
          if (session === undefined) throw failed(result);
          signedIn = session;
          if (session.account === chain) await store.save(session);
          else newcomer = session;
          return result;
        });
        // The e-mail was new to us, or has moved: the account has a chain of its own. Entered after the other was left,
        // because two logins whose e-mails changed places would wait for each other forever.
        const session = newcomer;
        if (session) await chains.run(session.account, () => store.save(session), true);
        return result;
      },
    });
    if (signedIn === undefined) throw failed(outcome);
    const { account, mark } = signedIn;
    return { account, mark };
  }

  async function refresh(old: Session, key: Key, correlationId: string): Promise<KeyedSession> {
    let renewed: Session | undefined;
    const outcome = await key.exchanger.perform({
      correlationId,
      deadlineAt: clock.monotonic() + waitMs,
      // Callers share a refresh, so none of them may abort it.
      signal: undefined,
      urgency: 'refresh',
      account: old.account,
      owner: old.account,
      method: 'POST',
      path: 'refresh',
      headers: jsonHeaders,
      body: JSON.stringify({ userId: old.userId, refreshToken: old.refreshToken }),
      within: (attempt) =>
        chains.run(
          old.account,
          async () => {
            if (store.current(old.account) !== old) return { kind: 'unwritten', reason: 'deadline' };
            const result = await attempt();
            renewed = await accept(old, key, result);
            return result;
          },
          true,
        ),
    });
    const current = renewed === undefined ? await replacementOf(old) : { session: renewed, key };
    if (current === undefined) throw outageError(discreet(outcome, old.refreshToken), clock.now());
    return current;
  }

  /** @throws GatewayError upstream_login_required when the refresh token is spent or refused */
  async function accept(old: Session, key: Key, result: Outcome): Promise<Session | undefined> {
    if (result.kind !== 'answered') return undefined;
    const session = toSession(result, old, key);
    // A login or a logout during the refresh wins over it.
    if (session?.account === old.account) {
      counters.refreshes++;
      return (await store.replace(old, session)) ? session : undefined;
    }
    if (blamesApiKey(result.status, result.body)) {
      key.standing.refused(old.account);
      // The same words are used for a bad token. While that is open no session is thrown away.
      if (key.standing.state() === 'failing') throw new GatewayError('operator_key_invalid');
    }
    if (result.status >= 400 && result.status < 500) {
      if (store.current(old.account) === old) await store.remove(old.account);
      throw new GatewayError('upstream_login_required');
    }
    return undefined;
  }

  function toSession(
    result: Outcome,
    { loginKey, signedInAt, mark }: Pick<Session, 'loginKey' | 'signedInAt' | 'mark'>,
    key: Key,
  ): Session | undefined {
    if (result.kind !== 'answered' || result.status !== 200) return undefined;
    const parsed = upstreamLoginResponse.safeParse(parseJson(result.body));
    const account = accountSchema.safeParse(parsed.data?.userId);
    if (!parsed.success || !account.success) return undefined;
    const { sessionToken, refreshToken, userId } = parsed.data;
    const issued = { loginKey, signedInAt, mark, issuedAt: clock.now(), key: key.name };
    return { account: account.data, userId, sessionToken, refreshToken, ...issued };
  }

  /** The session that took the place of `old`; undefined while `old` is still the one. */
  async function replacementOf(old: Session): Promise<KeyedSession | undefined> {
    if (store.current(old.account) === old) return undefined;
    return keyed(await store.load(old.account));
  }

  /** @throws GatewayError upstream_login_required without a session, and when its key is not configured any more */
  function keyed(session: Session | undefined): KeyedSession {
    const key = session === undefined ? undefined : keys.of(session);
    if (session === undefined || key === undefined) throw new GatewayError('upstream_login_required');
    return { session, key };
  }

  async function renew(refused: Session, correlationId: string): Promise<KeyedSession> {
    const replacement = await replacementOf(refused);
    if (replacement) return replacement;
    const running = renewals.get(refused.account);
    if (running) return running;
    const renewal = refresh(refused, keyed(refused).key, correlationId).finally(() =>
      renewals.delete(refused.account),
    );
    renewals.set(refused.account, renewal);
    return renewal;
  }

  return {
    login,
    renew,
    counters,
    async identify(login) {
      const loginKey = await hashLogin(login);
      return { loginKey, account: await store.findAccount(loginKey) };
    },
    async ensure(account, correlationId) {
      const present = keyed(await store.load(account));
      const { session } = present;
      const age = clock.now() - session.issuedAt;
      if (age < SESSION_LIFE_MS - REFRESH_AHEAD_MS && !renewals.has(account)) return present;
      try {
        return await renew(session, correlationId);
      } catch (error) {
        const isLost = error instanceof GatewayError && error.code === 'upstream_login_required';
        // An outage of the refresh does not matter while the present token lives.
        if (isLost || age >= SESSION_LIFE_MS - SAFETY_MS || store.usable(account) !== session) throw error;
        return present;
      }
    },
    usable(account, key) {
      const session = store.usable(account);
      return session !== undefined && keys.of(session) === key ? session : undefined;
    },
    forget: store.remove,
  };
}

/** The outcome without the secret that went out in the body; an error is made of what is left. */
const discreet = (outcome: Outcome, secret: string): Outcome =>
  outcome.kind === 'answered' ? { ...outcome, body: withoutSecrets(outcome.body, [secret]) } : outcome;

const jsonHeaders = () => ({ 'content-type': 'application/json' });
