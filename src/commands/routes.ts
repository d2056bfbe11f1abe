import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { CoordinatorClient } from '../../coordinator/contract/client.ts';
import { requires } from '../access/index.ts';
import type { AuditTrail } from '../audit/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { idParams } from '../kernel/paging.ts';
import { ofChange, ofCoordinator, ofIds, ofSession, problems } from '../kernel/problems.ts';
import { cancelCommand } from './cancel-command.ts';
import { commandQuery, commandSchema } from './schema.ts';
import { toCommand } from './to-command.ts';

export interface CommandDependencies {
  readonly coordinator: CoordinatorClient;
  readonly trail: AuditTrail;
  readonly clock: Clock;
}

const tags = ['commands'];
const always = [...ofSession, ...ofCoordinator] as const;
const ofOne = [...always, ...ofIds, 'command_not_found'] as const;

const listRoute = createRoute({
  method: 'get',
  path: '/',
  operationId: 'listCommands',
  tags,
  summary: "The caller's own commands, newest first",
  request: { query: commandQuery },
  responses: {
    200: jsonContent(z.array(commandSchema), 'Commands; kept for a day after their end'),
    ...problems(...always, 'invalid_request'),
  },
});
const oneRoute = createRoute({
  method: 'get',
  path: '/{id}',
  operationId: 'getCommand',
  tags,
  summary: 'How a command goes, or ended',
  request: { params: idParams },
  responses: {
    200: jsonContent(commandSchema, 'The command'),
    ...problems(...ofOne),
  },
});
const cancelRoute = createRoute({
  method: 'delete',
  path: '/{id}',
  operationId: 'cancelCommand',
  tags,
  summary: 'Cancel a command that has not been sent yet',
  ...requires('send_commands'),
  request: { params: idParams },
  responses: {
    200: jsonContent(commandSchema, 'The command: it was not executed and never will be'),
    ...problems(...ofOne, ...ofChange, 'plan_required', 'command_already_sent'),
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
