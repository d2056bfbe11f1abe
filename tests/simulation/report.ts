/** What to print of a world in which a promise was broken. */
import type { Outcome } from './world/world.ts';

export function describeBroken({ seed, verdict, last }: Pick<Outcome, 'seed' | 'verdict' | 'last'>): string {
  if (verdict === undefined) return `seed ${seed}: nothing broken`;
  const { promise, what, at } = verdict;
  return [
    `${promise} is broken in the world of seed ${seed} after ${(at / 1_000).toFixed(3)} s: ${what}`,
    `Replay: npm run soak -- --seed ${seed} --hours 1`,
    `The last ${last.length} events (seconds, what):`,
    ...last,
  ].join('\n');
}
