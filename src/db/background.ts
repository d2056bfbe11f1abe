/**
 * Background jobs, as modules see them. A module describes its kinds of jobs and brings their handlers; the worker above
 * it runs them. A job is stored in the transaction of the rows that caused it: both exist, or neither.
 */
import type { z } from 'zod';
import type { Sql } from './client.ts';

/** A kind of job, without what it does: enough to store one. */
export interface JobKind<Data> {
  /** Stable, it is stored: for instance `mail.send`. Letters, digits, dots, hyphens, underscores. */
  readonly name: string;
  /** JSON only, ids rather than contents: administrators see it when a job has failed for good. */
  readonly data: z.ZodType<Data>;
  readonly retry: RetryPolicy;
  /** Seconds one attempt may take. */
  readonly timeoutSeconds: number;
  /** How many run at once in one process. */
  readonly concurrency: number;
  /** Whether only one of these may belong to a group (`EnqueueOptions`), so that none keeps others waiting. */
  readonly onePerGroup?: boolean | undefined;
}

export interface RetryPolicy {
  /** Attempts after the first; then it is a dead letter. */
  readonly limit: number;
  /** Seconds before the first retry; doubled, with jitter, for each one after it. */
  readonly delaySeconds: number;
  readonly maxDelaySeconds: number;
}

/** About two hours of trying. */
const usualRetry: RetryPolicy = { limit: 10, delaySeconds: 5, maxDelaySeconds: 1_800 };

export function jobKind<Data>(
  kind: Pick<JobKind<Data>, 'name' | 'data'> & Partial<Omit<JobKind<Data>, 'name' | 'data'>>,
): JobKind<Data> {
  return { retry: usualRetry, timeoutSeconds: 60, concurrency: 1, ...kind };
}

export interface JobContext {
  /** The same in every attempt, a UUID. */
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
  /** When this attempt fails, there is no other. */
  readonly isLast: boolean;
  /** Aborted when the time of the attempt is over, or the process stops and cannot wait any longer. */
  readonly signal: AbortSignal;
  /**
   * Ends the job in the transaction that writes its effect, which makes the effect happen exactly once, whatever dies
   * when. Without it a handler must be idempotent: a process may die between its effect and the end of its job.
   * @throws when the job is not this attempt's any longer: let it roll the transaction back
   */
  finish(tx: Sql): Promise<void>;
}

/** A kind and what it does. */
export interface BackgroundJob {
  readonly kind: JobKind<unknown>;
  /** cron in UTC, to the minute. Every time runs once, however many processes there are. */
  readonly schedule?: string | undefined;
  handle(data: unknown, context: JobContext): Promise<void>;
}

export interface Handler<Data> {
  /** cron in UTC, for kinds whose data is an empty object. */
  readonly schedule?: string;
  /** Throw to have it repeated. */
  handle(data: Data, context: JobContext): Promise<void>;
}

export function backgroundJob<Data>(kind: JobKind<Data>, handler: Handler<Data>): BackgroundJob {
  return {
    kind,
    schedule: handler.schedule,
    handle: async (data, context) => handler.handle(kind.data.parse(data), context),
  };
}

export interface EnqueueOptions {
  /** Not before; now when not given. By the clock of the database. */
  readonly startAfter?: Date;
  /** Whose job it is, for kinds that run one per group. */
  readonly group?: string;
}

/** Stores a job in the caller's transaction; it runs once that has committed. */
export type Enqueue = <Data>(
  tx: Sql,
  kind: JobKind<Data>,
  data: Data,
  options?: EnqueueOptions,
) => Promise<void>;
