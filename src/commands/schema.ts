import { z } from '@hono/zod-openapi';
import { demoWorld, exampleUuid } from '../kernel/demo-world.ts';
import { numberFrom } from '../kernel/paging.ts';

export const commandQuery = z.object({
  limit: numberFrom(1, 100, 20),
});

const time = z.iso.datetime().nullable();

export const commandSchema = z
  .object({
    id: z.uuid(),
    method: z.string(),
    path: z.string().openapi({ description: 'At Ajax, below the account' }),
    command: z.string().nullable().openapi({ description: 'Of an arming command: what it asked for' }),
    hub_id: z.string().nullable(),
    state: z.enum(['queued', 'sent', 'answered', 'confirmed']).openapi({
      description: 'How far it has come; confirmed: a read after the answer shows its effect',
    }),
    outcome: z.enum(['pending', 'in_progress', 'done', 'failed', 'not_executed', 'unknown']).openapi({
      description:
        'pending and in_progress (two-stage arming runs) have no end yet; not_executed was never sent and never will ' +
        'be; unknown was sent, and nobody can say: read the hub',
    }),
    status: z.number().int().nullable().openapi({ description: 'Status Ajax answered with' }),
    code: z.string().nullable().openapi({ description: 'Error code, as in problem details' }),
    message: z.string().nullable().openapi({ description: 'The words of Ajax, when it failed' }),
    rejection_reasons: z
      .array(
        z.object({
          source_type: z.string().nullable(),
          source_id: z.string().nullable(),
          code: z.string().nullable(),
        }),
      )
      .nullable()
      .openapi({ description: 'What kept a hub from arming' }),
    created_at: z.iso.datetime(),
    sent_at: time,
    answered_at: time,
    confirmed_at: time,
  })
  .openapi('Command', {
    example: {
      id: exampleUuid,
      method: 'PUT',
      path: `hubs/${demoWorld.hub.id}/commands/arming`,
      command: 'ARM',
      hub_id: demoWorld.hub.id,
      state: 'confirmed',
      outcome: 'done',
      status: 204,
      code: null,
      message: null,
      rejection_reasons: null,
      created_at: '2026-08-01T09:30:00.000Z',
      sent_at: '2026-08-01T09:30:00.012Z',
      answered_at: '2026-08-01T09:30:00.240Z',
      confirmed_at: '2026-08-01T09:30:02.310Z',
    },
  });
