import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import { createDatabase, type Database, type Sql } from './client.ts';
import { watchDiskSpace } from './disk-space.pglite.ts';
import { migrationsFolder } from './migrations-folder.ts';
import { pgliteStatements } from './statements.pglite.ts';
import type { Preparation } from './statements.ts';

/**
 * Opens PGlite and brings its schema up to date. While its disk is nearly full, statements fail with ENOSPC.
 * @param directory where the data is kept; undefined keeps it in memory. The caller holds the directory's lock:
 * PGlite takes none, and two processes on one directory corrupt it.
 * @param options.prepare brings the schemas of libraries up to date
 * @param options.freeBytes of the disk. Default: as the operating system tells
 * @throws DiskFull
 */
export async function openPglite(
  directory?: string,
  { prepare, freeBytes }: { readonly prepare?: Preparation; readonly freeBytes?: () => number } = {},
): Promise<Database> {
  const client = await openClient(directory, freeBytes);
  const sql = drizzle(client);
  await migrate(sql, { migrationsFolder });
  const openStatements = () => pgliteStatements(client);
  await prepare?.(openStatements());
  return createDatabase({
    kind: 'pglite',
    sql: sql as unknown as Sql,
    openStatements,
    close: () => client.close(),
  });
}

async function openClient(directory: string | undefined, freeBytes?: () => number): Promise<PGlite> {
  if (directory === undefined) return PGlite.create({});
  const expectSpace = watchDiskSpace(directory, freeBytes);
  expectSpace();
  const client = await PGlite.create({ dataDir: directory });
  const query = client.query.bind(client);
  const transaction = client.transaction.bind(client);
  return Object.assign(client, {
    query: (async (...statement) => {
      expectSpace();
      return query(...statement);
    }) as PGlite['query'],
    transaction: (async (work) => {
      expectSpace();
      return transaction(work);
    }) as PGlite['transaction'],
  });
}
