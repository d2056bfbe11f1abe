import { type JobWithMetadata, PgBoss } from 'pg-boss';
import type { BackgroundJob, Enqueue, JobContext, JobKind } from '../db/background.ts';
import type { Database } from '../db/client.ts';
import type { Log } from '../kernel/log.ts';
import { adapterOf, inTransaction } from './database.pg-boss.ts';
import { createDeadLetters, DEAD_LETTERS } from './dead-letters.pg-boss.ts';
import type { DeadLetters } from './dead-letters.ts';
import { runJob } from './run-job.ts';
import { createTroubleLog } from './trouble-log.ts';

export interface WorkerOptions {
  readonly database: Database;
  readonly log: Log;
  /** false: jobs are stored, and run elsewhere. */
  readonly runs: boolean;
  /** How often retries that have become due are looked for, at least 0.5; new jobs announce themselves. Default 5. */
  readonly pollSeconds?: number;
}

export interface Worker {
  readonly enqueue: Enqueue;
  readonly deadLetters: DeadLetters;
  /** To be called once, before any job is stored, with the jobs of all modules. */
  start(jobs: readonly BackgroundJob[]): Promise<void>;
  /** Waits 8 s for the jobs under way; what has not ended by then is given back, for another attempt. */
  stop(): Promise<void>;
}

/** A process that was killed says so by its silence. At least 10, says pg-boss. */
const HEARTBEAT_SECONDS = 20;
/** How often silence, and time that is over, are looked for. */
const SUPERVISE_SECONDS = 15;
const STOP_MS = 8_000;
/** For handlers whose job was given back, to notice. */
const LAST_MS = 1_000;
const DAY_SECONDS = 86_400;

/** Background jobs in pg-boss (docs/adr/0023). */
export function createWorker({ database, log, runs, pollSeconds = 5 }: WorkerOptions): Worker {
  const statements = database.openStatements();
  const boss = new PgBoss({
    db: adapterOf(statements),
    backend: database.kind,
    useListenNotify: runs,
    supervise: runs,
    schedule: runs,
    registerInstance: false,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    cronWorkerIntervalSeconds: 30,
    // Not used: jobs that wait for others.
    flowIntervalSeconds: 3_600,
    // An embedded database has one connection, and nobody else who vacuums.
    ...(database.kind === 'pglite' ? { reindex: false, monitorVacuum: false } : {}),
  });
  const trouble = createTroubleLog(log);
  boss.on('error', trouble);
  boss.on('warning', ({ message }) => log.warn({ warning: message }, 'background work'));
  const running = new Set<Promise<void>>();

  async function work(job: BackgroundJob): Promise<void> {
    const { name, concurrency, onePerGroup } = job.kind;
    const options = {
      includeMetadata: true,
      pollingIntervalSeconds: pollSeconds,
      notifyPollingIntervalSeconds: pollSeconds,
      ...(onePerGroup ? { localGroupConcurrency: 1 } : {}),
    } as const;
    const startOne = async () => {
      const worker: string = await boss.work(name, options, async ([stored]: JobWithMetadata<object>[]) => {
        if (stored === undefined) return;
        const attempt = runJob(job, stored.data, contextOf(boss, stored), log);
        running.add(attempt);
        try {
          await attempt;
        } finally {
          running.delete(attempt);
          // Looks for the next one at once: pg-boss would wait for its poll, even with a thousand behind this one.
          boss.notifyWorker(worker);
        }
      });
    };
    for (let n = 0; n < concurrency; n++) await startOne();
  }

  return {
    deadLetters: createDeadLetters(boss),
    async enqueue(tx, kind, data, { startAfter, group } = {}) {
      const id = await boss.send(kind.name, kind.data.parse(data) as object, {
        db: inTransaction(tx),
        ...(startAfter === undefined ? {} : { startAfter }),
        ...(group === undefined ? {} : { group: { id: group } }),
      });
      if (id === null) throw new Error(`A job of the kind ${kind.name} was not stored`);
    },
    async start(jobs) {
      await boss.start();
      await prepareQueues(
        boss,
        jobs.map(({ kind }) => kind),
      );
      if (!runs) return;
      await prepareSchedules(boss, jobs);
      for (const job of jobs) await work(job);
    },
    async stop() {
      await boss.stop({ graceful: true, timeout: STOP_MS });
      await Promise.race([
        Promise.allSettled(running),
        new Promise((resolve) => setTimeout(resolve, LAST_MS).unref?.()),
      ]);
      await statements.close();
    },
  };
}

function contextOf(boss: PgBoss, job: JobWithMetadata<object>): JobContext {
  const { id, retryCount, retryLimit, signal } = job;
  return {
    id,
    attempt: retryCount + 1,
    isLast: retryCount >= retryLimit,
    signal,
    async finish(tx) {
      const ended = await boss.complete(job.name, { id, retryCount }, null, { db: inTransaction(tx) });
      const { affected } = ended as { affected?: number };
      if (affected !== 1) throw new Error('The job is not that of this attempt any longer');
    },
  };
}

/** Queues are rows: made when missing, changed when a new version wants them otherwise. */
async function prepareQueues(boss: PgBoss, kinds: readonly JobKind<unknown>[]): Promise<void> {
  const names = kinds.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`Two kinds of jobs have the name ${twice}`);
  const existing = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]));

  if (!existing.has(DEAD_LETTERS)) {
    await boss.createQueue(DEAD_LETTERS, { retentionSeconds: 90 * DAY_SECONDS });
  }
  for (const kind of kinds) {
    const queue = existing.get(kind.name);
    const wanted = queueOf(kind);
    if (queue === undefined) await boss.createQueue(kind.name, wanted);
    else if (Object.entries(wanted).some(([name, value]) => queue[name as keyof typeof queue] !== value)) {
      await boss.updateQueue(kind.name, wanted);
    }
  }
}

function queueOf({ retry, timeoutSeconds }: JobKind<unknown>) {
  return {
    retryLimit: retry.limit,
    retryDelay: retry.delaySeconds,
    retryBackoff: true,
    retryDelayMax: retry.maxDelaySeconds,
    expireInSeconds: timeoutSeconds,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    // Of jobs that have ended.
    deleteAfterSeconds: DAY_SECONDS,
    // Of jobs nobody ran: an installation may be off for a while.
    retentionSeconds: 30 * DAY_SECONDS,
    deadLetter: DEAD_LETTERS,
    notify: true,
  };
}

async function prepareSchedules(boss: PgBoss, jobs: readonly BackgroundJob[]): Promise<void> {
  const wanted = new Map(jobs.flatMap(({ kind, schedule }) => (schedule ? [[kind.name, schedule]] : [])));
  for (const { name } of await boss.getSchedules()) {
    if (!wanted.has(name)) await boss.unschedule(name);
  }
  for (const [name, cron] of wanted) await boss.schedule(name, cron, {}, { tz: 'UTC' });
}
