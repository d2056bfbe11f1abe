import { and, desc, eq, inArray, isNull, lt, sql as raw } from 'drizzle-orm';
import type { Sql } from '../db/client.ts';
import { notifications } from './table.ts';

export type NotificationRow = typeof notifications.$inferSelect;

export interface Page {
  readonly limit: number;
  readonly unreadOnly: boolean;
  /** Only those older than this one. */
  readonly before?: string | undefined;
}

const mine = (accountId: string) =>
  and(eq(notifications.accountId, accountId), eq(notifications.inApp, true));
const unread = isNull(notifications.readAt);

/** Newest first. */
export function listNotifications(sql: Sql, accountId: string, page: Page): Promise<NotificationRow[]> {
  return sql
    .select()
    .from(notifications)
    .where(
      and(
        mine(accountId),
        page.unreadOnly ? unread : undefined,
        page.before === undefined ? undefined : lt(notifications.id, page.before),
      ),
    )
    .orderBy(desc(notifications.id))
    .limit(page.limit);
}

/** What an administrator was told as one, also what they do not want among their notifications. Newest first. */
export function listAlerts(
  sql: Sql,
  accountId: string,
  { limit, before }: Pick<Page, 'limit' | 'before'>,
): Promise<NotificationRow[]> {
  return sql
    .select()
    .from(notifications)
    .where(
      and(
        eq(notifications.accountId, accountId),
        eq(notifications.kind, 'operator'),
        before === undefined ? undefined : lt(notifications.id, before),
      ),
    )
    .orderBy(desc(notifications.id))
    .limit(limit);
}

export async function countUnread(sql: Sql, accountId: string): Promise<number> {
  const [row] = await sql
    .select({ count: raw<number>`count(*)::int` })
    .from(notifications)
    .where(and(mine(accountId), unread));
  return row?.count ?? 0;
}

/** @returns the notification, and whether it was unread; undefined when the account has none with this id */
export async function markRead(
  tx: Sql,
  accountId: string,
  id: string,
  at: Date,
): Promise<{ readonly row: NotificationRow; readonly changed: boolean } | undefined> {
  const [changed] = await tx
    .update(notifications)
    .set({ readAt: at })
    .where(and(mine(accountId), eq(notifications.id, id), unread))
    .returning();
  if (changed !== undefined) return { row: changed, changed: true };
  const [row] = await tx
    .select()
    .from(notifications)
    .where(and(mine(accountId), eq(notifications.id, id)));
  return row && { row, changed: false };
}

/** @returns how many there were */
export async function markAllRead(tx: Sql, accountId: string, at: Date): Promise<number> {
  // Locked in one order, so that those who ask at the same time wait for one another instead of for ever.
  const rows = tx
    .select({ id: notifications.id })
    .from(notifications)
    .where(and(mine(accountId), unread))
    .orderBy(notifications.id)
    .for('update');
  const changed = await tx
    .update(notifications)
    .set({ readAt: at })
    .where(and(inArray(notifications.id, rows), unread))
    .returning({ id: notifications.id });
  return changed.length;
}
