/** What the coordinator's storage in a database promises beyond the port. */
import postgres from 'postgres';
import { afterEach, describe, expect, test } from 'vitest';
import type { Commit, CoordinatorStorage } from '../../coordinator/storage/port.ts';
import { createDatabaseStorage } from '../../coordinator/storage/postgres.ts';
import { readBootId } from '../../src/db/boot-id.ts';
import { openPglite } from '../../src/db/pglite.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { startPostgres } from '../support/postgres.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const lease = { holder: 'a', url: undefined, forMs: 60_000 };

async function acquire(storage: CoordinatorStorage) {
  const acquisition = await storage.acquire({ ...lease, force: true });
  if (!acquisition.acquired) throw new Error('Force was refused');
  return acquisition;
}

interface CommitOptions {
  readonly epoch: number;
  readonly incarnation: string;
  readonly serial: number;
}

function commitOf({ epoch, incarnation, serial }: CommitOptions): Commit {
  return {
    lease: { ...lease, epoch },
    serial,
    acknowledged: serial - 1,
    incarnation,
    restores: false,
    put: [{ kind: 'job', key: 'x', value: String(serial), forMs: undefined }],
    delete: [],
  };
}

async function start(settings: Readonly<Record<string, string>>) {
  const server = await startPostgres({ settings });
  closers.push(() => server.stop());
  return server;
}

async function open(url: string) {
  const database = await openPostgres(url);
  closers.push(() => database.close());
  return createDatabaseStorage(database);
}

describe('PostgreSQL', () => {
  test('serves a role without privileges in a database of its own', async () => {
    const server = await start({ fsync: 'on' });
    const admin = postgres(server.url, { onnotice: () => {} });
    await admin`create role plain login`;
    await admin`create database gateway owner plain`;
    await admin.end();
    const storage = await open(server.url.replace('test@', 'plain@').replace(/postgres$/, 'gateway'));
    const { epoch, incarnation } = await acquire(storage);
    const outcome = await storage.commit(commitOf({ epoch, incarnation, serial: 1 }));
    expect(outcome).toEqual({ kind: 'committed', incarnation });
  });

  test.each([
    ['is the same after a restart', 'on', true],
    ['without fsync is another one after a restart', 'off', false],
  ])('%s', async (_name, fsync, isSame) => {
    const server = await start({ fsync });
    const storage = await open(server.url);
    const before = await acquire(storage);
    await server.restart();
    const after = await acquire(await open(server.url));
    expect(after.epoch).toBeGreaterThan(before.epoch);
    expect(after.incarnation === before.incarnation).toBe(isSame);
  });

  test('has kept at a crash what it confirmed, also where it is told not to wait for its disk', async () => {
    const server = await start({ synchronous_commit: 'off', wal_writer_delay: '10s' });
    const storage = await open(server.url);
    const { epoch, incarnation } = await acquire(storage);
    for (let serial = 1; serial <= 5; serial++) {
      const outcome = await storage.commit(commitOf({ epoch, incarnation, serial }));
      expect(outcome).toMatchObject({ kind: 'committed' });
    }
    await server.restart('crash');
    expect(await acquire(await open(server.url))).toMatchObject({ serial: 5 });
  });
});

describe('PGlite', () => {
  test('names the run of the operating system as its incarnation', async () => {
    const database = await openPglite();
    closers.push(() => database.close());
    expect(await acquire(createDatabaseStorage(database))).toMatchObject({ incarnation: readBootId() });
  });
});

describe('the run of the operating system', () => {
  test('has the name that Linux gives it', () => {
    expect(readBootId()).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  test('is taken for a new one by each process where the system does not tell', () => {
    const unknown = readBootId('/nonexistent/boot_id');
    expect(unknown).toMatch(/^[0-9a-f-]{36}$/);
    expect(unknown).toBe(readBootId('/nonexistent/boot_id'));
    expect(unknown).not.toBe(readBootId());
  });
});
