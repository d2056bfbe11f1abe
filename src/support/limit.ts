import { lt, sql as raw } from 'drizzle-orm';
import type { Sql } from '../db/client.ts';
import { GatewayError } from '../kernel/errors.ts';
import { supportCounters } from './table.ts';

/** Accepted requests of one sender. */
const MOST = 5;
const HOUR_MS = 60 * 60_000;

/**
 * Counts a request in the transaction that stores it, so what is not accepted is not counted. The hour begins with the
 * first of five, and no later one moves its end.
 * @throws GatewayError support_limit_reached
 */
export async function countRequest(tx: Sql, key: string, now: Date): Promise<void> {
  const { count, until } = await countOne(tx, key, now);
  if (count > MOST) {
    throw new GatewayError('support_limit_reached', {
      detail: `You can send ${MOST} messages per hour. Please wait before sending another one.`,
      retryAfterSeconds: (until.getTime() - now.getTime()) / 1000,
    });
  }
  await tx.delete(supportCounters).where(lt(supportCounters.until, new Date(now.getTime() - HOUR_MS)));
}

/** Of everybody without a session together: somebody with many addresses must not fill mailboxes. */
const MOST_MAILED_OF_STRANGERS = 60;

/** Counts a stranger's request, after its own counters. @returns whether anybody may be mailed because of it */
export async function countStranger(tx: Sql, now: Date): Promise<boolean> {
  return (await countOne(tx, 'strangers', now)).count <= MOST_MAILED_OF_STRANGERS;
}

/** The row stays locked until the transaction ends: those of the same sender come one after the other. */
async function countOne(tx: Sql, key: string, now: Date) {
  const until = new Date(now.getTime() + HOUR_MS);
  const isOver = raw`${supportCounters.until} <= ${now.toISOString()}::timestamptz`;
  const [row] = await tx
    .insert(supportCounters)
    .values({ key, count: 1, until })
    .onConflictDoUpdate({
      target: supportCounters.key,
      set: {
        count: raw`case when ${isOver} then 1 else ${supportCounters.count} + 1 end`,
        until: raw`case when ${isOver} then ${until.toISOString()}::timestamptz else ${supportCounters.until} end`,
      },
    })
    .returning();
  if (row === undefined) throw new Error('The database returned no row for a counter');
  return row;
}
