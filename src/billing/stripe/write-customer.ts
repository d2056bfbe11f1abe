import { and, desc, eq, isNotNull, isNull } from 'drizzle-orm';
import { comparePlans } from '../../access/index.ts';
import type { Sql } from '../../db/client.ts';
import type { Plan } from '../../kernel/caller.ts';
import { stretchAt, timelineOf } from '../entitlement.ts';
import { readGrants } from '../read-grants.ts';
import { stripeCustomers, stripeSubscriptions } from '../table.ts';
import { alert } from './alert.ts';
import { BILLING_PAGE, type Owner, type StripeDependencies } from './dependencies.ts';
import { viewOf } from './grant-of.ts';
import type { CustomerAtStripe } from './read-customer.ts';
import { writeInvoices } from './write-invoices.ts';
import { OPEN, SEVERAL, writeGrant, writeSubscription } from './write-subscription.ts';

/** Writes down what Stripe said, and tells people what that changes: once, because it is compared with what was. */
export async function writeCustomer(
  deps: StripeDependencies,
  tx: Sql,
  owner: Owner,
  customer: CustomerAtStripe,
  knownIds: readonly string[],
): Promise<void> {
  // One that was missing may be there again: it was asked for with the key of another account of Stripe.
  const { isDeleted } = customer;
  await tx
    .update(stripeCustomers)
    .set({ deletedAt: isDeleted ? new Date(deps.clock.now()) : null })
    .where(
      and(
        eq(stripeCustomers.id, owner.customerId),
        (isDeleted ? isNull : isNotNull)(stripeCustomers.deletedAt),
      ),
    );
  const before = await planNow(deps, tx, owner.accountId);
  const ended: Plan[] = [];
  for (const subscription of customer.subscriptions) {
    const view = viewOf(subscription, customer.invoices, customer.reversed, deps.stripe);
    const known = await writeSubscription(deps, tx, owner, subscription, view, customer.invoices);
    await writeGrant(deps, tx, owner, subscription.id, view);
    const hasEnded =
      known !== undefined && OPEN.includes(known.status) && !OPEN.includes(subscription.status);
    if (hasEnded && known.plan !== null) ended.push(known.plan);
  }
  for (const id of knownIds) {
    if (customer.subscriptions.some((each) => each.id === id)) continue;
    await tx.update(stripeSubscriptions).set({ status: 'canceled' }).where(eq(stripeSubscriptions.id, id));
    const none = { plan: undefined, grant: undefined, endedAt: undefined, problems: [] };
    await writeGrant(deps, tx, owner, id, none);
  }
  const after = await planNow(deps, tx, owner.accountId);
  await tellOfPlan(deps, tx, owner, { before, after, ended });
  await writeInvoices(deps, tx, owner, customer, after);
  await warnOfSeveral(deps, tx, owner);
}

async function planNow({ clock, config }: StripeDependencies, tx: Sql, accountId: string): Promise<Plan> {
  const timeline = timelineOf(await readGrants(tx, accountId), config.plans.defaultPlan);
  return stretchAt(timeline, clock.now()).plan;
}

interface Change {
  readonly before: Plan;
  readonly after: Plan;
  /** Of subscriptions that are over: here they may have run out before. */
  readonly ended: readonly Plan[];
}

/** What counts is what the account can do: another grant may stand behind the one that is over. */
async function tellOfPlan(
  { notify }: StripeDependencies,
  tx: Sql,
  { accountId }: Owner,
  { before, after, ended }: Change,
): Promise<void> {
  if (comparePlans(after, before) > 0) {
    return notify(tx, accountId, 'plan_change', 'changed', { from: before, to: after }, BILLING_PAGE);
  }
  const over = [before, ...ended].find((plan) => comparePlans(plan, after) > 0);
  if (over === undefined) return;
  await notify(tx, accountId, 'plan_change', 'ended', { plan: over, now: after }, BILLING_PAGE);
}

/** The best of them counts; the other one is paid for nothing, and somebody should give the money back. */
async function warnOfSeveral(deps: StripeDependencies, tx: Sql, { accountId }: Owner): Promise<void> {
  const rows = await tx
    .select()
    .from(stripeSubscriptions)
    .where(eq(stripeSubscriptions.accountId, accountId))
    .orderBy(desc(stripeSubscriptions.id));
  const open = rows.filter(({ status }) => OPEN.includes(status));
  const [last] = open;
  if (open.length < 2 || last === undefined || open.some(({ problems }) => problems.includes(SEVERAL)))
    return;
  await tx
    .update(stripeSubscriptions)
    .set({ problems: [...last.problems, SEVERAL] })
    .where(eq(stripeSubscriptions.id, last.id));
  await alert(deps, tx, SEVERAL, last.id);
}
