/**
 * Commands as their callers see them: accepted once journalled, repeated without being sent twice, followed by their
 * receipts, let go of after 25 s (promises P5, P6). A command lives on when its caller leaves after it was sent.
 */
import { sha256Hex } from '../../src/kernel/crypto.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import { hubOf } from '../account-reads.ts';
import { type CallAnswer, type CallRequest, holdFor, type RequestContext, startBy } from '../call.ts';
import type { Receipt } from '../contract/messages.ts';
import { type Command, toReceipt } from '../journal/command.ts';
import { type End, endOf, withId } from './answer.ts';
import { createRepetition } from './repetition.ts';
import { createRunner, type Run, type RunnerOptions } from './run.ts';
import { armingCommand } from './target.ts';

export interface CommandRequest extends Omit<CallRequest, 'noCache'> {
  /** Of the receipt; the same id again is the same command again. */
  readonly id: string;
  readonly idempotencyKey: string | undefined;
  /** The caller wants the receipt as soon as the command is journalled (RFC 7240, `respond-async`). */
  readonly respondAsync: boolean;
}

export type CommandResult =
  | {
      readonly kind: 'answered';
      readonly answer: CallAnswer;
      readonly id: string;
      readonly replayed: boolean;
    }
  | { readonly kind: 'accepted'; readonly receipt: Receipt; readonly replayed: boolean };

export interface Commands {
  /** @throws GatewayError as the contract's client lists them, with the member `command_id` */
  submit(request: CommandRequest, context: RequestContext): Promise<CommandResult>;
  /** @throws GatewayError command_not_found, storage_unavailable; as the next two */
  receipt(account: string, id: string): Promise<Receipt>;
  receipts(account: string, limit: number): Promise<readonly Receipt[]>;
  /** @throws GatewayError command_already_sent */
  cancel(account: string, id: string): Promise<Receipt>;
  readonly counters: { readonly joined: number; readonly replayed: number };
}

export type CommandsOptions = Omit<RunnerOptions, 'repetition'>;

export function createCommands(options: CommandsOptions): Commands {
  const { journal, changes, records, clock } = options;
  const repetition = createRepetition(journal, changes, clock);
  const runner = createRunner({ ...options, repetition });
  const running = new Map<string, Run>();
  const counters = { joined: 0, replayed: 0 };

  for (const command of journal.interrupted) {
    if (command.outcome === 'in_progress') runner.resume(command);
  }

  function start(request: CommandRequest, fingerprint: string, context: RequestContext): Run {
    const run = runner.start(
      newCommand(request, fingerprint, clock.now()),
      { ...request, correlationId: context.correlationId, deadlineAt: startBy(clock, context) },
      request.respondAsync,
    );
    running.set(request.id, run);
    void run.ended.finally(() => running.delete(request.id));
    return run;
  }

  /** The earlier command with this id. @throws GatewayError invalid_request when it is another one */
  function ofId({ id, account }: CommandRequest, fingerprint: string): Command | undefined {
    const earlier = journal.known(id);
    if (earlier === undefined) return undefined;
    if (earlier.account === account && earlier.fingerprint === fingerprint) return earlier;
    throw new GatewayError('invalid_request', { detail: 'This command id belongs to another command' });
  }

  /**
   * The earlier command with this key, if it has ended.
   * @throws GatewayError idempotency_key_reused, idempotency_key_in_use
   */
  function ofKey({ account, idempotencyKey }: CommandRequest, fingerprint: string): Command | undefined {
    if (idempotencyKey === undefined) return undefined;
    const earlier = journal.byKey(account, idempotencyKey);
    if (earlier === undefined) return undefined;
    const members = { command_id: earlier.id };
    if (earlier.fingerprint !== fingerprint) throw new GatewayError('idempotency_key_reused', { members });
    if (!running.has(earlier.id)) return earlier;
    throw new GatewayError('idempotency_key_in_use', { members, retryAfterSeconds: 1 });
  }

  /** Waits for the end of a command as one of its callers, but not for longer than a caller is held. */
  async function attach(run: Run, context: RequestContext, replayed: boolean): Promise<CommandResult> {
    run.callers++;
    const release = releaseOf(context);
    try {
      const end = await Promise.race([run.ended, release.released]);
      if (end !== 'released') return deliver(run.command, end, context, replayed);
    } finally {
      run.callers--;
      release.cancel();
    }
    if (run.isWritten || run.callers > 0 || run.isAsync) {
      return { kind: 'accepted', receipt: toReceipt(run.command), replayed };
    }
    run.cancel(new GatewayError('command_not_executed', { retryAfterSeconds: 1 }));
    return deliver(run.command, await run.ended, context, replayed);
  }

  /** Resolves when the caller leaves, or has been held for long enough. */
  function releaseOf(context: RequestContext) {
    let release = () => {};
    const released = new Promise<'released'>((resolve) => {
      release = () => resolve('released');
    });
    const cancelHold = clock.after(holdFor(context), release);
    context.signal.addEventListener('abort', release, { once: true });
    if (context.signal.aborted) release();
    return {
      released,
      cancel() {
        cancelHold();
        context.signal.removeEventListener('abort', release);
      },
    };
  }

  function deliver(command: Command, end: End, context: RequestContext, replayed: boolean): CommandResult {
    if ('error' in end) throw withId(end.error, command.id);
    if (!context.signal.aborted) repetition.delivered(command);
    return { kind: 'answered', answer: end.answer, id: command.id, replayed };
  }

  /** The result of an earlier command, when it has one. */
  function again(command: Command, context: RequestContext): Promise<CommandResult> | CommandResult {
    const run = running.get(command.id);
    return run ? attach(run, context, true) : deliver(command, endOf(command), context, true);
  }

  async function find(account: string, id: string): Promise<Command> {
    const command = await journal.find(account, id);
    if (command === undefined) throw new GatewayError('command_not_found');
    return command;
  }

  return {
    counters,
    async submit(request, context) {
      const { method, segments, query, body } = request;
      const fingerprint = await sha256Hex(JSON.stringify([method, segments, query, body ?? null]));
      await records.hold();
      await journal.ready();
      // Nothing is awaited from here until the command has started, so that of two at once one is the first.
      const earlier = ofId(request, fingerprint) ?? ofKey(request, fingerprint);
      if (earlier) {
        counters.replayed++;
        return again(earlier, context);
      }
      if (request.idempotencyKey === undefined) {
        const joined = repetition.find({ ...request, fingerprint });
        if (joined && !running.get(joined.id)?.isCancelled) {
          counters.joined++;
          return again(joined, context);
        }
      }
      const run = start(request, fingerprint, context);
      if (!request.respondAsync) return attach(run, context, false);
      const isJournalled = await run.journalled.then(
        () => true,
        () => false,
      );
      if (!isJournalled) return deliver(run.command, await run.ended, context, false);
      return { kind: 'accepted', receipt: toReceipt(run.command), replayed: false };
    },
    receipt: async (account, id) => toReceipt(await find(account, id)),
    receipts: async (account, limit) => (await journal.list(account, limit)).map(toReceipt),
    async cancel(account, id) {
      const command = await find(account, id);
      const run = running.get(command.id);
      if (run !== undefined && !run.isWritten) {
        run.cancel(new GatewayError('command_not_executed', { detail: 'The command was cancelled' }));
        await run.ended;
      }
      if (command.outcome === 'not_executed') return toReceipt(command);
      throw new GatewayError('command_already_sent', { members: { command_id: id } });
    },
  };
}

function newCommand(request: CommandRequest, fingerprint: string, now: number): Command {
  const { id, account, method, segments, body, idempotencyKey = null } = request;
  const arming = armingCommand(segments, body);
  return {
    ...{ id, account, method, fingerprint, idempotencyKey },
    segments: [...segments],
    hub: hubOf(segments)?.toLowerCase() ?? null,
    state: 'queued',
    outcome: 'pending',
    code: null,
    answer: null,
    message: null,
    arming: arming === undefined ? null : { command: arming, token: null },
    createdAt: now,
    sentAt: null,
    answeredAt: null,
    confirmedAt: null,
  };
}
