/** Background work on the same database: stores jobs, runs them, keeps the ones that failed for good. */

export { prepareJobs } from './database.pg-boss.ts';
export type { DeadLetter, DeadLetters } from './dead-letters.ts';
export { createWorker, type Worker, type WorkerOptions } from './worker.pg-boss.ts';
