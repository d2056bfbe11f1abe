/** Two coordinators and two gateways: each is paused, killed or replaced in turn, while everybody asks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Breakable, type Part, roleOf, startBreakable, WINDOW_MS } from './breakable.ts';
import { heardOf, judge, type Person, pause, signInAll, startBurst, tally, workAgain } from './burst.ts';

/** The lease lasts 3 s, and a standby asks for it every 0.5 s; a machine that runs tests may be busy. */
const TAKEN_OVER_WITHIN_MS = 15_000;

let site: Breakable;
let people: readonly Person[];
beforeAll(async () => {
  site = await startBreakable({ coordinators: 2, gateways: 2 });
  people = await signInAll(site);
}, 60_000);
afterAll(() => site.close());

async function owners(): Promise<{ readonly owner: Part; readonly standby: Part }> {
  const [one, other] = site.coordinators;
  if (one === undefined || other === undefined) throw new Error('Two are needed');
  return (await roleOf(one)) === 'active' ? { owner: one, standby: other } : { owner: other, standby: one };
}

const becomes = (part: Part, role: 'active' | 'standby') =>
  expect.poll(() => roleOf(part), { timeout: TAKEN_OVER_WITHIN_MS, interval: 100 }).toBe(role);

describe('an owner that stands still for longer than its lease', { timeout: 120_000 }, () => {
  it('is succeeded, sends nothing when it goes on, and stands by', async () => {
    const { simulator } = site;
    const { owner, standby } = await owners();
    const burst = startBurst(people);
    await pause(WINDOW_MS);
    owner.process().kill('SIGSTOP');
    try {
      await becomes(standby, 'active');
      // The successor works at the limit of the budget while the former owner wakes up with a full line.
      const before = simulator.journal.count();
      await expect
        .poll(() => simulator.journal.count(), { timeout: TAKEN_OVER_WITHIN_MS })
        .toBeGreaterThan(before + 20);
    } finally {
      owner.process().kill('SIGCONT');
    }
    await becomes(owner, 'standby');
    await pause(2 * WINDOW_MS);
    await burst.stop();
    expect(await roleOf(standby)).toBe('active');
    const answers = tally(heardOf(burst));
    for (const answer of Object.keys(answers)) expect(ALLOWED, JSON.stringify(answers)).toContain(answer);
    const ends = await judge(simulator, burst.commands);
    expect(ends.done).toBeGreaterThan(10);
  });
});

/** Of who was on its way to an owner at the moment it was lost. */
const ALLOWED = [
  '201',
  '404 upstream_not_found',
  '429 budget_exhausted',
  '429 command_not_executed',
  '503 coordinator_unavailable',
  '504 command_outcome_unknown',
];

describe('two gateways and two coordinators', { timeout: 120_000 }, () => {
  it('any of them killed: the others serve, and everything has one outcome', async () => {
    const { simulator, gateways } = site;
    const burst = startBurst(people);
    for (const gateway of gateways) {
      await pause(1_000);
      await gateway.end('SIGKILL');
      await pause(500);
      await gateway.start();
    }
    const { owner, standby } = await owners();
    await owner.end('SIGKILL');
    await becomes(standby, 'active');
    await owner.start();
    await pause(1_000);
    // A standby is missed by nobody.
    const killedAt = Date.now();
    await owner.end('SIGKILL');
    await pause(1_000);
    const meanwhile = tally(burst.heardSince(killedAt + 100));
    await owner.start();
    await burst.stop();
    expect(Object.keys(meanwhile).filter((answer) => !SERVED.includes(answer))).toEqual([]);
    // 0: the connection to a gateway that was killed.
    const answers = tally(heardOf(burst));
    const allowed = [...ALLOWED, '0', '0 ECONNRESET', '0 UND_ERR_SOCKET'];
    for (const answer of Object.keys(answers)) expect(allowed, JSON.stringify(answers)).toContain(answer);
    const ends = await judge(simulator, burst.commands);
    expect(ends.done).toBeGreaterThan(10);
  });

  it('each restarted in turn: nothing is dropped, nobody is refused', async () => {
    const { simulator, gateways, coordinators } = site;
    const burst = startBurst(people, 2);
    await pause(500);
    for (const part of [...gateways, ...coordinators]) {
      await part.end('SIGTERM');
      await part.start();
      await pause(500);
    }
    await burst.stop();
    const answers = tally(heardOf(burst));
    expect(
      Object.keys(answers).filter((answer) => !SERVED.includes(answer)),
      JSON.stringify(answers),
    ).toEqual([]);
    const ends = await judge(simulator, burst.commands);
    expect(ends).toMatchObject({ not_executed: 0, unknown: 0, forgotten: 0 });
    expect(ends.done).toBe(burst.commands.length);
    const [person] = people;
    if (person) await workAgain(person, TAKEN_OVER_WITHIN_MS);
  });
});

const SERVED = ['201', '404 upstream_not_found'];
