export type { End } from './end.ts';
export { type Forwarding, forward } from './forward.ts';
export type { Actor, AuditAction } from './record.ts';
export { auditRoutes } from './routes.ts';
export { type AuditTrail, createAuditTrail } from './trail.ts';
