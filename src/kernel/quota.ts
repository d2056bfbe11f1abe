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

/** What is left of a window. */
export interface QuotaState {
  readonly name: QuotaName;
  readonly remaining: number;
  /** Milliseconds until the window ends and all is there again. */
  readonly resetMs: number;
}
