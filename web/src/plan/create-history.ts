import type { Gateway } from '../api/gateway.ts';
import type { HistoryEntry } from '../api/types.ts';
import { createLive, type Live } from '../live/create-live.ts';

const HISTORY_INTERVAL_MS = 120_000;

export const createHistory = ({ billing }: Gateway): Live<readonly HistoryEntry[]> =>
  createLive((options) => billing.history(options), { intervalMs: HISTORY_INTERVAL_MS });
