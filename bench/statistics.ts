/** What is said about a series of measurements. Times in milliseconds. */

/** The `share` quantile (0 to 1) of some values, by the nearest rank; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

export const median = (values: readonly number[]) => quantile(values, 0.5);

/** Most arrivals in any window [t, t + windowMs). */
export function mostInWindow(arrivals: readonly number[], windowMs: number): number {
  const sorted = arrivals.toSorted((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [last, at] of sorted.entries()) {
    while (at - (sorted[first] ?? at) >= windowMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/**
 * How fully a limit was used while work waited: a window's length over the mean time between an arrival and the one
 * `limit` later. 1 is a perfect limiter.
 */
export function utilisation(arrivals: readonly number[], limit: number, windowMs: number): number {
  const sorted = arrivals.toSorted((a, b) => a - b);
  const cycles = sorted.slice(limit).map((at, index) => at - (sorted[index] ?? at));
  return cycles.length === 0
    ? Number.NaN
    : windowMs / (cycles.reduce((sum, ms) => sum + ms, 0) / cycles.length);
}

/** Jain's fairness index of what each was served: 1 when all got the same, 1 / n when one got everything. */
export function jain(served: readonly number[]): number {
  const sum = served.reduce((total, each) => total + each, 0);
  const squares = served.reduce((total, each) => total + each * each, 0);
  return squares === 0 ? Number.NaN : (sum * sum) / (served.length * squares);
}
