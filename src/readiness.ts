import { sql as raw } from 'drizzle-orm';
import type { CoordinatorClient } from '../coordinator/contract/client.ts';
import type { Database } from './db/client.ts';
import { GatewayError } from './kernel/errors.ts';

export interface Readiness {
  readonly status: 'ready' | 'unavailable';
  readonly database: 'ok' | 'unavailable';
  readonly coordinator: 'ok' | 'unavailable';
  /** Storage of the request budget. */
  readonly storage: 'ok' | 'unavailable';
}

interface Parts {
  readonly database: Database;
  readonly coordinator: CoordinatorClient;
}

/** Asks every part the gateway cannot work without; answers within 2 s (promise P11). */
export async function checkReadiness(
  { database, coordinator }: Parts,
  correlationId: string,
): Promise<Readiness> {
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
