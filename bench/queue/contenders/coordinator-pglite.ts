import { createDatabaseStorage } from '../../../coordinator/storage/postgres.ts';
import { openPglite } from '../../../src/db/pglite.ts';
import type { Settings } from '../contender.ts';
import { openCoordinator } from './coordinator.ts';

export async function open(settings: Settings) {
  const database = await openPglite(settings.directory);
  const storage = createDatabaseStorage(database);
  return openCoordinator(settings, { storage, isAlone: true, close: () => database.close() });
}
