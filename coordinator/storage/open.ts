/** Which storage the coordinator uses: Redis when there is one, the database otherwise. */
import type { Database } from '../../src/db/client.ts';
import type { Log } from '../../src/kernel/log.ts';
import { connectRedis } from './connect.redis.ts';
import type { CoordinatorStorage } from './port.ts';
import { createDatabaseStorage } from './postgres.ts';
import { createRedisStorage } from './redis.ts';

export interface OpenCoordinatorStorage {
  readonly storage: CoordinatorStorage;
  /** Closes what was opened here; the database is its owner's. */
  close(): Promise<void>;
}

/** @throws RedisUnusable */
export async function openCoordinatorStorage(
  database: Database,
  redisUrl: string | undefined,
  log: Log,
): Promise<OpenCoordinatorStorage> {
  if (redisUrl === undefined) return { storage: createDatabaseStorage(database), close: async () => {} };
  const { redis, close } = await connectRedis(redisUrl, log);
  return { storage: createRedisStorage(redis), close };
}
