/**
 * Asynchronous reads: a job collects the answers of the reads behind one request of a gateway, which repeats the
 * request until all are there. Kept for 15 minutes, and through a crash: what had no answer waits in line again.
 */
import { z } from 'zod';
import type { Clock } from '../src/kernel/clock.ts';
import { type ErrorCode, GatewayError, isErrorCode } from '../src/kernel/errors.ts';
import type { AccountReads, ReadRequest } from './account-reads.ts';
import type { CallAnswer } from './call.ts';
import { type Job, type JobRequest, jobRequestSchema, type jobStates } from './contract/messages.ts';
import type { Records } from './storage/records.ts';

export interface Jobs {
  /**
   * The answer of one read of a job, or the job as long as there is none; the first read makes the job.
   * @throws GatewayError job_not_found (somebody else's), budget_exhausted (too many jobs), the error the read ended in
   */
  read(id: string, request: JobRequest, read: ReadRequest): Promise<CallAnswer | Job>;
  /** @throws GatewayError job_not_found */
  find(account: string, id: string): Job;
  /** @throws GatewayError job_not_found */
  cancel(account: string, id: string): Job;
  count(): number;
  /** Nothing is read any more: the next life goes on. */
  stop(): void;
}

const KEPT_MS = 15 * 60_000;
const MOST_JOBS = 1_000;
const MOST_OWN_JOBS = 20;
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
  answer: z
    .object({ status: z.number(), body: z.string(), retryAfterSeconds: z.number().optional() })
    .nullable(),
  /** When the answer came, epoch ms. */
  answeredAt: z.number().nullable(),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
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

/** @throws GatewayError storage_unavailable */
export async function openJobs(records: Records, reads: AccountReads, clock: Clock): Promise<Jobs> {
  const jobs = new Map<string, Running>();
  const stopping = new AbortController();

  for (const { value, remainingMs } of await records.load('job')) {
    const job = storedSchema.parse(JSON.parse(value));
    const running = open(job, clock.monotonic() + (remainingMs ?? 0));
    for (const read of job.reads) if (!hasEnded(read) && !job.isCancelled) void perform(running, read);
  }

  function open(job: StoredJob, endsAt: number): Running {
    const running = { job, endsAt, cancel: new AbortController() };
    jobs.set(job.id, running);
    return running;
  }

  function write({ job, endsAt }: Running): void {
    records.put({ kind: 'job', key: job.id, value: JSON.stringify(job), untilAt: endsAt });
  }

  function sweep(): void {
    const now = clock.monotonic();
    for (const [id, { endsAt, cancel }] of jobs) {
      if (endsAt > now) continue;
      cancel.abort(new GatewayError('job_not_found'));
      jobs.delete(id);
    }
  }

  function create(id: string, account: string, request: JobRequest): Running {
    const own = [...jobs.values()].filter(({ job }) => job.account === account && stateOf(job) === 'waiting');
    if (own.length >= MOST_OWN_JOBS || jobs.size >= MOST_JOBS) {
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
        const answer = await reads.readPatiently({ ...read, account }, patience);
        read.answer = {
          status: answer.status,
          body: Buffer.from(answer.body).toString(),
          ...(answer.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: answer.retryAfterSeconds }),
        };
        read.answeredAt = clock.now() - (answer.cache?.ageMs ?? 0);
        break;
      } catch (error) {
        if (signal.aborted) return;
        const known = error instanceof GatewayError ? error : new GatewayError('internal_error');
        if (!MAY_COME_LATER.has(known.code)) {
          read.error = { code: known.code, detail: known.message };
          break;
        }
        await pause((known.extras.retryAfterSeconds ?? 0) * 1_000 || AGAIN_AFTER_MS, signal);
      }
    }
    if (!signal.aborted) write(running);
  }

  const pause = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const cancel = clock.after(ms, resolve);
      const onAbort = () => {
        cancel();
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });

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

  function answerOf(read: StoredRead): CallAnswer | undefined {
    if (read.error) {
      const { code, detail } = read.error;
      throw new GatewayError(isErrorCode(code) ? code : 'internal_error', { detail });
    }
    if (read.answer === null) return undefined;
    const { status, body, retryAfterSeconds } = read.answer;
    const ageMs = Math.max(0, clock.now() - (read.answeredAt ?? clock.now()));
    return { status, body: Buffer.from(body), retryAfterSeconds, cache: { state: 'HIT', ageMs, ttlMs: 0 } };
  }

  return {
    async read(id, request, { account, segments, query, lane, weight, noCache }) {
      await records.hold();
      sweep();
      const running = jobs.has(id) ? own(account, id) : create(id, account, request);
      const { job } = running;
      // Who repeats the request may not ask for fresh data again: what the first time was fresh will do.
      const isSame = (read: StoredRead) =>
        read.query === query && read.segments.join('/') === segments.join('/') && (read.noCache || !noCache);
      const known = job.reads.find(isSame);
      if (known) return answerOf(known) ?? view(running);
      if (job.isCancelled) return view(running);
      if (job.reads.length >= MOST_READS) {
        throw new GatewayError('invalid_request', { detail: `A job has at most ${MOST_READS} reads` });
      }
      const added: StoredRead = {
        ...{ segments: [...segments], query, lane, weight, noCache },
        ...{ answer: null, answeredAt: null, error: null },
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
    find: (account, id) => view(own(account, id)),
    cancel(account, id) {
      const running = own(account, id);
      if (stateOf(running.job) === 'waiting') {
        running.job.isCancelled = true;
        running.cancel.abort(new GatewayError('job_not_found'));
        write(running);
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
