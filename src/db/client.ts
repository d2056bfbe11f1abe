/**
 * The database behind one door, whichever it is: PGlite on disk or PostgreSQL.
 * Callers see drizzle's common type and two errors: their own bugs, and `database_unavailable`.
 */
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { GatewayError } from '../kernel/errors.ts';
import type { Statements } from './statements.ts';

export type Sql = PgDatabase<PgQueryResultHKT>;

export interface Database {
  readonly kind: 'pglite' | 'postgres';
  /** Drizzle, for work outside a request: migrations, the coordinator's storage, tests. */
  readonly sql: Sql;
  /**
   * Runs queries for a request. A database that is down or does not answer within `timeoutMs` (2 s, promise P11)
   * becomes one error. Work that commits after the time-out stays committed: callers that change something treat
   * the error as an unknown outcome.
   * @throws GatewayError database_unavailable
   */
  run<T>(work: (sql: Sql) => Promise<T>, timeoutMs?: number): Promise<T>;
  /** For background work; the caller closes them, before the database. */
  openStatements(): Statements;
  close(): Promise<void>;
}

const QUERY_TIMEOUT_MS = 2_000;

export function createDatabase(parts: Omit<Database, 'run'>): Database {
  return {
    ...parts,
    async run(work, timeoutMs = QUERY_TIMEOUT_MS) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const expiry = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () =>
            reject(
              new GatewayError('database_unavailable', { cause: new Error(`No answer in ${timeoutMs} ms`) }),
            ),
          timeoutMs,
        );
      });
      try {
        return await Promise.race([work(parts.sql), expiry]);
      } catch (error) {
        throw isOutage(error) ? new GatewayError('database_unavailable', { cause: error }) : error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** The SQLSTATE of a failed query, undefined for anything else. Drizzle wraps the driver's error as its cause. */
export function sqlState(error: unknown): string | undefined {
  const code = errorCode(error);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

export const UNIQUE_VIOLATION = '23505';

/**
 * SQLSTATE: connection, login, no such database, read-only (a standby after a fail-over), resources, operator,
 * system; then the codes of the driver and of the operating system.
 */
const OUTAGE = /^(08|28|3D|25006|53|57|58|XX)|^CONNECT(_|ION_)|^E(?!RR_)[A-Z]+(_|$)/;

/** Errors of the connection, the server or its disk, not of the query. */
function isOutage(error: unknown): boolean {
  if (error instanceof GatewayError) return false;
  const code = errorCode(error);
  if (code === undefined) return /PGlite is clos/i.test(messageOf(error));
  return OUTAGE.test(code);
}

function errorCode(error: unknown): string | undefined {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 4;
    current = current.cause, depth++
  ) {
    const { code } = current as { code?: unknown };
    if (typeof code === 'string') return code;
  }
  return undefined;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
