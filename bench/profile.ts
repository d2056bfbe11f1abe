/** CPU profiles of processes under load, digested into the functions that took the time. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from './report.ts';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  /** Ids of nodes, one for each sample. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

export interface FunctionTime {
  /** Name and place, relative to the project. */
  readonly name: string;
  /** Of the time the process was not idle. */
  readonly share: number;
}

const IDLE = new Set(['(idle)', '(root)']);

/** Functions by their own time, most first. */
export function selfTimes(profile: CpuProfile): FunctionTime[] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, number>();
  let total = 0;
  for (const [at, id] of profile.samples.entries()) {
    const frame = frames.get(id);
    if (frame === undefined || IDLE.has(frame.functionName)) continue;
    const time = profile.timeDeltas[at] ?? 0;
    const name = nameOf(frame);
    total += time;
    times.set(name, (times.get(name) ?? 0) + time);
  }
  return [...times]
    .map(([name, time]) => ({ name, share: time / total }))
    .sort((one, other) => other.share - one.share);
}

/** Flags of Node for a process that `profileDuring` is to look into. */
export function profileFlags(directory: string): string[] {
  const preload = new URL('./profiled.ts', import.meta.url);
  preload.searchParams.set('into', fileIn(directory));
  return ['--import', preload.href];
}

const fileIn = (directory: string) => join(directory, 'profile.json');

/** What a process started with these flags does during the work. */
export async function profileDuring(
  { pid }: { readonly pid?: number | undefined },
  directory: string,
  work: () => Promise<unknown>,
): Promise<FunctionTime[]> {
  if (pid === undefined) throw new Error('The process has not started');
  const file = fileIn(directory);
  process.kill(pid, 'SIGUSR2');
  await appears(`${file}.begun`);
  await work();
  process.kill(pid, 'SIGUSR2');
  await appears(file);
  return selfTimes(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile);
}

/** The same for a process that is profiled from its first moment to its end. */
export const profileFlagsOfStart = (directory: string) => ['--cpu-prof', `--cpu-prof-dir=${directory}`];

export function readProfileOfStart(directory: string): FunctionTime[] {
  const [file] = readdirSync(directory);
  if (file === undefined) throw new Error('The process has left no profile');
  return selfTimes(JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile);
}

async function appears(file: string): Promise<void> {
  for (let attempt = 0; !existsSync(file); attempt++) {
    if (attempt > 1_000) throw new Error('The process does not profile itself');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const SHOWN = 15;

export function describeProfile(what: string, times: readonly FunctionTime[]): string {
  const rows = times
    .slice(0, SHOWN)
    .map(({ name, share }) => [`${(share * 100).toFixed(1)} %`, `\`${name}\``]);
  return `Where the time of ${what} goes:\n\n${markdownTable({ columns: ['self', 'function'], rows })}`;
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName || '(anonymous)';
  if (url === '') return name;
  const place = url.startsWith('node:')
    ? url
    : url.replace(/^.*\/node_modules\//, '').replace(/^.*\/((src|coordinator|simulator|bench)\/)/, '$1');
  return `${name} ${place}:${lineNumber + 1}`;
}
