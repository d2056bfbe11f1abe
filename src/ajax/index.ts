export { budgetRoutes } from './budget-routes.ts';
export type { AjaxDependencies } from './dependencies.ts';
export { getProfile } from './get-profile.ts';
export { passThroughRoutes } from './pass-through-route.ts';
export { readerOf } from './reader.ts';
export { ajaxRoutes } from './routes.ts';
