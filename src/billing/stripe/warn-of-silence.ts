import { and, eq, sql as raw } from 'drizzle-orm';
import type { Sql } from '../../db/client.ts';
import { DAY_MS } from '../entitlement.ts';
import { stripeEvents, stripeSubscriptions } from '../table.ts';
import { alert } from './alert.ts';
import type { Owner, StripeDependencies } from './dependencies.ts';
import type { CustomerAtStripe } from './read-customer.ts';
import { SILENCE } from './write-subscription.ts';

/** An event may be late; and the events of a subscription that is older may have been forgotten. */
const LATE_MS = 10 * 60_000;
const OLD_MS = 30 * DAY_MS;

/** Once per subscription that began a while ago, of whose customer no event has ever come: the webhook does not work. */
export async function warnOfSilence(
  deps: StripeDependencies,
  tx: Sql,
  { customerId }: Owner,
  { subscriptions }: CustomerAtStripe,
): Promise<void> {
  const now = deps.clock.now();
  const recent = subscriptions.find(({ startedAt }) => {
    const age = now - startedAt * 1_000;
    return age > LATE_MS && age < OLD_MS;
  });
  if (recent === undefined) return;
  const events = tx.select().from(stripeEvents).where(eq(stripeEvents.customerId, customerId)).limit(1);
  if ((await events).length > 0) return;
  const marked = await tx
    .update(stripeSubscriptions)
    .set({ problems: raw`array_append(${stripeSubscriptions.problems}, ${SILENCE})` })
    .where(
      and(eq(stripeSubscriptions.id, recent.id), raw`not ${SILENCE} = any(${stripeSubscriptions.problems})`),
    )
    .returning({ id: stripeSubscriptions.id });
  if (marked.length > 0) await alert(deps, tx, SILENCE, recent.id);
}
