import { createMiddleware } from 'hono/factory';
import type { Feature } from '../kernel/caller.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { lowestPlanOf, planRefusal } from './plans.ts';

/**
 * Lets a request pass when the caller's plan includes the feature. Refused requests cost no upstream call.
 * @throws GatewayError plan_required
 */
export function requireFeature(feature: Feature) {
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const { features, entitlement } = c.get('caller');
    if (!features.has(feature)) throw planRefusal(feature, entitlement.plan);
    await next();
  });
}

/** Of a route: the guard, and the same in the API's description. It can answer `plan_required`. */
export function requires(feature: Feature) {
  return {
    middleware: [requireFeature(feature)],
    'x-required-feature': feature,
    'x-required-plan': lowestPlanOf(feature),
  };
}
