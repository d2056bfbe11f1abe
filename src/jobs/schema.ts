import { z } from '@hono/zod-openapi';

export const jobParams = z.object({
  id: z
    .uuid()
    .toLowerCase()
    .openapi({ param: { name: 'id', in: 'path' }, example: '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e' }),
});

const example = {
  id: '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e',
  request: { method: 'GET' as const, path: '/api/v1/ajax/hubs' },
  reads: 3,
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

const cancelledJobSchema = z
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
      answered: 3,
      state: 'done',
      result: { status: 200, headers: { 'x-cache': 'MISS', age: '0' }, body: [{ id: '00A1B2C3' }] },
    },
  });

export const jobSchema = z
  .discriminatedUnion('state', [waitingJobSchema, cancelledJobSchema, endedJobSchema])
  .openapi('Job');
