import { z } from '@hono/zod-openapi';
import { demoWorld, exampleUuid } from '../kernel/demo-world.ts';

const example = {
  id: exampleUuid,
  request: { method: 'GET' as const, path: `/api/v1/ajax/hubs/${demoWorld.hub.id}/rooms` },
  reads: 2,
  created_at: '2026-08-01T09:30:00.000Z',
  expires_at: '2026-08-01T09:45:00.000Z',
};

const members = {
  id: z.uuid(),
  request: z.object({ method: z.literal('GET'), path: z.string() }),
  reads: z.number().int().openapi({ description: 'Reads of Ajax it needs, as far as known' }),
  answered: z.number().int().openapi({ description: 'How many of them have an answer' }),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
};

export const waitingJobSchema = z
  .object({ ...members, state: z.literal('waiting') })
  .openapi('WaitingJob', { example: { ...example, answered: 1, state: 'waiting' } });

export const cancelledJobSchema = z
  .object({ ...members, state: z.literal('cancelled') })
  .openapi('CancelledJob', { example: { ...example, answered: 1, state: 'cancelled' } });

const endedJobSchema = z
  .object({
    ...members,
    state: z.enum(['done', 'failed']),
    result: z
      .object({ status: z.number().int(), headers: z.record(z.string(), z.string()), body: z.unknown() })
      .openapi({ description: 'What the request answers now; when it failed, its problem details' }),
  })
  .openapi('EndedJob', {
    example: {
      ...example,
      answered: 2,
      state: 'done',
      result: {
        status: 200,
        headers: { 'x-cache': 'MISS', age: '0' },
        body: [{ id: demoWorld.room.id, roomName: demoWorld.room.name, imageUrls: null }],
      },
    },
  });

export const jobSchema = z
  .discriminatedUnion('state', [waitingJobSchema, cancelledJobSchema, endedJobSchema])
  .openapi('Job');
