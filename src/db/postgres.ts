import { sql as raw } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { createDatabase, type Database, type Sql } from './client.ts';
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
/** Of background work, apart from requests. Nobody waits for it. */
const BACKGROUND_CONNECTIONS = 3;
const BACKGROUND_SILENT_MS = 60_000;

/**
 * Opens a pool on PostgreSQL (15 or newer) and brings its schema up to date; replicas that start together wait
 * for one another.
 * @param prepare brings the schemas of libraries up to date
 * @throws Error when the server cannot be reached within 5 s or refuses the login.
 */
export async function openPostgres(url: string, prepare?: Preparation): Promise<Database> {
  const spelling = await migrateOnce(url, prepare);
  const plain = await readSpelling(url);
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
    openStatements: () => statementsOn(url, plain),
    close,
  });
}

/** How values are read and written, by the oid of their type: drizzle's way, arrays as the server numbers them. */
interface Spelling {
  readonly parsers: object;
  readonly serializers: object;
  readonly shared: { readonly typeArrayMap: object };
}

const spellingOf = (client: postgres.Sql) => client.options as unknown as Spelling;

function openOne(url: string, spelling: Spelling, onclose: () => void) {
  const client = postgres(url, {
    max: 1,
    connect_timeout: 5,
    // The pool replaces connections itself, when nobody uses them.
    max_lifetime: null,
    // Asking for the types of arrays with each new connection ends the process when it fails: nobody hears of it.
    fetch_types: false,
    onclose,
    onnotice: () => {},
  });
  const own = spellingOf(client);
  Object.assign(own.parsers, spelling.parsers);
  Object.assign(own.serializers, spelling.serializers);
  Object.assign(own.shared.typeArrayMap, spelling.shared.typeArrayMap);
  return client;
}

async function migrateOnce(url: string, prepare: Preparation | undefined): Promise<Spelling> {
  // One connection, so that the session's advisory lock and the migrations share it.
  const client = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const sql = drizzle(client);
    await sql.execute(raw`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await migrate(sql, { migrationsFolder });
    if (prepare !== undefined) await prepareWith(statementsOn(url, await readSpelling(url)), prepare);
    return spellingOf(client);
  } finally {
    await client.end({ timeout: 5 });
  }
}

/** How pg-boss has values: as postgres.js has them, but its JSON is text already. */
const plainTypes = {
  json: {
    to: 114,
    from: [114, 3802],
    serialize: (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
    parse: (text: string): unknown => JSON.parse(text),
  },
};

async function readSpelling(url: string): Promise<Spelling> {
  const client = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {}, types: plainTypes });
  try {
    await client.unsafe('select 1');
    return spellingOf(client);
  } finally {
    await client.end({ timeout: 5 });
  }
}

function statementsOn(url: string, spelling: Spelling): Statements {
  const connections = createConnections({
    open: (onClose) => openOne(url, spelling, onClose),
    max: BACKGROUND_CONNECTIONS,
    silentMs: BACKGROUND_SILENT_MS,
    waitMs: WAIT_MS,
    lifetimeMs: LIFETIME_MS,
  });
  return postgresStatements(url, connections);
}

async function prepareWith(statements: Statements, prepare: Preparation): Promise<void> {
  try {
    await prepare(statements);
  } finally {
    await statements.close();
  }
}
