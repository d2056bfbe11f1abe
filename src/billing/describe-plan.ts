import type { z } from '@hono/zod-openapi';
import { featuresOf } from '../access/index.ts';
import { type Plan, plans } from '../kernel/caller.ts';
import type { BillingDependencies } from './dependencies.ts';
import { entitlementAt, stretchAt, timelineOf } from './entitlement.ts';
import { toGrantView } from './grant-view.ts';
import { windowsOf } from './quotas.ts';
import { type GrantRow, readGrants } from './read-grants.ts';
import type { planSchema } from './schema.ts';
import { type Language, planName } from './texts.ts';

type PlanView = z.infer<typeof planSchema>;

/** The plan of an account, where it comes from and what comes next. @throws GatewayError database_unavailable */
export async function describePlan(
  deps: BillingDependencies,
  accountId: string,
  language: Language,
): Promise<PlanView> {
  const grants = await deps.database.run((sql) => readGrants(sql, accountId));
  return viewOf(deps, grants, deps.clock.now(), language);
}

function viewOf(
  { config }: BillingDependencies,
  grants: readonly GrantRow[],
  nowMs: number,
  language: Language,
): PlanView {
  const timeline = timelineOf(grants, config.plans.defaultPlan);
  const now = stretchAt(timeline, nowMs);
  const next = timeline[timeline.indexOf(now) + 1];
  return {
    plan: now.plan,
    name: planName(now.plan, language),
    source: now.source,
    grant_id: now.grantId ?? null,
    until: entitlementAt(timeline, nowMs).until?.toISOString() ?? null,
    next:
      next === undefined
        ? null
        : { plan: next.plan, source: next.source, from: new Date(next.fromMs).toISOString() },
    ...offerOf(config, now.plan),
    grants: [...grants].reverse().map((grant) => toGrantView(grant, timeline, nowMs)),
    plans: plans.map((plan) => ({ plan, name: planName(plan, language), ...offerOf(config, plan) })),
  };
}

const offerOf = (config: BillingDependencies['config'], plan: Plan) => ({
  features: [...featuresOf(plan, config.plans.developerMode)],
  quotas: windowsOf(plan, config).map(({ name, limit, windowMs }) => ({
    ...{ name, limit, window_seconds: windowMs / 1_000 },
  })),
});
