import { createRoute, z } from '@hono/zod-openapi';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { ofSession, problems } from '../kernel/problems.ts';
import { auditQuerySchema, auditRowSchema } from './schema.ts';
import type { AuditRow, AuditTrail } from './trail.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/audit-logs',
  operationId: 'listAuditLogs',
  tags: ['security'],
  summary: "The caller's own audit trail, newest first",
  request: { query: auditQuerySchema },
  responses: {
    200: jsonContent(z.array(auditRowSchema), 'Rows, newest first'),
    ...problems(...ofSession, 'invalid_request'),
  },
});

/** `/api/v1/security` */
export function auditRoutes(trail: AuditTrail) {
  return createRouter().openapi(listRoute, async (c) => {
    const { limit, offset, before_id } = c.req.valid('query');
    const rows = await trail.list(c.var.caller.accountId, {
      limit,
      offset,
      ...(before_id === undefined ? {} : { beforeId: before_id }),
    });
    return c.json(rows.map(toRow), 200);
  });
}

function toRow(row: AuditRow): z.infer<typeof auditRowSchema> {
  return {
    id: row.id,
    user_id: row.accountId,
    endpoint: row.endpoint,
    method: row.method,
    action: row.action,
    payload: row.payload ?? null,
    outcome: row.outcome,
    status_code: row.statusCode,
    ip_address: row.ipAddress,
    user_agent: row.userAgent,
    severity: row.severity,
    resource_id: row.resourceId,
    latency_ms: row.latencyMs,
    correlation_id: row.correlationId,
    timestamp: row.at.toISOString(),
  };
}
