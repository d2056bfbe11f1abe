import type { z } from 'zod';
import type {
  CacheMark,
  CallContext,
  CoordinatorClient,
  JobOfRead,
} from '../../coordinator/contract/client.ts';
import type { Lane } from '../../coordinator/contract/messages.ts';
import { MOST_SPREAD } from '../../coordinator/contract/spread.ts';
import { weightOf } from '../access/index.ts';
import type { Caller } from '../kernel/caller.ts';
import type { Clock } from '../kernel/clock.ts';
import type { RequestFacts } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import type { Meter } from '../kernel/quota.ts';
import { upstreamError } from './upstream-error.ts';

/** One caller's view of the upstream for the length of one request. */
export interface Reader {
  readonly coordinator: CoordinatorClient;
  readonly clock: Clock;
  /** Counts what the request takes. */
  readonly meter?: Meter | undefined;
  readonly caller: Caller;
  readonly facts: RequestFacts;
  /** Ends when the client leaves. */
  readonly signal: AbortSignal;
  readonly lane: Lane;
  /** The client asked for data no older than the last change. */
  readonly noCache: boolean;
  /** Collects what is read: reads without an answer at hand throw JobWaiting instead of waiting. */
  readonly job?: JobOfRead;
}

export interface Read<T> {
  readonly data: T;
  readonly cache: CacheMark | undefined;
}

/**
 * Reads one resource below the caller's own `/user/{id}` and parses it.
 * @throws GatewayError as the coordinator's client, `upstream_*` by the upstream's status, `upstream_error` for a
 * body that does not fit; JobWaiting
 */
export async function read<T extends z.ZodType>(
  reader: Reader,
  schema: T,
  path: readonly string[],
  query?: Readonly<Record<string, string>>,
): Promise<Read<z.infer<T>>> {
  const answer = await reader.coordinator.read({
    account: reader.caller.ajaxUserId,
    path,
    ...(query === undefined ? {} : { query }),
    lane: reader.lane,
    weight: weightOf(reader.caller.entitlement.plan),
    noCache: reader.noCache,
    ...(reader.job === undefined ? {} : { job: reader.job }),
    ...callContext(reader),
  });
  if (answer.status !== 200) throw upstreamError(answer, false);
  const parsed = schema.safeParse(answer.body);
  if (!parsed.success) {
    // The coordinator keeps whatever is JSON: what it kept must not stand in the way until its time is over.
    if (answer.cache?.state === 'HIT' && !reader.noCache)
      return read({ ...reader, noCache: true }, schema, path, query);
    throw new GatewayError('upstream_error', {
      detail: `Ajax answered ${path.at(-1) ?? 'the profile'} in a form this gateway does not know`,
      cause: parsed.error,
    });
  }
  return { data: parsed.data, cache: answer.cache };
}

/** All calls of one request share its deadline (promise P5). */
export function callContext({
  clock,
  facts,
  signal,
  meter,
}: Pick<Reader, 'clock' | 'facts' | 'signal' | 'meter'>): CallContext {
  const heldMs = clock.monotonic() - facts.arrivedAt;
  return { correlationId: facts.correlationId, signal, meter, heldMs };
}

/** What is said of an answer made of several reads: the oldest and shortest-lived part counts. */
export function combineMarks(marks: readonly (CacheMark | undefined)[]): CacheMark | undefined {
  const known = marks.filter((mark) => mark !== undefined);
  if (known.length === 0) return undefined;
  const state = known.some((mark) => mark.state === 'STALE')
    ? 'STALE'
    : known.every((mark) => mark.state === 'HIT')
      ? 'HIT'
      : 'MISS';
  const suggestedIntervalSeconds = suggestedFor(known);
  return {
    state,
    ageSeconds: Math.max(...known.map((mark) => mark.ageSeconds)),
    ttlSeconds: Math.min(...known.map((mark) => mark.ttlSeconds)),
    ...(suggestedIntervalSeconds === undefined ? {} : { suggestedIntervalSeconds }),
  };
}

/**
 * That of the part that changes soonest. Each was drawn from a range: the least of many draws is nearly always the
 * start of that range, and all clients would come back there, so the first of those in it counts.
 */
function suggestedFor(marks: readonly CacheMark[]): number | undefined {
  const all = marks.flatMap(({ suggestedIntervalSeconds = [] }) => suggestedIntervalSeconds);
  const most = Math.ceil(Math.min(...all) * (1 + MOST_SPREAD));
  return all.find((seconds) => seconds <= most);
}
