/** A call as an account: finds its session, repeats it once after a 401, and says how it ended. */
import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import type { Content } from '../contract/content.ts';
import type { Urgency } from '../queue/urgency.ts';
import type { Exchanger, Outcome } from './exchange.ts';
import { hasOwnLimit, userPath } from './path.ts';
import type { SessionStore } from './session-store.ts';
import type { Sessions } from './sessions.ts';
import { retryAfterMs } from './throttle.ts';

export interface AccountCall {
  readonly account: string;
  readonly method: string;
  readonly segments: readonly string[];
  /** Without question mark. */
  readonly query: string;
  readonly content: Content | undefined;
  /** An `Accept-Language`. */
  readonly languages?: string | undefined;
  readonly urgency: Urgency;
  /** Share of the lane, 1 to 100. */
  readonly weight: number;
  readonly correlationId: string;
  /** Monotonic ms: not sent later than this. */
  readonly deadlineAt: number;
  /** The same by the wall clock, where it matters. */
  readonly notAfter?: number;
  readonly signal: AbortSignal;
  readonly onBook?: () => void;
  readonly onWrite?: () => void;
  /** Told when an answer (401, throttling) proved that what was written was not executed. */
  readonly onRefused?: () => void;
}

export interface Calls {
  /** @throws GatewayError upstream_login_required and whatever sessions and the queue throw; the signal's reason */
  perform(call: AccountCall): Promise<Outcome>;
}

export function createCalls(
  exchanger: Exchanger,
  sessions: Sessions,
  store: SessionStore,
  clock: Clock,
): Calls {
  /** Accounts whose last 401 came with a token just renewed: refreshing again would only spend tokens. */
  const refusedAnyway = new Set<string>();
  /** Operations of one account that Ajax limits on their own, and until when (monotonic ms) they are closed. */
  const closed = new Map<string, number>();

  function refuseWhileClosed(operation: string): void {
    const waitMs = (closed.get(operation) ?? 0) - clock.monotonic();
    if (waitMs <= 0) closed.delete(operation);
    else throw new GatewayError('upstream_throttled', { retryAfterSeconds: Math.ceil(waitMs / 1_000) });
  }

  function closeIfThrottled(operation: string, outcome: Outcome): void {
    if (outcome.kind !== 'answered' || outcome.status !== 429) return;
    const askedMs = retryAfterMs(outcome.headers, clock.now()) ?? OWN_LIMIT_MS;
    closed.set(operation, clock.monotonic() + Math.min(askedMs, OWN_LIMIT_MS));
  }

  function attempt(call: AccountCall, userId: string, token: () => string): Promise<Outcome> {
    const { account, method, segments, query, content, urgency, weight, correlationId, deadlineAt } = call;
    const { languages, notAfter, signal, onBook, onWrite, onRefused } = call;
    return exchanger.perform({
      account,
      weight,
      owner: account,
      method,
      path: userPath(userId, segments, query),
      headers: () => ({
        'x-session-token': token(),
        ...(languages === undefined ? {} : { 'accept-language': languages }),
        ...(content === undefined ? {} : { 'content-type': content.type }),
      }),
      ...(content === undefined ? {} : { body: content.bytes }),
      ...(notAfter === undefined ? {} : { notAfter }),
      ...(onBook === undefined ? {} : { onBook }),
      ...(onWrite === undefined ? {} : { onWrite }),
      ...(onRefused === undefined ? {} : { onRefused }),
      urgency,
      correlationId,
      deadlineAt,
      signal,
      hasOwnLimit: hasOwnLimit(method, segments),
    });
  }

  return {
    async perform(call) {
      const { account, correlationId } = call;
      const operation = hasOwnLimit(call.method, call.segments)
        ? `${account} ${call.segments.join('/')}`
        : undefined;
      if (operation !== undefined) refuseWhileClosed(operation);
      let session = await sessions.ensure(account, correlationId);
      for (let attempts = 1; ; attempts++) {
        let used = session;
        const outcome = await attempt(call, session.userId, () => {
          // It may have been renewed while the call waited in the line.
          used = store.usable(account) ?? session;
          return used.sessionToken;
        });
        if (outcome.kind !== 'answered' || outcome.status !== 401) {
          if (outcome.kind === 'answered') refusedAnyway.delete(account);
          if (operation !== undefined) closeIfThrottled(operation, outcome);
          return outcome;
        }
        // 401 proves that nothing was executed, so commands are repeated too (promise P6).
        call.onRefused?.();
        const isReplaced = store.current(account) !== used;
        if (attempts > 1 && !isReplaced) refusedAnyway.add(account);
        if (attempts > 2 || (refusedAnyway.has(account) && !isReplaced)) {
          throw new GatewayError('upstream_login_required');
        }
        session = await sessions.renew(used, correlationId);
        if (clock.monotonic() >= call.deadlineAt || call.signal.aborted) return unsent;
      }
    },
  };
}

/** Four such operations are allowed in 15 minutes. */
const OWN_LIMIT_MS = 15 * 60_000;

const unsent: Outcome = { kind: 'unwritten', reason: 'deadline' };
