/**
 * Asynchronous reads: a job collects the answers of the reads behind one request of a gateway, which repeats the
 * request until all are there. Kept for 15 minutes, and through a crash: what had no answer waits in line again.
 */
import { z } from 'zod';
import type { Clock } from '../src/kernel/clock.ts';
import { type ErrorCode, GatewayError, isErrorCode } from '../src/kernel/errors.ts';
import { type AccountReads, hubOf, type ReadRequest } from './account-reads.ts';
import type { Changes } from './cache/changes.ts';
import { isSame, momentSchema } from './cache/order.ts';
import type { CallAnswer } from './call.ts';
import { type Job, type JobRequest, jobRequestSchema, type jobStates } from './contract/messages.ts';
import { pause } from './pause.ts';
import { readJson } from './storage/read-json.ts';
import type { Records } from './storage/records.ts';

export interface Jobs {
  /**
   * The answer, always JSON, of one read of a job, or the job as long as there is none; the first read makes the job.
   * @throws GatewayError job_not_found (somebody else's), budget_exhausted (too many jobs), the error the read ended in
   */
  read(id: string, request: JobRequest, read: ReadRequest): Promise<CallAnswer | Job>;
  /** @throws GatewayError job_not_found */
  find(account: string, id: string): Promise<Job>;
  /** @throws GatewayError job_not_found */
  cancel(account: string, id: string): Promise<Job>;
  /** Reads on what an earlier life left waiting. */
  resume(): void;
  count(): number;
  /** Nothing is read any more: the next life goes on. */
  stop(): void;
}

const KEPT_MS = 15 * 60_000;
/** Of one account: those that wait, and all. */
const MOST_OWN_JOBS = 20;
const MOST_OWN_KEPT = 50;
const MOST_READS = 200;
/** What is at hand is answered at once: a read of the cache takes no longer. */
const AT_HAND_MS = 20;
/** A read whose turn did not come in time waits this long before it asks again, if it was not told how long. */
const AGAIN_AFTER_MS = 2_000;

const readSchema = z.object({
  segments: z.array(z.string()),
  query: z.string(),
  lane: z.enum(['command', 'interactive', 'background']),
  weight: z.number(),
  noCache: z.boolean(),
  quota: z
    .object({
      requestId: z.string(),
      windows: z.array(
        z.object({ name: z.enum(['minute', 'hour']), limit: z.number(), windowMs: z.number() }),
      ),
    })
    .optional(),
  answer: z
    .object({ status: z.number(), body: z.string(), retryAfterSeconds: z.number().optional() })
    .nullable(),
  /** When the answer came, epoch ms. */
  answeredAt: z.number().nullable(),
  /** It was fetched while a change of its hub went on, and may lack its effect. */
  isDirty: z.boolean().default(false),
  /** Ajax or the budget was exhausted, and it is older than usual. */
  isStale: z.boolean().default(false),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  /** The last change of its hub before it was asked for. */
  change: momentSchema,
});
const storedSchema = z.object({
  id: z.string(),
  account: z.string(),
  request: jobRequestSchema,
  createdAt: z.number(),
  isCancelled: z.boolean(),
  reads: z.array(readSchema),
});
type StoredRead = z.infer<typeof readSchema>;
type StoredJob = z.infer<typeof storedSchema>;

interface Running {
  readonly job: StoredJob;
  /** Monotonic ms. */
  readonly endsAt: number;
  readonly cancel: AbortController;
}

export interface JobsOptions {
  readonly records: Records;
  readonly reads: AccountReads;
  readonly changes: Changes;
  readonly clock: Clock;
}

/** @throws GatewayError storage_unavailable */
export async function openJobs(options: JobsOptions): Promise<Jobs> {
  const { records, reads, changes, clock } = options;
  /** In the order they end: all are kept for the same time. */
  const jobs = new Map<string, Running>();
  const ofAccount = new Map<string, Set<Running>>();
  const stopping = new AbortController();

  const loaded = (await records.load('job')).map(({ value, remainingMs = 0 }) => ({ value, remainingMs }));
  for (const { value, remainingMs } of loaded.sort((a, b) => a.remainingMs - b.remainingMs)) {
    const job = readJson(storedSchema, value);
    if (job !== undefined) open(job, clock.monotonic() + remainingMs);
  }

  function open(job: StoredJob, endsAt: number): Running {
    const running = { job, endsAt, cancel: new AbortController() };
    jobs.set(job.id, running);
    const own = ofAccount.get(job.account);
    if (own) own.add(running);
    else ofAccount.set(job.account, new Set([running]));
    return running;
  }

  function drop(running: Running): void {
    const { id, account } = running.job;
    jobs.delete(id);
    const own = ofAccount.get(account);
    own?.delete(running);
    if (own?.size === 0) ofAccount.delete(account);
  }

  function write({ job, endsAt }: Running): void {
    records.put({ kind: 'job', key: job.id, value: JSON.stringify(job), untilAt: endsAt });
  }

  function sweep(): void {
    const now = clock.monotonic();
    for (const running of jobs.values()) {
      if (running.endsAt > now) break;
      running.cancel.abort(new GatewayError('job_not_found'));
      drop(running);
    }
  }

  function forget(running: Running): void {
    drop(running);
    records.delete({ kind: 'job', key: running.job.id });
  }

  function create(id: string, account: string, request: JobRequest): Running {
    const own = [...(ofAccount.get(account) ?? [])];
    const waiting = own.filter(({ job }) => stateOf(job) === 'waiting');
    const [oldest] = own.filter(({ job }) => stateOf(job) !== 'waiting');
    if (own.length >= MOST_OWN_KEPT && oldest) forget(oldest);
    if (waiting.length >= MOST_OWN_JOBS) {
      const detail = 'Too many jobs are waiting';
      throw new GatewayError('budget_exhausted', { detail, retryAfterSeconds: 60 });
    }
    const job = { id, account, request, createdAt: clock.now(), isCancelled: false, reads: [] };
    return open(job, clock.monotonic() + KEPT_MS);
  }

  /** Asks until there is an answer or an error that asking again does not change. Never rejects. */
  async function perform(running: Running, read: StoredRead): Promise<void> {
    const { job, endsAt, cancel } = running;
    const signal = AbortSignal.any([cancel.signal, stopping.signal]);
    while (!signal.aborted && clock.monotonic() < endsAt) {
      try {
        const { account } = job;
        const patience = { correlationId: job.id, signal, deadlineAt: endsAt };
        const answer = await reads.readPatiently({ ...read, account, anyContent: false }, patience);
        read.answer = {
          status: answer.status,
          body: Buffer.from(answer.body).toString(),
          ...(answer.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: answer.retryAfterSeconds }),
        };
        const ageMs = answer.cache?.ageMs ?? 0;
        read.answeredAt = clock.now() - ageMs;
        read.isStale = answer.cache?.state === 'STALE';
        read.isDirty = clock.monotonic() - ageMs < changes.cleanFrom(targetOf(read, account));
        break;
      } catch (error) {
        if (signal.aborted) return;
        const known = error instanceof GatewayError ? error : new GatewayError('internal_error');
        if (!MAY_COME_LATER.has(known.code)) {
          read.error = { code: known.code, detail: known.message };
          break;
        }
        const askedMs = (known.extras.retryAfterSeconds ?? 0) * 1_000;
        await pause(clock, askedMs || AGAIN_AFTER_MS, signal);
      }
    }
    if (!signal.aborted) write(running);
  }

  function own(account: string, id: string): Running {
    sweep();
    const running = jobs.get(id);
    if (running?.job.account !== account) throw new GatewayError('job_not_found');
    return running;
  }

  const view = ({ job, endsAt }: Running): Job => ({
    id: job.id,
    request: job.request,
    state: stateOf(job),
    reads: job.reads.length,
    answered: job.reads.filter(hasEnded).length,
    createdAt: job.createdAt,
    expiresAt: Math.round(clock.now() + endsAt - clock.monotonic()),
  });

  const targetOf = ({ segments }: { readonly segments: readonly string[] }, account: string) => ({
    account,
    hub: hubOf(segments),
  });

  /** Nothing is answered that was fetched before the hub changed, or before that showed (promise P8). */
  function isCurrent(read: StoredRead, account: string): boolean {
    if (read.answer === null) return true;
    const target = targetOf(read, account);
    if (!isSame(changes.lastChange(target), read.change)) return false;
    return !read.isDirty || clock.monotonic() < changes.cleanFrom(target);
  }

  function answerOf(read: StoredRead): CallAnswer | undefined {
    if (read.error) {
      const { code, detail } = read.error;
      throw new GatewayError(isErrorCode(code) ? code : 'internal_error', { detail });
    }
    if (read.answer === null) return undefined;
    const { status, body, retryAfterSeconds } = read.answer;
    const ageMs = Math.max(0, clock.now() - (read.answeredAt ?? clock.now()));
    const cache = { state: read.isStale ? 'STALE' : 'HIT', ageMs, ttlMs: 0 } as const;
    return { status, body: Buffer.from(body), contentType: 'application/json', retryAfterSeconds, cache };
  }

  return {
    async read(id, request, { account, segments, query, lane, weight, noCache, quota }) {
      await records.hold();
      sweep();
      const running = jobs.has(id) ? own(account, id) : create(id, account, request);
      const { job } = running;
      // Who repeats the request may not ask for fresh data again: what the first time was fresh will do.
      const isSame = (read: StoredRead) =>
        read.query === query && read.segments.join('/') === segments.join('/') && (read.noCache || !noCache);
      const known = job.reads.find(isSame);
      if (known && isCurrent(known, account)) return answerOf(known) ?? view(running);
      if (known) job.reads.splice(job.reads.indexOf(known), 1);
      if (job.isCancelled) return view(running);
      if (job.reads.length >= MOST_READS) {
        throw new GatewayError('invalid_request', { detail: `A job has at most ${MOST_READS} reads` });
      }
      const added: StoredRead = {
        ...{ segments: [...segments], query, lane, weight, noCache },
        // The job is the request that counts.
        ...(quota === undefined ? {} : { quota: { requestId: id, windows: [...quota.windows] } }),
        ...{ answer: null, answeredAt: null, isDirty: false, isStale: false, error: null },
        change: changes.lastChange(targetOf({ segments }, account)),
      };
      job.reads.push(added);
      const performed = perform(running, added);
      let cancelWait = () => {};
      const atHand = new Promise<void>((resolve) => {
        cancelWait = clock.after(AT_HAND_MS, resolve);
      });
      await Promise.race([performed, atHand]);
      cancelWait();
      const answer = answerOf(added);
      if (answer) return answer;
      write(running);
      // Journalled before it is promised.
      await records.committed();
      return view(running);
    },
    async find(account, id) {
      await records.hold();
      return view(own(account, id));
    },
    resume() {
      for (const running of jobs.values()) {
        const { job } = running;
        for (const read of job.reads) if (!hasEnded(read) && !job.isCancelled) void perform(running, read);
      }
    },
    async cancel(account, id) {
      await records.hold();
      const running = own(account, id);
      if (stateOf(running.job) === 'waiting') {
        running.job.isCancelled = true;
        running.cancel.abort(new GatewayError('job_not_found'));
        write(running);
        await records.committed();
      }
      return view(running);
    },
    count: () => jobs.size,
    stop: () => stopping.abort(new GatewayError('coordinator_unavailable')),
  };
}

const hasEnded = ({ answer, error }: StoredRead) => answer !== null || error !== null;

function stateOf({ isCancelled, reads }: StoredJob): (typeof jobStates)[number] {
  if (isCancelled) return 'cancelled';
  return reads.every(hasEnded) ? 'ready' : 'waiting';
}

/** Not the fault of the read: it has 15 minutes. */
const MAY_COME_LATER: ReadonlySet<ErrorCode> = new Set([
  'budget_exhausted',
  'upstream_throttled',
  'upstream_unavailable',
  'storage_unavailable',
]);
