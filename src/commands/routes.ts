import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { CoordinatorClient } from '../../coordinator/contract/client.ts';
import { requireFeature } from '../access/index.ts';
import type { AuditTrail } from '../audit/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { createRouter, jsonContent, problemAnswers } from '../kernel/openapi.ts';
import { cancelCommand } from './cancel-command.ts';
import { commandParams, commandQuery, commandSchema } from './schema.ts';
import { toCommand } from './to-command.ts';

export interface CommandDependencies {
  readonly coordinator: CoordinatorClient;
  readonly trail: AuditTrail;
  readonly clock: Clock;
}

const tags = ['commands'];

const listRoute = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: "The caller's own commands, newest first",
  request: { query: commandQuery },
  responses: {
    200: jsonContent(z.array(commandSchema), 'Commands; kept for a day after their end'),
    ...problemAnswers(401, 422, 503),
  },
});
const oneRoute = createRoute({
  method: 'get',
  path: '/{id}',
  tags,
  summary: 'How a command goes, or ended',
  request: { params: commandParams },
  responses: { 200: jsonContent(commandSchema, 'The command'), ...problemAnswers(401, 404, 422, 503) },
});
const cancelRoute = createRoute({
  method: 'delete',
  path: '/{id}',
  tags,
  summary: 'Cancel a command that has not been sent yet',
  middleware: [requireFeature('send_commands')],
  request: { params: commandParams },
  responses: {
    200: jsonContent(commandSchema, 'The command: it was not executed and never will be'),
    ...problemAnswers(401, 403, 404, 409, 422, 503),
  },
});

/** `/api/v1/commands`: receipts of the commands of one account. Costs no upstream call. */
export function commandRoutes({ coordinator, trail, clock }: CommandDependencies) {
  return createRouter()
    .openapi(listRoute, async (c) => {
      const { limit } = c.req.valid('query');
      const receipts = await coordinator.receipts(c.var.caller.ajaxUserId, limit, callOf(c));
      return c.json(receipts.map(toCommand), 200);
    })
    .openapi(oneRoute, async (c) => {
      const { id } = c.req.valid('param');
      return c.json(toCommand(await coordinator.receipt(c.var.caller.ajaxUserId, id, callOf(c))), 200);
    })
    .openapi(cancelRoute, async (c) => {
      const { caller, facts } = c.var;
      const context = { coordinator, trail, clock, caller, facts, endpoint: c.req.path, call: callOf(c) };
      return c.json(toCommand(await cancelCommand(context, c.req.valid('param').id)), 200);
    });
}

const callOf = (c: Context<GatewayEnv>) => ({
  correlationId: c.var.facts.correlationId,
  signal: c.req.raw.signal,
});
