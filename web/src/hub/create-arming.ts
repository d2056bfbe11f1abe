import { type Accessor, createSignal } from 'solid-js';
import { ApiError, type RejectionReason } from '../api/api-error.ts';
import type { ArmAnswer, ArmCommand, Command } from '../api/types.ts';
import type { ArmOrder } from './arm-order.ts';

/** One order from the question to its outcome. A new one takes the place of one that still runs. */
export type Arming =
  | { readonly step: 'idle' }
  | { readonly step: 'asking'; readonly order: ArmOrder }
  | { readonly step: 'sending'; readonly order: ArmOrder }
  | { readonly step: 'running'; readonly order: ArmOrder; readonly progress: Progress }
  | { readonly step: 'done'; readonly order: ArmOrder; readonly atMs: number }
  | {
      readonly step: 'refused';
      readonly order: ArmOrder;
      readonly reasons: readonly RejectionReason[];
      /** The words of Ajax. */
      readonly detail: string;
    }
  | {
      readonly step: 'unknown';
      readonly order: ArmOrder;
      /** The page shows the state as it was read after the order. */
      readonly isStateRead: boolean;
    }
  | { readonly step: 'failed'; readonly order: ArmOrder; readonly error: ApiError };

/** `in_progress`: two-stage arming runs. `accepted`: the order is on its way, and Ajax has not answered yet. */
export type Progress = 'in_progress' | 'accepted';

/** Whether the hub shows the order's effect; `unread`: its state could not be read. */
export type Confirmation = 'reached' | 'not_reached' | 'unread';

export interface ArmingDeps {
  readonly send: (command: ArmCommand) => Promise<ArmAnswer>;
  /** The receipt of a command that was not done when its answer came. */
  readonly receipt: (commandId: string) => Promise<Command>;
  /** Reads the hub past every cache. */
  readonly confirm: (order: ArmOrder) => Promise<Confirmation>;
  readonly pause: (ms: number) => Promise<void>;
  readonly now: () => number;
}

export interface ArmingControl {
  readonly arming: Accessor<Arming>;
  readonly ask: (order: ArmOrder) => void;
  readonly dismiss: () => void;
  readonly carryOut: (options?: { readonly ignoreProblems: boolean }) => Promise<void>;
}

/** Before the hub is read once more, when the first reading does not show the order's effect yet. */
const SETTLE_MS = 2000;
const POLL_MS = 3000;
/** Two-stage arming waits for exit delays and for doors to close; no order takes longer. */
const LONGEST_RUN_MS = 300_000;

export function createArming(deps: ArmingDeps): ArmingControl {
  const [arming, setArming] = createSignal<Arming>({ step: 'idle' });
  /** What a cancelled question goes back to. */
  let beneath: Arming = { step: 'idle' };
  let turn = 0;

  async function carryOut({ ignoreProblems = false } = {}): Promise<void> {
    const current = arming();
    if (current.step === 'idle' || current.step === 'sending' || current.step === 'running') return;
    const { order } = current;
    turn += 1;
    setArming({ step: 'sending', order });
    try {
      const answer = await deps.send({
        armState: order.armState,
        ...(order.group && { groupId: order.group.id }),
        ...(ignoreProblems && { ignoreProblems }),
      });
      if (answer.outcome === 'done') await settle(order);
      else await follow(order, answer.command_id, answer.outcome);
    } catch (error) {
      setArming(await explain(order, error));
    }
  }

  /** The answer is the outcome; the two reads only bring the page up to date with it. */
  async function settle(order: ArmOrder): Promise<void> {
    report({ step: 'done', order, atMs: deps.now() });
    await show(order);
  }

  async function show(order: ArmOrder): Promise<void> {
    if ((await look(order)) === 'reached') return;
    await deps.pause(SETTLE_MS);
    await look(order);
  }

  /** A read that fails while a command is followed says nothing about the command. */
  const look = (order: ArmOrder): Promise<Confirmation> =>
    deps.confirm(order).catch((): Confirmation => 'unread');

  /** Only after the read: the page says what came of it. */
  const endUnknown = async (order: ArmOrder): Promise<Arming> => ({
    step: 'unknown',
    order,
    isStateRead: (await look(order)) !== 'unread',
  });

  async function follow(order: ArmOrder, commandId: string, started: Progress): Promise<void> {
    const mine = turn;
    const giveUpAtMs = deps.now() + LONGEST_RUN_MS;
    let progress = started;
    setArming({ step: 'running', order, progress });
    while (deps.now() < giveUpAtMs) {
      await deps.pause(POLL_MS);
      if (mine !== turn) return;
      const end = await lookUp(order, commandId);
      if (mine !== turn) return;
      if (end === 'done') return settle(order);
      if (end === 'unknown') break;
      if (typeof end === 'object') {
        report(end);
        return show(order);
      }
      if (end === undefined || end === progress) continue;
      progress = end;
      report({ step: 'running', order, progress });
    }
    const end = await endUnknown(order);
    if (mine === turn) report(end);
  }

  /** How far the order is, or how it ended; undefined when nobody says. */
  async function lookUp(
    order: ArmOrder,
    commandId: string,
  ): Promise<Progress | 'done' | 'unknown' | Arming | undefined> {
    const receipt = await deps.receipt(commandId).catch(() => undefined);
    // Without a receipt, the hub itself tells whether the order had its effect.
    if (!receipt) return (await look(order)) === 'reached' ? 'done' : undefined;
    switch (receipt.outcome) {
      case 'done':
      case 'unknown':
      case 'in_progress':
        return receipt.outcome;
      case 'pending':
        return 'accepted';
      case 'failed':
      case 'not_executed':
        return toFailure(order, readReceiptError(receipt));
    }
  }

  /** What became of a run waits beneath a question that was asked meanwhile. */
  function report(outcome: Arming): void {
    if (arming().step === 'asking') beneath = outcome;
    else setArming(outcome);
  }

  async function explain(order: ArmOrder, error: unknown): Promise<Arming> {
    if (!(error instanceof ApiError)) throw error;
    // No answer at all: the command may have been carried out all the same.
    if (error.code === 'command_outcome_unknown' || error.code === 'network') return endUnknown(order);
    return toFailure(order, error);
  }

  return {
    arming,
    ask: (order) => {
      const current = arming();
      if (current.step === 'sending') return;
      if (current.step !== 'asking') beneath = current.step === 'running' ? current : { step: 'idle' };
      setArming({ step: 'asking', order });
    },
    dismiss: () => {
      const { step } = arming();
      if (step !== 'sending') setArming(step === 'asking' ? beneath : { step: 'idle' });
    },
    carryOut,
  };
}

const toFailure = (order: ArmOrder, error: ApiError): Arming =>
  error.code === 'arming_refused'
    ? { step: 'refused', order, reasons: error.rejectionReasons, detail: error.detail }
    : { step: 'failed', order, error };

/** A receipt that ended badly says what the answer would have said, had somebody waited for it. */
const readReceiptError = ({ code, status, message, outcome, rejection_reasons }: Command): ApiError =>
  new ApiError({
    code: code ?? (outcome === 'not_executed' ? 'command_not_executed' : 'upstream_error'),
    status: status ?? 0,
    detail: message ?? 'Ajax refused the order.',
    retryable: outcome === 'not_executed',
    rejectionReasons: rejection_reasons ?? [],
  });
