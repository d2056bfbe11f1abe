/** A disk that fills up under the embedded database, and under Redis, in the middle of a burst. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createSimulator, type Simulator } from '../../../simulator/simulator.ts';
import { listen } from '../../../src/serve.ts';
import { launchCommand, stop } from '../../support/product.ts';
import { diskOf, onSmallDisk } from '../../support/small-disk.ts';
import { budgetEnvironment, startBreakable, WINDOW_MS, worldOptions } from './breakable.ts';
import {
  ask,
  type Burst,
  expectBudgetKept,
  judge,
  type Person,
  pause,
  sentOf,
  signInAll,
  startBurst,
  tally,
  workAgain,
} from './burst.ts';

const RECOVERED_WITHIN_MS = 20_000;
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** Fills the disk while everybody asks, frees it again, and looks at what became of everything. */
async function sufferFullDisk(
  simulator: Simulator,
  people: readonly Person[],
  disk: ReturnType<typeof diskOf>,
  expected: readonly string[],
): Promise<Burst> {
  const [person] = people;
  if (person === undefined) throw new Error('Nobody');
  const burst = startBurst(people);
  cleanUp.push(() => burst.stop());
  await pause(WINDOW_MS);
  disk.fill();
  // What is under way ends.
  await pause(2_000);
  const sent = simulator.journal.count();
  const since = Date.now();
  await pause(3_000);
  const meanwhile = burst.heardSince(since);
  expect(meanwhile.length).toBeGreaterThan(10);
  for (const answer of Object.keys(tally(meanwhile))) expect(expected).toContain(answer);
  expect(simulator.journal.count(), 'nothing is sent').toBe(sent);
  disk.free();
  await workAgain(person, RECOVERED_WITHIN_MS);
  await pause(WINDOW_MS);
  await burst.stop();
  const ends = await judge(simulator, burst.commands);
  expect(ends.done).toBeGreaterThan(5);
  return burst;
}

describe('a full disk', { timeout: 120_000 }, () => {
  it('under the embedded database: 503, nothing is sent without its audit record, and it goes on', async () => {
    const simulator = createSimulator(worldOptions);
    const ajax = await listen((request) => simulator.fetch(request), { hostname: '127.0.0.1', port: 0 });
    cleanUp.push(() => ajax.close());
    const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-disk-'));
    cleanUp.push(() => rmSync(directory, { recursive: true, force: true }));
    const gateway = launchCommand(
      onSmallDisk(directory, 160 * 1024 * 1024, [process.execPath, 'src/main.ts']),
      { ...budgetEnvironment(ajax.port), DATA_DIR: directory, LOG_LEVEL: 'warn' },
      /^ *Open +(http:\/\/\S+)/m,
    );
    cleanUp.push(() => stop(gateway.process, 'SIGTERM'));
    const url = await gateway.address;
    const people = await signInAll({ simulator, gateways: [{ url }] });
    const { commands } = await sufferFullDisk(simulator, people, diskOf(gateway.process.pid, directory), [
      '503 database_unavailable',
      '503 storage_unavailable',
    ]);
    // One life only.
    expect([gateway.process.exitCode, gateway.process.signalCode]).toEqual([null, null]);
    expectBudgetKept(simulator);
    // Promise P10.
    for (const person of people) {
      const { body } = await ask(person, '/security/audit-logs?limit=100');
      const audited = JSON.stringify(body);
      const sent = commands.filter((command) => command.person === person && sentOf(simulator, command) > 0);
      expect(sent.length).toBeGreaterThan(0);
      for (const { id } of sent) expect(audited).toContain(id);
    }
  });

  it('under Redis: 503, nothing is sent, and it goes on', async () => {
    const site = await startBreakable({
      redis: { diskBytes: 16 * 1024 * 1024, settings: { appendfsync: 'everysec' } },
    });
    cleanUp.push(() => site.close());
    const people = await signInAll(site);
    await sufferFullDisk(site.simulator, people, site.redis.disk(), ['503 storage_unavailable']);
  });
});
