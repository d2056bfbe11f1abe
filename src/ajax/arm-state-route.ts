import { createRoute } from '@hono/zod-openapi';
import { requireFeature } from '../access/index.ts';
import { idempotencyKeyParameter } from '../kernel/idempotency-key.ts';
import { createRouter, jsonContent, problemAnswers } from '../kernel/openapi.ts';
import { preferParameter } from '../kernel/prefer.ts';
import { commandOptionsOf } from './command-options.ts';
import type { AjaxDependencies } from './dependencies.ts';
import { readerOf } from './reader.ts';
import { armDoneSchema, armStateBody, armUnderWaySchema, hubParams } from './schema.ts';
import { setArmState } from './set-arm-state.ts';

const armStateRoute = createRoute({
  method: 'post',
  path: '/hubs/{hub_id}/arm-state',
  tags: ['ajax'],
  summary: 'Arm, disarm or night mode, of a hub or one of its groups',
  middleware: [requireFeature('send_commands')],
  parameters: [idempotencyKeyParameter, preferParameter],
  request: {
    params: hubParams,
    body: { content: { 'application/json': { schema: armStateBody } }, required: true },
  },
  responses: {
    200: jsonContent(armDoneSchema, 'Done'),
    202: jsonContent(armUnderWaySchema, 'Not done yet: follow `Location`'),
    ...problemAnswers(400, 401, 403, 404, 409, 412, 413, 422, 429, 502, 503, 504),
  },
});

const messages = {
  done: 'Command executed',
  in_progress: 'Two-stage arming has started; the hub is not armed yet',
  accepted: 'The command is on its way; its receipt tells how it ends',
} as const;

/** The commands below `/api/v1/ajax`. */
export function armStateRoutes(deps: AjaxDependencies) {
  const reader = readerOf(deps);
  return createRouter().openapi(armStateRoute, async (c) => {
    const options = commandOptionsOf(c);
    const context = { trail: deps.trail, clock: deps.clock, endpoint: c.req.path, options };
    const { hub_id } = c.req.valid('param');
    const { outcome, commandId, replayed } = await setArmState(
      reader(c),
      context,
      hub_id,
      c.req.valid('json'),
    );
    if (replayed) c.header('Idempotency-Replayed', 'true');
    const body = { command_id: commandId, message: messages[outcome] };
    if (outcome === 'done') return c.json({ success: true as const, outcome, ...body }, 200);
    c.header('Location', `/api/v1/commands/${commandId}`);
    if (outcome === 'accepted' && options.respondAsync) c.header('Preference-Applied', 'respond-async');
    return c.json({ success: false as const, outcome, ...body }, 202);
  });
}
