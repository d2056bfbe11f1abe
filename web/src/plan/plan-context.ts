import { createContext, useContext } from 'solid-js';
import type { PlanOfAccount } from '../api/types.ts';
import type { Live } from '../live/create-live.ts';

export const PlanContext = createContext<Live<PlanOfAccount>>();

export function usePlan(): Live<PlanOfAccount> {
  const plan = useContext(PlanContext);
  if (!plan) throw new Error('usePlan needs a PlanContext above it');
  return plan;
}
