import { createDatabaseStorage } from '../../../coordinator/storage/postgres.ts';
import { openPostgres } from '../../../src/db/postgres.ts';
import type { Settings } from '../contender.ts';
import { openCoordinator } from './coordinator.ts';

export async function open(settings: Settings) {
  const database = await openPostgres(settings.postgresUrl);
  const storage = createDatabaseStorage(database);
  return openCoordinator(settings, { storage, isAlone: false, close: () => database.close() });
}
