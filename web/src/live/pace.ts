import { ApiError } from '../api/api-error.ts';
import type { QuotaLeft } from '../api/quota-left.ts';

export interface Pace {
  readonly intervalMs: number;
  /** From the gateway; slows the pace, to a third at most, and never quickens it. */
  readonly suggestedIntervalMs?: number | undefined;
  /** Of the plan: read no faster than at the pace at which it lasts. */
  readonly quotaLeft?: readonly QuotaLeft[];
  readonly failuresInARow?: number;
  readonly error?: unknown;
}

const LONGEST_PAUSE_MS = 120_000;
/** Somebody is looking at the page, and others may change what it shows. */
const MOST_SLOWED = 3;

/** How long to wait before reading again: the own pace, slower when the gateway asks for it or keeps failing. */
export function nextPauseMs({
  intervalMs,
  suggestedIntervalMs = 0,
  quotaLeft = [],
  failuresInARow = 0,
  error,
}: Pace): number {
  if (failuresInARow === 0) {
    const paces = quotaLeft.map(({ left, resetMs }) => resetMs / Math.max(1, left));
    return Math.max(intervalMs, Math.min(suggestedIntervalMs, intervalMs * MOST_SLOWED), ...paces);
  }
  const backOffMs = Math.min(intervalMs * 2 ** (failuresInARow - 1), LONGEST_PAUSE_MS);
  const retryAfterMs = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
  return Math.max(backOffMs, retryAfterMs);
}

/** A refusal that asking again cannot change: the plan, the rights, a hub that is not there. */
export const isLasting = (error: unknown): boolean =>
  error instanceof ApiError && [401, 403, 404].includes(error.status);
