import { createContext, useContext } from 'solid-js';
import type { Budget } from '../api/types.ts';
import type { Live } from '../live/create-live.ts';

export const BudgetContext = createContext<Live<Budget>>();

export function useBudget(): Live<Budget> {
  const budget = useContext(BudgetContext);
  if (!budget) throw new Error('useBudget needs a BudgetContext above it');
  return budget;
}
