import type { z } from '@hono/zod-openapi';
import { featuresOf } from '../access/index.ts';
import { type Plan, plans } from '../kernel/caller.ts';
import type { BillingDependencies } from './dependencies.ts';
import { entitlementAt, stretchAt, timelineOf } from './entitlement.ts';
import { toGrantView } from './grant-view.ts';
import { windowsOf } from './quotas.ts';
import { type GrantRow, readGrants } from './read-grants.ts';
import type { planSchema } from './schema.ts';
import type { StripeDependencies } from './stripe/dependencies.ts';
import type { Price } from './stripe/price-list.ts';
import { customerOf, subscriptionOf } from './stripe/subscription.ts';
import { toSubscriptionView } from './stripe/subscription-view.ts';
import { type Language, moneyText, planName } from './texts.ts';

export interface PlanDependencies extends BillingDependencies {
  /** undefined: nothing can be bought. */
  readonly payments: StripeDependencies | undefined;
}

type PlanView = z.infer<typeof planSchema>;

/** The plan of an account, where it comes from and what comes next. @throws GatewayError database_unavailable */
export async function describePlan(
  deps: PlanDependencies,
  accountId: string,
  language: Language,
): Promise<PlanView> {
  const { grants, subscription, customer } = await deps.database.run(async (sql) => ({
    grants: await readGrants(sql, accountId),
    subscription: await subscriptionOf(sql, accountId),
    customer: await customerOf(sql, accountId),
  }));
  const prices = await (deps.payments?.priceList.read() ?? new Map<Plan, Price>());
  const sold = plans.filter((plan) => deps.payments?.stripe.prices[plan] !== undefined);
  return {
    ...viewOf(deps, grants, deps.clock.now(), language),
    plans: plans.map((plan) => ({
      ...{ plan, name: planName(plan, language), ...offerOf(deps.config, plan) },
      price: toPriceView(prices.get(plan), language),
    })),
    payments: {
      ...{ is_configured: deps.payments !== undefined, plans: sold, has_portal: customer !== undefined },
      subscription: subscription === undefined ? null : toSubscriptionView(subscription),
    },
  };
}

function viewOf(
  { config }: BillingDependencies,
  grants: readonly GrantRow[],
  nowMs: number,
  language: Language,
): Omit<PlanView, 'payments' | 'plans'> {
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
  };
}

function toPriceView(price: Price | undefined, language: Language): PlanView['plans'][number]['price'] {
  if (price === undefined) return null;
  const { amount, currency, interval, intervalCount: interval_count } = price;
  return {
    ...{ amount: moneyText(amount, currency, language), amount_minor: amount, currency },
    ...{ interval, interval_count },
  };
}

const offerOf = (config: BillingDependencies['config'], plan: Plan) => ({
  features: [...featuresOf(plan, config.plans.developerMode)],
  quotas: windowsOf(plan, config).map(({ name, limit, windowMs }) => ({
    ...{ name, limit, window_seconds: windowMs / 1_000 },
  })),
});
