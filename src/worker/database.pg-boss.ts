import { sql as raw } from 'drizzle-orm';
import { type Db, fromDrizzle, PgBoss } from 'pg-boss';
import type { Sql } from '../db/client.ts';
import type { Preparation, Statements } from '../db/statements.ts';

/** Brings the tables of pg-boss up to date, in a schema of their own (`pgboss`). */
export const prepareJobs: Preparation = async (statements) => {
  const boss = new PgBoss({
    db: adapterOf(statements),
    supervise: false,
    schedule: false,
    registerInstance: false,
  });
  boss.on('error', () => {});
  await boss.start();
  await boss.stop({ graceful: false });
};

export function adapterOf({ execute, listen }: Statements) {
  return {
    executeSql: (text: string, values?: unknown[]) => execute(text, values),
    listen,
  };
}

/** The caller's transaction, as pg-boss takes it; the rows of both drivers are what it expects. */
export const inTransaction = (tx: Sql): Db => fromDrizzle(tx as Parameters<typeof fromDrizzle>[0], raw);
