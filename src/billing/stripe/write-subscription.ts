import { and, eq, isNull } from 'drizzle-orm';
import type { Sql } from '../../db/client.ts';
import { newId } from '../../kernel/ids.ts';
import { BILLING_PAGE } from '../dependencies.ts';
import { grants, stripeSubscriptions } from '../table.ts';
import { alert } from './alert.ts';
import type { Owner, StripeDependencies } from './dependencies.ts';
import type { SubscriptionGrant, SubscriptionView } from './grant-of.ts';
import type { StripeInvoice, StripeSubscription } from './objects.ts';
import type { Subscription } from './subscription.ts';

/** Statuses of subscriptions that are paid for, or will be tried to be. */
export const OPEN: readonly string[] = ['active', 'trialing', 'past_due'];

/** A problem of the account rather than of one subscription; kept with one of them. */
export const SEVERAL = 'several_subscriptions';
/** Kept with the subscription that should have had some. */
export const SILENCE = 'events_missing';
const kept: readonly string[] = [SEVERAL, SILENCE];

/** @returns as it was before; undefined: it is new */
export async function writeSubscription(
  deps: StripeDependencies,
  tx: Sql,
  { accountId, customerId }: Owner,
  subscription: StripeSubscription,
  { plan, problems, grant }: SubscriptionView,
  invoices: readonly StripeInvoice[],
): Promise<Subscription | undefined> {
  const { id, status, items, periodEnd, endsWithPeriod } = subscription;
  const [before] = await tx.select().from(stripeSubscriptions).where(eq(stripeSubscriptions.id, id));
  const row = {
    ...{ customerId, accountId, status, plan: plan ?? null, itemId: items[0]?.id ?? null, endsWithPeriod },
    periodEnd: periodEnd === undefined ? null : new Date(periodEnd * 1_000),
    problems: [...problems, ...(before?.problems ?? []).filter((problem) => kept.includes(problem))],
  };
  await tx
    .insert(stripeSubscriptions)
    .values({ id, ...row })
    .onConflictDoUpdate({ target: stripeSubscriptions.id, set: row });
  for (const problem of problems) {
    if (!before?.problems.includes(problem)) await alert(deps, tx, problem, id);
  }
  const unpaid = invoices.find((invoice) => invoice.subscription === id && invoice.status === 'open');
  if (status === 'past_due' && before?.status !== 'past_due' && unpaid !== undefined) {
    const { total: amount, currency, nextAttemptAt } = unpaid;
    const retry_at = nextAttemptAt === undefined ? null : new Date(nextAttemptAt * 1_000).toISOString();
    await deps.notify(tx, accountId, 'payment', 'failed', { amount, currency, retry_at }, BILLING_PAGE);
  }
  const isTurnedOff = before !== undefined && !before.endsWithPeriod && endsWithPeriod;
  if (isTurnedOff && grant !== undefined) {
    const told = { plan: grant.plan, until: grant.until.toISOString() };
    await deps.notify(tx, accountId, 'plan_change', 'ending', told, BILLING_PAGE);
  }
  return before;
}

/** Ends the grant of a subscription where it gives something else now, and begins another. */
export async function writeGrant(
  { clock }: StripeDependencies,
  tx: Sql,
  { accountId }: Owner,
  reference: string,
  { grant: given, endedAt, past }: Pick<SubscriptionView, 'grant' | 'endedAt' | 'past'>,
): Promise<void> {
  const now = new Date(clock.now());
  const own = and(eq(grants.source, 'stripe'), eq(grants.reference, reference), isNull(grants.endedAt));
  const [present] = await tx.select().from(grants).where(own);
  const endedBefore = present === undefined ? await lastEnd(tx, reference) : undefined;
  const isNew = present === undefined && endedBefore === undefined;
  const grant = given ?? (isNew ? past : undefined);
  if (present !== undefined && grant !== undefined && isSame(present, grant)) return;
  const ranOutAt = present?.until != null && present.until <= now ? present.until : undefined;
  if (present !== undefined && (grant !== undefined || ranOutAt === undefined)) {
    const endsAt = endedAt !== undefined && endedAt < now ? endedAt : now;
    await tx.update(grants).set({ endedAt: endsAt }).where(own);
  }
  if (grant === undefined || (grant.until <= now && !isNew)) return;
  await tx.insert(grants).values({
    ...{ id: newId(now.getTime()), accountId, source: 'stripe', reference },
    ...{ plan: grant.plan, until: grant.until },
    // What was given before stays as it was; what was paid late had no gap.
    from: isNew ? grant.from : latest(grant.from, endedBefore ?? ranOutAt ?? now),
  });
}

/** When it stopped giving anything; undefined: it never has given anything. */
async function lastEnd(tx: Sql, reference: string): Promise<Date | undefined> {
  const rows = await tx
    .select({ until: grants.until, endedAt: grants.endedAt })
    .from(grants)
    .where(and(eq(grants.source, 'stripe'), eq(grants.reference, reference)));
  const ends = rows.map(({ until, endedAt }) =>
    Math.min(until?.getTime() ?? Number.POSITIVE_INFINITY, endedAt?.getTime() ?? Number.POSITIVE_INFINITY),
  );
  return ends.length === 0 ? undefined : new Date(Math.max(...ends));
}

const latest = (a: Date, b: Date): Date => (a > b ? a : b);

const isSame = (present: typeof grants.$inferSelect, { plan, until }: SubscriptionGrant) =>
  present.plan === plan && present.until?.getTime() === until.getTime();
