/**
 * Signing in and staying signed in. Login and refresh of one account never run at the same time; the newest login
 * wins; a refresh token is used once, because Ajax ends the session it renews.
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import type { Order } from '../cache/order.ts';
import { accountSchema, type LoginAnswer, type LoginRequest, type SignIn } from '../contract/messages.ts';
import { upstreamLoginResponse } from '../contract/upstream.ts';
import { createChains } from './chains.ts';
import { withoutSecrets } from './discretion.ts';
import type { Exchanger, Outcome } from './exchange.ts';
import { blamesApiKey, loginError, outageError, parseJson } from './refusals.ts';
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

export interface Sessions {
  /** @throws GatewayError login_failed, account_type_unsupported, operator_key_invalid, upstream_*, budget_exhausted, storage_unavailable */
  login(credentials: LoginRequest, context: SessionContext): Promise<LoginAnswer>;
  /** A session fit for use now. @throws GatewayError upstream_login_required, storage_unavailable, upstream_*, budget_exhausted */
  ensure(account: string, correlationId: string): Promise<Session>;
  /**
   * A session that is not `refused`, of which Ajax just said 401: the one that replaced it, or a refreshed one.
   * @throws as `ensure`
   */
  renew(refused: Session, correlationId: string): Promise<Session>;
  /** Unless the account signed in later than that; false then. */
  forget(account: string, unlessLaterThan: SignIn | undefined): Promise<boolean>;
  readonly counters: { readonly refreshes: number };
}

export interface SessionsOptions {
  readonly exchanger: Exchanger;
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
const KEY_PROOF_MS = 15 * 60_000;

export function createSessions(options: SessionsOptions): Sessions {
  const { exchanger, store, order, clock, hashLogin, waitMs } = options;
  const chains = createChains();
  const renewals = new Map<string, Promise<Session>>();
  const counters = { refreshes: 0 };

  async function login(credentials: LoginRequest, context: SessionContext): Promise<LoginAnswer> {
    const loginKey = await hashLogin(credentials.login);
    const known = await store.findAccount(loginKey);
    const chain = known ?? `login:${loginKey}`;
    let signedIn: Session | undefined;
    const outcome = await exchanger.perform({
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
          const session = toSession(result, {
            ...{ loginKey, signedInAt: clock.now() },
            mark: markOf(order.next()),
          });
          if (session === undefined)
            throw loginError(discreet(result, credentials.passwordHash), clock.now());
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
    if (signedIn === undefined) throw loginError(discreet(outcome, credentials.passwordHash), clock.now());
    const { account, mark } = signedIn;
    return { account, mark };
  }

  async function refresh(old: Session, correlationId: string): Promise<Session> {
    let renewed: Session | undefined;
    const outcome = await exchanger.perform({
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
            renewed = await accept(old, result);
            return result;
          },
          true,
        ),
    });
    const current = renewed ?? (await replacementOf(old));
    if (current === undefined) throw outageError(discreet(outcome, old.refreshToken), clock.now());
    return current;
  }

  /** @throws GatewayError upstream_login_required when the refresh token is spent or refused */
  async function accept(old: Session, result: Outcome): Promise<Session | undefined> {
    if (result.kind !== 'answered') return undefined;
    const session = toSession(result, old);
    // A login or a logout during the refresh wins over it.
    if (session?.account === old.account) {
      counters.refreshes++;
      return (await store.replace(old, session)) ? session : undefined;
    }
    if (blamesApiKey(result.status, result.body) && !isKeyProven())
      throw new GatewayError('operator_key_invalid');
    if (result.status >= 400 && result.status < 500) {
      if (store.current(old.account) === old) await store.remove(old.account);
      throw new GatewayError('upstream_login_required');
    }
    return undefined;
  }

  /**
   * Ajax uses the same words for a bad API key and for a bad token. A key it accepted a moment ago is not bad, and
   * while that is open no session is thrown away.
   */
  function isKeyProven(): boolean {
    const at = exchanger.keyAcceptedAt();
    return at !== undefined && clock.monotonic() - at < KEY_PROOF_MS;
  }

  function toSession(
    result: Outcome,
    { loginKey, signedInAt, mark }: Pick<Session, 'loginKey' | 'signedInAt' | 'mark'>,
  ): Session | undefined {
    if (result.kind !== 'answered' || result.status !== 200) return undefined;
    const parsed = upstreamLoginResponse.safeParse(parseJson(result.body));
    const account = accountSchema.safeParse(parsed.data?.userId);
    if (!parsed.success || !account.success) return undefined;
    const { sessionToken, refreshToken, userId } = parsed.data;
    const issued = { loginKey, signedInAt, mark, issuedAt: clock.now() };
    return { account: account.data, userId, sessionToken, refreshToken, ...issued };
  }

  /** The session that took the place of `old`; undefined while `old` is still the one. */
  async function replacementOf(old: Session): Promise<Session | undefined> {
    if (store.current(old.account) === old) return undefined;
    const session = await store.load(old.account);
    if (session === undefined) throw new GatewayError('upstream_login_required');
    return session;
  }

  async function renew(refused: Session, correlationId: string): Promise<Session> {
    const replacement = await replacementOf(refused);
    if (replacement) return replacement;
    const running = renewals.get(refused.account);
    if (running) return running;
    const renewal = refresh(refused, correlationId).finally(() => renewals.delete(refused.account));
    renewals.set(refused.account, renewal);
    return renewal;
  }

  return {
    login,
    renew,
    counters,
    async ensure(account, correlationId) {
      const session = await store.load(account);
      if (session === undefined) throw new GatewayError('upstream_login_required');
      const age = clock.now() - session.issuedAt;
      if (age < SESSION_LIFE_MS - REFRESH_AHEAD_MS && !renewals.has(account)) return session;
      try {
        return await renew(session, correlationId);
      } catch (error) {
        const isLost = error instanceof GatewayError && error.code === 'upstream_login_required';
        // An outage of the refresh does not matter while the present token lives.
        if (isLost || age >= SESSION_LIFE_MS - SAFETY_MS || store.usable(account) !== session) throw error;
        return session;
      }
    },
    forget: store.remove,
  };
}

/** The outcome without the secret that went out in the body; an error is made of what is left. */
const discreet = (outcome: Outcome, secret: string): Outcome =>
  outcome.kind === 'answered' ? { ...outcome, body: withoutSecrets(outcome.body, [secret]) } : outcome;

const jsonHeaders = () => ({ 'content-type': 'application/json' });
