import { sql as raw } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { createDatabase, type Database, type Sql } from './client.ts';
import { migrationsFolder } from './migrations-folder.ts';
import { postgresStatements } from './statements.postgres.ts';
import type { Preparation, Statements } from './statements.ts';

/** Any constant will do; all replicas of this product use the same one. */
const MIGRATION_LOCK = 4_705_911;

/**
 * Opens a pool on PostgreSQL (15 or newer) and brings its schema up to date; replicas that start together wait
 * for one another.
 * @param prepare brings the schemas of libraries up to date
 * @throws Error when the server cannot be reached within 5 s or refuses the login.
 */
export async function openPostgres(url: string, prepare?: Preparation): Promise<Database> {
  await migrateOnce(url, prepare);
  const client = postgres(url, { max: 10, connect_timeout: 5, onnotice: () => {} });
  return createDatabase({
    kind: 'postgres',
    sql: drizzle(client) as unknown as Sql,
    openStatements: () => postgresStatements(url),
    close: () => client.end({ timeout: 5 }),
  });
}

async function migrateOnce(url: string, prepare: Preparation | undefined): Promise<void> {
  // One connection, so that the session's advisory lock and the migrations share it.
  const client = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const sql = drizzle(client);
    await sql.execute(raw`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await migrate(sql, { migrationsFolder });
    if (prepare !== undefined) await prepareWith(postgresStatements(url), prepare);
  } finally {
    await client.end({ timeout: 5 });
  }
}

async function prepareWith(statements: Statements, prepare: Preparation): Promise<void> {
  try {
    await prepare(statements);
  } finally {
    await statements.close();
  }
}
