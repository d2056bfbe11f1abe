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

export interface CommandRequest extends Omit<CallRequest, 'noCache' | 'anyContent'> {
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
  /** Goes on with what an earlier life began. */
  resume(): void;
  /** What has not begun leaves the line: its callers take it to the next owner. Resolves when all have their end. */
  stop(): Promise<unknown>;
  readonly counters: { readonly joined: number; readonly replayed: number };
}

/** When a caller came, by the monotonic clock. */
interface Arrival {
  readonly context: RequestContext;
  readonly deadlineAt: number;
  readonly holdUntil: number;
}

/** A look that an earlier life owed is still worth taking. */
const CONFIRMED_WITHIN_MS = 30_000;

const noop = () => {};

export type CommandsOptions = Omit<RunnerOptions, 'repetition'>;

export function createCommands(options: CommandsOptions): Commands {
  const { journal, changes, records, clock } = options;
  const repetition = createRepetition(journal, changes, clock);
  const runner = createRunner({ ...options, repetition });
  const running = new Map<string, Run>();
  const counters = { joined: 0, replayed: 0 };
  let entrance: Promise<void> = Promise.resolve();

  function start(request: CommandRequest, fingerprint: string, arrival: Arrival): Run {
    const run = runner.start(
      newCommand(request, fingerprint, clock.now()),
      { ...request, correlationId: arrival.context.correlationId, deadlineAt: arrival.deadlineAt },
      request.respondAsync,
    );
    running.set(request.id, run);
    void run.ended.then(() => {
      running.delete(request.id);
      // Its caller has the receipt, and knows from there how it ended.
      if (run.isAsync && run.command.outcome !== 'unknown') repetition.delivered(run.command);
    });
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
  async function attach(run: Run, arrival: Arrival, replayed: boolean): Promise<CommandResult> {
    const { context } = arrival;
    run.callers++;
    const release = releaseOf(arrival);
    try {
      const end = await Promise.race([run.ended, release.released]);
      if (end !== 'released') return deliver(run.command, end, context, replayed);
    } finally {
      run.callers--;
      release.cancel();
    }
    if (run.isWritten || run.callers > 0 || run.isAsync) {
      // From here on it is followed by its receipt.
      if (!context.signal.aborted) run.isAsync = true;
      return { kind: 'accepted', receipt: toReceipt(run.command), replayed };
    }
    run.cancel(new GatewayError('command_not_executed', { retryAfterSeconds: 1 }));
    return deliver(run.command, await run.ended, context, replayed);
  }

  /** Resolves when the caller leaves, or has been held for long enough. */
  function releaseOf({ context, holdUntil }: Arrival) {
    let release = () => {};
    const released = new Promise<'released'>((resolve) => {
      release = () => resolve('released');
    });
    const cancelHold = clock.after(Math.max(0, holdUntil - clock.monotonic()), release);
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
  function again(
    command: Command,
    arrival: Arrival,
    respondAsync: boolean,
  ): Promise<CommandResult> | CommandResult {
    const run = running.get(command.id);
    if (run === undefined) return deliver(command, endOf(command), arrival.context, true);
    if (!respondAsync) return attach(run, arrival, true);
    run.isAsync = true;
    return { kind: 'accepted', receipt: toReceipt(command), replayed: true };
  }

  /** Who reads how it ended has the answer. */
  function shown(command: Command): Receipt {
    if (command.answer !== null) repetition.delivered(command);
    return toReceipt(command);
  }

  /** Who does not hold the lease would contradict the owner. */
  async function find(account: string, id: string): Promise<Command> {
    await records.hold();
    const command = await journal.find(account, id);
    if (command === undefined) throw new GatewayError('command_not_found');
    return command;
  }

  /** Resolves to the fingerprint, in the order the commands came, however long each takes to digest. */
  function enter(request: CommandRequest): Promise<string> {
    const prepared = Promise.all([fingerprintOf(request), records.hold(), journal.ready()]);
    const mine = entrance.then(() => prepared).then(([fingerprint]) => fingerprint);
    entrance = mine.then(noop, noop);
    return mine;
  }

  return {
    counters,
    resume() {
      for (const command of journal.interrupted) {
        if (command.outcome === 'in_progress') runner.resume(command);
      }
      journal.ready().then(() => {
        for (const command of journal.since(clock.now() - CONFIRMED_WITHIN_MS)) runner.confirm(command);
      }, noop);
    },
    stop() {
      const runs = [...running.values()];
      for (const run of runs) run.cancel(new GatewayError('coordinator_unavailable'));
      return Promise.all(runs.map(({ ended }) => ended));
    },
    async submit(request, context) {
      // Its times count from here, whatever it waits for.
      const holdUntil = clock.monotonic() + holdFor(context);
      const arrival = { context, deadlineAt: startBy(clock, context), holdUntil };
      const fingerprint = await enter(request);
      // Nothing is awaited from here until the command has started, so that of two at once one is the first.
      const earlier = ofId(request, fingerprint) ?? ofKey(request, fingerprint);
      if (earlier) {
        counters.replayed++;
        return again(earlier, arrival, request.respondAsync);
      }
      if (request.idempotencyKey === undefined) {
        const joined = repetition.find({ ...request, fingerprint });
        if (joined && !running.get(joined.id)?.isCancelled) {
          counters.joined++;
          return again(joined, arrival, request.respondAsync);
        }
      }
      const run = start(request, fingerprint, arrival);
      if (!request.respondAsync) return attach(run, arrival, false);
      const isJournalled = await run.journalled.then(
        () => true,
        () => false,
      );
      if (!isJournalled) return deliver(run.command, await run.ended, context, false);
      return { kind: 'accepted', receipt: toReceipt(run.command), replayed: false };
    },
    async receipt(account, id) {
      return shown(await find(account, id));
    },
    async receipts(account, limit) {
      await records.hold();
      return (await journal.list(account, limit)).map(shown);
    },
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

async function fingerprintOf({ method, segments, query, content }: CommandRequest): Promise<string> {
  const body = content === undefined ? null : [content.type, await sha256Hex(content.bytes)];
  return sha256Hex(JSON.stringify([method, segments, query, body]));
}

function newCommand(request: CommandRequest, fingerprint: string, now: number): Command {
  const { id, account, method, segments, content, weight, idempotencyKey = null } = request;
  const arming = armingCommand(segments, content);
  return {
    ...{ id, account, method, fingerprint, idempotencyKey, weight },
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
