/**
 * Promise P9, by experiment: secrets that are known, a client that does everything, and a search through all that was
 * answered, stored, logged and shipped.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSimulator, totpCode } from '../../simulator/simulator.ts';
import { type Canary, filesOf, findCanaries, formsOf, type Haystack } from '../support/canary.ts';
import { freePort } from '../support/port.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type Launched, launch, launchCoordinator, type Runtime, stop } from '../support/product.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { type IndiscreetAjax, startIndiscreetAjax } from './canary-ajax.ts';
import { createTour, type Tour } from './canary-tour.ts';

/** With what JSON, URLs and SQL write in another way. */
const OWN = {
  'the API key': 'canary-api-key+5f/1c==',
  SECRET_KEY: 'canary secret "key" of the installation 01',
  COORDINATOR_SECRET: 'canary-coordinator-secret-8841',
  METRICS_TOKEN: 'canary-metrics-token-2207',
  ADMIN_SECRET_KEY: 'canary-admin-secret-9113',
  'the password of the database': 'canary-database-password-65',
  'the password of Redis': 'canary-redis-password-31',
  "the owner's password": "canary 'owner' pässword; 4411",
  "the other's password": 'canary-other-password\\5522',
  'the password with a code': 'canary-coded-password-6633',
  'a mistyped password': 'canary"mistyped"%20password&7744',
  'a wrong code': '90817263',
} as const;
const PASSWORDS = [
  "the owner's password",
  "the other's password",
  'the password with a code',
  'a mistyped password',
] as const;
const IDEMPOTENCY_KEY = 'canary-idempotency-key-1';

const secret = (name: string, value: string): Canary => ({ name, value, kind: 'secret' });
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const ownCanaries: readonly Canary[] = [
  ...Object.entries(OWN).map(([name, value]) => secret(name, value)),
  ...PASSWORDS.map((name) => secret(`the hash of ${name}`, sha256(OWN[name]))),
];

interface Parts {
  readonly ajax: IndiscreetAjax;
  readonly tour: Tour;
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Ajax and a client for gateways that are about to start. */
async function prepare(): Promise<Parts> {
  const simulator = createSimulator({
    apiKeys: [OWN['the API key']],
    living: false,
    budget: { limit: 100_000, windowMs: 60_000 },
  });
  const [first, second, , coded] = simulator.accounts;
  if (!first || !second || !coded?.totp) throw new Error('The simulator has other accounts');
  const { login: ownerLogin } = first;
  const { totp } = coded;
  const owner = { login: ownerLogin, password: OWN["the owner's password"] };
  const other = { login: second.login, password: OWN["the other's password"] };
  const withCode = {
    login: coded.login,
    password: OWN['the password with a code'],
    code: () => totpCode(totp, Date.now()),
  };
  const passwords = new Map([owner, other, withCode].map(({ login, password }) => [login, password]));
  const ajax = await startIndiscreetAjax(simulator, passwords);
  const tour = createTour({
    ...{ owner, other, withCode, ajax },
    expireSessions: () => simulator.control.expireSessions(),
    secrets: {
      apiKey: OWN['the API key'],
      adminSecret: OWN.ADMIN_SECRET_KEY,
      metricsToken: OWN.METRICS_TOKEN,
      mistyped: OWN['a mistyped password'],
      wrongCode: OWN['a wrong code'],
      idempotencyKey: IDEMPOTENCY_KEY,
    },
  });
  const env = {
    AJAX_API_KEYS: OWN['the API key'],
    AJAX_API_BASE_URL: ajax.url,
    AJAX_BUDGET_REQUESTS: '5000',
    SECRET_KEY: OWN.SECRET_KEY,
    COORDINATOR_SECRET: OWN.COORDINATOR_SECRET,
    METRICS_TOKEN: OWN.METRICS_TOKEN,
    ADMIN_SECRET_KEY: OWN.ADMIN_SECRET_KEY,
    ADMIN_EMAILS: ownerLogin,
    LOG_LEVEL: 'trace',
  };
  return { ajax, tour, env, close: () => ajax.close() };
}

const everySecret = ({ ajax, tour }: Parts): Canary[] => [
  ...ownCanaries,
  ...ajax.canaries(),
  ...tour.canaries,
];

/** Answers may show their owner's data; everything else shows nobody's. */
function expectNothingIn(parts: Parts, kept: readonly Haystack[]): void {
  const canaries = everySecret(parts);
  for (const { name, bytes } of kept) expect(bytes.length, `${name} is empty`).toBeGreaterThan(0);
  const secrets = canaries.filter(({ kind }) => kind === 'secret');
  expect(findCanaries(secrets, parts.tour.answers)).toEqual([]);
  expect(
    findCanaries(
      [...canaries, { name: 'an Idempotency-Key', value: IDEMPOTENCY_KEY, kind: 'private' }],
      kept,
    ),
  ).toEqual([]);
}

/** Whoever was refused everything has proven nothing. */
function expectABroadTour({ tour, ajax }: Parts): void {
  const count = (status: number) => [...tour.statuses.values()].filter((each) => each === status).length;
  expect(count(200)).toBeGreaterThan(15);
  for (const status of [401, 404, 422]) expect(count(status), String(status)).toBeGreaterThan(0);
  expect(tour.canaries.length).toBeGreaterThanOrEqual(8);
  expect(ajax.canaries().filter(({ name }) => name.includes('of Ajax')).length).toBeGreaterThanOrEqual(8);
  const shown = Buffer.concat(tour.answers.map(({ bytes }) => bytes)).toString();
  expect(shown).toContain('Canary-Street 12');
}

const outputOf = (name: string, { output }: Launched): Haystack => ({ name, bytes: Buffer.from(output()) });
const commandLine = ({ process: { pid } }: Launched): Haystack => ({
  name: `the command line of ${pid}`,
  bytes: readFileSync(`/proc/${pid}/cmdline`),
});

/** A secret in each form, written where the product writes, has to be found again. */
const PLANTED = secret('something planted', 'planted canary "ä" 00112233445566');

describe('the search itself', () => {
  it.each(formsOf(PLANTED))('finds a secret $how', ({ bytes, how }) => {
    const noise = Buffer.from('x'.repeat(997));
    expect(findCanaries([PLANTED], [{ name: 'noise', bytes: noise }])).toEqual([]);
    const [found] = findCanaries(
      [PLANTED],
      [{ name: 'the hay', bytes: Buffer.concat([noise, bytes, noise]) }],
    );
    expect(found).toContain(`something planted, ${how}, in the hay`);
  });

  it.each([0, 1, 2, 3, 4, 5])(
    'finds a secret in base64 of a text, %i characters from its beginning',
    (before) => {
      const text = `${'a'.repeat(before)}${PLANTED.value} and more`;
      for (const encoding of ['base64', 'base64url'] as const) {
        const bytes = Buffer.from(Buffer.from(text).toString(encoding));
        expect(findCanaries([PLANTED], [{ name: 'the hay', bytes }])).toHaveLength(1);
      }
    },
  );

  it('finds a digest that is kept as bytes', () => {
    const digest = secret('a digest', sha256('planted'));
    for (const bytes of [Buffer.from(digest.value, 'hex'), Buffer.from(digest.value.toUpperCase())])
      expect(findCanaries([digest], [{ name: 'the hay', bytes }])).toHaveLength(1);
  });
});

describe('the dashboard as it is shipped', () => {
  it('holds no secret of the machine that built it', () => {
    const bundle = filesOf('the bundle', 'web/dist');
    expect(bundle.some(({ name }) => name.includes('.js'))).toBe(true);
    const fromEnvironment = Object.entries(process.env).flatMap(([name, value = '']) =>
      /key|secret|token|password/i.test(name) && value.length >= 12 ? [secret(name, value)] : [],
    );
    expect(findCanaries([...ownCanaries, ...fromEnvironment], bundle)).toEqual([]);
  });
});

describe.each<Runtime>(['node', 'deno'])('all in one process on %s', { timeout: 180_000 }, (runtime) => {
  let parts: Parts;
  let directory: string;
  let product: Launched;

  beforeAll(async () => {
    parts = await prepare();
    directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-canary-'));
    product = launch(runtime, { ...parts.env, DATA_DIR: directory });
    await product.address;
  }, 120_000);
  afterAll(async () => {
    await stop(product.process, 'SIGTERM');
    await parts.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('no secret is in an answer, a log line, the metrics, the database or its files', async () => {
    await parts.tour.walk([await product.address]);
    const before = product;
    const kept = [commandLine(before)];
    await stop(before.process, 'SIGKILL');
    product = launch(runtime, { ...parts.env, DATA_DIR: directory });
    await parts.tour.lookAgain([await product.address]);
    await stop(product.process, 'SIGTERM');
    expectABroadTour(parts);
    kept.push(outputOf('the log', before), outputOf('the log after the restart', product));
    expectNothingIn(parts, [...kept, await dumpOfPglite(directory), ...changedFiles(directory)]);
  });

  it('a secret that were in the database would be found there', async () => {
    await withPglite(directory, (database) =>
      database.query(
        'insert into audit_records (kind, action, method, endpoint, payload, severity, ip_address, user_agent, correlation_id) values ($1, $2, $2, $2, $3, $4, $2, $2, $2)',
        ['event', 'x', JSON.stringify({ planted: PLANTED.value }), 'info'],
      ),
    );
    expect(findCanaries([PLANTED], [await dumpOfPglite(directory)])).not.toEqual([]);
    expect(findCanaries([PLANTED], changedFiles(directory))).not.toEqual([]);
  });
});

async function withPglite<T>(directory: string, work: (database: PGlite) => Promise<T>): Promise<T> {
  const path = join(directory, pgliteIn(directory));
  const database = await PGlite.create({ dataDir: path });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

const pgliteIn = (directory: string): string => {
  const file = filesOf('data', directory).find(
    ({ name }) => name.endsWith('PG_VERSION)') && !name.includes('base/'),
  );
  return file?.name.slice('data ('.length, -'/PG_VERSION)'.length) ?? '';
};

/** Every row of every table, as text. */
function dumpOfPglite(directory: string): Promise<Haystack> {
  return withPglite(directory, async (database) => {
    const tables = await database.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const rows = [];
    for (const { name } of tables.rows) {
      const found = await database.query<{ row: string }>(
        `select row_to_json(t)::text as row from ${name} t`,
      );
      rows.push(`${name}:`, ...found.rows.map(({ row }) => row));
    }
    expect(rows.length).toBeGreaterThan(20);
    return { name: 'the dump of the database', bytes: Buffer.from(rows.join('\n')) };
  });
}

/** The files of the data directory, without the empty space in them. */
function changedFiles(directory: string): Haystack[] {
  return filesOf('the data directory', directory).flatMap(({ name, bytes }) =>
    bytes.length === 0 ? [] : [{ name, bytes }],
  );
}

describe.each<Runtime>(['node', 'deno'])('split over processes on %s', { timeout: 240_000 }, (runtime) => {
  let parts: Parts;
  let postgres: TestPostgres;
  let redis: TestRedis;
  let redisUrl = '';
  let databaseUrl = '';
  let coordinator: Launched;
  let gateways: Launched[] = [];
  let addresses: string[] = [];

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([
      startPostgres(),
      startRedis({
        appendOnly: true,
        tcp: true,
        settings: { requirepass: OWN['the password of Redis'], rdbcompression: 'no' },
      }),
    ]);
    databaseUrl = postgres.url.replace('test@', `test:${OWN['the password of the database']}@`);
    redisUrl = redis.url.replace('redis://', `redis://:${OWN['the password of Redis']}@`);
    parts = await prepare();
    coordinator = await startCoordinator();
    gateways = [0, 1].map(() =>
      launch(runtime, {
        SECRET_KEY: OWN.SECRET_KEY,
        COORDINATOR_SECRET: OWN.COORDINATOR_SECRET,
        METRICS_TOKEN: OWN.METRICS_TOKEN,
        ADMIN_SECRET_KEY: OWN.ADMIN_SECRET_KEY,
        ADMIN_EMAILS: parts.env.ADMIN_EMAILS,
        LOG_LEVEL: 'trace',
        DATABASE_URL: databaseUrl,
        COORDINATOR_URL: coordinatorUrl,
      }),
    );
    addresses = await Promise.all(gateways.map(({ address }) => address));
  }, 120_000);
  afterAll(async () => {
    for (const { process } of [...gateways, coordinator]) await stop(process, 'SIGTERM');
    await parts.close();
    await Promise.all([postgres.stop(), redis.stop()]);
  });

  let coordinatorUrl = '';
  async function startCoordinator(): Promise<Launched> {
    const port = coordinatorUrl === '' ? await freePort() : Number(new URL(coordinatorUrl).port);
    coordinatorUrl = `http://127.0.0.1:${port}`;
    const { ADMIN_SECRET_KEY, ADMIN_EMAILS, ...env } = parts.env;
    const launched = launchCoordinator(runtime, {
      ...env,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      PORT: String(port),
      COORDINATOR_ADVERTISE_URL: coordinatorUrl,
    });
    await launched.address;
    return launched;
  }

  it('no secret is in an answer, a log line, the metrics, PostgreSQL or Redis', async () => {
    await parts.tour.walk(addresses);
    const before = coordinator;
    const kept = [before, ...gateways].map(commandLine);
    await stop(before.process, 'SIGKILL');
    coordinator = await startCoordinator();
    await parts.tour.lookAgain(addresses);
    const authorization = { authorization: `Bearer ${OWN.METRICS_TOKEN}` };
    const metrics = await (await fetch(`${coordinatorUrl}/metrics`, { headers: authorization })).text();
    const status = await (
      await fetch(`${coordinatorUrl}/status`, {
        headers: { authorization: `Bearer ${OWN.COORDINATOR_SECRET}` },
      })
    ).text();
    expectABroadTour(parts);
    kept.push(
      outputOf('the log of the coordinator', before),
      outputOf('the log of the coordinator after the restart', coordinator),
      ...gateways.map((gateway, index) => outputOf(`the log of gateway ${index}`, gateway)),
      { name: 'the metrics of the coordinator', bytes: Buffer.from(metrics) },
      { name: 'the status of the coordinator', bytes: Buffer.from(status) },
      dumpOfPostgres(databaseUrl),
      await dumpOfRedis(redisUrl),
      ...filesOfRedis(redis),
    );
    expectNothingIn(parts, kept);
  });

  it('a secret that were in PostgreSQL or Redis would be found there', async () => {
    execFileSync('psql', [
      '-qc',
      `create table planted as select '${PLANTED.value}'::bytea as it`,
      databaseUrl,
    ]);
    expect(findCanaries([PLANTED], [dumpOfPostgres(databaseUrl)])).not.toEqual([]);
    const client = new Redis(redisUrl);
    await client.hset('planted', 'field', Buffer.from(PLANTED.value).toString('base64'));
    await client.quit();
    expect(findCanaries([PLANTED], [await dumpOfRedis(redisUrl)])).not.toEqual([]);
    expect(findCanaries([PLANTED], filesOfRedis(redis))).not.toEqual([]);
  });
});

function dumpOfPostgres(url: string): Haystack {
  const bytes = execFileSync('pg_dump', ['--inserts', url], { maxBuffer: 256 * 1024 * 1024 });
  expect(bytes.toString()).toContain('INSERT INTO public.audit_records');
  return { name: 'the dump of PostgreSQL', bytes };
}

/** Names and values of every key. */
async function dumpOfRedis(url: string): Promise<Haystack> {
  const client = new Redis(url);
  try {
    await client.save();
    const keys = await client.keysBuffer('*');
    expect(keys.length).toBeGreaterThan(0);
    const parts: Buffer[] = [];
    for (const key of keys) {
      parts.push(key, Buffer.from('\n'));
      const kind = await client.type(key);
      if (kind === 'string') parts.push((await client.getBuffer(key)) ?? Buffer.alloc(0));
      else if (kind === 'hash')
        for (const [field, value] of Object.entries(await client.hgetallBuffer(key)))
          parts.push(Buffer.from(`${field}\n`), value, Buffer.from('\n'));
      else if (kind === 'zset') parts.push(...(await client.zrangeBuffer(key, '0', '-1')));
      else if (kind === 'set') parts.push(...(await client.smembersBuffer(key)));
      else if (kind === 'list') parts.push(...(await client.lrangeBuffer(key, 0, -1)));
      else throw new Error(`Nobody reads a ${kind} here`);
    }
    return { name: 'the dump of Redis', bytes: Buffer.concat(parts) };
  } finally {
    await client.quit();
  }
}

const filesOfRedis = ({ directory }: TestRedis) =>
  filesOf('the files of Redis', directory).filter(({ bytes }) => bytes.length > 0);
