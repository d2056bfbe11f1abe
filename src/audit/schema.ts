import { z } from '@hono/zod-openapi';

export const auditQuerySchema = z.object({
  limit: z.coerce.number('Expected a whole number').int().min(1).max(200).default(50),
  offset: z.coerce.number('Expected a whole number').int().min(0).max(100_000).default(0),
  before_id: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .openapi({ description: 'Only rows older than this id: stable paging while rows are added.' }),
});

export const auditRowSchema = z
  .object({
    id: z.number().int(),
    user_id: z.string().nullable(),
    endpoint: z.string(),
    method: z.string(),
    action: z.string(),
    payload: z.unknown().nullable(),
    outcome: z.string().nullable().openapi({
      description: 'done, in_progress, accepted, not_executed, unknown or failed; null while it runs',
    }),
    status_code: z.number().int().nullable(),
    ip_address: z.string(),
    user_agent: z.string(),
    severity: z.enum(['info', 'warning', 'critical']),
    resource_id: z.string().nullable(),
    latency_ms: z.number().int().nullable(),
    correlation_id: z.string(),
    timestamp: z.string(),
  })
  .openapi('AuditLogEntry');
