import { count, ne } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { accounts } from './table.ts';

/** How many accounts belong to the other upstream than the one this gateway is about to use. */
export async function accountsOfOtherUpstream(
  database: Database,
  upstream: 'live' | 'demo',
): Promise<number> {
  const [row] = await database.sql
    .select({ value: count() })
    .from(accounts)
    .where(ne(accounts.upstream, upstream));
  return row?.value ?? 0;
}
