/**
 * Work waits here for a token, in p-queue with our own line. p-queue asks the line for its `size`, and that counts
 * only what may start now; tokens that come back wake it through `concurrency`.
 */
import PQueue, { type Queue, type QueueAddOptions } from 'p-queue';
import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import type { Budget, Token } from '../budget/budget.ts';
import { createLine, type Place } from './line.ts';

export interface Ticket extends Place {
  /** Whose tokens these are in the budget's view. */
  readonly owner: string | undefined;
  /** Monotonic ms: work that has not started by then never starts. */
  readonly deadlineAt: number;
  /** Its abort takes waiting work out of the line; work that has started is not touched (promise P6). */
  readonly signal: AbortSignal | undefined;
}

export interface WorkQueue {
  /**
   * Runs `work` with a token of its own; the slot is held until the promise of `work` settles.
   * @throws GatewayError budget_exhausted (could not start in time, or too much is waiting), coordinator_unavailable
   * (closing); the signal's reason
   */
  run<T>(ticket: Ticket, work: (token: Token) => Promise<T>): Promise<T>;
  /** Ms a new piece of work at this place would wait, estimated. */
  predictWait(place: Place): number;
  waiting(account?: string): number;
  /** Looks again whether something may start. */
  wake(): void;
  /** Refuses new work and what waits; resolves when running work has ended, or after `withinMs`. */
  close(withinMs: number): Promise<void>;
}

/** Per urgency, so that a flood of reads does not keep commands out; and per account, so that nobody fills it alone. */
const LONGEST_LINE = 1_000;
const LONGEST_OWN_LINE = 250;

interface Job extends Place {
  readonly id: string;
  readonly cancel: AbortController;
  start: () => Promise<unknown>;
}

interface JobOptions extends QueueAddOptions {
  readonly job: Job;
}

export function createWorkQueue(budget: Budget, clock: Clock): WorkQueue {
  const line = createLine<Job>();
  const jobs = new Map<string, Job>();
  let closing = false;
  let cancelTimer = () => {};
  let ids = 0;

  /** p-queue's storage. It never calls `dequeue` while `size` is 0, and nothing is awaited between the two. */
  class Waiting implements Queue<() => Promise<unknown>, JobOptions> {
    get size(): number {
      return line.hasNext(budget.allows) ? 1 : 0;
    }
    enqueue(start: () => Promise<unknown>, options?: Partial<JobOptions>): void {
      if (options?.job === undefined) throw new TypeError('Work without a place in the line');
      options.job.start = start;
      jobs.set(options.job.id, options.job);
      line.enqueue(options.job);
    }
    dequeue(): (() => Promise<unknown>) | undefined {
      const job = line.next(budget.allows);
      if (job) jobs.delete(job.id);
      return job?.start;
    }
    remove(id: string): void {
      const job = jobs.get(id);
      jobs.delete(id);
      if (job) line.remove(job);
    }
    filter(): (() => Promise<unknown>)[] {
      return line.jobs().map((job) => job.start);
    }
    setPriority(): void {
      throw new TypeError('The order follows from the place');
    }
  }

  const queue = new PQueue<Waiting, JobOptions>({ queueClass: Waiting });

  function arm(): void {
    cancelTimer();
    cancelTimer = () => {};
    if (line.size() === 0) return;
    const change = budget.nextChange();
    // Timers may fire early, and fractions of a millisecond get lost: `wake` looks again and arms anew.
    if (change !== undefined) cancelTimer = clock.after(Math.max(1, Math.ceil(change)), wake);
  }

  function wake(): void {
    queue.concurrency = Number.POSITIVE_INFINITY;
    arm();
  }

  function exhausted(waitMs: number): GatewayError {
    return new GatewayError('budget_exhausted', {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
    });
  }

  const predictWait = (place: Place) => budget.predictWait(place.urgency, line.ahead(place));

  return {
    predictWait,
    waiting: (account) => line.size(account),
    wake,

    async run(ticket, work) {
      if (closing) throw new GatewayError('coordinator_unavailable');
      ticket.signal?.throwIfAborted();
      const waitMs = predictWait(ticket);
      const now = clock.monotonic();
      const { all, own } = line.crowd(ticket);
      const isFull = all >= LONGEST_LINE || own >= LONGEST_OWN_LINE;
      if (isFull || now + waitMs >= ticket.deadlineAt) throw exhausted(waitMs);

      const cancel = new AbortController();
      const job: Job = {
        id: String(++ids),
        urgency: ticket.urgency,
        account: ticket.account,
        cancel,
        start: () => Promise.resolve(),
      };
      const leave = () => cancel.abort(ticket.signal?.reason);
      const expire = () => cancel.abort(exhausted(predictWait(ticket)));
      const cancelDeadline = clock.after(ticket.deadlineAt - now, expire);
      ticket.signal?.addEventListener('abort', leave, { once: true });
      const stopWatching = () => {
        cancelDeadline();
        ticket.signal?.removeEventListener('abort', leave);
      };
      try {
        // p-queue frees the slot of a running task whose signal aborts; ours never aborts once the task runs.
        const result = queue.add(
          () => {
            stopWatching();
            return work(budget.take(ticket.urgency, ticket.owner));
          },
          { job, id: job.id, signal: cancel.signal },
        );
        arm();
        return await result;
      } finally {
        stopWatching();
        arm();
      }
    },

    async close(withinMs) {
      closing = true;
      cancelTimer();
      for (const job of [...jobs.values()]) {
        // The line moves up when a job leaves it, and a job that has started meanwhile must not be touched.
        if (jobs.has(job.id)) job.cancel.abort(new GatewayError('coordinator_unavailable'));
      }
      let cancelWait = () => {};
      const expiry = new Promise<void>((resolve) => {
        cancelWait = clock.after(withinMs, resolve);
      });
      await Promise.race([queue.onPendingZero(), expiry]);
      cancelWait();
    },
  };
}
