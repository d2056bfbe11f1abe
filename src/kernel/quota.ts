/** How many reads of Ajax an account may have in a window of time, as gateway and coordinator tell one another. */

/** From the shortest to the longest. */
export const quotaWindows = {
  minute: { windowMs: 60_000 },
  hour: { windowMs: 3_600_000 },
} as const;

export type QuotaName = keyof typeof quotaWindows;

export interface QuotaWindow {
  readonly name: QuotaName;
  readonly limit: number;
  readonly windowMs: number;
}

/** What the reads of one request of a client cost; filled in as their answers come. */
export interface Meter {
  readonly requestId: string;
  /** What the account may have, for instance `minute=10 hour=100`; undefined: as much as it likes. */
  readonly quota: string | undefined;
  /** What is left, as the field `RateLimit` says it. */
  left: string | undefined;
  /** Reads that asked Ajax, that were answered from the cache, and that the quota refused. */
  fetched: number;
  cached: number;
  refused: number;
}
