/**
 * One request to Ajax, from the line to its outcome: waits for a token, books it, writes at most once, and gives
 * the token back as docs/coordinator.md says. Everything that reaches Ajax goes through here.
 */
import type { Clock } from '../../src/kernel/clock.ts';
import type { Log } from '../../src/kernel/log.ts';
import type { SendOnce, SendResult } from '../../src/kernel/send-once.undici.ts';
import type { Bounds } from '../budget/bounds.ts';
import type { Budget, Token } from '../budget/budget.ts';
import type { Standing, Trial } from '../keys/standing.ts';
import type { Ticket, WorkQueue } from '../queue/queue.ts';
import type { Breaker, Passage } from './breaker.ts';
import { withoutSecrets } from './discretion.ts';
import type { KillSwitch } from './kill-switch.ts';
import { blamesUpstream } from './outage.ts';
import { closureMs, isThrottled } from './throttle.ts';

export interface Exchange extends Ticket {
  readonly method: string;
  /** Path below the API's base, encoded, with query. */
  readonly path: string;
  /** Asked right before each attempt, because a session may have been renewed while the work waited. */
  readonly headers: () => Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly correlationId: string;
  /** Epoch ms: the deadline by the wall clock, too. While a machine sleeps the monotonic clock stands still. */
  readonly notAfter?: number;
  /** A 429 concerns this operation only (it has a limit of its own) and says nothing about the budget. */
  readonly hasOwnLimit?: boolean;
  /** Told before each booking; what it puts into the records is committed together with the token. */
  readonly onBook?: () => void;
  /** Told synchronously when the request is being written. */
  readonly onWrite?: () => void;
  /** Told when an answer proved that what was written was not executed. */
  readonly onRefused?: () => void;
  /** Runs around each attempt, holding its token: for work that must not overlap other work. */
  readonly within?: (attempt: () => Promise<Outcome>) => Promise<Outcome>;
}

export type Outcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Headers;
      readonly body: Uint8Array;
    }
  /** Not executed, and the deadline does not allow another attempt. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unanswered'; readonly reason: 'timeout' | 'connection' }
  | { readonly kind: 'unwritten'; readonly reason: 'deadline' | 'timeout' | 'connection' };

export interface ExchangeCounters {
  sent: number;
  answered: number;
  failed: number;
  throttled: number;
}

export interface Exchanger {
  /**
   * @throws GatewayError budget_exhausted, storage_unavailable, coordinator_unavailable, upstream_unavailable (the
   * breaker is open), operator_key_invalid (the key is failing), upstream_stopped; the signal's reason
   */
  perform(exchange: Exchange): Promise<Outcome>;
  readonly counters: Readonly<ExchangeCounters>;
}

export interface ExchangerOptions {
  readonly sendOnce: SendOnce;
  readonly queue: WorkQueue;
  readonly budget: Budget;
  readonly bounds: Bounds;
  readonly clock: Clock;
  readonly log: Log;
  /** Path of the API's base, with its slashes. */
  readonly basePath: string;
  readonly apiKey: string;
  /** Of the key in the configuration, from 1. */
  readonly place: number;
  readonly onExchange: (result: 'answered' | 'unanswered', tookMs: number) => void;
  /** Whether this process may write to Ajax now: it holds the lease. */
  readonly mayWrite: () => boolean;
  readonly breaker: Breaker;
  readonly killSwitch: KillSwitch;
  readonly standing: Standing;
}

/** On its way to Ajax. */
interface Way {
  readonly passage: Passage;
  readonly trial: Trial | undefined;
}

export function createExchanger(options: ExchangerOptions): Exchanger {
  const { sendOnce, queue, budget, bounds, clock, log, breaker, killSwitch, standing } = options;
  const counters: ExchangeCounters = { sent: 0, answered: 0, failed: 0, throttled: 0 };

  /** Whether it may still be written, but for its booking and its deadline. */
  const isAllowed = () => options.mayWrite() && killSwitch.stopped() === undefined;

  async function attempt(exchange: Exchange, token: Token, { passage, trial }: Way): Promise<Outcome> {
    const { deadlineAt, notAfter = Number.POSITIVE_INFINITY, signal } = exchange;
    const isTooLate = () =>
      clock.monotonic() >= deadlineAt || clock.now() >= notAfter || signal?.aborted === true;
    for (;;) {
      if (killSwitch.stopped() !== undefined) {
        token.release();
        killSwitch.check();
      }
      exchange.onBook?.();
      await token.book();
      const startedAt = clock.monotonic();
      const headers = { accept: ACCEPT, 'x-api-key': options.apiKey, ...exchange.headers() };
      let settled = false;
      const result = await sendOnce({
        method: exchange.method,
        path: options.basePath + exchange.path,
        headers,
        ...(exchange.body === undefined ? {} : { body: exchange.body }),
        fresh: exchange.method !== 'GET',
        mayWrite() {
          // A token booked too long ago protects nothing, and another may hold the lease; a command past its deadline
          // is never sent (promise P5), nor what nobody waits for any more.
          if (!token.mayWrite() || !isAllowed() || isTooLate()) return false;
          counters.sent++;
          exchange.onWrite?.();
          return true;
        },
        onStatus() {
          settled = true;
          token.settle();
        },
      });
      if (result.kind === 'unwritten') {
        if (result.reason === 'refused' && !isTooLate()) continue;
        token.release();
        if (result.reason === 'timeout' || result.reason === 'connection') passage.failed();
        report(exchange, startedAt, result);
        return { kind: 'unwritten', reason: toUnwritten(result.reason) };
      }
      if (blamesUpstream(result)) passage.failed();
      else passage.succeeded();
      if (result.kind === 'answered' && !settled) token.settle();
      else if (!settled) token.abandon();
      report(exchange, startedAt, result);
      options.onExchange(result.kind, clock.monotonic() - startedAt);
      trial?.wrote();
      if (result.kind === 'answered') trial?.answered(result.status);
      return conclude(exchange, discreet(headers, result));
    }
  }

  function conclude(exchange: Exchange, result: Exclude<SendResult, { kind: 'unwritten' }>): Outcome {
    if (result.kind === 'unanswered') {
      counters.failed++;
      return { kind: 'unanswered', reason: result.reason === 'timeout' ? 'timeout' : 'connection' };
    }
    counters.answered++;
    const { status, headers, body } = result;
    if (status < 300) standing.accepted();
    const isOwnLimit = exchange.hasOwnLimit === true && status === 429;
    if (!isThrottled(status, body) || isOwnLimit) return { kind: 'answered', status, headers, body };
    counters.throttled++;
    const forMs = closureMs(headers, clock.now(), bounds.windowMs);
    budget.close(forMs);
    log.warn({ forMs, used: budget.used() }, 'Ajax throttles: the budget is closed');
    return { kind: 'throttled', retryAfterSeconds: Math.ceil(forMs / 1_000) };
  }

  function report(exchange: Exchange, startedAt: number, result: SendResult): void {
    log.info(
      {
        method: exchange.method,
        // Without its query, which may hold a token.
        path: exchange.path.split('?', 1)[0],
        status: result.kind === 'answered' ? result.status : undefined,
        result: result.kind === 'answered' ? result.kind : `${result.kind}: ${result.reason}`,
        // Of a failed connection: ECONNREFUSED, CERT_HAS_EXPIRED, ENOTFOUND, ... tell an operator what to look at.
        cause: result.kind === 'answered' ? undefined : causeOf(result.error),
        ms: Math.round(clock.monotonic() - startedAt),
        lane: exchange.urgency,
        account: exchange.owner,
        used: budget.used(),
        place: options.place,
        correlation_id: exchange.correlationId,
      },
      'upstream call',
    );
  }

  /** @throws GatewayError upstream_unavailable, operator_key_invalid */
  function enter(exchange: Exchange): Way & { leave(): void } {
    const passage = breaker.enter(targetOf(exchange));
    try {
      const trial = standing.enter(errandOf(exchange));
      const leave = () => {
        passage.leave();
        trial?.leave();
      };
      return { passage, trial, leave };
    } catch (error) {
      passage.leave();
      throw error;
    }
  }

  return {
    counters,
    async perform(exchange) {
      for (;;) {
        killSwitch.check();
        const way = enter(exchange);
        const outcome = await queue
          .run(exchange, (token) => {
            let begun = false;
            const run = () => {
              begun = true;
              return attempt(exchange, token, way);
            };
            const ended = exchange.within ? exchange.within(run) : run();
            return ended.finally(() => {
              if (!begun) token.release();
            });
          })
          .finally(way.leave);
        if (outcome.kind !== 'throttled') return outcome;
        // Not executed, so it may go back to the line; commands too (promise P6).
        exchange.onRefused?.();
        const opensAt = budget.closedUntil() ?? Number.NEGATIVE_INFINITY;
        if (opensAt >= exchange.deadlineAt || exchange.signal?.aborted) return outcome;
      }
    },
  };
}

/** What a failure may be about instead of Ajax as a whole: a hub, or else a resource of one account. */
function targetOf({ account, path }: Exchange): string {
  const [user, id, kind, hub] = path.split(/[/?]/);
  return kind === 'hubs' && hub !== undefined ? hub.toLowerCase() : [account, user, id, kind].join(' ');
}

const errandOf = ({ urgency }: Exchange) =>
  urgency === 'login' || urgency === 'refresh' ? 'session' : 'call';

/** The same for every call, because calls share answers. */
const ACCEPT = 'application/json, */*;q=0.5';

/** The result without the secrets of the request's headers. */
function discreet(
  headers: Readonly<Record<string, string>>,
  result: Exclude<SendResult, { kind: 'unwritten' }>,
): typeof result {
  if (result.kind === 'unanswered') return result;
  const { 'x-api-key': apiKey = '', 'x-session-token': sessionToken = '' } = headers;
  return { ...result, body: withoutSecrets(result.body, [apiKey, sessionToken]) };
}

/** The code of a network or TLS error. */
function causeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function toUnwritten(reason: 'refused' | 'timeout' | 'connection' | 'aborted') {
  if (reason === 'refused') return 'deadline';
  return reason === 'timeout' ? 'timeout' : 'connection';
}
