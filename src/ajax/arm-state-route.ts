import { createRoute } from '@hono/zod-openapi';
import { requires } from '../access/index.ts';
import { idempotencyKeyParameter } from '../kernel/idempotency-key.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { preferParameter } from '../kernel/prefer.ts';
import { problems } from '../kernel/problems.ts';
import { commandOptionsOf } from './command-options.ts';
import type { AjaxDependencies } from './dependencies.ts';
import { ofCommand } from './problems.ts';
import { readerOf } from './reader.ts';
import { armDoneSchema, armStateBody, armStateExamples, armUnderWaySchema, hubParams } from './schema.ts';
import { setArmState } from './set-arm-state.ts';

const armStateRoute = createRoute({
  method: 'post',
  path: '/hubs/{hub_id}/arm-state',
  operationId: 'setArmState',
  tags: ['ajax'],
  summary: 'Arm, disarm or night mode, of a hub or one of its groups',
  description:
    'Audited before it is sent, sent at most once, and never sent after its deadline of 20 s. Both spellings of each ' +
    'member are accepted, `armState` and `arm_state`.',
  ...requires('send_commands'),
  parameters: [idempotencyKeyParameter, preferParameter],
  request: {
    params: hubParams,
    body: {
      content: { 'application/json': { schema: armStateBody, examples: armStateExamples } },
      required: true,
    },
  },
  responses: {
    200: jsonContent(armDoneSchema, 'Done', 'Idempotency-Replayed'),
    202: jsonContent(
      armUnderWaySchema,
      'Not done yet: follow `Location`',
      'Location',
      'Preference-Applied',
      'Idempotency-Replayed',
    ),
    ...problems(...ofCommand),
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
