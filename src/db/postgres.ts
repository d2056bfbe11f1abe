import { sql as raw } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { createDatabase, type Database, type Sql } from './client.ts';
import { migrationsFolder } from './migrations-folder.ts';

/** Any constant will do; all replicas of this product use the same one. */
const MIGRATION_LOCK = 4_705_911;

/**
 * Opens a pool on PostgreSQL (15 or newer) and brings its schema up to date; replicas that start together wait
 * for one another.
 * @throws Error when the server cannot be reached within 5 s or refuses the login.
 */
export async function openPostgres(url: string): Promise<Database> {
  await migrateOnce(url);
  const client = postgres(url, { max: 10, connect_timeout: 5, onnotice: () => {} });
  return createDatabase('postgres', drizzle(client) as unknown as Sql, () => client.end({ timeout: 5 }));
}

async function migrateOnce(url: string): Promise<void> {
  // One connection, so that the session's advisory lock and the migrations share it.
  const client = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const sql = drizzle(client);
    await sql.execute(raw`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await migrate(sql, { migrationsFolder });
  } finally {
    await client.end({ timeout: 5 });
  }
}
