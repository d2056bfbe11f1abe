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
  /** When the arrivals came that still count, per API key (epoch milliseconds). */
  arrivals(): KeyArrivals[];
}

export type KeyArrivals = [apiKey: string, times: number[]];

/**
 * A sliding window over the arrivals themselves: no buckets, no refill, no edges.
 * @param restored arrivals of an earlier run
 */
export function createBudget(
  options: BudgetOptions,
  clock: () => number,
  restored: readonly KeyArrivals[] = [],
): Budget {
  // A clock that was set back since must not let arrivals of the future count for hours.
  const past = (times: readonly number[]) => times.filter((at) => at <= clock());
  const arrivalsByKey = new Map(restored.map(([apiKey, times]) => [apiKey, past(times)]));

  const recentOf = (times: readonly number[], now: number) =>
    times.filter((at) => at + options.windowMs > now);

  return {
    arrive(apiKey) {
      const now = clock();
      const recent = recentOf(arrivalsByKey.get(apiKey) ?? [], now);
      const admitted = recent.length < options.limit;
      recent.push(now);
      arrivalsByKey.set(apiKey, recent);
      if (admitted) return { admitted };
      const oldestToLeave = recent[recent.length - options.limit] ?? now;
      return { admitted, retryAfterMs: oldestToLeave + options.windowMs - now };
    },
    arrivals() {
      const now = clock();
      return [...arrivalsByKey]
        .map(([apiKey, times]): KeyArrivals => [apiKey, recentOf(times, now)])
        .filter(([, times]) => times.length > 0);
    },
  };
}
