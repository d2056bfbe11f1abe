import { z } from '@hono/zod-openapi';
import { exampleUuid } from '../kernel/demo-world.ts';
import { lastOfPageBefore, pageLimit } from '../kernel/paging.ts';

export const deadLetterQuery = z.object({
  limit: pageLimit,
  after: lastOfPageBefore,
});

export const deadLetterSchema = z
  .object({
    id: z.uuid(),
    kind: z.string(),
    data: z.unknown().openapi({ description: 'What the job was about: ids' }),
    attempts: z.number().int(),
    created_at: z.iso.datetime().nullable(),
    failed_at: z.iso.datetime(),
    reason: z.string().openapi({ description: 'Of the last attempt' }),
  })
  .openapi('DeadLetter', {
    example: {
      id: exampleUuid,
      kind: 'mail.send',
      data: { delivery: exampleUuid },
      attempts: 11,
      created_at: '2026-08-01T09:30:00.000Z',
      failed_at: '2026-08-01T12:10:00.000Z',
      reason: 'Error EAUTH: 535 Authentication failed',
    },
  });
