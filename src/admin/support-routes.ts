import { createRoute, z } from '@hono/zod-openapi';
import { type AdministratorPolicy, administratorsOnly } from '../access/index.ts';
import type { AuditTrail } from '../audit/index.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/errors.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { idParams } from '../kernel/paging.ts';
import { ofBody, ofChange, ofIds, ofSession, problems } from '../kernel/problems.ts';
import {
  listRequests,
  markRequest,
  requestChange,
  requestQuery,
  requestSchema,
  type SupportRequest,
} from '../support/index.ts';

export interface SupportAdminDependencies {
  readonly database: Database;
  readonly trail: AuditTrail;
  readonly clock: Clock;
  readonly administrators: AdministratorPolicy;
}

/** `/api/v1/admin/support`: what people wrote to the operator. */
export function supportAdminRoutes({ database, trail, clock, administrators }: SupportAdminDependencies) {
  const always = { tags: ['admin'], ...administratorsOnly(administrators) };
  const listRoute = createRoute({
    ...always,
    method: 'get',
    path: '/',
    operationId: 'listSupportRequests',
    summary: 'What people wrote to the operator, newest first',
    request: { query: requestQuery },
    responses: {
      200: jsonContent(z.array(requestSchema), 'Requests'),
      ...problems(...ofSession, 'administrator_required', 'invalid_request'),
    },
  });
  const markRoute = createRoute({
    ...always,
    method: 'patch',
    path: '/{id}',
    operationId: 'markSupportRequest',
    summary: 'Mark a request as done, or open again',
    request: {
      params: idParams,
      body: { content: { 'application/json': { schema: requestChange } }, required: true },
    },
    responses: {
      200: jsonContent(requestSchema, 'As it is now'),
      ...problems(
        ...ofSession,
        ...ofBody,
        ...ofChange,
        ...ofIds,
        'administrator_required',
        'support_request_not_found',
      ),
    },
  });

  return createRouter()
    .openapi(listRoute, async (c) => {
      const page = c.req.valid('query');
      const rows = await database.run((sql) => listRequests(sql, page));
      return c.json(rows.map(toView), 200);
    })
    .openapi(markRoute, async (c) => {
      const { id } = c.req.valid('param');
      const { done } = c.req.valid('json');
      const { facts, caller } = c.var;
      const row = await database.run((sql) =>
        sql.transaction(async (tx) => {
          const marked = await markRequest(tx, id, done ? new Date(clock.now()) : null);
          if (marked === undefined) throw new GatewayError('support_request_not_found');
          const action = done ? 'support.done' : 'support.reopen';
          const record = { action, method: 'PATCH', endpoint: c.req.path, resourceId: id };
          await trail.event(tx, record, facts, caller, { outcome: 'done', statusCode: 200 });
          return marked;
        }),
      );
      return c.json(toView(row), 200);
    });
}

function toView(row: SupportRequest): z.infer<typeof requestSchema> {
  return {
    id: row.id,
    account_id: row.accountId,
    email: row.email,
    subject: row.subject,
    message: row.message,
    category: row.category,
    created_at: row.createdAt.toISOString(),
    done_at: row.doneAt?.toISOString() ?? null,
  };
}
