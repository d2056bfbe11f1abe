/**
 * The coordinator beside what others use for the same purpose, on one recording upstream.
 * Puts the tables into docs/benchmarks.md; `--quick` takes few samples and only prints.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, loadNow } from '../machine.ts';
import {
  describeProfile,
  type FunctionTime,
  profileDuring,
  profileFlags,
  profileFlagsOfStart,
  readProfileOfStart,
} from '../profile.ts';
import { report } from '../report.ts';
import {
  all,
  bullmq,
  coordinator,
  type Entry,
  others,
  ours,
  postgresEntry,
  references,
} from './contenders.ts';
import type { Results, Way } from './results.ts';
import { createRig, type Rig, type WorkerProcess } from './rig.ts';
import { jobsPerSecond } from './scenarios/acceptance.ts';
import { type CrashResult, crash, recover } from './scenarios/crash.ts';
import { arrivalTimes } from './scenarios/latency.ts';
import { burstAtEdge, type EdgeResult, type SaturationResult, saturate } from './scenarios/saturation.ts';
import { type Aim, aimsOf, describeRun } from './tables.ts';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
});

/** Measured, and wide enough that a token is always free. */
const budget = { limit: 100, windowMs: 2_000 };
const plenty = { limit: 100_000, windowMs: 2_000 };
const rounds = options.quick ? 1 : 7;
/** Rounds that do not count: code that has hardly run is compiled only then. */
const WARM_UPS = 3;
const samples = options.quick ? 50 : 200;

const progress = (text: string) =>
  console.error(`${(performance.now() / 1_000).toFixed(0).padStart(4)} s  ${text}`);

async function keepTheLimit(rig: Rig): Promise<Results['limits']> {
  const results = new Map<Entry, SaturationResult & { readonly edge: EdgeResult }>();
  // Where the coordinator stores makes no difference to its turns.
  for (const entry of [coordinator, ...others]) {
    progress(`${entry.name}: saturation and edge`);
    const worker = await rig.start(entry.file, budget);
    const saturation = await saturate(rig, worker, budget);
    const edge = await burstAtEdge(rig, worker, budget);
    results.set(entry, { ...saturation, edge });
    await worker.close();
  }
  return results;
}

async function survive(rig: Rig): Promise<Results['crashes']> {
  const results: (Way & { readonly result: CrashResult })[] = [];
  for (const entry of all) {
    const worker = await rig.start(entry.file, budget);
    const { accepting, running } = worker;
    await worker.close();
    const hows = entry === bullmq ? accepting.slice(0, 1) : accepting;
    for (const how of hows.length > 0 ? hows : running.slice(0, 1)) {
      progress(`${entry.name}, ${how}: SIGKILL`);
      const result = await crash(rig, await rig.start(entry.file, budget), budget, how);
      results.push({ entry, how, result });
    }
  }
  return results;
}

async function comeBack(rig: Rig): Promise<Results['recoveries']> {
  const results = new Map<Entry, readonly number[]>();
  for (const entry of [...ours, postgresEntry, ...others]) {
    progress(`${entry.name}: time back to work`);
    let worker = await rig.start(entry.file, budget, { tenants: 1 });
    const times: number[] = [];
    for (let round = 0; round < (options.quick ? 1 : 3); round++) {
      const { backAfterMs, successor } = await recover(rig, worker);
      times.push(backAfterMs);
      worker = successor;
    }
    await worker.close();
    results.set(entry, times);
  }
  return results;
}

/** All at once, in turns whose order changes, so that what disturbs the machine disturbs all. */
async function inTurns<T>(
  rig: Rig,
  entries: readonly Entry[],
  limits: typeof budget,
  waysOf: (worker: WorkerProcess) => readonly string[],
  measure: (worker: WorkerProcess, how: string) => Promise<T>,
): Promise<readonly (Way & { readonly rounds: readonly T[] })[]> {
  const ways: (Way & { readonly worker: WorkerProcess; readonly rounds: T[] })[] = [];
  const workers: WorkerProcess[] = [];
  for (const entry of entries) {
    const worker = await rig.start(entry.file, limits);
    workers.push(worker);
    for (const how of waysOf(worker)) ways.push({ entry, how, worker, rounds: [] });
  }
  for (let round = -WARM_UPS; round < rounds; round++) {
    const first = (round + WARM_UPS) % ways.length;
    for (const way of [...ways.slice(first), ...ways.slice(0, first)]) {
      const result = await measure(way.worker, way.how);
      if (round >= 0) way.rounds.push(result);
    }
  }
  for (const worker of workers) await worker.close();
  return ways;
}

/** What the coordinator does with its time where it is behind its aims. */
async function profile(rig: Rig, behind: ReadonlySet<Aim['about']>): Promise<string[]> {
  async function profileOf(what: string, look: (directory: string) => Promise<FunctionTime[]>) {
    progress(`profile of ${what}`);
    const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-profile-'));
    try {
      return describeProfile(what, await look(directory));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  const working = (what: string, limits: typeof budget, work: (worker: WorkerProcess) => Promise<void>) =>
    profileOf(what, async (directory) => {
      const worker = await rig.start(coordinator.file, limits, { execArgv: profileFlags(directory) });
      await work(worker);
      const times = await profileDuring(worker, directory, () => work(worker));
      await worker.close();
      return times;
    });
  const starting = () =>
    profileOf('a start', async (directory) => {
      const execArgv = profileFlagsOfStart(directory);
      await (await rig.start(coordinator.file, budget, { execArgv })).close();
      return readProfileOfStart(directory);
    });
  const texts: string[] = [];
  if (behind.has('durable')) {
    const text = await working('durable jobs', budget, async (worker) => {
      for (let round = 0; round < 3 * rounds; round++) {
        for (const how of worker.accepting) await jobsPerSecond(rig, worker, how);
      }
    });
    texts.push(text);
  }
  if (behind.has('latency')) {
    const text = await working('reads while tokens are free', plenty, async (worker) => {
      await arrivalTimes(rig, worker, 'reads', 20 * samples);
    });
    texts.push(text);
  }
  if (behind.has('start')) texts.push(await starting());
  return texts;
}

const rig = await createRig();
try {
  const startedAt = performance.now();
  const loadBefore = loadNow();
  progress('added latency');
  const latencies = await inTurns(
    rig,
    [references.direct, references.ping, ...ours, postgresEntry, ...others],
    plenty,
    ({ running }) => running,
    (worker, how) => arrivalTimes(rig, worker, how, samples),
  );
  progress('durable jobs per second');
  const acceptances = await inTurns(
    rig,
    [...ours, bullmq],
    budget,
    ({ accepting }) => accepting,
    (worker, how) => jobsPerSecond(rig, worker, how),
  );
  const recoveries = await comeBack(rig);
  const limits = await keepTheLimit(rig);
  const crashes = await survive(rig);
  const results: Results = { limits, crashes, recoveries, latencies, acceptances };
  const behind = new Set(aimsOf(results).flatMap(({ about, isMet }) => (isMet ? [] : [about])));
  const profiles = await profile(rig, behind);
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  const machine = `${describeMachine()}; load ${loadBefore} when it began, ${minutes} min.`;
  report('bench:queue', `${machine}\n\n${[describeRun(results), ...profiles].join('\n\n')}`, !options.quick);
} finally {
  await rig.close();
}
