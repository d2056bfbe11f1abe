/** The adapters of the coordinator's storage, each with the accidents that can befall it. */
import { sql as raw } from 'drizzle-orm';
import { connectRedis } from '../../coordinator/storage/connect.redis.ts';
import { createMemoryStorage } from '../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../coordinator/storage/port.ts';
import { createDatabaseStorage } from '../../coordinator/storage/postgres.ts';
import { createRedisStorage } from '../../coordinator/storage/redis.ts';
import { coordinatorLease, coordinatorRecords } from '../../coordinator/storage/table.ts';
import type { Database } from '../../src/db/client.ts';
import { openPglite } from '../../src/db/pglite.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';

export interface OpenStorage {
  /** The same data each time, through another adapter. */
  storage(): CoordinatorStorage;
  /** What is written after this is lost when the returned function is called; the incarnation stays. */
  snapshot(): Promise<() => Promise<void>>;
  loseEverything(): Promise<void>;
  /** Keeps the data. */
  becomeAnotherIncarnation(): Promise<void>;
  /** Records that take room, those that ran out included. */
  recordsHeld(): Promise<number>;
  close(): Promise<void>;
}

export const storageAdapters: Readonly<Record<string, () => Promise<OpenStorage>>> = {
  memory: async () => openMemory(),
  PGlite: openEmbedded,
  PostgreSQL: openServer,
  Redis: openRedis,
};

function openMemory(): OpenStorage {
  const storage = createMemoryStorage(systemClock);
  const empty = storage.snapshot();
  return {
    storage: () => storage,
    async snapshot() {
      const kept = storage.snapshot();
      return async () => storage.rollBack(kept);
    },
    loseEverything: async () => storage.rollBack(empty),
    becomeAnotherIncarnation: async () => storage.restart(),
    recordsHeld: async () => storage.size(),
    close: async () => {},
  };
}

async function openEmbedded(): Promise<OpenStorage> {
  const database = await openPglite();
  let boots = 1;
  return {
    ...accidentsOf(database),
    storage: () => createDatabaseStorage(database, { bootId: `boot-${boots}` }),
    async becomeAnotherIncarnation() {
      boots += 1;
    },
    close: () => database.close(),
  };
}

async function openServer(): Promise<OpenStorage> {
  // As in production: without fsync a restart would be enough for another incarnation.
  const server = await startPostgres({ settings: { fsync: 'on' } });
  const database = await openPostgres(server.url);
  return {
    ...accidentsOf(database),
    storage: () => createDatabaseStorage(database),
    becomeAnotherIncarnation: () => server.promote(),
    async close() {
      await database.close();
      await server.stop();
    },
  };
}

function accidentsOf({ sql }: Database): Pick<OpenStorage, 'snapshot' | 'loseEverything' | 'recordsHeld'> {
  let snapshots = 0;
  const loseEverything = async () => {
    await sql.delete(coordinatorRecords);
    await sql.delete(coordinatorLease);
  };
  return {
    loseEverything,
    async snapshot() {
      const suffix = raw.raw(String(++snapshots));
      await sql.execute(raw`create table kept_records_${suffix} as table coordinator_records`);
      await sql.execute(raw`create table kept_lease_${suffix} as table coordinator_lease`);
      return async () => {
        await loseEverything();
        await sql.execute(raw`insert into coordinator_records table kept_records_${suffix}`);
        await sql.execute(raw`insert into coordinator_lease table kept_lease_${suffix}`);
      };
    },
    recordsHeld: () => sql.$count(coordinatorRecords),
  };
}

async function openRedis(): Promise<OpenStorage> {
  const server = await startRedis({ appendOnly: true });
  const { redis, close } = await connectRedis(server.url, silentLog);
  return {
    storage: () => createRedisStorage(redis),
    async snapshot() {
      const keys = await redis.keys('*');
      const kept = await Promise.all(keys.map(async (key) => [key, await redis.dumpBuffer(key)] as const));
      return async () => {
        await redis.flushall();
        for (const [key, dump] of kept) await redis.restore(key, 0, dump);
      };
    },
    async loseEverything() {
      await redis.flushall();
    },
    async becomeAnotherIncarnation() {
      const isBack = new Promise((resolve) => redis.once('ready', resolve));
      await server.restart();
      await isBack;
    },
    async recordsHeld() {
      const sizes = await Promise.all((await redis.keys('*:values:*')).map((key) => redis.hlen(key)));
      return sizes.reduce((sum, size) => sum + size, 0);
    },
    async close() {
      await close();
      await server.stop();
    },
  };
}
