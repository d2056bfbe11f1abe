/** One contender as a process of its own: `worker.ts <contender> <settings>`. */
import type { Contender, Job, Settings } from './contender.ts';
import type { WorkerAnswer, WorkerCommand } from './messages.ts';
import { monotonicMs } from './monotonic.ts';

const [, , name = '', settings = '{}'] = process.argv;
const { open } = (await import(`./contenders/${name}.ts`)) as {
  open(settings: Settings): Promise<Contender>;
};
const contender = await open(JSON.parse(settings) as Settings);
const { running, accepting } = contender;

const send = (message: WorkerAnswer) => process.send?.(message);

function runnerOf(how: string) {
  const run = running[how];
  if (run === undefined) throw new Error(`${name} runs no ${how}`);
  return run;
}

function accepterOf(how: string) {
  const accept = accepting[how];
  if (accept === undefined) throw new Error(`${name} accepts no ${how}`);
  return accept;
}

async function submit(jobs: readonly Job[], how: string): Promise<void> {
  if (how in accepting) return accepterOf(how)(jobs);
  const run = runnerOf(how);
  for (const job of jobs) run(job).catch(fail);
}

/** Each to its end, and when it was handed over. */
async function follow(jobs: readonly Job[], how: string): Promise<number[]> {
  const run = runnerOf(how);
  const at: number[] = [];
  for (const job of jobs) {
    at.push(monotonicMs());
    await run(job);
  }
  return at;
}

async function accept(jobs: readonly Job[], how: string): Promise<number> {
  const startedAt = monotonicMs();
  await accepterOf(how)(jobs);
  const tookMs = monotonicMs() - startedAt;
  await contender.clear();
  return tookMs;
}

async function answer(command: WorkerCommand): Promise<WorkerAnswer> {
  if (command.type === 'submit') {
    await submit(command.jobs, command.how);
    return { type: 'submitted' };
  }
  if (command.type === 'follow') return { type: 'followed', at: await follow(command.jobs, command.how) };
  if (command.type === 'accept') return { type: 'accepted', tookMs: await accept(command.jobs, command.how) };
  if (command.type === 'outcomes') {
    return { type: 'outcomes', outcomes: await contender.outcomes(command.jobs) };
  }
  await contender.close();
  return { type: 'closed' };
}

function fail(error: unknown): void {
  send({ type: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

process.on('message', (command: WorkerCommand) => {
  answer(command).then(send, fail);
});
process.once('disconnect', () => process.exit(0));
send({ type: 'ready', running: Object.keys(running), accepting: Object.keys(accepting) });
