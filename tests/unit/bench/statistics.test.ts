import { describe, expect, it } from 'vitest';
import { jain, median, mostInWindow, quantile, utilisation } from '../../../bench/statistics.ts';

describe('the figures of the benchmarks', () => {
  it('finds the fullest window wherever it begins, and leaves out its end', () => {
    expect(mostInWindow([0, 10, 990, 995, 1_000, 1_009, 1_990], 1_000)).toBe(5);
    expect(mostInWindow([1_000, 0], 1_000)).toBe(1);
    expect(mostInWindow([], 1_000)).toBe(0);
  });

  it('calls a limiter perfect that sends again exactly one window later, and half of that half used', () => {
    const burst = (at: number) => Array.from({ length: 10 }, () => at);
    expect(utilisation([...burst(0), ...burst(100), ...burst(200)], 10, 100)).toBeCloseTo(1);
    expect(utilisation([...burst(0), ...burst(200), ...burst(400)], 10, 100)).toBeCloseTo(0.5);
    expect(utilisation(burst(0), 10, 100)).toBeNaN();
  });

  it('counts who got everything as one of n', () => {
    expect(jain([5, 5, 5, 5])).toBe(1);
    expect(jain([20, 0, 0, 0])).toBe(0.25);
  });

  it('takes quantiles that were measured', () => {
    const values = [5, 1, 4, 2, 3];
    expect([quantile(values, 0), median(values), quantile(values, 0.99)]).toEqual([1, 3, 5]);
    expect(median([])).toBeNaN();
  });
});
