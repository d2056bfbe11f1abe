/** All that happens by chance in a world comes from here: one generator, one seed. */
import { seededRandom } from '../../../simulator/random.ts';

export interface Chance {
  /** Uniform in [0, 1). */
  next(): number;
  /** Whether something of this probability happens. */
  happens(probability: number): boolean;
  /** Uniform in [least, most). */
  between(least: number, most: number): number;
  /** A whole number, both ends included. */
  whole(least: number, most: number): number;
  pick<T>(choices: readonly T[]): T;
  bytes(into: Uint8Array): void;
}

export function createChance(seed: number): Chance {
  const next = seededRandom(seed);
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    whole,
    happens: (probability) => next() < probability,
    between: (least, most) => least + next() * (most - least),
    pick<T>(choices: readonly T[]): T {
      const choice = choices[whole(0, choices.length - 1)];
      if (choice === undefined) throw new RangeError('Nothing to choose from');
      return choice;
    },
    bytes(into) {
      for (let n = 0; n < into.length; n++) into[n] = Math.floor(next() * 256);
    },
  };
}
