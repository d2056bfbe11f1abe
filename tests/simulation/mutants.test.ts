/** Each of these mistakes is found: a simulation that finds nothing proves something only then. */
import { expect, test } from 'vitest';
import { runWorlds } from './child.ts';
import { mutants } from './mutants/mutants.ts';

/** Worlds until a mistake has to be found. */
const MOST_WORLDS = 40;

test.each(mutants)(
  '$name: found, by a broken $breaks',
  async ({ name, breaks }) => {
    const outcomes = await runWorlds({
      ...{ seed: 1, worlds: MOST_WORLDS, hours: 1, mutant: name },
      untilBroken: true,
    });
    const promise = outcomes.at(-1)?.verdict?.promise ?? 'none';
    expect(breaks).toContain(promise);
  },
  600_000,
);
