/** The upstream's rate limit: at most `limit` arrivals of one API key in any window of `windowMs`. */

export interface BudgetOptions {
  /** Arrivals allowed per window; refused ones count too. */
  readonly limit: number;
  readonly windowMs: number;
}

export type BudgetVerdict =
  | { readonly admitted: true }
  /** Milliseconds from now until an arrival would be admitted, provided that none arrives before. */
  | { readonly admitted: false; readonly retryAfterMs: number };

export interface Budget {
  /** Counts one arrival of the key and says whether it is within the limit. */
  arrive(apiKey: string): BudgetVerdict;
}

/** A sliding window over the arrivals themselves: no buckets, no refill, no edges. */
export function createBudget(options: BudgetOptions, clock: () => number): Budget {
  const arrivalsByKey = new Map<string, number[]>();

  return {
    arrive(apiKey) {
      const now = clock();
      const recent = (arrivalsByKey.get(apiKey) ?? []).filter((at) => at + options.windowMs > now);
      const admitted = recent.length < options.limit;
      recent.push(now);
      arrivalsByKey.set(apiKey, recent);
      if (admitted) return { admitted };
      const oldestToLeave = recent[recent.length - options.limit] ?? now;
      return { admitted, retryAfterMs: oldestToLeave + options.windowMs - now };
    },
  };
}
