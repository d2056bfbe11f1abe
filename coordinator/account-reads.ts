/** Reads of an account: what the cache may answer, what Ajax's answers mean, what is kept of them (P5, P8). */
import type { Clock } from '../src/kernel/clock.ts';
import { GatewayError } from '../src/kernel/errors.ts';
import type { Changes } from './cache/changes.ts';
import type { Fetched, ReadAnswer, Reads, Wanted } from './cache/reads.ts';
import { type CacheTtls, staleMs, ttlMs } from './cache/ttl.ts';
import { type CallAnswer, type CallRequest, type RequestContext, startBy, withHold } from './call.ts';
import { isHubOffline, upstreamHubList } from './contract/upstream.ts';
import type { Charge, Quotas } from './quota/quotas.ts';
import type { Records } from './storage/records.ts';
import type { Calls } from './upstream/calls.ts';
import { messageOf, outageError, parseJson } from './upstream/refusals.ts';
import { retryAfterMs } from './upstream/throttle.ts';

export interface AccountReadsOptions {
  readonly calls: Calls;
  readonly reads: Reads;
  readonly changes: Changes;
  readonly records: Records;
  readonly clock: Clock;
  readonly ttls: CacheTtls;
  readonly quotas: Quotas;
}

export type ReadRequest = Omit<CallRequest, 'method' | 'content'>;

/** A read that nobody is held for. */
export interface PatientRead {
  readonly correlationId: string;
  readonly signal: AbortSignal;
  /** Monotonic ms: not sent later than this. */
  readonly deadlineAt: number;
  readonly onSent?: () => void;
}

export interface AccountReads {
  /** For a caller who waits. @throws GatewayError as the contract's client lists them */
  read(request: ReadRequest, context: RequestContext): Promise<CallAnswer>;
  /** @throws as `read` */
  readPatiently(request: ReadRequest, patience: PatientRead): Promise<CallAnswer>;
}

export function createAccountReads(options: AccountReadsOptions): AccountReads {
  const { calls, reads, changes, records, clock, ttls, quotas } = options;

  async function fetch(request: ReadRequest, patience: PatientRead, onWrite: () => void): Promise<Fetched> {
    const { account, segments } = request;
    const { correlationId, signal, deadlineAt } = patience;
    const outcome = await calls.perform({
      ...request,
      method: 'GET',
      content: undefined,
      urgency: request.lane,
      correlationId,
      deadlineAt,
      signal,
      onWrite,
    });
    if (outcome.kind !== 'answered') throw outageError(outcome, clock.now());
    const { status, headers, body } = outcome;
    const fetched = { status, headers, body, isJson: parseJson(body) !== undefined };
    // Each poll of a two-stage arming may be the one that sees it done: the hub stays dirty until after the last.
    if (segments.includes('commands')) changes.begin({ account, hub: hubOf(segments) }).end();
    if (isHubList(segments)) learnHubs(account, body);
    return fetched;
  }

  function learnHubs(account: string, body: Uint8Array): void {
    const hubs = upstreamHubList.safeParse(parseJson(body));
    if (!hubs.success) return;
    changes.learnHubs(
      account,
      hubs.data.map(({ hubId }) => hubId),
    );
  }

  async function readPatiently(request: ReadRequest, patience: PatientRead): Promise<CallAnswer> {
    // Who does not hold the lease cannot know what another has changed meanwhile (promise P8).
    await records.hold();
    const { account, segments, quota } = request;
    let charge: Charge | undefined;
    const answered = reads.read({
      ...wantedBy(request),
      ttlMs: ttlMs(ttls, segments),
      staleMs: staleMs(ttls, segments),
      isOutage: (answer) => isOutage(answer) || !isUsable(answer, request),
      signal: patience.signal,
      urgency: request.lane,
      onFetch() {
        if (quota !== undefined) charge = quotas.charge(account, quota);
      },
      onSent() {
        charge?.sent();
        patience.onSent?.();
      },
      fetch: (onWrite, signal) => fetch(request, { ...patience, signal }, onWrite),
    });
    return conclude(request, await answered.finally(() => charge?.end()));
  }

  function conclude(request: ReadRequest, { fetched, ...cache }: ReadAnswer): CallAnswer {
    const { account, segments } = request;
    if (!isUsable(fetched, request)) {
      throw new GatewayError('upstream_error', { detail: 'Ajax answered with a body that is not JSON' });
    }
    // An answer from an earlier life: commands without a hub in their path need the list as well.
    if (isHubList(segments) && !changes.knowsHubs(account)) learnHubs(account, fetched.body);
    const answer = toAnswer(fetched, cache, clock);
    if (request.anyContent) return answer;
    return fetched.isJson ? { ...answer, contentType: JSON_TYPE } : withJsonOnly(answer);
  }

  return {
    readPatiently,
    async read(request, context) {
      await records.hold();
      const wanted = wantedBy(request);
      // Nobody has to be held for what is at hand.
      const hit = await reads.cached(wanted);
      if (hit) return conclude(request, hit);
      try {
        return await withHold(clock, context, ({ signal, wrote }) => {
          const { correlationId } = context;
          const deadlineAt = startBy(clock, context);
          return readPatiently(request, { correlationId, signal, deadlineAt, onSent: wrote });
        });
      } catch (error) {
        // Let go while Ajax still thinks.
        const older = reads.insteadOf(error, wanted);
        if (older === undefined) throw error;
        return conclude(request, older);
      }
    },
  };
}

const wantedBy = ({ account, segments, query, languages, noCache }: ReadRequest): Wanted => ({
  account,
  hub: hubOf(segments),
  path: `${segments.map(encodeURIComponent).join('/')}?${query}`,
  languages,
  noCache,
});

const isHubList = (segments: readonly string[]) => segments.length === 1 && segments[0] === 'hubs';

/** A hub that cannot be reached is news; that Ajax cannot be is none. */
const isOutage = ({ status, body }: Fetched) => status >= 500 && !isHubOffline(messageOf(body).message);

/** A page of some proxy, for instance, is no data for those who read JSON. */
const isUsable = ({ status, body, isJson }: Fetched, { anyContent }: ReadRequest) =>
  anyContent || isJson || body.length === 0 || status >= 300;

/** The hub in a path below the account. */
export const hubOf = ([kind, hub]: readonly string[]) => (kind === 'hubs' ? hub : undefined);

const JSON_TYPE = 'application/json';

/** Without a body that is not JSON. */
export function withJsonOnly(answer: CallAnswer): CallAnswer {
  const body = parseJson(answer.body) === undefined ? new Uint8Array() : answer.body;
  return { ...answer, body, contentType: JSON_TYPE };
}

export function toAnswer(
  { status, headers, body }: Pick<Fetched, 'status' | 'headers' | 'body'>,
  cache: CallAnswer['cache'],
  clock: Clock,
): CallAnswer {
  const waitMs = retryAfterMs(headers, clock.now());
  return {
    status,
    body,
    contentType: headers.get('content-type') ?? undefined,
    retryAfterSeconds: waitMs === undefined ? undefined : Math.ceil(waitMs / 1_000),
    cache,
  };
}
