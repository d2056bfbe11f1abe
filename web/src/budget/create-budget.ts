import type { Gateway } from '../api/gateway.ts';
import type { Budget } from '../api/types.ts';
import { createLive, type Live } from '../live/create-live.ts';

// Costs the gateway no call to Ajax.
const BUDGET_INTERVAL_MS = 5000;

export const createBudget = (gateway: Gateway): Live<Budget> =>
  createLive((options) => gateway.budget(options), { intervalMs: BUDGET_INTERVAL_MS });
