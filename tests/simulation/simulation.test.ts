/** Promises P1 to P8 and P11, in worlds where everything goes wrong that may go wrong. */
import { describe, expect, test } from 'vitest';
import { runWorlds } from './child.ts';
import { describeBroken } from './report.ts';

const WORLDS = 50;
const LEAST_FAULTS = 2_000;

const sum = (counts: readonly (number | undefined)[]) =>
  counts.reduce<number>((total, count) => total + (count ?? 0), 0);

describe('fifty simulated hours', () => {
  test('and 2000 faults break no promise (P1 to P8, P11)', async () => {
    const outcomes = await runWorlds({ seed: 1, worlds: WORLDS, hours: 1 });
    const broken = outcomes.filter(({ verdict }) => verdict !== undefined);
    expect(broken.map(describeBroken).join('\n\n')).toBe('');

    const simulatedHours = sum(outcomes.map(({ simulatedMs }) => simulatedMs)) / 3_600_000;
    const kinds = new Map<string, number>();
    for (const { faults } of outcomes) {
      for (const [kind, count] of Object.entries(faults)) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
    }
    const cpuSeconds = sum(outcomes.map(({ cpuMs }) => cpuMs)) / 1_000;
    console.log(
      `${simulatedHours.toFixed(1)} simulated hours, ${sum([...kinds.values()])} faults in ${cpuSeconds.toFixed(0)} s of CPU`,
    );
    expect(simulatedHours).toBeGreaterThanOrEqual(WORLDS - 0.01);
    expect(sum([...kinds.values()])).toBeGreaterThanOrEqual(LEAST_FAULTS);
    // None of them is only on paper.
    expect([...kinds].filter(([, count]) => count < 10)).toEqual([]);
    expect(kinds.size).toBe(23);

    // What was judged was there: otherwise nothing could have been broken.
    const figures = (name: string) => sum(outcomes.map((outcome) => outcome.figures[name]));
    const atLeast = {
      stretches: 40,
      urgent: 200,
      comparisons: 2_000,
      joined: 300,
      unknown: 300,
      never: 1_000,
      done: 3_000,
      left: 1_000,
      storage_unavailable: 300,
      operator_key_invalid: 300,
    };
    for (const [name, least] of Object.entries(atLeast)) {
      expect(figures(name), name).toBeGreaterThanOrEqual(least);
    }
    // The budget was full.
    expect(outcomes.filter(({ figures: { largestWindow = 0 } }) => largestWindow >= 12).length).toBe(WORLDS);
  }, 1_200_000);

  test('are the same hours for the same seed', async () => {
    const once = () => runWorlds({ seed: 3, worlds: 1, hours: 0.3 });
    const [[first], [second]] = [await once(), await once()];
    expect(first?.events).toBeGreaterThan(5_000);
    expect(second?.fingerprint).toBe(first?.fingerprint);
    const [other] = await runWorlds({ seed: 4, worlds: 1, hours: 0.3 });
    expect(other?.fingerprint).not.toBe(first?.fingerprint);
  }, 300_000);
});
