import { createRoute, z } from '@hono/zod-openapi';
import { sql as raw } from 'drizzle-orm';
import type { CoordinatorClient } from '../coordinator/contract/client.ts';
import type { Database } from './db/client.ts';
import { GatewayError } from './kernel/errors.ts';
import { createRouter, forEverybody, jsonContent } from './kernel/openapi.ts';

const partState = z.enum(['ok', 'unavailable']);

const readinessSchema = z
  .object({
    status: z.enum(['ready', 'unavailable']),
    database: partState,
    coordinator: partState,
    storage: partState.openapi({ description: 'Of the request budget' }),
  })
  .openapi('Readiness', {
    example: { status: 'ready', database: 'ok', coordinator: 'ok', storage: 'ok' },
  });

export type Readiness = z.infer<typeof readinessSchema>;

const healthSchema = z
  .object({ status: z.literal('ok'), project: z.string(), version: z.string() })
  .openapi('Health', { example: { status: 'ok', project: 'AjaxSecurFlow', version: '0.1.0' } });

const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  operationId: 'getHealth',
  tags: ['gateway'],
  ...forEverybody,
  summary: 'Whether this process lives',
  responses: { 200: jsonContent(healthSchema, 'It does') },
});
const readyRoute = createRoute({
  method: 'get',
  path: '/ready',
  operationId: 'getReadiness',
  tags: ['gateway'],
  ...forEverybody,
  summary: 'Whether it can work: database, coordinator and storage answer',
  responses: {
    200: jsonContent(readinessSchema, 'It can'),
    503: jsonContent(readinessSchema, 'A part does not answer; asked for at most 2 s'),
  },
});

interface Parts {
  readonly database: Database;
  readonly coordinator: CoordinatorClient;
}

export interface ReadinessDependencies extends Parts {
  readonly name: string;
  readonly version: string;
}

/** `/health` and `/ready`: for whoever watches the process. */
export function readinessRoutes({ name, version, ...parts }: ReadinessDependencies) {
  return createRouter()
    .openapi(healthRoute, (c) => c.json({ status: 'ok' as const, project: name, version }, 200))
    .openapi(readyRoute, async (c) => {
      const readiness = await checkReadiness(parts, c.var.facts.correlationId);
      return c.json(readiness, readiness.status === 'ready' ? 200 : 503);
    });
}

/** Asks every part the gateway cannot work without; answers within 2 s (promise P11). */
async function checkReadiness({ database, coordinator }: Parts, correlationId: string): Promise<Readiness> {
  const [databaseState, coordinatorState] = await Promise.all([
    database
      .run((sql) => sql.execute(raw`select 1`))
      .then(
        () => 'ok' as const,
        () => 'unavailable' as const,
      ),
    coordinator.status({ correlationId, signal: AbortSignal.timeout(2_000) }).then(
      ({ storage }) => ({ coordinator: 'ok' as const, storage }),
      (error: unknown) => ({
        // An answer that names the storage is an answer of the coordinator.
        coordinator:
          error instanceof GatewayError && error.code === 'storage_unavailable'
            ? ('ok' as const)
            : ('unavailable' as const),
        storage: 'unavailable' as const,
      }),
    ),
  ]);
  const isReady =
    databaseState === 'ok' && coordinatorState.coordinator === 'ok' && coordinatorState.storage === 'ok';
  return { status: isReady ? 'ready' : 'unavailable', database: databaseState, ...coordinatorState };
}
