import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import { createDatabase, type Database, type Sql } from './client.ts';
import { migrationsFolder } from './migrations-folder.ts';

/**
 * Opens PGlite and brings its schema up to date.
 * @param directory where the data is kept; undefined keeps it in memory. The caller holds the directory's lock:
 * PGlite takes none, and two processes on one directory corrupt it.
 */
export async function openPglite(directory?: string): Promise<Database> {
  const client = await PGlite.create(directory === undefined ? {} : { dataDir: directory });
  const sql = drizzle(client);
  await migrate(sql, { migrationsFolder });
  return createDatabase('pglite', sql as unknown as Sql, () => client.close());
}
