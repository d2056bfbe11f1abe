/**
 * Work waits here for a token, in p-queue with our own line. p-queue asks the line for its `size`, and that counts
 * only what may start now; tokens that come back wake it through `concurrency`.
 */
import PQueue, { type Queue, type QueueAddOptions } from 'p-queue';
import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import type { Budget, Token } from '../budget/budget.ts';
import { createLine } from './line.ts';
import type { Place } from './place.ts';
import { type Urgency, urgencies } from './urgency.ts';

export interface Ticket extends Place {
  /** Whose tokens these are in the budget's view; undefined while a login's e-mail is unknown. */
  readonly owner: string | undefined;
  /** Monotonic ms: work that has not started by then never starts. */
  readonly deadlineAt: number;
  /** Its abort takes waiting work out of the line; work that has started is not touched (promise P6). */
  readonly signal: AbortSignal | undefined;
}

export interface LaneStatus {
  readonly waiting: number;
  /** For how long the oldest waiting job has waited, in ms; 0 when none waits. */
  readonly oldestMs: number;
}

export interface WorkQueue {
  /**
   * Runs `work` with a token of its own; the slot is held until the promise of `work` settles.
   * @throws GatewayError budget_exhausted (could not start in time, or too much is waiting), coordinator_unavailable
   * (closing); RangeError for a weight out of range; the signal's reason
   */
  run<T>(ticket: Ticket, work: (token: Token) => Promise<T>): Promise<T>;
  /** Ms a new piece of work at this place would wait, estimated. */
  predictWait(place: Place): number;
  waiting(account?: string): number;
  lanes(): Readonly<Record<Urgency, LaneStatus>>;
  /** Looks again whether something may start. */
  wake(): void;
  /** Refuses what waits. */
  refuse(error: GatewayError): void;
  /** Refuses new work and what waits; resolves when running work has ended, or after `withinMs`. */
  close(withinMs: number): Promise<void>;
}

export interface WorkQueueOptions {
  /** Told for each piece of work how long it waited in its lane, in ms, right before it starts. */
  readonly onStart?: (urgency: Urgency, waitedMs: number) => void;
}

/** Per lane, so that a flood of reads does not keep commands out; and per tenant, so that nobody fills it alone. */
const LONGEST_LINE = 1_000;
const LONGEST_OWN_LINE = 250;
/** Places every account has in a lane however many others wait there. */
const KEPT_PLACES = 10;

interface Job extends Place {
  readonly id: string;
  /** Monotonic ms. */
  readonly since: number;
  readonly cancel: AbortController;
  start: () => Promise<unknown>;
}

interface JobOptions extends QueueAddOptions {
  readonly job: Job;
}

export function createWorkQueue(budget: Budget, clock: Clock, { onStart }: WorkQueueOptions = {}): WorkQueue {
  const line = createLine<Job>();
  const jobs = new Map<string, Job>();
  let closing = false;
  /** Monotonic ms of the timer that is running. */
  let armedFor: number | undefined;
  let cancelTimer = () => {};
  let isWaking = false;
  let ids = 0;

  /** p-queue's storage. It never calls `dequeue` while `size` is 0, and nothing is awaited between the two. */
  class Waiting implements Queue<() => Promise<unknown>, JobOptions> {
    get size(): number {
      return line.hasNext(budget) ? 1 : 0;
    }
    enqueue(start: () => Promise<unknown>, options?: Partial<JobOptions>): void {
      if (options?.job === undefined) throw new TypeError('Work without a place in the line');
      options.job.start = start;
      line.enqueue(options.job);
      jobs.set(options.job.id, options.job);
    }
    dequeue(): (() => Promise<unknown>) | undefined {
      const job = line.next(budget);
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

  function disarm(): void {
    cancelTimer();
    cancelTimer = () => {};
    armedFor = undefined;
  }

  function arm(): void {
    const change = line.size() === 0 ? undefined : budget.nextChange();
    const at = change === undefined ? undefined : clock.monotonic() + change;
    if (at === armedFor) return;
    disarm();
    if (change === undefined) return;
    armedFor = at;
    // Timers may fire early, and fractions of a millisecond get lost: `wake` looks again and arms anew.
    cancelTimer = clock.after(Math.max(1, Math.ceil(change)), () => {
      disarm();
      wake();
    });
  }

  function wake(): void {
    queue.concurrency = Number.POSITIVE_INFINITY;
    arm();
  }

  // Later in the tick, because nothing may start in the middle of an HTTP client's hook that settles a token.
  budget.watch(() => {
    if (isWaking || line.size() === 0) return;
    isWaking = true;
    queueMicrotask(() => {
      isWaking = false;
      wake();
    });
  });

  function exhausted(waitMs: number): GatewayError {
    return new GatewayError('budget_exhausted', {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
    });
  }

  function predictWait(place: Place): number {
    // It would start now, whatever waits: nobody in the line can use the token it takes.
    const others = line.others(place.account);
    const isOpen = budget.allows(place, others === 'absent' ? 'absent' : 'blocked');
    if (isOpen && !line.hasNext(budget)) return 0;
    return budget.predictWait(place, line.before(place), others);
  }

  function isFull(ticket: Ticket): boolean {
    const { all, own } = line.crowd(ticket);
    // Anybody can make up e-mails, so places are kept for accounts only.
    const kept = ticket.owner === undefined ? 0 : KEPT_PLACES;
    return own >= (all >= LONGEST_LINE ? kept : LONGEST_OWN_LINE);
  }

  function refuse(error: GatewayError): void {
    for (const job of [...jobs.values()]) {
      // The line moves up when a job leaves it, and a job that has started meanwhile must not be touched.
      if (jobs.has(job.id)) job.cancel.abort(error);
    }
  }

  function laneStatus(urgency: Urgency): LaneStatus {
    const now = clock.monotonic();
    const oldestMs = line.heads(urgency).reduce((oldest, { since }) => Math.max(oldest, now - since), 0);
    return { waiting: line.crowd({ urgency, account: '' }).all, oldestMs };
  }

  return {
    predictWait,
    waiting: (account) => line.size(account),
    lanes: () =>
      Object.fromEntries(urgencies.map((urgency) => [urgency, laneStatus(urgency)])) as Record<
        Urgency,
        LaneStatus
      >,
    wake,
    refuse,

    async run(ticket, work) {
      if (closing) throw new GatewayError('coordinator_unavailable');
      ticket.signal?.throwIfAborted();
      const now = clock.monotonic();
      const waitMs = predictWait(ticket);
      if (isFull(ticket) || now + waitMs >= ticket.deadlineAt) throw exhausted(waitMs);

      const cancel = new AbortController();
      const job: Job = {
        id: String(++ids),
        urgency: ticket.urgency,
        account: ticket.account,
        ...(ticket.weight === undefined ? {} : { weight: ticket.weight }),
        since: now,
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
            onStart?.(ticket.urgency, clock.monotonic() - now);
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
      disarm();
      refuse(new GatewayError('coordinator_unavailable'));
      let cancelWait = () => {};
      const expiry = new Promise<void>((resolve) => {
        cancelWait = clock.after(withinMs, resolve);
      });
      await Promise.race([queue.onPendingZero(), expiry]);
      cancelWait();
    },
  };
}
