import { createRoute, z } from '@hono/zod-openapi';
import { type AdministratorPolicy, administratorsOnly } from '../access/index.ts';
import type { AuditTrail } from '../audit/index.ts';
import type { Database, Sql } from '../db/client.ts';
import type { Caller } from '../kernel/caller.ts';
import type { RequestFacts } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { idParams } from '../kernel/paging.ts';
import { ofChange, ofIds, ofSession, problems } from '../kernel/problems.ts';
import type { DeadLetter, DeadLetters } from '../worker/index.ts';
import { deadLetterQuery, deadLetterSchema } from './dead-letter-schema.ts';

export interface DeadLetterDependencies {
  readonly database: Database;
  readonly deadLetters: DeadLetters;
  readonly trail: AuditTrail;
  readonly administrators: AdministratorPolicy;
}

/** `/api/v1/admin/dead-letters`: background jobs that failed in every attempt. */
export function deadLetterRoutes({ database, deadLetters, trail, administrators }: DeadLetterDependencies) {
  const always = { tags: ['admin'], ...administratorsOnly(administrators) };
  const listRoute = createRoute({
    ...always,
    ...administratorsOnly(administrators, 'Kept for 90 days.'),
    method: 'get',
    path: '/',
    operationId: 'listDeadLetters',
    summary: 'Background jobs that failed in every attempt, oldest first',
    request: { query: deadLetterQuery },
    responses: {
      200: jsonContent(z.array(deadLetterSchema), 'Dead letters'),
      ...problems(...ofSession, 'administrator_required', 'invalid_request'),
    },
  });
  const ofOne = [
    ...ofSession,
    ...ofChange,
    ...ofIds,
    'administrator_required',
    'dead_letter_not_found',
  ] as const;
  const retryRoute = createRoute({
    ...always,
    method: 'post',
    path: '/{id}/retry',
    operationId: 'retryDeadLetter',
    summary: 'Try a dead letter again, with all its attempts',
    request: { params: idParams },
    responses: { 200: jsonContent(deadLetterSchema, 'What it was'), ...problems(...ofOne) },
  });
  const deleteRoute = createRoute({
    ...always,
    method: 'delete',
    path: '/{id}',
    operationId: 'deleteDeadLetter',
    summary: 'Give a dead letter up',
    request: { params: idParams },
    responses: { 200: jsonContent(deadLetterSchema, 'What it was'), ...problems(...ofOne) },
  });

  interface Change {
    readonly action: string;
    readonly method: string;
    readonly endpoint: string;
    readonly change: (tx: Sql) => Promise<DeadLetter | undefined>;
  }
  /** The change and its record in one transaction. */
  const changed = (of: Change, facts: RequestFacts, caller: Caller) =>
    database.run((sql) =>
      sql.transaction(async (tx) => {
        const letter = await of.change(tx);
        if (letter === undefined) throw new GatewayError('dead_letter_not_found');
        const { action, method, endpoint } = of;
        const payload = { kind: letter.kind, reason: letter.reason };
        await trail.event(
          tx,
          { action, method, endpoint, resourceId: letter.id, payload, severity: 'warning' },
          facts,
          caller,
          { outcome: 'done', statusCode: 200 },
        );
        return toView(letter);
      }),
    );

  return createRouter()
    .openapi(listRoute, async (c) => {
      const page = c.req.valid('query');
      const letters = await database.run((sql) => deadLetters.list(sql, page));
      return c.json(letters.map(toView), 200);
    })
    .openapi(retryRoute, async (c) => {
      const { id } = c.req.valid('param');
      const change = (tx: Sql) => deadLetters.retry(tx, id);
      const of = { action: 'dead_letter.retry', method: 'POST', endpoint: c.req.path, change };
      return c.json(await changed(of, c.var.facts, c.var.caller), 200);
    })
    .openapi(deleteRoute, async (c) => {
      const { id } = c.req.valid('param');
      const change = (tx: Sql) => deadLetters.delete(tx, id);
      const of = { action: 'dead_letter.delete', method: 'DELETE', endpoint: c.req.path, change };
      return c.json(await changed(of, c.var.facts, c.var.caller), 200);
    });
}

function toView(letter: DeadLetter): z.infer<typeof deadLetterSchema> {
  return {
    id: letter.id,
    kind: letter.kind,
    data: letter.data ?? null,
    attempts: letter.attempts,
    created_at: letter.createdAt?.toISOString() ?? null,
    failed_at: letter.failedAt.toISOString(),
    reason: letter.reason,
  };
}
