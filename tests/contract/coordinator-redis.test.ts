/** What the coordinator asks of a Redis, and what it does when the server goes away. */
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { connectRedis } from '../../coordinator/storage/connect.redis.ts';
import type { Commit, CoordinatorStorage } from '../../coordinator/storage/port.ts';
import { createRedisStorage } from '../../coordinator/storage/redis.ts';
import { checkRedisServer, RedisUnusable } from '../../coordinator/storage/redis-server.ts';
import { createLog } from '../../src/kernel/log.ts';
import { freePort } from '../support/port.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from '../support/redis.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(options: TestRedisOptions = {}): Promise<TestRedis> {
  const server = await startRedis(options);
  closers.push(() => server.stop());
  return server;
}

async function connect(url: string) {
  const lines: string[] = [];
  const connection = await connectRedis(
    url,
    createLog('info', (line) => lines.push(line)),
  );
  closers.push(() => connection.close());
  return { ...connection, lines, storage: createRedisStorage(connection.redis) };
}

describe('a Redis that is not fit is refused, and the message says what to do:', () => {
  test('one that evicts', async () => {
    const { url } = await start({ settings: { 'maxmemory-policy': 'allkeys-lru' } });
    const refusal = await refusalOf(url);
    expect(refusal.message).toContain('maxmemory-policy is allkeys-lru');
    expect(refusal.message).toContain('"maxmemory-policy noeviction" in redis.conf');
    expect(refusal.message).toContain('redis-cli CONFIG SET maxmemory-policy noeviction');
  });

  test('one that evicts, where CONFIG is forbidden', async () => {
    const { url } = await start({
      settings: { 'maxmemory-policy': 'volatile-ttl', 'rename-command': 'CONFIG ""' },
    });
    expect((await refusalOf(url)).message).toContain('maxmemory-policy is volatile-ttl');
  });

  test('a replica', async () => {
    const { url } = await start({ settings: { replicaof: `127.0.0.1 ${await freePort()}` } });
    expect((await refusalOf(url)).message).toContain('Point REDIS_URL at the master');
  });

  test('a cluster', async () => {
    const { url } = await start({ tcp: true, settings: { 'cluster-enabled': 'yes' } });
    expect((await refusalOf(url)).message).toContain('cluster-enabled no');
  });

  test.each([
    ['6.0.16', false],
    ['5.0.7', false],
    ['6.2.0', true],
    ['7.0.15', true],
    ['10.0.1', true],
  ])('version %s', (version, isFit) => {
    const info = `# Server\r\nredis_version:${version}\r\nmaxmemory_policy:noeviction\r\nrole:master\r\naof_enabled:1\r\n`;
    if (isFit) expect(checkRedisServer(info)).toEqual([]);
    else
      expect(() => checkRedisServer(info)).toThrow(
        `Redis ${version} is too old: version 6.2 or newer is needed`,
      );
  });

  test('one that is not there', async () => {
    const port = await freePort();
    const refusal = await refusalOf(`redis://user:hidden-password@127.0.0.1:${port}`);
    expect(refusal.message).toBe(
      `Redis at 127.0.0.1:${port} cannot be used (ECONNREFUSED). Check REDIS_URL, and that the server runs.`,
    );
  });

  test('one that refuses the password, which is not shown', async () => {
    const { url } = await start({ tcp: true, settings: { requirepass: 'right' } });
    const refusal = await refusalOf(url.replace('redis://', 'redis://default:hidden-password@'));
    expect(refusal.message).toContain('WRONGPASS');
    expect(String(refusal.stack) + JSON.stringify(refusal)).not.toContain('hidden-password');
    expect(refusal.cause).toBeUndefined();
    expect((await refusalOf(url)).message).toContain('NOAUTH');
  });

  test.each(['http://localhost:6379', 'localhost:6379', 'redis://:secret@host/x', ''])(
    'an address like %s',
    async (url) => {
      const refusal = await refusalOf(url);
      expect(refusal.message).toContain('REDIS_URL');
      expect(refusal.message).not.toContain('secret');
    },
  );

  test('one that answers nothing', async () => {
    const server = await start();
    server.pause();
    const refusal = refusalOf(server.url);
    expect((await refusal).message).toContain('cannot be used');
    server.resume();
  });
});

describe('a Redis that is fit', () => {
  test('is used with a warning when a restart would lose its data', async () => {
    const { lines } = await connect((await start()).url);
    expect(lines.join()).toContain('CONFIG SET appendonly yes');
  });

  test('is used without a warning when it keeps an append-only file', async () => {
    const { lines } = await connect((await start({ appendOnly: true })).url);
    expect(lines.join()).not.toContain('append');
  });

  test('is reached with user, password and number of the database', async () => {
    const password = 'p@ss/word:%';
    const { url } = await start({
      tcp: true,
      settings: { user: `gateway on >${password} ~ajaxsecurflow:* +@all` },
    });
    const address = url.replace('redis://', `redis://gateway:${encodeURIComponent(password)}@`);
    const { redis, storage } = await connect(`${address}/3`);
    await acquire(storage);
    expect(await redis.info('keyspace')).toMatch(/db3:keys=1/);
  });

  test('can be shared by installations with a prefix each', async () => {
    const { redis, storage } = await connect((await start()).url);
    const other = createRedisStorage(redis, { prefix: 'other' });
    await acquire(storage);
    expect(await other.holder()).toBeUndefined();
    await acquire(other);
    expect((await redis.keys('*')).sort()).toEqual([
      'ajaxsecurflow:{coordinator}:lease',
      'other:{coordinator}:lease',
    ]);
  });
});

describe('when the Redis server', () => {
  test('is killed, commands fail at once, and succeed again after its restart with what it had', async () => {
    const server = await start({ appendOnly: true });
    const { storage, lines } = await connect(server.url);
    const commit = await acquire(storage);
    await storage.commit(
      commit({ serial: 1, put: [{ kind: 'job', key: 'x', value: 'kept', forMs: undefined }] }),
    );
    await server.kill();
    const startedAt = performance.now();
    await expect(storage.get('job', 'x')).rejects.toThrow();
    expect(performance.now() - startedAt).toBeLessThan(500);
    await server.restart();
    await expect.poll(() => storage.get('job', 'x').catch(() => 'down'), { timeout: 10_000 }).toBe('kept');
    expect(await storage.commit(commit({ serial: 2, acknowledged: 1 }))).toEqual({ kind: 'lost' });
    expect(
      lines.filter((line) => line.includes('Redis is lost') || line.includes('cannot be reached')),
    ).toHaveLength(1);
  });

  test('comes back with an older dump, it says so', async () => {
    const server = await start();
    const { redis, storage } = await connect(server.url);
    const commit = await acquire(storage);
    await storage.commit(commit({ serial: 1 }));
    await redis.save();
    await storage.commit(commit({ serial: 2, acknowledged: 1 }));
    const isBack = new Promise((resolve) => redis.once('ready', resolve));
    await server.restart();
    await isBack;
    const after = commit({
      serial: 3,
      acknowledged: 2,
      put: [{ kind: 'job', key: 'x', value: '', forMs: undefined }],
    });
    expect(await storage.commit(after)).toEqual({ kind: 'lost' });
    const outcome = await storage.commit({ ...after, restores: true });
    expect(outcome).toMatchObject({ kind: 'committed' });
    expect(outcome).not.toMatchObject({ incarnation: after.incarnation });
    expect(await storage.count('job')).toBe(1);
  });

  test('hangs, commands fail within seconds, and what it executes late changes nothing', async () => {
    const server = await start();
    const { storage } = await connect(server.url);
    const other = await connect(server.url);
    const commit = await acquire(storage);
    await storage.commit(commit({ serial: 1 }));
    server.pause();
    const late = commit({
      serial: 2,
      acknowledged: 1,
      put: [{ kind: 'job', key: 'x', value: 'late', forMs: undefined }],
    });
    const startedAt = performance.now();
    await expect(storage.commit(late)).rejects.toThrow();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    server.resume();
    // On another connection, so that the late one may come first or last.
    const next = commit({ serial: 3, acknowledged: 1, delete: [{ kind: 'job', key: 'x' }] });
    await expect
      .poll(
        () =>
          other.storage.commit(next).then(
            ({ kind }) => kind,
            () => 'down',
          ),
        { timeout: 10_000 },
      )
      .toMatch(/committed|superseded/);
    await expect.poll(() => storage.get('job', 'x').catch(() => 'down'), { timeout: 10_000 }).toBeUndefined();
    expect(await storage.commit(late)).toEqual({ kind: 'superseded' });
  });

  test('has no memory left, a commit fails whole, and goes again once something ran out', async () => {
    const { redis, storage } = await connect((await start()).url);
    const commit = await acquire(storage);
    const filler = { kind: 'cache', key: 'filler', value: 'x'.repeat(1_000_000), forMs: 300 } as const;
    await storage.commit(commit({ serial: 1, put: [filler] }));
    await redis.config('SET', 'maxmemory', '1');
    const next = commit({
      serial: 2,
      acknowledged: 1,
      put: [{ kind: 'job', key: 'x', value: '', forMs: undefined }],
    });
    await expect(storage.commit(next)).rejects.toThrow('OOM');
    expect(await storage.count('job')).toBe(0);
    await expect
      .poll(
        () =>
          storage.commit(next).then(
            ({ kind }) => kind,
            () => 'refused',
          ),
        { timeout: 10_000 },
      )
      .toBe('committed');
  });

  test('forgets its scripts, commits go on', async () => {
    const { redis, storage } = await connect((await start()).url);
    const commit = await acquire(storage);
    await storage.commit(commit({ serial: 1 }));
    await redis.script('FLUSH');
    expect(await storage.commit(commit({ serial: 2, acknowledged: 1 }))).toMatchObject({ kind: 'committed' });
  });
});

/** Takes the lease; what it returns makes commits of that owner. */
async function acquire(storage: CoordinatorStorage) {
  const lease = { holder: randomUUID(), url: undefined, forMs: 60_000 };
  const acquisition = await storage.acquire({ ...lease, force: false });
  if (!acquisition.acquired) throw new Error('The lease is held');
  const { epoch, incarnation } = acquisition;
  return (changes: Partial<Commit>): Commit => ({
    lease: { ...lease, epoch },
    serial: 1,
    acknowledged: 0,
    incarnation,
    restores: false,
    put: [],
    delete: [],
    ...changes,
  });
}

async function refusalOf(url: string): Promise<RedisUnusable> {
  const refusal = await connect(url).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(refusal instanceof RedisUnusable)) throw new Error(`Not refused: ${String(refusal)}`);
  return refusal;
}
