export { getProfile } from './get-profile.ts';
export { type AjaxDependencies, ajaxRoutes, budgetRoutes, readerOf } from './routes.ts';
