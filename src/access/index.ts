export { type AdministratorPolicy, isNamedAdministrator } from './administrator.ts';
export { administratorsOnly } from './administrators-only.ts';
export { requireFeature, requires } from './guards.ts';
export { comparePlans, featuresOf, lowestPlanOf, planRefusal, weightOf } from './plans.ts';
