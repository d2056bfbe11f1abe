import { eq } from 'drizzle-orm';
import { comparePlans } from '../access/index.ts';
import type { Sql } from '../db/client.ts';
import type { Plan } from '../kernel/caller.ts';
import { BILLING_PAGE, type BillingDependencies } from './dependencies.ts';
import { DAY_MS, type Stretch, stretchAt, type Timeline, timelineOf } from './entitlement.ts';
import { readGrants } from './read-grants.ts';
import { toldPlans } from './table.ts';

/** How long before a plan ends that nothing renews. */
const WARNING_MS = 3 * DAY_MS;

export type TellingDependencies = Pick<BillingDependencies, 'clock' | 'notify'> & {
  readonly config: Pick<BillingDependencies['config'], 'plans'>;
};

interface Telling {
  /** The account hears of what has just changed by another message: this one would be the second. */
  readonly isSaid?: boolean;
}

/**
 * Tells an account that its plan is another one than it was told last, or ends soon, and notes when the next such moment
 * comes (`turns.ts`). Call it at the end of every transaction that changes grants: whoever comes second waits, and finds
 * that it has been told. @returns the plan in force
 */
export async function tellPlan(
  deps: TellingDependencies,
  tx: Sql,
  accountId: string,
  { isSaid = false }: Telling = {},
): Promise<Plan> {
  const { clock, config, notify } = deps;
  const { defaultPlan } = config.plans;
  await tx.insert(toldPlans).values({ accountId, plan: defaultPlan }).onConflictDoNothing();
  const own = eq(toldPlans.accountId, accountId);
  const [last] = await tx.select().from(toldPlans).where(own).for('update');
  // Only now: what others have changed before they were told is there to be seen.
  const timeline = timelineOf(await readGrants(tx, accountId), defaultPlan);
  const nowMs = clock.now();
  const present = stretchAt(timeline, nowMs);
  const { plan } = present;
  const before = last?.plan ?? plan;
  if (!isSaid && comparePlans(plan, before) > 0) {
    await notify(tx, accountId, 'plan_change', 'changed', { from: before, to: plan }, BILLING_PAGE);
  } else if (!isSaid && plan !== before) {
    await notify(tx, accountId, 'plan_change', 'ended', { plan: before, now: plan }, BILLING_PAGE);
  }

  const endsMs = endOf(timeline, present);
  const isWarned = endsMs === undefined || last?.warnedUntil?.getTime() === endsMs;
  const isClose = endsMs !== undefined && endsMs - WARNING_MS <= nowMs;
  if (endsMs !== undefined && isClose && !isWarned && !isSaid) {
    const told = { plan, until: new Date(endsMs).toISOString() };
    await notify(tx, accountId, 'plan_change', 'ending', told, BILLING_PAGE);
  }
  const turnsMs = timeline.find((each) => each.fromMs > nowMs && each.plan !== plan)?.fromMs;
  const dueMs =
    endsMs === undefined || isWarned || isClose
      ? turnsMs
      : Math.min(endsMs - WARNING_MS, turnsMs ?? Number.POSITIVE_INFINITY);
  await tx
    .update(toldPlans)
    .set({
      plan,
      warnedUntil: endsMs !== undefined && isClose ? new Date(endsMs) : (last?.warnedUntil ?? null),
      dueAt: dueMs === undefined ? null : new Date(dueMs),
    })
    .where(own);
  return plan;
}

/** When a lower plan follows, unless that is where a subscription is renewed: who cancels one is told at once. */
function endOf(timeline: Timeline, { holdsUntilMs }: Stretch): number | undefined {
  if (!Number.isFinite(holdsUntilMs)) return undefined;
  const last = timeline.find(({ untilMs }) => untilMs === holdsUntilMs);
  return last?.source === 'stripe' ? undefined : holdsUntilMs;
}
