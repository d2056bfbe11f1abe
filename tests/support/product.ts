/** The product as its users run it: a process of its own, driven over HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  breakConnections,
  createSimulator,
  type Simulator,
  type SimulatorOptions,
} from '../../simulator/simulator.ts';
import { type Listener, listen } from '../../src/serve.ts';

export type Runtime = 'node' | 'deno';

export interface Product {
  /** Origin of the gateway, without a trailing slash. */
  readonly url: string;
  readonly simulator: Simulator;
  readonly process: ChildProcess;
  readonly dataDirectory: string;
  /** Everything the process has written so far. */
  output(): string;
  /** Ends the process with a signal and starts it again on the same data. */
  restart(signal?: NodeJS.Signals): Promise<Product>;
  close(): Promise<void>;
}

export interface ProductOptions {
  readonly runtime?: Runtime;
  readonly env?: Readonly<Record<string, string>>;
  readonly simulator?: SimulatorOptions;
  readonly dataDirectory?: string;
}

export const API_KEY = 'test-api-key-0001';

/** Starts the gateway against a simulator that lives in the test, so that the test sees its journal. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const simulator = createSimulator({ apiKeys: [API_KEY], ...options.simulator });
  const upstream = await listen(breakConnections(simulator.fetch), { hostname: '127.0.0.1', port: 0 });
  const dataDirectory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), 'ajaxsecurflow-product-'));
  const env = {
    AJAX_API_KEYS: API_KEY,
    AJAX_API_BASE_URL: `http://127.0.0.1:${upstream.port}/api/`,
    ...options.env,
  };
  return run({ ...options, env }, simulator, upstream, dataDirectory);
}

async function run(
  options: ProductOptions,
  simulator: Simulator,
  upstream: Listener,
  dataDirectory: string,
): Promise<Product> {
  const launched = launch(options.runtime ?? 'node', { ...options.env, DATA_DIR: dataDirectory });
  const url = await launched.address;
  return {
    url,
    simulator,
    process: launched.process,
    dataDirectory,
    output: launched.output,
    async restart(signal = 'SIGTERM') {
      await stop(launched.process, signal);
      return run(options, simulator, upstream, dataDirectory);
    },
    async close() {
      await stop(launched.process, 'SIGTERM');
      await upstream.close();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

export interface Launched {
  readonly process: ChildProcess;
  /** Resolves with the printed address; rejects with the output when the process ends before. */
  readonly address: Promise<string>;
  output(): string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Starts `src/main.ts` with nothing in the environment but PATH and what is given. */
export function launch(runtime: Runtime, env: Environment): Launched {
  return spawnProgram(runtime, 'src/main.ts', env, /^ *Open +(http:\/\/\S+)/m);
}

/** Starts `coordinator/main.ts` likewise. */
export function launchCoordinator(runtime: Runtime, env: Environment): Launched {
  return spawnProgram(runtime, 'coordinator/main.ts', env, /ready at (http:\/\/\S+)/);
}

/** Starts the listener alone, with short limits. */
export function launchListener(runtime: Runtime): Launched {
  return spawnProgram(runtime, 'tests/support/listener-program.ts', {}, /ready at (http:\/\/\S+)/);
}

function spawnProgram(runtime: Runtime, main: string, env: Environment, ready: RegExp): Launched {
  return launchCommand(runtime === 'deno' ? ['deno', 'run', '-A', main] : ['node', main], env, ready);
}

/** Starts a command as it stands in a file, `node` being the one that runs the tests. */
export function launchCommand(
  command: readonly string[],
  env: Environment,
  ready: RegExp,
  cwd?: string,
): Launched {
  const [name = '', ...args] = command;
  const program = name === 'node' ? process.execPath : name;
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const address = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const found = ready.exec(text)?.[1];
      if (found) resolve(found.replace(/\/$/, ''));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`ended with code ${code} before it listened:\n${text}`)));
  });
  address.catch(() => {});
  return { process: child, address, output: () => text };
}

export async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
