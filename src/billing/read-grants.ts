import { and, eq, gt, isNull, or } from 'drizzle-orm';
import type { Sql } from '../db/client.ts';
import type { Grant } from './entitlement.ts';
import { grants } from './table.ts';

/** Grants of an account that are in force or still to come. */
export async function readGrants(sql: Sql, accountId: string, now: Date): Promise<readonly Grant[]> {
  const rows = await sql
    .select({ plan: grants.plan, source: grants.source, from: grants.from, until: grants.until })
    .from(grants)
    .where(and(eq(grants.accountId, accountId), or(isNull(grants.until), gt(grants.until, now))));
  return rows.map((row) => ({ ...row, until: row.until ?? undefined }));
}
