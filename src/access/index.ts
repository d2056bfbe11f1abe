export { type AdministratorPolicy, requireAdministrator } from './administrator.ts';
export { requireFeature } from './guards.ts';
export { comparePlans, featuresOf, weightOf } from './plans.ts';
