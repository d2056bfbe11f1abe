import { z } from '@hono/zod-openapi';
import { demoWorld, exampleUuid } from '../kernel/demo-world.ts';

const limitRange = 'Expected a whole number from 1 to 200';
const offsetRange = 'Expected a whole number from 0 to 100000';
const expectedId = 'Expected the id of a row of the trail: a whole number from 1';

export const auditQuerySchema = z.object({
  limit: z.coerce
    .number(limitRange)
    .int(limitRange)
    .min(1, limitRange)
    .max(200, limitRange)
    .default(50)
    .openapi({ example: 50 }),
  offset: z.coerce
    .number(offsetRange)
    .int(offsetRange)
    .min(0, offsetRange)
    .max(100_000, offsetRange)
    .default(0)
    .openapi({ example: 0 }),
  before_id: z.coerce.number(expectedId).int(expectedId).min(1, expectedId).optional().openapi({
    description: 'Only rows older than this id: stable paging while rows are added.',
    example: 1000,
  }),
});

export const auditRowSchema = z
  .object({
    id: z.number().int(),
    user_id: z.string().nullable(),
    endpoint: z.string(),
    method: z.string(),
    action: z.string(),
    payload: z.unknown().nullable().openapi({
      description:
        'Redacted. `command_id` is that of the receipt; of a replayed command that of the earlier one, which answered it',
    }),
    outcome: z
      .string()
      .nullable()
      .openapi({
        description:
          'done, not_executed, unknown, failed, or replayed: answered as an earlier command was, and nothing was sent. ' +
          'null while it runs, also after its answer was 202; accepted or in_progress: nobody could follow it to its end',
      }),
    status_code: z.number().int().nullable().openapi({
      description: 'What the caller was answered: 202 for a command that went on after its answer',
    }),
    ip_address: z.string(),
    user_agent: z.string(),
    severity: z.enum(['info', 'warning', 'critical']),
    resource_id: z.string().nullable(),
    latency_ms: z.number().int().nullable().openapi({ description: 'Until the caller had its answer' }),
    correlation_id: z.string(),
    timestamp: z.string(),
  })
  .openapi('AuditLogEntry', {
    example: {
      id: 2,
      user_id: exampleUuid,
      endpoint: `/api/v1/ajax/hubs/${demoWorld.hub.id}/arm-state`,
      method: 'POST',
      action: 'hub.arm',
      payload: { command: 'ARM', command_id: exampleUuid, ignoreProblems: true },
      outcome: 'done',
      status_code: 200,
      ip_address: '203.0.113.5',
      user_agent: 'curl/8.14.1',
      severity: 'info',
      resource_id: demoWorld.hub.id,
      latency_ms: 119,
      correlation_id: exampleUuid,
      timestamp: '2026-08-01T09:30:00.000Z',
    },
  });
