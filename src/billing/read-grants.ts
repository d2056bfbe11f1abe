import { eq, inArray } from 'drizzle-orm';
import type { Sql } from '../db/client.ts';
import type { Grant } from './entitlement.ts';
import { grants } from './table.ts';

/** A grant, and why it is there. */
export interface GrantRow extends Grant {
  /** What it comes from: a subscription, a redemption. */
  readonly reference: string | undefined;
  /** In the words of the administrator who gave it, or took it back. */
  readonly reason: string | undefined;
  readonly createdAt: Date;
}

/** All grants of an account, also those that are over: what is left of days depends on what was in force before. */
export async function readGrants(sql: Sql, accountId: string): Promise<readonly GrantRow[]> {
  const rows = await sql.select().from(grants).where(eq(grants.accountId, accountId)).orderBy(grants.id);
  return rows.map(toGrant);
}

export function toGrant(row: typeof grants.$inferSelect): GrantRow {
  const { id, plan, source, from, until, days, endedAt, reference, reason, createdAt } = row;
  return {
    ...{ id, plan, source, from, createdAt },
    until: until ?? undefined,
    days: days ?? undefined,
    endedAt: endedAt ?? undefined,
    reference: reference ?? undefined,
    reason: reason ?? undefined,
  };
}

/** The same of several accounts. */
export async function readGrantsOf(
  sql: Sql,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, readonly GrantRow[]>> {
  if (accountIds.length === 0) return new Map();
  const rows = await sql
    .select()
    .from(grants)
    .where(inArray(grants.accountId, [...accountIds]))
    .orderBy(grants.id);
  const byAccount = Map.groupBy(rows, ({ accountId }) => accountId);
  return new Map([...byAccount].map(([id, own]) => [id, own.map(toGrant)]));
}
