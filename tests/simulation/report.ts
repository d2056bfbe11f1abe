/** What to print of a world in which a promise was broken. */
import type { Verdict } from './model/judge.ts';

export interface Broken {
  readonly seed: number;
  readonly verdict?: Verdict | undefined;
  readonly last: readonly string[];
}

export function describeBroken({ seed, verdict, last }: Broken): string {
  if (verdict === undefined) return `seed ${seed}: nothing broken`;
  const { promise, what, at } = verdict;
  return [
    `${promise} is broken in the world of seed ${seed} after ${(at / 1_000).toFixed(3)} s: ${what}`,
    `Replay: npm run soak -- --seed ${seed} --hours 1`,
    `The last ${last.length} events (seconds, what):`,
    ...last,
  ].join('\n');
}
