import { and, desc, eq, ilike, lt, or } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { accounts } from './table.ts';

export type Account = typeof accounts.$inferSelect;

export interface AccountFilter {
  /** Part of an e-mail, or a whole id, here or at Ajax. */
  readonly search?: string | undefined;
  readonly limit: number;
  /** Only those older than this one: stable paging while accounts are added. */
  readonly beforeId?: string | undefined;
}

/** Newest first. @throws GatewayError database_unavailable */
export async function findAccounts(
  database: Database,
  { search, limit, beforeId }: AccountFilter,
): Promise<readonly Account[]> {
  const conditions = [
    ...(search === undefined ? [] : [matches(search)]),
    ...(beforeId === undefined ? [] : [lt(accounts.id, beforeId)]),
  ];
  return database.run((sql) =>
    sql
      .select()
      .from(accounts)
      .where(and(...conditions))
      .orderBy(desc(accounts.id))
      .limit(limit),
  );
}

/** @throws GatewayError database_unavailable */
export async function findAccount(database: Database, id: string): Promise<Account | undefined> {
  const [account] = await database.run((sql) => sql.select().from(accounts).where(eq(accounts.id, id)));
  return account;
}

function matches(search: string) {
  // What people type is no pattern.
  const part = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(search);
  return or(
    ilike(accounts.email, part),
    eq(accounts.ajaxUserId, search.toLowerCase()),
    ...(isId ? [eq(accounts.id, search)] : []),
  );
}
