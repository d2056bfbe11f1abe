import { and, count, desc, eq, isNotNull, isNull } from 'drizzle-orm';
import type { Sql } from '../../db/client.ts';
import { plans } from '../../kernel/caller.ts';
import { stripeCustomers, stripeSubscriptions } from '../table.ts';

export type Subscription = typeof stripeSubscriptions.$inferSelect;

const best = ['active', 'trialing', 'past_due', 'paused', 'unpaid', 'incomplete'];

/** The one that matters: what is paid comes first, then the better plan, then what lasts longer. undefined: none that has not ended. */
export async function subscriptionOf(sql: Sql, accountId: string): Promise<Subscription | undefined> {
  const rows = await sql
    .select()
    .from(stripeSubscriptions)
    .where(eq(stripeSubscriptions.accountId, accountId));
  const open = rows.filter(({ status }) => best.includes(status));
  return open.sort(
    (a, b) =>
      best.indexOf(a.status) - best.indexOf(b.status) ||
      rankOf(b) - rankOf(a) ||
      (b.periodEnd?.getTime() ?? 0) - (a.periodEnd?.getTime() ?? 0) ||
      (a.id < b.id ? -1 : 1),
  )[0];
}

const rankOf = ({ plan }: Subscription) => (plan === null ? -1 : plans.indexOf(plan));

/** undefined: the account has never been at Stripe, or was deleted there. */
export async function customerOf(sql: Sql, accountId: string): Promise<string | undefined> {
  const [row] = await sql
    .select({ id: stripeCustomers.id })
    .from(stripeCustomers)
    .where(and(eq(stripeCustomers.accountId, accountId), isNull(stripeCustomers.deletedAt)))
    .orderBy(desc(stripeCustomers.createdAt))
    .limit(1);
  return row?.id;
}

/** How often the account's customer was deleted at Stripe. */
export async function deletedCustomers(sql: Sql, accountId: string): Promise<number> {
  const [row] = await sql
    .select({ value: count() })
    .from(stripeCustomers)
    .where(and(eq(stripeCustomers.accountId, accountId), isNotNull(stripeCustomers.deletedAt)));
  return row?.value ?? 0;
}
