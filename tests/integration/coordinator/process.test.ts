/** The coordinator as its operators run it: its own process on PostgreSQL, killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCoordinatorClient } from '../../../coordinator/contract/client.ts';
import { createSimulator, passwordHashOf } from '../../../simulator/simulator.ts';
import { createFetchOnce } from '../../../src/kernel/send-once.undici.ts';
import { type Listener, listen } from '../../../src/serve.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

const main = fileURLToPath(new URL('../../../coordinator/main.ts', import.meta.url));
const runtimes = {
  node: [process.execPath, main],
  deno: ['deno', 'run', '-A', main],
} as const;

const context = { correlationId: 'process-test' };
const secret = 'a-secret-both-sides-share';
let postgres: TestPostgres;
let upstream: Listener;
const simulator = createSimulator({ apiKeys: ['key-1'], living: false });

beforeAll(async () => {
  postgres = await startPostgres();
  upstream = await listen((request) => simulator.fetch(request), { hostname: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await upstream.close();
  await postgres.stop();
});

function launch([command, ...args]: readonly string[], env: Record<string, string>) {
  const child = spawn(command ?? '', args, {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/tmp', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const address = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const ready = /ready at (http:\S+)/.exec(output)?.[1];
      if (ready) resolve(ready);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`Ended with ${code}:\n${output}`)));
  });
  address.catch(() => {});
  return { child, address, output: () => output };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

describe.each(Object.entries(runtimes))('on %s', (_name, command) => {
  const env = () => ({
    PORT: '0',
    DATABASE_URL: postgres.url,
    SECRET_KEY: 'a-secret-key-of-the-installation-0001',
    COORDINATOR_SECRET: secret,
    AJAX_API_KEYS: 'key-1',
    AJAX_API_BASE_URL: `http://127.0.0.1:${upstream.port}/api/`,
  });

  test('says what is missing and exits with 78', async () => {
    const { child, output } = launch(command, {});
    const [code] = await once(child, 'exit');
    expect(code).toBe(78);
    for (const name of ['DATABASE_URL', 'SECRET_KEY', 'COORDINATOR_SECRET', 'AJAX_API_KEYS']) {
      expect(output()).toContain(name);
    }
  });

  test('a SIGKILL loses neither the sessions nor what was spent of the budget', async () => {
    const demo = simulator.accounts[0];
    if (demo === undefined) throw new Error('The simulator has no account');
    const first = launch(command, env());
    let baseUrl = await first.address;
    let remote = createFetchOnce({ origin: baseUrl, timeoutMs: 10_000 });
    let client = createCoordinatorClient({ fetch: remote.fetch, secret, baseUrl });
    const passwordHash = await passwordHashOf(demo.password);
    const { account } = await client.login({ login: demo.login, passwordHash }, context);
    await client.read({ account, path: ['hubs'], lane: 'interactive', ...context });
    const { used } = await client.budget(account, context);
    await stop(first.child, 'SIGKILL');
    await remote.close();

    const second = launch(command, env());
    baseUrl = await second.address;
    remote = createFetchOnce({ origin: baseUrl, timeoutMs: 10_000 });
    client = createCoordinatorClient({ fetch: remote.fetch, secret, baseUrl });
    expect((await client.budget(account, context)).used).toBe(used);
    const hubs = await client.read({ account, path: ['hubs'], lane: 'interactive', ...context });
    expect(hubs.status).toBe(200);
    await remote.close();
    await stop(second.child, 'SIGTERM');
    expect(second.child.exitCode).toBe(0);
    for (const text of ['key-1', passwordHash, secret])
      expect(second.output() + first.output()).not.toContain(text);
  });
});
