/** Promise P7: whatever people do at the same time, everybody sees their own data and nobody else's. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/db/client.ts';
import { openPglite } from '../../../src/db/pglite.ts';
import { actions } from './actions.ts';
import { mutants } from './mutants.ts';
import { play, schedule } from './play.ts';
import type { Between } from './rig.ts';

let database: Database;
beforeAll(async () => {
  database = await openPglite();
});
afterAll(() => database.close());

/** What each action was answered, over all runs: `lists hubs` -> 200, 401, ... */
const seen = new Map<string, Set<number>>();

const isIsolated = (between?: Between) =>
  fc.asyncProperty(schedule, async (given) => {
    const outcome = await play(database, given, between);
    for (const { name, status } of outcome.answers) seen.set(name, (seen.get(name) ?? new Set()).add(status));
    const [first] = outcome.violations;
    if (first !== undefined) throw new Error(`Not isolated: ${first}`);
  });

describe('between people who share hubs, and people who do not', { timeout: 480_000 }, () => {
  it('no byte crosses, in any interleaving of reads, commands, jobs, faults, crashes and changes of place', async () => {
    await fc.assert(isIsolated(), {
      numRuns: 20,
      interruptAfterTimeLimit: 440_000,
      markInterruptAsFailure: true,
    });
    // Whoever was refused everything has proven nothing.
    const isAnswered = (name: string) =>
      [...(seen.get(name) ?? [])].some((status) => status < 300 || status === 409);
    const untried = actions.filter(({ name, isRefused }) => !isRefused && !isAnswered(name));
    expect(untried.map(({ name }) => name)).toEqual([]);
  });

  it.each(Object.entries(mutants))('it is noticed when %s', async (_, mutant) => {
    // A seed, so that it does not depend on luck; one failure is enough.
    const details = await fc.check(isIsolated(mutant), { seed: 7, numRuns: 20, endOnFailure: true });
    expect(details.failed).toBe(true);
    expect(String(details.errorInstance)).toMatch(
      /Not isolated: .+( and gets \d+: (shows|is told)|asked for)/,
    );
  });
});
