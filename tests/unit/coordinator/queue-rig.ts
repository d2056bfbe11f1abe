/** A queue and its budget with time, storage and Ajax in the test's hands. */
import { createBounds } from '../../../coordinator/budget/bounds.ts';
import { type BudgetOptions, createBudget, type Token } from '../../../coordinator/budget/budget.ts';
import type { Ledger } from '../../../coordinator/budget/ledger.ts';
import { createWorkQueue, type Ticket, type WorkQueueOptions } from '../../../coordinator/queue/queue.ts';
import type { Urgency } from '../../../coordinator/queue/urgency.ts';
import type { Clock } from '../../../src/kernel/clock.ts';
import { codeOf, createTestClock } from './world.ts';

export const REPLY_MS = 200;

export interface Start {
  readonly account: string;
  readonly urgency: Urgency;
  /** Monotonic ms. */
  readonly at: number;
  readonly waitedMs: number;
}

interface BudgetRigOptions
  extends Partial<Pick<BudgetOptions, 'reserve' | 'loaded' | 'closedForMs' | 'onClose'>> {
  readonly requests?: number;
  readonly ledger?: Partial<Ledger>;
}

/** A budget with W = 60 s, whose storage takes everything at once unless the test says otherwise. */
export function createBudgetRig(clock: Clock, options: BudgetRigOptions = {}) {
  const { requests = 100, ledger, ...rest } = options;
  const bounds = createBounds(requests, 60_000, 15_000);
  const budget = createBudget({
    bounds,
    reserve: 5,
    clock,
    loaded: [],
    ledger: { book: async () => {}, settle() {}, ...ledger },
    ...rest,
  });
  return { bounds, budget };
}

interface RigOptions extends BudgetRigOptions, WorkQueueOptions {
  /** How much too early timers fire. */
  readonly earlyMs?: number;
}

export function createRig({ onStart, earlyMs = 0, ...options }: RigOptions = {}) {
  const clock = createTestClock({ earlyMs });
  const { bounds, budget } = createBudgetRig(clock, options);
  const queue = createWorkQueue(budget, clock, onStart === undefined ? {} : { onStart });
  const starts: Start[] = [];
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));

  /** As the exchanger does it: books, and settles when the reply comes. */
  async function exchange(token: Token): Promise<void> {
    await token.book();
    await wait(REPLY_MS);
    token.settle();
  }

  /** Asks for work; resolves to the code of its error, `none` when it was done. */
  function submit(
    urgency: Urgency,
    account: string,
    more: Partial<Ticket> & { withinMs?: number; work?: (token: Token) => Promise<void> } = {},
  ): Promise<string> {
    const { withinMs = 20_000, work = exchange, ...ticket } = more;
    const since = clock.monotonic();
    return codeOf(
      queue.run(
        {
          urgency,
          account,
          owner: account,
          deadlineAt: since + withinMs,
          signal: undefined,
          ...ticket,
        },
        (token) => {
          const at = clock.monotonic();
          starts.push({ account, urgency, at, waitedMs: at - since });
          return work(token);
        },
      ),
    );
  }
  const flood = (count: number, ...args: Parameters<typeof submit>) =>
    Array.from({ length: count }, () => submit(...args));
  const started = (account: string, urgency?: Urgency) =>
    starts.filter((start) => start.account === account && (urgency ?? start.urgency) === start.urgency)
      .length;

  return { clock, bounds, budget, queue, starts, submit, flood, started, wait };
}
