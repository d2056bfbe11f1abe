import type { Caller, Plan } from '../kernel/caller.ts';
import type { RequestFacts } from '../kernel/context.ts';
import { newId } from '../kernel/ids.ts';
import { BILLING_PAGE, type BillingDependencies } from './dependencies.ts';
import { type GrantRow, toGrant } from './read-grants.ts';
import { grants } from './table.ts';
import { tellPlan } from './tell-plan.ts';

export interface ManualGrant {
  readonly accountId: string;
  readonly plan: Plan;
  readonly from: Date | undefined;
  readonly until: Date | undefined;
  readonly reason: string;
}

/** An administrator gives a plan for a period. @throws GatewayError database_unavailable */
export async function giveGrant(
  deps: BillingDependencies,
  { accountId, plan, until, reason, ...rest }: ManualGrant,
  caller: Caller,
  facts: RequestFacts,
): Promise<GrantRow> {
  const { database, trail, clock, plansChanged, notify } = deps;
  const from = rest.from ?? new Date(clock.now());
  const id = newId(clock.now());
  const row = await database.run((sql) =>
    sql.transaction(async (tx) => {
      const [given] = await tx
        .insert(grants)
        .values({ id, accountId, plan, source: 'admin', from, until: until ?? null, reason })
        .returning();
      if (given === undefined) throw new Error('The database returned no row for a grant');
      const action = {
        ...{ action: 'grant.give', method: 'POST', endpoint: `/api/v1/admin/users/${accountId}/grants` },
        resourceId: id,
        payload: {
          account_id: accountId,
          plan,
          from: from.toISOString(),
          until: until?.toISOString(),
          reason,
        },
        severity: 'warning' as const,
      };
      await trail.event(tx, action, facts, caller, { outcome: 'done', statusCode: 201 });
      const told = { plan, until: until?.toISOString() ?? null };
      await notify(tx, accountId, 'plan_change', 'granted', told, BILLING_PAGE);
      await tellPlan(deps, tx, accountId, { isSaid: true });
      return given;
    }),
  );
  plansChanged();
  return toGrant(row);
}
