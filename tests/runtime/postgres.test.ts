/** The product on PostgreSQL, in one process and with a coordinator of its own. */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSimulator, type Simulator } from '../../simulator/simulator.ts';
import { type Listener, listen } from '../../src/serve.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { launch, type Runtime, stop } from '../support/product.ts';

const SECRET_KEY = 'a test secret of more than 32 characters';
let postgres: TestPostgres;
let simulator: Simulator;
let upstream: Listener;

beforeAll(async () => {
  postgres = await startPostgres();
  simulator = createSimulator({ apiKeys: ['key-1'], living: false });
  upstream = await listen((request) => simulator.fetch(request), { hostname: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await upstream.close();
  await postgres.stop();
});

const ajax = () => ({ AJAX_API_KEYS: 'key-1', AJAX_API_BASE_URL: `http://127.0.0.1:${upstream.port}/api/` });

async function arms(url: string): Promise<void> {
  const account = simulator.accounts[0];
  const type = { 'content-type': 'application/json' };
  const login = await fetch(`${url}/api/v1/auth/token`, {
    method: 'POST',
    headers: type,
    body: JSON.stringify({ username: account?.login, password: account?.password }),
  });
  expect(login.status).toBe(200);
  const { access_token } = (await login.json()) as { access_token: string };
  const headers = { ...type, authorization: `Bearer ${access_token}` };
  const [home] = (await (await fetch(`${url}/api/v1/ajax/hubs`, { headers })).json()) as { id: string }[];
  const body = JSON.stringify({ armState: 1, ignoreProblems: true });
  const armed = await fetch(`${url}/api/v1/ajax/hubs/${home?.id}/arm-state`, {
    method: 'POST',
    headers,
    body,
  });
  expect(armed.status).toBe(200);
  const hub = await (await fetch(`${url}/api/v1/ajax/hubs/${home?.id}`, { headers })).json();
  expect(hub).toMatchObject({ state: 'ARMED' });
}

describe.each<Runtime>(['node', 'deno'])('on %s', { timeout: 120_000 }, (runtime) => {
  it('signs in and arms with everything in one process; two that start together migrate once', async () => {
    const env = { ...ajax(), DATABASE_URL: postgres.url, SECRET_KEY };
    const gateways = [launch(runtime, env), launch(runtime, { ...env, AJAX_API_KEYS: 'key-2' })];
    try {
      const [url] = await Promise.all(gateways.map(({ address }) => address));
      await arms(url ?? '');
    } finally {
      await Promise.all(gateways.map(({ process }) => stop(process, 'SIGTERM')));
    }
  });

  it('signs in and arms through a coordinator in a process of its own', async () => {
    const secret = { COORDINATOR_SECRET: 'shared by both processes', SECRET_KEY, DATABASE_URL: postgres.url };
    const [program = '', ...args] = runtime === 'deno' ? ['deno', 'run', '-A'] : [process.execPath];
    const coordinator = spawn(program, [...args, 'coordinator/main.ts'], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', ...ajax(), ...secret },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      coordinator.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const ready = /ready at (http:\S+)/.exec(text)?.[1];
        if (ready) resolve(ready);
      });
      coordinator.once('exit', () => reject(new Error(text)));
    });
    const gateway = launch(runtime, { ...secret, COORDINATOR_URL: url });
    try {
      await arms(await gateway.address);
      const ready = await fetch(`${await gateway.address}/ready`);
      expect(await ready.json()).toMatchObject({ status: 'ready' });
      await stop(coordinator, 'SIGKILL');
      const asked = performance.now();
      const down = await fetch(`${await gateway.address}/ready`);
      expect(down.status).toBe(503);
      expect(await down.json()).toMatchObject({ coordinator: 'unavailable', database: 'ok' });
      expect(performance.now() - asked).toBeLessThan(5_000);
    } finally {
      await stop(gateway.process, 'SIGTERM');
      await stop(coordinator, 'SIGKILL');
    }
  });
});
