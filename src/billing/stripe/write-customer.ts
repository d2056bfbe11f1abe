import { and, desc, eq, isNotNull, isNull } from 'drizzle-orm';
import type { Sql } from '../../db/client.ts';
import { stripeCustomers, stripeSubscriptions } from '../table.ts';
import { tellPlan } from '../tell-plan.ts';
import { alert } from './alert.ts';
import type { Owner, StripeDependencies } from './dependencies.ts';
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
  for (const subscription of customer.subscriptions) {
    const view = viewOf(subscription, customer.invoices, customer.reversed, deps.stripe);
    await writeSubscription(deps, tx, owner, subscription, view, customer.invoices);
    await writeGrant(deps, tx, owner, subscription.id, view);
  }
  for (const id of knownIds) {
    if (customer.subscriptions.some((each) => each.id === id)) continue;
    await tx.update(stripeSubscriptions).set({ status: 'canceled' }).where(eq(stripeSubscriptions.id, id));
    const none = { plan: undefined, grant: undefined, endedAt: undefined, problems: [] };
    await writeGrant(deps, tx, owner, id, none);
  }
  const plan = await tellPlan(deps, tx, owner.accountId);
  await writeInvoices(deps, tx, owner, customer, plan);
  await warnOfSeveral(deps, tx, owner);
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
