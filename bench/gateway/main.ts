/**
 * What a request through the gateway costs, beside the least it could cost and what else one would put there.
 * Puts the tables into docs/benchmarks.md; `--quick` takes few samples and only prints.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SignJWT } from 'jose';
import postgres from 'postgres';
import { startPostgres } from '../../tests/support/postgres.ts';
import { startRedis } from '../../tests/support/redis.ts';
import { describeMachine, loadNow } from '../machine.ts';
import { profileDuring, profileFlags } from '../profile.ts';
import { report } from '../report.ts';
import { type Account, type SignedIn, signIn } from './client.ts';
import { audit, expiry, revocation } from './guards.ts';
import { type Amount, type Cost, measure, type Target, USER_AGENT } from './load.ts';
import { type Server, startFile, startNginx, startProduct } from './processes.ts';
import { describeRun, isBehind, type Measured } from './tables.ts';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const rounds = options.quick ? 2 : 7;
const amount: Amount = options.quick
  ? { requests: 500, inFlight: 16, alone: 50 }
  : { requests: 3_000, inFlight: 16, alone: 300 };

const progress = (text: string) =>
  console.error(`${(performance.now() / 1_000).toFixed(0).padStart(4)} s  ${text}`);

interface UpstreamSaid extends Account {
  readonly port: number;
  readonly apiKey: string;
  readonly userId: string;
  readonly hubId: string;
}

const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-bench-'));
const [redis, database] = await Promise.all([
  startRedis({ tcp: true, appendOnly: true, settings: { appendfsync: 'everysec' } }),
  startPostgres({ settings: { fsync: 'on' } }),
]);
const sql = postgres(database.url, { max: 1, onnotice: () => {} });
const servers: Server[] = [];
const started = <S extends Server>(server: S): S => {
  servers.push(server);
  return server;
};

try {
  const startedAt = performance.now();
  const loadBefore = loadNow();
  const upstream = started(await startFile<UpstreamSaid>('./upstream.ts'));
  const { apiKey, userId, hubId } = upstream.said;
  const environment = {
    AJAX_API_KEYS: apiKey,
    AJAX_API_BASE_URL: `${upstream.origin}/api/`,
    // So that the budget never makes a request wait; it is booked all the same.
    AJAX_BUDGET_REQUESTS: '100000',
    AJAX_BUDGET_WINDOW_MS: '2000',
    // Everything is asked for by one account.
    QUOTA_PREMIUM: 'none',
    // A run outlives its tokens, and they must not outlive their time.
    ACCESS_TOKEN_EXPIRE_MINUTES: '1',
  };
  const storages = {
    'PostgreSQL, Redis': {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      SECRET_KEY: 'a secret key of at least 32 characters',
    },
    PGlite: { DATA_DIR: join(directory, 'data') },
  };
  const products: (readonly [name: string, server: Server])[] = [];
  for (const [name, storage] of Object.entries(storages)) {
    products.push([`gateway, ${name}`, started(await startProduct({ ...environment, ...storage }))]);
  }
  const [, product] = products[0] ?? [];
  if (product === undefined) throw new Error('No product');

  progress('guards');
  const whenExpired = expiry(product, await signIn(product, upstream.said));
  whenExpired.catch(() => {});
  const mutationsAtUpstream = async () => {
    const answer = once(upstream.child, 'message') as Promise<[{ mutations: number }]>;
    upstream.child.send('count');
    return (await answer)[0].mutations;
  };
  const lastServedAfterMs: number[] = [];
  for (let n = 0; n < (options.quick ? 1 : 3); n++) {
    lastServedAfterMs.push(await revocation(product, upstream.said, sql));
  }
  const mutations = await audit(product, upstream.said, sql, hubId, mutationsAtUpstream);

  const key = '5a'.repeat(32);
  const sessionId = '00000000-0000-4000-8000-000000000001';
  await sql`create table bench_sessions (id uuid primary key, user_id text, revoked_at timestamptz, expires_at timestamptz)`;
  await sql`insert into bench_sessions values (${sessionId}, ${userId}, null, now() + interval '1 hour')`;
  // With the claims of the product's own tokens, so that as much has to be verified.
  const token = await new SignJWT({
    ...{ sub: upstream.said.login, sid: sessionId, type: 'access' },
    ...{ uah: 'f'.repeat(64), uip: '127.0.0.1' },
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setJti(sessionId)
    .setIssuedAt()
    .setExpirationTime('1 hour')
    .sign(Buffer.from(key, 'hex'));
  const foreign = () => ({ authorization: `Bearer ${token}` });

  const signedIn = new Map<Server, SignedIn>();
  const own = (server: Server) => () => ({ authorization: signedIn.get(server)?.authorization ?? '' });
  const renew = async () => {
    for (const [, server] of products) signedIn.set(server, await signIn(server, upstream.said));
  };
  await renew();
  const cachedPath = () => '/api/v1/ajax/hubs';
  const headers = { 'user-agent': USER_AGENT, ...own(product)() };
  const body = await (await fetch(product.origin + cachedPath(), { headers })).text();
  const settings = {
    ...{ upstream: upstream.origin, redisUrl: redis.url, postgresUrl: database.url },
    ...{ key, body },
  };
  const honoJose = started(await startFile('./servers/hono-jose.ts', settings));
  const composition = started(await startFile('./servers/composition.ts', settings));
  const fastify = started(await startFile('./servers/fastify-proxy.ts', settings));
  const nginx = started(await startNginx(upstream.origin));

  const noCache = { 'cache-control': 'no-cache' };
  const device = (n: number) => `hubs/${hubId}/devices/${n.toString(16).padStart(8, '0')}`;
  const passed = (n: number) => `/api/user/${userId}/${device(n)}`;
  const short = { path: () => '/hubs', headers: foreign };
  const cached: Measured['targets'] = new Map<string, Target>([
    ...products.map(([name, server]) => [name, { server, path: cachedPath, headers: own(server) }] as const),
    ['Hono, jose, constant', { server: honoJose, ...short }],
    ['jose, PostgreSQL, Redis', { server: composition, ...short }],
  ]);
  const forwarded: Measured['targets'] = new Map<string, Target>([
    ...products.map(([name, server]) => {
      const path = (n: number) => `/api/v1/ajax/${device(n)}`;
      return [name, { server, path, headers: () => ({ ...own(server)(), ...noCache }) }] as const;
    }),
    [
      'jose, PostgreSQL, Redis, undici',
      { server: composition, path: (n: number) => `/${device(n)}`, headers: foreign },
    ],
    ['fastify, @fastify/http-proxy', { server: fastify, path: passed, headers: () => ({}) }],
    ['nginx, proxy_pass', { server: nginx, path: passed, headers: () => ({}) }],
  ]);

  async function interleaved(targets: Measured['targets'], name: string): Promise<Measured> {
    const costs = new Map<string, Cost[]>([...targets.keys()].map((target) => [target, []]));
    const order = [...targets];
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      progress(`${name}: round ${round} of ${rounds}`);
      await renew();
      const first = round % order.length;
      for (const [target, how] of [...order.slice(first), ...order.slice(0, first)]) {
        const cost = await measure(how, amount);
        if (round > 0) costs.get(target)?.push(cost);
      }
    }
    return { targets, costs };
  }

  const cachedRun = await interleaved(cached, 'cached reads');
  const forwardedRun = await interleaved(forwarded, 'forwarded reads');
  progress('guard: a token until it expires');
  const servedBeforeExpiry = await whenExpired;

  async function profile(run: Measured, name: string) {
    if (!isBehind(run)) return undefined;
    progress(`${name}: where the time goes`);
    const profiles = mkdtempSync(join(directory, 'profile-'));
    // The process that was measured holds the lease of its storage.
    await product?.close();
    const observed = await startProduct(
      { ...environment, ...storages['PostgreSQL, Redis'] },
      profileFlags(profiles),
    );
    try {
      const { authorization } = await signIn(observed, upstream.said);
      const target = run.targets.get(products[0]?.[0] ?? '');
      if (target === undefined) throw new Error('No such target');
      const headers = () => ({ ...target.headers(), authorization });
      const load = () =>
        measure(
          { ...target, server: observed, headers },
          { ...amount, alone: 0, requests: 2 * amount.requests },
        );
      // Warm, as it was when it was measured.
      await load();
      return await profileDuring(observed.child, profiles, load);
    } finally {
      await observed.close();
    }
  }
  const profiles = {
    cached: await profile(cachedRun, 'cached'),
    forwarded: await profile(forwardedRun, 'forwarded'),
  };
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  const machine = `${describeMachine()}; load ${loadBefore} when it began, ${minutes} min.`;
  const guards = { lastServedAfterMs, servedBeforeExpiry, mutations };
  const text = describeRun({ cached: cachedRun, forwarded: forwardedRun, guards, profiles });
  report('bench:gateway', `${machine}\n\n${text}`, !options.quick);
} finally {
  for (const server of servers.reverse()) await server.close();
  await sql.end();
  await Promise.all([redis.stop(), database.stop()]);
  rmSync(directory, { recursive: true, force: true });
}
