/**
 * Brings what an account has here to what Stripe says now. Events only say that it is time to look: their order, their
 * number and their contents decide nothing, so any permutation of them ends the same (promise P12).
 */
import { and, desc, eq, isNull, lt, sql as raw } from 'drizzle-orm';
import type { JobContext } from '../../db/background.ts';
import type { Sql } from '../../db/client.ts';
import type { Plan } from '../../kernel/caller.ts';
import { newId } from '../../kernel/ids.ts';
import type { BillingDependencies } from '../dependencies.ts';
import { grants, stripeCustomers, stripeInvoices, stripeSubscriptions } from '../table.ts';
import type { StripeDependencies } from './dependencies.ts';
import { type SubscriptionGrant, type SubscriptionView, viewOf } from './grant-of.ts';
import type { StripeInvoice, StripeSubscription } from './objects.ts';
import { type CustomerAtStripe, readCustomer } from './read-customer.ts';

/**
 * @param job ended in the same transaction: whatever dies when, nothing is said twice
 * @throws GatewayError payments_unavailable, database_unavailable
 */
export async function syncCustomer(
  deps: StripeDependencies,
  customerId: string,
  job?: Pick<JobContext, 'finish'>,
): Promise<void> {
  const { database, payments } = deps;
  const look = await beginLook(deps, customerId);
  if (look === undefined) {
    await database.run((sql) => sql.transaction(async (tx) => void (await job?.finish(tx))));
    return;
  }
  const known = await database.run((sql) =>
    sql
      .select({ id: stripeSubscriptions.id })
      .from(stripeSubscriptions)
      .where(eq(stripeSubscriptions.customerId, customerId)),
  );
  const ids = known.map(({ id }) => id);
  const customer = await readCustomer(payments, customerId, ids);
  await database.run((sql) =>
    sql.transaction(async (tx) => {
      if (await mayWrite(tx, customerId, look)) {
        await write(deps, tx, { ...look, customerId }, customer, ids);
      }
      await job?.finish(tx);
    }),
  );
  deps.plansChanged();
}

interface Look {
  readonly number: number;
  readonly accountId: string;
  readonly from: Date;
}

/** Looks are numbered as they begin. undefined: nobody knows this customer. */
async function beginLook({ database }: BillingDependencies, customerId: string): Promise<Look | undefined> {
  const [row] = await database.run((sql) =>
    sql
      .update(stripeCustomers)
      .set({ begun: raw`${stripeCustomers.begun} + 1` })
      .where(eq(stripeCustomers.id, customerId))
      .returning({
        ...{ number: stripeCustomers.begun, accountId: stripeCustomers.accountId },
        from: raw<string>`clock_timestamp()`,
      }),
  );
  return row && { ...row, from: new Date(row.from) };
}

/**
 * A look that began before one that was written down already may have seen less: it writes nothing. Nothing is lost by
 * that, for what happened in between has an event of its own, and its look begins later than both.
 */
async function mayWrite(tx: Sql, customerId: string, { number, from }: Look): Promise<boolean> {
  const rows = await tx
    .update(stripeCustomers)
    .set({ written: number, writtenFrom: from })
    .where(and(eq(stripeCustomers.id, customerId), lt(stripeCustomers.written, number)))
    .returning({ id: stripeCustomers.id });
  return rows.length > 0;
}

interface Owner {
  readonly accountId: string;
  readonly customerId: string;
}

async function write(
  deps: StripeDependencies,
  tx: Sql,
  owner: Owner,
  customer: CustomerAtStripe,
  knownIds: readonly string[],
): Promise<void> {
  const now = new Date(deps.clock.now());
  if (customer.isDeleted) {
    await tx
      .update(stripeCustomers)
      .set({ deletedAt: now })
      .where(and(eq(stripeCustomers.id, owner.customerId), isNull(stripeCustomers.deletedAt)));
  }
  await writeInvoices(deps, tx, owner, customer);
  for (const subscription of customer.subscriptions) {
    const view = viewOf(subscription, customer.invoices, customer.reversed, deps.stripe);
    const before = await writeSubscription(deps, tx, owner, subscription, view);
    const given = await writeGrant(deps, tx, owner, subscription.id, view);
    const hasEnded = hasEndedNow(before?.status, subscription.status);
    await announcePlan(deps, tx, owner, given, hasEnded ? (before?.plan ?? undefined) : undefined);
  }
  const gone = knownIds.filter((id) => customer.subscriptions.every((each) => each.id !== id));
  for (const id of gone) {
    await tx.update(stripeSubscriptions).set({ status: 'canceled' }).where(eq(stripeSubscriptions.id, id));
    const none = { plan: undefined, grant: undefined, endedAt: undefined, problems: [] };
    await announcePlan(deps, tx, owner, await writeGrant(deps, tx, owner, id, none), undefined);
  }
  await warnOfSeveral(deps, tx, owner);
}

async function writeGrant(
  deps: StripeDependencies,
  tx: Sql,
  { accountId }: Owner,
  reference: string,
  { grant, endedAt }: SubscriptionView,
): Promise<Given> {
  const now = new Date(deps.clock.now());
  const own = and(eq(grants.source, 'stripe'), eq(grants.reference, reference), isNull(grants.endedAt));
  const [present] = await tx.select().from(grants).where(own);
  if (present !== undefined && grant !== undefined && isSame(present, grant))
    return { before: grant.plan, after: grant.plan };
  const isOver = present?.until != null && present.until <= now;
  if (present !== undefined && (grant !== undefined || !isOver)) {
    const endsAt = endedAt !== undefined && endedAt < now ? endedAt : now;
    await tx.update(grants).set({ endedAt: endsAt }).where(own);
  }
  if (grant !== undefined && grant.until > now) {
    await tx.insert(grants).values({
      ...{ id: newId(now.getTime()), accountId, source: 'stripe', reference },
      ...{ plan: grant.plan, until: grant.until },
      // What was given before stays as it was.
      from: present === undefined ? grant.from : isOver ? (present.until ?? now) : now,
    });
  }
  return {
    before: present === undefined || isOver ? undefined : present.plan,
    after: grant !== undefined && grant.until > now ? grant.plan : undefined,
  };
}

interface Given {
  readonly before: Plan | undefined;
  readonly after: Plan | undefined;
}

/** Whatever comes to an end at Stripe may have run out here by then. */
const hasEndedNow = (before: string | undefined, now: string) =>
  before !== undefined && OPEN.includes(before) && !OPEN.includes(now);

const OPEN = ['active', 'trialing', 'past_due'];

async function announcePlan(
  { announce }: StripeDependencies,
  tx: Sql,
  { accountId }: Owner,
  { before, after }: Given,
  ended: Plan | undefined,
): Promise<void> {
  if (after !== undefined && after !== before) {
    await announce(tx, accountId, {
      kind: before === undefined ? 'plan_started' : 'plan_changed',
      plan: after,
    });
  }
  const over = before ?? ended;
  if (after === undefined && over !== undefined)
    await announce(tx, accountId, { kind: 'plan_ended', plan: over });
}

const isSame = (present: typeof grants.$inferSelect, { plan, until }: SubscriptionGrant) =>
  present.plan === plan && present.until?.getTime() === until.getTime();

async function writeSubscription(
  deps: StripeDependencies,
  tx: Sql,
  { accountId, customerId }: Owner,
  subscription: StripeSubscription,
  { plan, problems }: SubscriptionView,
): Promise<typeof stripeSubscriptions.$inferSelect | undefined> {
  const { id, status, items, periodEnd, endsWithPeriod } = subscription;
  const [before] = await tx.select().from(stripeSubscriptions).where(eq(stripeSubscriptions.id, id));
  const row = {
    ...{ customerId, accountId, status, plan: plan ?? null, itemId: items[0]?.id ?? null, endsWithPeriod },
    periodEnd: periodEnd === undefined ? null : new Date(periodEnd * 1_000),
    problems: [...problems, ...(before?.problems.includes(SEVERAL) ? [SEVERAL] : [])],
  };
  await tx
    .insert(stripeSubscriptions)
    .values({ id, ...row })
    .onConflictDoUpdate({ target: stripeSubscriptions.id, set: row });
  for (const problem of problems) {
    if (before?.problems.includes(problem)) continue;
    await deps.announce(tx, undefined, { kind: 'alert', problem, subject: id });
  }
  if (status === 'past_due' && before?.status !== 'past_due') {
    await deps.announce(tx, accountId, { kind: 'payment_overdue', plan });
  }
  const isOpen = status === 'active' || status === 'trialing';
  if (before !== undefined && isOpen && before.endsWithPeriod !== endsWithPeriod) {
    await deps.announce(tx, accountId, { kind: endsWithPeriod ? 'renewal_off' : 'renewal_on', plan });
  }
  return before;
}

async function writeInvoices(
  deps: StripeDependencies,
  tx: Sql,
  { accountId }: Owner,
  { invoices, reversed, subscriptions }: CustomerAtStripe,
): Promise<void> {
  for (const invoice of [...invoices].reverse()) {
    const { id, number, total, currency, created, url } = invoice;
    const status = reversed.has(id) ? 'refunded' : invoice.status;
    const [before] = await tx
      .select({ status: stripeInvoices.status })
      .from(stripeInvoices)
      .where(eq(stripeInvoices.id, id));
    if (before?.status === status) continue;
    const row = {
      ...{ accountId, number: number ?? null, status, total, currency: currency.toUpperCase() },
      ...{ plan: planOf(deps, invoice, subscriptions) ?? null, url: url ?? null },
      createdAt: new Date(created * 1_000),
    };
    await tx
      .insert(stripeInvoices)
      .values({ id, ...row })
      .onConflictDoUpdate({ target: stripeInvoices.id, set: row });
    if (status === 'paid' && before?.status !== 'refunded' && total > 0) {
      await deps.announce(tx, accountId, { kind: 'payment_received', amount: total, currency: row.currency });
    }
  }
}

/** What an invoice is for. */
function planOf(
  { stripe }: StripeDependencies,
  { lines, subscription }: StripeInvoice,
  subscriptions: readonly StripeSubscription[],
): Plan | undefined {
  const prices = lines.filter(({ amount }) => amount >= 0).map(({ price }) => price);
  const items = subscriptions.find(({ id }) => id === subscription)?.items ?? [];
  const candidates = [...prices, ...items.map(({ price }) => price)];
  const plans = Object.entries(stripe.prices) as [Plan, readonly string[]][];
  for (const price of candidates) {
    const plan = plans.find(([, ids]) => price !== undefined && ids.includes(price))?.[0];
    if (plan !== undefined) return plan;
  }
  return undefined;
}

/** The best of them counts; the other one is paid for nothing, and somebody should give the money back. */
async function warnOfSeveral(deps: StripeDependencies, tx: Sql, { accountId }: Owner): Promise<void> {
  const rows = await tx
    .select()
    .from(stripeSubscriptions)
    .where(eq(stripeSubscriptions.accountId, accountId))
    .orderBy(desc(stripeSubscriptions.id));
  const open = rows.filter(({ status }) => OPEN.includes(status));
  const [newest] = open;
  if (open.length < 2 || newest === undefined || newest.problems.includes(SEVERAL)) return;
  await tx
    .update(stripeSubscriptions)
    .set({ problems: [...newest.problems, SEVERAL] })
    .where(eq(stripeSubscriptions.id, newest.id));
  await deps.announce(tx, undefined, { kind: 'alert', problem: SEVERAL, subject: newest.id });
}

const SEVERAL = 'several_subscriptions';
