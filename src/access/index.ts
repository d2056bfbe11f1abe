export { type AdministratorPolicy, isNamedAdministrator, requireAdministrator } from './administrator.ts';
export { requireFeature, requires } from './guards.ts';
export { comparePlans, featuresOf, lowestPlanOf, planRefusal, weightOf } from './plans.ts';
