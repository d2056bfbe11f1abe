/**
 * One command from the journal to its end: waits for its turn, is marked as sent in the commit that books its token,
 * is written at most once, and ends in exactly one outcome (promise P6).
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { type ErrorExtras, GatewayError } from '../../src/kernel/errors.ts';
import type { Log } from '../../src/kernel/log.ts';
import { toAnswer } from '../account-reads.ts';
import type { Bounds } from '../budget/bounds.ts';
import type { Changes, Mutation } from '../cache/changes.ts';
import type { CallRequest } from '../call.ts';
import type { Command } from '../journal/command.ts';
import type { Journal } from '../journal/journal.ts';
import type { Records } from '../storage/records.ts';
import type { Calls } from '../upstream/calls.ts';
import type { Outcome } from '../upstream/exchange.ts';
import { messageOf } from '../upstream/refusals.ts';
import { armingToken, type End, toStored, toUnsent } from './answer.ts';
import type { FollowUp } from './follow-up.ts';
import type { Repetition } from './repetition.ts';
import { changedBy, orderKeyOf, scopeOf } from './target.ts';
import { createTurns } from './turns.ts';

export interface Run {
  readonly command: Command;
  /** Settles when the command is in the storage; rejects when it could not be put there. */
  readonly journalled: Promise<void>;
  /** Never rejects. */
  readonly ended: Promise<End>;
  /** A byte of it may have left, and nothing has proved since that it was not executed. */
  readonly isWritten: boolean;
  /** It ends unsent. */
  readonly isCancelled: boolean;
  /** Those who wait for its end; without any it leaves the line, unless it is asynchronous. */
  callers: number;
  isAsync: boolean;
  /** Takes it out of the line; of no effect once it is written. */
  cancel(reason: GatewayError): void;
}

export interface RunRequest extends Pick<CallRequest, 'query' | 'content' | 'lane' | 'weight'> {
  readonly correlationId: string;
  /** Monotonic ms: not sent later than this (promise P5). */
  readonly deadlineAt: number;
}

export interface RunnerOptions {
  readonly calls: Calls;
  readonly journal: Journal;
  readonly changes: Changes;
  readonly records: Records;
  readonly followUp: FollowUp;
  readonly repetition: Repetition;
  readonly clock: Clock;
  readonly log: Log;
  readonly bounds: Bounds;
}

export interface Runner {
  start(command: Command, request: RunRequest, isAsync: boolean): Run;
  /** Goes on following two-stage arming that an earlier life began. */
  resume(command: Command): void;
  /** Looks whether its effect shows, if that has not been seen yet. */
  confirm(command: Command): void;
}

/**
 * Proxies that gave up on a request they had passed on (520 to 527 are those of a common CDN): whether it was executed is
 * not known.
 */
const gaveUp = (status: number) => status === 502 || status === 504 || (status >= 520 && status <= 527);

export function createRunner(options: RunnerOptions): Runner {
  const { calls, journal, changes, records, followUp, repetition, clock, log, bounds } = options;
  const turns = createTurns();

  function start(command: Command, request: RunRequest, isAsync: boolean): Run {
    journal.write(command);
    const journalled = records.committed();
    const trace = repetition.begin(command);
    const cancel = new AbortController();
    const stopped = new Promise<never>((_, reject) => {
      cancel.signal.addEventListener('abort', () => reject(cancel.signal.reason), { once: true });
    });
    stopped.catch(() => {});
    const notAfter = command.createdAt + request.deadlineAt - clock.monotonic();
    let isWritten = false;
    let mutation: Mutation | undefined;

    const send = () =>
      calls.perform({
        ...command,
        ...request,
        urgency: request.lane,
        notAfter,
        signal: cancel.signal,
        onBook() {
          command.state = 'sent';
          command.sentAt = clock.now();
          journal.write(command);
          // Each sending has a stamp in the commit that marks it.
          if (mutation === undefined) mutation = changes.begin(changedBy(command));
          else mutation.sent();
        },
        onWrite() {
          isWritten = true;
          mutation?.sent();
          trace.changed();
        },
        onRefused() {
          isWritten = false;
          command.state = 'queued';
          command.sentAt = null;
          journal.write(command);
        },
      });

    async function perform(): Promise<End> {
      let cancelDeadline = () => {};
      try {
        await journalled;
        cancelDeadline = clock.after(request.deadlineAt - clock.monotonic(), () => {
          // What is not written by now never will be, whatever it is waiting for.
          if (!isWritten) cancel.abort(new GatewayError('command_not_executed', { retryAfterSeconds: 1 }));
        });
        // A cancelled command waits no longer for what it may still hang on: it cannot be written any more.
        const work = () => Promise.race([send(), stopped]);
        const outcome = await turns.take(orderKeyOf(command), cancel.signal, work);
        return await conclude(outcome);
      } catch (error) {
        const isExpected = error instanceof GatewayError;
        if (!isExpected) log.error({ error, command: command.id }, 'a command failed unexpectedly');
        if (isWritten) return endUnknown({ cause: error });
        const isOver = isExpected && error.code === 'coordinator_unavailable';
        return isOver && !run.isAsync ? withdraw(error) : endUnsent(toUnsent(error));
      } finally {
        cancelDeadline();
      }
    }

    async function conclude(outcome: Outcome): Promise<End> {
      if (outcome.kind === 'unanswered') return endUnknown({});
      if (outcome.kind !== 'answered') {
        const retryAfterSeconds = outcome.kind === 'throttled' ? outcome.retryAfterSeconds : 1;
        return endUnsent(new GatewayError('command_not_executed', { retryAfterSeconds }));
      }
      const { status } = outcome;
      if (gaveUp(status)) return endUnknown({ members: { upstream_status: status } });
      const answer = toAnswer(outcome, undefined, clock);
      command.state = 'answered';
      command.answeredAt = clock.now();
      command.answer = toStored(answer);
      const token = command.arming === null ? undefined : armingToken(answer);
      if (command.arming !== null && token !== undefined) {
        command.arming = { ...command.arming, token };
        command.outcome = 'in_progress';
        follow(command, mutation ?? changes.begin(scopeOf(command)));
      } else if (command.arming !== null && status === 202) {
        // Two stages, and no way to follow the second.
        command.outcome = 'unknown';
        command.code = 'command_outcome_unknown';
        mutation?.end(bounds.countedWithinMs);
      } else {
        command.outcome = status < 400 ? 'done' : 'failed';
        if (command.outcome === 'failed') command.message = messageOf(answer.body).message || null;
        mutation?.end();
      }
      journal.write(command);
      trace.ended(command.outcome === 'failed' ? 'failed' : 'answered');
      confirm(command);
      // The receipt must not say less than the caller is told; without storage the caller is told all the same.
      const isKept = await records.committed().then(
        () => true,
        () => false,
      );
      // Another coordinator says of a command it finds without an answer that nobody knows.
      if (!isKept && !records.holds()) return { error: new GatewayError('command_outcome_unknown') };
      return { answer };
    }

    /** Nobody waits for the storage: a life that crashes now leaves what the next would say by itself. */
    function endUnknown(extras: ErrorExtras): End {
      // A request without an answer may still arrive for as long as the budget believes it may.
      mutation?.end(bounds.countedWithinMs);
      trace.ended('unknown');
      return end('unknown', new GatewayError('command_outcome_unknown', extras));
    }

    async function endUnsent(error: GatewayError): Promise<End> {
      mutation?.end();
      trace.ended('unsent');
      command.state = 'queued';
      command.sentAt = null;
      const ended = end('not_executed', error);
      // It may be marked as sent, and the next life must not say less than its caller is told now.
      if (mutation !== undefined && records.healthy()) await records.committed().catch(() => {});
      return ended;
    }

    /** This life ends, and its caller takes the command to the next owner, under the same id. */
    function withdraw(error: GatewayError): End {
      mutation?.end();
      trace.ended('unsent');
      journal.withdraw(command);
      return { error };
    }

    function end(outcome: Command['outcome'], error: GatewayError): End {
      command.outcome = outcome;
      command.code = error.code;
      command.message = error.extras.detail ?? null;
      journal.write(command);
      return { error };
    }

    const run: Run = {
      command,
      journalled,
      // A tick later, so that its caller has the run before it ends.
      ended: Promise.resolve().then(perform),
      get isWritten() {
        return isWritten;
      },
      get isCancelled() {
        return cancel.signal.aborted;
      },
      callers: 0,
      isAsync,
      cancel(reason) {
        if (!isWritten) cancel.abort(reason);
      },
    };
    return run;
  }

  function follow(command: Command, mutation: Mutation): void {
    followUp.follow(command, () => {
      mutation.end();
      journal.write(command);
      confirm(command);
    });
  }

  function confirm(command: Command): void {
    if (command.outcome !== 'done' || command.confirmedAt !== null) return;
    followUp.confirm(command, {
      isLast: () => repetition.isLast(command),
      write: () => journal.write(command),
    });
  }

  return { start, confirm, resume: (command) => follow(command, changes.begin(scopeOf(command))) };
}
