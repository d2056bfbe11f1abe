/** P1: never more than N arrivals in any window, by the clock of Ajax. */
import type { Check, Facts } from './facts.ts';

export function watchWindow({ limits, broken }: Facts): Check & { largest(): number } {
  const arrivals: number[] = [];
  let first = 0;
  let largest = 0;
  return {
    largest: () => largest,
    arrived(_exchange, _answer, clock) {
      arrivals.push(clock);
      while (clock - (arrivals[first] as number) >= limits.windowMs) first++;
      const within = arrivals.length - first;
      largest = Math.max(largest, within);
      if (within > limits.requests) broken('P1', `${within} arrivals in ${limits.windowMs} ms`);
    },
  };
}
