/**
 * What docker-compose.yml describes, without containers: its commands, its environment, its proxy, on a PostgreSQL and a
 * Redis of the test. Only addresses, ports and folders are the test's own.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSimulator, type Simulator } from '../../simulator/simulator.ts';
import { listen } from '../../src/serve.ts';
import { type ComposeService, readCompose } from '../support/compose-file.ts';
import { type NameServer, startNameServer } from '../support/name-server.ts';
import { startNginx } from '../support/nginx.ts';
import { freePort } from '../support/port.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type Launched, launchCommand, stop } from '../support/product.ts';

const API_KEY = 'key-of-the-compose-file';
const services = readCompose({
  AJAX_API_KEYS: API_KEY,
  SECRET_KEY: 'a test secret of more than 32 characters',
  COORDINATOR_SECRET: 'shared by all processes',
  POSTGRES_PASSWORD: 'p@ss:word/#%',
  EDGE_PROXY: '127.0.0.1',
});

function serviceOf(name: string): ComposeService {
  const service = services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

const commandOf = (name: string) => serviceOf(name).command ?? [];
/** Without the word that says that the rest is a command. */
const checkOf = (name: string) => serviceOf(name).healthcheck?.test?.slice(1) ?? [];

const closers: (() => unknown)[] = [];
let database: TestPostgres;
let redisPort: number;
let simulator: Simulator;
let names: NameServer;
let coordinator: Launched;
const gateways: Launched[] = [];
let proxy: string;
/** Environments of the services as this test runs them. */
let environments: Record<'coordinator' | 'migrate' | 'gateway', Record<string, string>>;

/** Runs a command to its end: exit code and what it wrote. */
async function run(command: readonly string[], env: Record<string, string> = {}) {
  const [name = '', ...args] = command;
  const program = name === 'node' ? process.execPath : name;
  const options = { env: { PATH: process.env.PATH ?? '', ...env }, timeout: 100_000 };
  const result = await promisify(execFile)(program, args, options).catch((error: unknown) => error);
  const { code = 0, stdout, stderr } = result as { code?: number; stdout: string; stderr: string };
  return { code, output: stdout + stderr };
}

async function startRedisAsWritten(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-redis-'));
  const port = await freePort();
  const [program = '', ...args] = commandOf('redis');
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', directory];
  const server = spawn(program, [...args, ...place], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  closers.push(async () => {
    server.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  return port;
}

const redisCheck = (port: number) => {
  const [program = '', ...args] = checkOf('redis');
  return run([program, '-p', String(port), ...args]);
};

async function startProxy(gatewayPort: number): Promise<string> {
  const port = await freePort();
  const file = readFileSync(new URL('../../deploy/nginx.conf', import.meta.url), 'utf8');
  const replacements = (directory: string): [string, string][] => [
    ['listen 8000;', `listen 127.0.0.1:${port};`],
    ['resolver 127.0.0.11 ', `resolver 127.0.0.1:${names.port} `],
    ['http://gateway:8000', `http://gateway:${gatewayPort}`],
    ['/tmp/', `${directory}/`],
  ];
  const nginx = await startNginx({
    port,
    unprivileged: true,
    config: (directory) =>
      replacements(directory).reduce((text, [from, to]) => {
        if (!text.includes(from)) throw new Error(`deploy/nginx.conf no longer says ${from}`);
        return text.replaceAll(from, to);
      }, file),
  });
  closers.push(nginx.stop);
  return `http://127.0.0.1:${port}`;
}

beforeAll(async () => {
  simulator = createSimulator({ apiKeys: [API_KEY], living: false });
  const upstream = await listen((request) => simulator.fetch(request), { hostname: '127.0.0.1', port: 0 });
  closers.push(() => upstream.close());
  database = await startPostgres();
  closers.push(database.stop);
  const owner = postgres(database.url, { max: 1 });
  await owner`create role ajaxsecurflow login`;
  await owner`create database ajaxsecurflow owner ajaxsecurflow`;
  await owner.end();
  redisPort = await startRedisAsWritten();

  const postgresPlace = { POSTGRES_HOST: '127.0.0.1', POSTGRES_PORT: new URL(database.url).port };
  const coordinatorPort = String(await freePort());
  const coordinatorUrl = `http://127.0.0.1:${coordinatorPort}`;
  environments = {
    migrate: { ...serviceOf('migrate').environment, ...postgresPlace },
    coordinator: {
      ...serviceOf('coordinator').environment,
      ...postgresPlace,
      PORT: coordinatorPort,
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      COORDINATOR_ADVERTISE_URL: coordinatorUrl,
      AJAX_API_BASE_URL: `http://127.0.0.1:${upstream.port}/api/`,
    },
    gateway: {
      ...serviceOf('gateway').environment,
      ...postgresPlace,
      PORT: String(await freePort()),
      COORDINATOR_URL: coordinatorUrl,
    },
  };
}, 60_000);

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

const start = (launched: Launched) => {
  closers.push(() => stop(launched.process, 'SIGTERM'));
  return launched;
};

const tables = async () => {
  const { POSTGRES_PORT } = environments.migrate;
  const sql = postgres(`postgres://ajaxsecurflow@127.0.0.1:${POSTGRES_PORT}/ajaxsecurflow`, { max: 1 });
  const [row] =
    await sql`select count(*)::int as n from information_schema.tables where table_schema = 'public'`;
  await sql.end();
  return row?.n as number;
};

// In the order of the file's depends_on: each test stands on the one before it.
describe('what docker-compose.yml starts', { timeout: 120_000 }, () => {
  it('PostgreSQL is ready when its check says so', async () => {
    const at = (port: string) => [...checkOf('postgres'), `--port=${port}`];
    const port = new URL(database.url).port;
    expect(await run(at(port))).toMatchObject({ code: 0 });
    expect((await run(at(String(await freePort())))).code).not.toBe(0);
  });

  it('Redis never evicts and writes to disk; its check fails where none is', async () => {
    const ready = { code: 0, output: 'PONG\n' };
    await expect.poll(() => redisCheck(redisPort), { timeout: 20_000 }).toEqual(ready);
    const get = async (name: string) =>
      (await run(['redis-cli', '-p', String(redisPort), 'config', 'get', name])).output.split('\n')[1];
    expect([await get('maxmemory-policy'), await get('appendonly')]).toEqual(['noeviction', 'yes']);
    expect((await redisCheck(await freePort())).code).not.toBe(0);
  });

  it('migrations run once, also when several start together, and end', async () => {
    expect(await tables()).toBe(0);
    const runs = await Promise.all([1, 2, 3].map(() => run(commandOf('migrate'), environments.migrate)));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(runs[0]?.output).toMatch(/^PostgreSQL 127\.0\.0\.1:\d+\/ajaxsecurflow is up to date\n$/);
    expect(await tables()).toBeGreaterThan(3);
  });

  it('migrations say what is missing or unreachable, without the password', async () => {
    expect(await run(commandOf('migrate'))).toMatchObject({
      code: 78,
      output: expect.stringContaining('DATABASE_URL: is required'),
    });
    const nowhere = { ...environments.migrate, POSTGRES_PORT: String(await freePort()) };
    const { code, output } = await run(commandOf('migrate'), nowhere);
    expect([code, output]).toEqual([1, expect.stringContaining('ECONNREFUSED')]);
    expect(output).not.toMatch(/p@ss|p%40ss/);
  });

  it('the coordinator starts, and its check follows its port', async () => {
    expect((await run(checkOf('coordinator'), environments.coordinator)).code).toBe(1);
    coordinator = start(
      launchCommand(commandOf('coordinator'), environments.coordinator, /ready at (http:\/\/\S+)/),
    );
    await coordinator.address;
    expect(await run(checkOf('coordinator'), environments.coordinator)).toEqual({ code: 0, output: '' });
  });

  it('two gateways start; through the proxy people sign in, read and arm', async () => {
    for (const host of ['127.0.0.1', '127.0.0.2']) {
      const env = { ...environments.gateway, HOST: host };
      gateways.push(start(launchCommand(commandOf('gateway'), env, /^ *Open +(http:\/\/\S+)/m)));
    }
    for (const gateway of gateways) await gateway.address;
    expect(await run(checkOf('gateway'), environments.gateway)).toEqual({ code: 0, output: '' });
    names = await startNameServer(['127.0.0.1', '127.0.0.2']);
    closers.push(() => names.close());
    proxy = await startProxy(Number(environments.gateway.PORT));

    const [account] = simulator.accounts;
    const json = { 'content-type': 'application/json' };
    const signedIn = await fetch(`${proxy}/api/v1/auth/token`, {
      method: 'POST',
      // As the proxy with TLS in front of this one says it.
      headers: { ...json, 'x-forwarded-proto': 'https' },
      body: JSON.stringify({ username: account?.login, password: account?.password }),
    });
    expect(signedIn.status).toBe(200);
    for (const cookie of signedIn.headers.getSetCookie()) expect(cookie).toContain('; Secure');
    const { access_token } = (await signedIn.json()) as { access_token: string };
    const headers = { ...json, authorization: `Bearer ${access_token}` };
    const hubs = (await (await fetch(`${proxy}/api/v1/ajax/hubs`, { headers })).json()) as { id: string }[];
    const armed = await fetch(`${proxy}/api/v1/ajax/hubs/${hubs[0]?.id}/arm-state`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ armState: 1, ignoreProblems: true }),
    });
    expect([armed.status, simulator.journal.count({ method: 'PUT', path: 'arming' })]).toEqual([200, 1]);
    const ready = await Promise.all(Array.from({ length: 10 }, () => fetch(`${proxy}/ready`)));
    expect(ready.map(({ status }) => status)).toEqual(Array(10).fill(200));
  });

  it('either gateway serves alone once the name server no longer names the other', async () => {
    const statuses = async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(`${proxy}/health`)));
      return [...new Set(answers.map(({ status }) => status))];
    };
    expect(await statuses()).toEqual([200]);
    const [first] = gateways;
    if (first === undefined) throw new Error('No gateway runs');
    await stop(first.process, 'SIGTERM');
    expect(first.process.exitCode).toBe(0);
    // Half of the requests meet the one that is gone, which proves that both were in use.
    expect(await statuses()).toContain(502);
    names.setAddresses(['127.0.0.2']);
    await expect.poll(statuses, { timeout: 30_000, interval: 500 }).toEqual([200]);
  });

  it('the proxy lets the gateway explain what is too large', async () => {
    const response = await fetch(`${proxy}/api/v1/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.alloc(11 * 1024 * 1024, ' '),
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'payload_too_large' });
  });
});
