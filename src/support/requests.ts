import { and, desc, eq, isNotNull, isNull, lt } from 'drizzle-orm';
import type { Sql } from '../db/client.ts';
import { supportRequests } from './table.ts';

export type SupportRequest = typeof supportRequests.$inferSelect;

export interface RequestPage {
  readonly limit: number;
  /** Only those older than this one. */
  readonly before?: string | undefined;
  readonly state: 'open' | 'done' | 'all';
}

/** Newest first. */
export function listRequests(sql: Sql, { limit, before, state }: RequestPage): Promise<SupportRequest[]> {
  const ofState = {
    open: isNull(supportRequests.doneAt),
    done: isNotNull(supportRequests.doneAt),
    all: undefined,
  };
  return sql
    .select()
    .from(supportRequests)
    .where(and(ofState[state], before === undefined ? undefined : lt(supportRequests.id, before)))
    .orderBy(desc(supportRequests.id))
    .limit(limit);
}

/** @returns undefined when there is none with this id */
export async function markRequest(
  tx: Sql,
  id: string,
  doneAt: Date | null,
): Promise<SupportRequest | undefined> {
  const [row] = await tx
    .update(supportRequests)
    .set({ doneAt })
    .where(eq(supportRequests.id, id))
    .returning();
  return row;
}
