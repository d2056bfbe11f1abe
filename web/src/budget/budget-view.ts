import type { Budget } from '../api/types.ts';

export type Pressure = 'calm' | 'busy' | 'full';

export interface BudgetView {
  readonly free: number;
  readonly others: number;
  readonly pressure: Pressure;
  /** One sentence for people who never heard of a request budget. */
  readonly sentence: string;
}

const BUSY_FROM = 0.75;

export function viewBudget(budget: Budget): BudgetView {
  const used = Math.min(budget.used, budget.limit);
  const pressure = readPressure(budget);
  return {
    free: budget.limit - used,
    others: Math.max(0, used - budget.mine.used),
    pressure,
    sentence: writeSentence(budget, pressure),
  };
}

function readPressure(budget: Budget): Pressure {
  if (budget.waiting > 0 || budget.predicted_wait_ms > 0 || budget.used >= budget.limit) return 'full';
  return budget.used >= budget.limit * BUSY_FROM ? 'busy' : 'calm';
}

function writeSentence(budget: Budget, pressure: Pressure): string {
  if (budget.predicted_wait_ms > 0)
    return `Your next request waits about ${writeWait(budget.predicted_wait_ms)}.`;
  if (pressure === 'full') return 'The line is full. Requests wait their turn, commands go first.';
  if (pressure === 'busy') return 'The line is busy. Requests still go out at once.';
  return 'Requests go out at once.';
}

export const writeWait = (ms: number): string => (ms < 1000 ? 'a second' : `${Math.ceil(ms / 1000)} s`);
