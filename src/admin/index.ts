export { type MetricsDependencies, metricsRoutes } from './metrics-routes.ts';
export { type AdminDependencies, adminRoutes } from './routes.ts';
