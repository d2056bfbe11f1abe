import { z } from '@hono/zod-openapi';
import { idempotencyKeyParameter } from '../kernel/idempotency-key.ts';
import type { createRouter } from '../kernel/openapi.ts';
import { preferParameter } from '../kernel/prefer.ts';
import { problems } from '../kernel/problems.ts';
import { ofPassedCommand, ofPassedRead } from './problems.ts';

const params = z.object({
  user_id: z.string().openapi({ description: 'Your own Ajax user id', example: '00A1B2C3' }),
  path: z.string().openapi({
    description:
      'Any number of segments below it, as the API of Ajax has them; may be left out with its slash',
    example: 'hubs/00D4E5F6/scenarios',
  }),
});
const content = { '*/*': { schema: z.unknown() } };

/** OpenAPI has no path parameter of several segments, so no route can be made from this: it only describes. */
export function describePassThrough(router: ReturnType<typeof createRouter>): void {
  for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
    const isRead = method === 'get';
    router.openAPIRegistry.registerPath({
      method,
      path: '/user/{user_id}/{path}',
      tags: ['ajax'],
      summary: `Pass-through: ${method.toUpperCase()} as Ajax answers it`,
      parameters: isRead ? [] : [idempotencyKeyParameter, preferParameter],
      request: { params, ...(isRead ? {} : { body: { content, required: false } }) },
      responses: {
        default: { description: 'Status, content type and body of Ajax, whatever they are', content },
        ...(isRead ? problems(...ofPassedRead) : problems(...ofPassedCommand)),
      },
    });
  }
}
