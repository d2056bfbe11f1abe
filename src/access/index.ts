export { requireFeature } from './guards.ts';
export { comparePlans, featuresOf } from './plans.ts';
