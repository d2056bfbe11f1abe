/** `src/main.worker.ts` as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { until } from './until.ts';

const root = `${import.meta.dirname}/../..`;
const runtimes = {
  node: [process.execPath, 'src/main.worker.ts'],
  deno: [`${root}/node_modules/.bin/deno`, 'run', '-A', 'src/main.worker.ts'],
} as const;

/** Resolves once it works; whoever starts it ends it. */
export async function startWorkerProcess(
  runtime: keyof typeof runtimes,
  env: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const [command, ...args] = runtimes[runtime];
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += String(chunk);
    });
  try {
    await until(() => {
      if (child.exitCode !== null) throw new Error(`The worker ended:\n${output}`);
      return output.includes('Working on the background jobs');
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return child;
}
