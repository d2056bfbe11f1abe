import { type Feature, features, type Plan, plans } from '../kernel/caller.ts';
import { GatewayError } from '../kernel/errors.ts';

/** The lowest plan that includes a feature; higher plans include it as well. */
const lowestPlan: Readonly<Record<Feature, Plan>> = {
  list_hubs: 'free',
  read_devices: 'basic',
  read_rooms: 'basic',
  read_groups: 'basic',
  read_telemetry: 'basic',
  read_logs: 'basic',
  send_commands: 'pro',
  access_proxy: 'premium',
};

/** Shares of a lane of the request budget, relative to other accounts that wait in it (promise P4). */
const weights: Readonly<Record<Plan, number>> = { free: 1, basic: 2, pro: 3, premium: 4 };

/** Refusals in the words clients of the first gateway know. */
const refusals: Readonly<Record<Feature, string>> = {
  list_hubs: 'Feature not available in your plan',
  read_devices: 'Device access not included in your plan',
  read_rooms: 'Room access not included in your plan',
  read_groups: 'Group access not included in your plan',
  read_telemetry: 'Telemetry access not included in your plan',
  read_logs: 'Logs access not included in your plan',
  send_commands: 'Command execution not included in your plan',
  access_proxy: 'PREMIUM subscription required to access Proxy API.',
};

export function comparePlans(left: Plan, right: Plan): number {
  return plans.indexOf(left) - plans.indexOf(right);
}

export const lowestPlanOf = (feature: Feature): Plan => lowestPlan[feature];

export const weightOf = (plan: Plan): number => weights[plan];

const everything: ReadonlySet<Feature> = new Set(features);
/** Made once: every request asks. */
const included = new Map<Plan, ReadonlySet<Feature>>(
  plans.map((plan) => [
    plan,
    new Set(features.filter((feature) => comparePlans(plan, lowestPlan[feature]) >= 0)),
  ]),
);

/** Everything a plan includes; all features in developer mode. */
export function featuresOf(plan: Plan, developerMode = false): ReadonlySet<Feature> {
  return developerMode ? everything : (included.get(plan) ?? new Set());
}

export function planRefusal(feature: Feature, plan: Plan): GatewayError {
  return new GatewayError('plan_required', {
    detail: refusals[feature],
    members: { feature, plan, required_plan: lowestPlan[feature] },
  });
}
