import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import { createDatabase, type Database, type Sql } from './client.ts';
import { migrationsFolder } from './migrations-folder.ts';
import { pgliteStatements } from './statements.pglite.ts';
import type { Preparation } from './statements.ts';

/**
 * Opens PGlite and brings its schema up to date.
 * @param directory where the data is kept; undefined keeps it in memory. The caller holds the directory's lock:
 * PGlite takes none, and two processes on one directory corrupt it.
 * @param prepare brings the schemas of libraries up to date
 */
export async function openPglite(directory?: string, prepare?: Preparation): Promise<Database> {
  const client = await PGlite.create(directory === undefined ? {} : { dataDir: directory });
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
