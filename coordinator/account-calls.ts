/** Reads and mutations of an account: which of them the cache may answer, and what each outcome means (P6, P8). */
import type { Clock } from '../src/kernel/clock.ts';
import { type ErrorCode, GatewayError } from '../src/kernel/errors.ts';
import type { Bounds } from './budget/bounds.ts';
import type { Changes } from './cache/changes.ts';
import type { Fetched, Reads } from './cache/reads.ts';
import { type CacheTtls, ttlMs } from './cache/ttl.ts';
import {
  type CallAnswer,
  type CallRequest,
  type Hold,
  type RequestContext,
  startBy,
  withHold,
} from './call.ts';
import { upstreamHubList } from './contract/upstream.ts';
import type { AccountCall, Calls } from './upstream/calls.ts';
import type { Outcome } from './upstream/exchange.ts';
import { outageError, parseJson } from './upstream/refusals.ts';
import { retryAfterMs } from './upstream/throttle.ts';

export interface AccountCallsOptions {
  readonly calls: Calls;
  readonly reads: Reads;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly bounds: Bounds;
  readonly ttls: CacheTtls;
}

export interface AccountCalls {
  call(request: CallRequest, context: RequestContext): Promise<CallAnswer>;
}

export function createAccountCalls(options: AccountCallsOptions): AccountCalls {
  const { calls, reads, changes, clock, bounds, ttls } = options;

  const toCall = (request: CallRequest, context: RequestContext, signal: AbortSignal): AccountCall => ({
    ...request,
    urgency: request.lane,
    correlationId: context.correlationId,
    deadlineAt: startBy(clock, context),
    signal,
  });

  async function read(request: CallRequest, context: RequestContext, hold: Hold): Promise<CallAnswer> {
    const { account, segments, query, noCache } = request;
    const target = { account, hub: hubOf(segments) };
    const fetch = async (onWrite: () => void, signal: AbortSignal): Promise<Fetched> => {
      const outcome = await calls.perform({ ...toCall(request, context, signal), onWrite });
      if (outcome.kind !== 'answered') throw outageError(outcome, clock.now());
      const fetched = withJson(outcome);
      // A page of some proxy, for instance: it must not take the place of data, here or in the cache.
      if (outcome.status < 300 && outcome.body.length > 0 && fetched.body.length === 0) {
        throw new GatewayError('upstream_error', { detail: 'Ajax answered with a body that is not JSON' });
      }
      // Each poll of a two-stage arming may be the one that sees it done: the hub stays dirty until after the last.
      if (segments.includes('commands')) changes.begin(target)();
      if (isHubList(segments)) learnHubs(account, fetched.body);
      return fetched;
    };
    const { fetched, ...cache } = await reads.read({
      ...target,
      path: `${segments.map(encodeURIComponent).join('/')}?${query}`,
      ttlMs: ttlMs(ttls, segments),
      noCache,
      signal: hold.signal,
      urgency: request.lane,
      onSent: hold.wrote,
      fetch,
    });
    return toAnswer(fetched, cache, clock);
  }

  function learnHubs(account: string, body: Uint8Array): void {
    const hubs = upstreamHubList.safeParse(parseJson(body));
    if (hubs.success)
      changes.learnHubs(
        account,
        hubs.data.map(({ hubId }) => hubId),
      );
  }

  async function mutate(request: CallRequest, context: RequestContext, hold: Hold): Promise<CallAnswer> {
    const target = {
      account: request.account,
      hub: changesBindings(request) ? undefined : hubOf(request.segments),
    };
    let end: ((mayLastMs?: number) => void) | undefined;
    // A request without an answer may still arrive for as long as the budget believes it may.
    let mayLastMs = 0;
    try {
      const outcome = await calls.perform({
        ...toCall(request, context, hold.signal),
        onWrite() {
          hold.wrote();
          // From the sending on, and over a repetition after a 401.
          end ??= changes.begin(target);
        },
        onRefused: hold.refused,
      });
      return toMutationAnswer(outcome, clock);
    } catch (error) {
      if (isUnknown(error)) mayLastMs = bounds.countedWithinMs;
      throw error instanceof GatewayError && PROVES_NOTHING_SENT.has(error.code) ? notExecuted(error) : error;
    } finally {
      end?.(mayLastMs);
    }
  }

  return {
    call: (request, context) => {
      const isRead = request.method === 'GET';
      return withHold(clock, context, isRead ? 'read' : 'mutation', (hold) =>
        isRead ? read(request, context, hold) : mutate(request, context, hold),
      );
    },
  };
}

const isHubList = (segments: readonly string[]) => segments.length === 1 && segments[0] === 'hubs';
const hubOf = ([kind, hub]: readonly string[]) => (kind === 'hubs' ? hub : undefined);

/** Binding or unbinding a hub changes the account's list of hubs, not just the hub. */
const changesBindings = ({ segments }: CallRequest) => segments[0] === 'hubs' && segments.length <= 2;

/**
 * Thrown before the command was written or after a 401: by the line, or by a session that could not be renewed.
 * For the caller of a command they all mean that it was not executed, and will not be.
 */
const PROVES_NOTHING_SENT: ReadonlySet<ErrorCode> = new Set([
  'budget_exhausted',
  'upstream_throttled',
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_error',
]);

function notExecuted(error: GatewayError): GatewayError {
  const { retryAfterSeconds } = error.extras;
  return new GatewayError('command_not_executed', {
    cause: error,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/** Statuses of proxies that gave up on a request they had passed on: whether it was executed is not known. */
const GAVE_UP = new Set([502, 504]);

const isUnknown = (error: unknown) =>
  error instanceof GatewayError && error.code === 'command_outcome_unknown';

function toMutationAnswer(outcome: Outcome, clock: Clock): CallAnswer {
  switch (outcome.kind) {
    case 'answered':
      if (GAVE_UP.has(outcome.status)) {
        throw new GatewayError('command_outcome_unknown', { members: { upstream_status: outcome.status } });
      }
      return toAnswer(withJson(outcome), undefined, clock);
    case 'unanswered':
      throw new GatewayError('command_outcome_unknown');
    case 'throttled':
      throw new GatewayError('command_not_executed', { retryAfterSeconds: outcome.retryAfterSeconds });
    case 'unwritten':
      throw new GatewayError('command_not_executed', { retryAfterSeconds: 1 });
  }
}

/** Without a body that is not JSON. */
function withJson({ status, headers, body }: Fetched): Fetched {
  return { status, headers, body: parseJson(body) === undefined ? new Uint8Array() : body };
}

function toAnswer(fetched: Fetched, cache: CallAnswer['cache'], clock: Clock): CallAnswer {
  const { status, headers, body } = fetched;
  const waitMs = retryAfterMs(headers, clock.now());
  return {
    status,
    body,
    retryAfterSeconds: waitMs === undefined ? undefined : Math.ceil(waitMs / 1_000),
    cache,
  };
}
