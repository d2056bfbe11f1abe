import { and, eq, gt, isNull, ne, or } from 'drizzle-orm';
import type { Caller } from '../kernel/caller.ts';
import type { RequestFacts } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import { BILLING_PAGE, type BillingDependencies } from './dependencies.ts';
import { type GrantRow, toGrant } from './read-grants.ts';
import { grants } from './table.ts';
import { tellPlan } from './tell-plan.ts';

export interface GrantEnd {
  readonly accountId: string;
  readonly grantId: string;
  readonly reason: string;
}

/**
 * An administrator takes a grant back, from now on. That of a subscription ends only with the subscription.
 * @throws GatewayError grant_not_found, database_unavailable
 */
export async function endGrant(
  deps: BillingDependencies,
  { accountId, grantId, reason }: GrantEnd,
  caller: Caller,
  facts: RequestFacts,
): Promise<GrantRow> {
  const { database, trail, clock, plansChanged, notify } = deps;
  const now = new Date(clock.now());
  const row = await database.run((sql) =>
    sql.transaction(async (tx) => {
      const [ended] = await tx
        .update(grants)
        .set({ endedAt: now })
        .where(
          and(
            eq(grants.id, grantId),
            eq(grants.accountId, accountId),
            isNull(grants.endedAt),
            ne(grants.source, 'stripe'),
            or(isNull(grants.until), gt(grants.until, now)),
          ),
        )
        .returning();
      if (ended === undefined) throw new GatewayError('grant_not_found');
      const action = {
        ...{
          action: 'grant.end',
          method: 'POST',
          endpoint: `/api/v1/admin/users/${accountId}/grants/${grantId}/end`,
        },
        resourceId: grantId,
        payload: { account_id: accountId, plan: ended.plan, source: ended.source, reason },
        severity: 'warning' as const,
      };
      await trail.event(tx, action, facts, caller, { outcome: 'done', statusCode: 200 });
      const told = { plan: ended.plan, now: await tellPlan(deps, tx, accountId, { isSaid: true }) };
      await notify(tx, accountId, 'plan_change', 'ended', told, BILLING_PAGE);
      return ended;
    }),
  );
  plansChanged();
  return toGrant(row);
}
