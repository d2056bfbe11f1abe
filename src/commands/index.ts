export { type CommandDependencies, commandRoutes } from './routes.ts';
