import { type Accessor, createSignal } from 'solid-js';
import { ApiError, type RejectionReason } from '../api/api-error.ts';
import type { ArmAnswer, ArmCommand } from '../api/types.ts';
import type { ArmOrder } from './arm-order.ts';

/** One order from the question to its outcome. A new one takes the place of one that still runs. */
export type Arming =
  | { readonly step: 'idle' }
  | { readonly step: 'asking'; readonly order: ArmOrder }
  | { readonly step: 'sending'; readonly order: ArmOrder }
  | { readonly step: 'running'; readonly order: ArmOrder }
  | { readonly step: 'done'; readonly order: ArmOrder; readonly atMs: number }
  | { readonly step: 'refused'; readonly order: ArmOrder; readonly reasons: readonly RejectionReason[] }
  | { readonly step: 'unknown'; readonly order: ArmOrder }
  | { readonly step: 'failed'; readonly order: ArmOrder; readonly error: ApiError };

export interface ArmingDeps {
  readonly send: (command: ArmCommand) => Promise<ArmAnswer>;
  /** Reads the hub past every cache and says whether it shows the order's effect. */
  readonly confirm: (order: ArmOrder) => Promise<boolean>;
  readonly pause: (ms: number) => Promise<void>;
  readonly now: () => number;
}

export interface ArmingControl {
  readonly arming: Accessor<Arming>;
  readonly ask: (order: ArmOrder) => void;
  readonly dismiss: () => void;
  readonly carryOut: (options?: { readonly ignoreProblems: boolean }) => Promise<void>;
}

const POLL_MS = 2000;
/** Two-stage arming waits for exit delays and for doors to close; Ajax itself gives up after a minute. */
const LONGEST_RUN_MS = 60_000;

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
      if (answer.outcome === 'in_progress') await follow(order);
      else await settle(order);
    } catch (error) {
      setArming(await explain(order, error));
    }
  }

  /** The answer is the outcome; the two reads only bring the page up to date with it. */
  async function settle(order: ArmOrder): Promise<void> {
    setArming({ step: 'done', order, atMs: deps.now() });
    if (await quietly(deps.confirm(order))) return;
    await deps.pause(POLL_MS);
    await quietly(deps.confirm(order));
  }

  async function follow(order: ArmOrder): Promise<void> {
    const mine = turn;
    setArming({ step: 'running', order });
    const giveUpAtMs = deps.now() + LONGEST_RUN_MS;
    while (deps.now() < giveUpAtMs) {
      await deps.pause(POLL_MS);
      if (mine !== turn) return;
      if (await quietly(deps.confirm(order))) {
        if (mine === turn) report({ step: 'done', order, atMs: deps.now() });
        return;
      }
    }
    if (mine === turn) report({ step: 'unknown', order });
  }

  /** The end of a run waits beneath a question that was asked meanwhile. */
  function report(outcome: Arming): void {
    if (arming().step === 'asking') beneath = outcome;
    else setArming(outcome);
  }

  async function explain(order: ArmOrder, error: unknown): Promise<Arming> {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 'arming_refused') return { step: 'refused', order, reasons: error.rejectionReasons };
    // No answer at all: the command may have been carried out all the same.
    if (error.code === 'command_outcome_unknown' || error.code === 'network') {
      await quietly(deps.confirm(order));
      return { step: 'unknown', order };
    }
    return { step: 'failed', order, error };
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

/** A read that fails while a command is followed says nothing about the command. */
const quietly = (confirmation: Promise<boolean>): Promise<boolean> => confirmation.catch(() => false);
