import { sql as raw } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { createDatabase, type Database, type Sql } from './client.ts';
import { type ArrayTypes, arrayTypesOf, openConnection } from './connection.postgres.ts';
import { createConnections } from './connections.postgres.ts';
import { migrationsFolder } from './migrations-folder.ts';
import { postgresStatements } from './statements.postgres.ts';
import type { Preparation, Statements } from './statements.ts';

/** Any constant will do; all replicas of this product use the same one. */
const MIGRATION_LOCK = 4_705_911;

const MAX_CONNECTIONS = 10;
/** Whoever asks gives up after 2 s (`client.ts`), at most after 10 s. */
const SILENT_MS = 10_000;
const WAIT_MS = 5_000;
const LIFETIME_MS = 45 * 60_000;

/**
 * Opens a pool on PostgreSQL (15 or newer) and brings its schema up to date; replicas that start together wait
 * for one another.
 * @param prepare brings the schemas of libraries up to date
 * @throws Error when the server cannot be reached within 5 s or refuses the login.
 */
export async function openPostgres(url: string, prepare?: Preparation): Promise<Database> {
  const spelling = await migrateOnce(url, prepare);
  const { client, close } = createConnections({
    open: (onClose) => openOne(url, spelling, onClose),
    max: MAX_CONNECTIONS,
    silentMs: SILENT_MS,
    waitMs: WAIT_MS,
    lifetimeMs: LIFETIME_MS,
  });
  // drizzle sets its own in the options of a client: each connection has them already.
  const options = { parsers: {}, serializers: {} };
  const sql = drizzle({ ...client, options } as unknown as postgres.Sql);
  return createDatabase({
    kind: 'postgres',
    sql: sql as unknown as Sql,
    openStatements: () => postgresStatements(url, spelling.arrayTypes),
    close,
  });
}

/** How values are read and written, by the oid of their type: drizzle's way, arrays as the server numbers them. */
interface Spelling {
  readonly parsers: object;
  readonly serializers: object;
  readonly arrayTypes: ArrayTypes;
}

function spellingOf(client: postgres.Sql): Spelling {
  const { parsers, serializers } = client.options as unknown as Omit<Spelling, 'arrayTypes'>;
  return { parsers, serializers, arrayTypes: arrayTypesOf(client) };
}

function openOne(url: string, spelling: Spelling, onClose: () => void) {
  const client = openConnection(url, { arrayTypes: spelling.arrayTypes, onClose });
  const own = spellingOf(client);
  Object.assign(own.parsers, spelling.parsers);
  Object.assign(own.serializers, spelling.serializers);
  return client;
}

async function migrateOnce(url: string, prepare: Preparation | undefined): Promise<Spelling> {
  // One connection, so that the session's advisory lock and the migrations share it.
  const client = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const sql = drizzle(client);
    await sql.execute(raw`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await migrate(sql, { migrationsFolder });
    const spelling = spellingOf(client);
    if (prepare !== undefined) await prepareWith(postgresStatements(url, spelling.arrayTypes), prepare);
    return spelling;
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
