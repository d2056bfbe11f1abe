import { connectRedis } from '../../../coordinator/storage/connect.redis.ts';
import { createRedisStorage } from '../../../coordinator/storage/redis.ts';
import type { Settings } from '../contender.ts';
import { log, openCoordinator } from './coordinator.ts';

export async function open(settings: Settings) {
  const { redis, close } = await connectRedis(settings.redisUrl, log);
  return openCoordinator(settings, { storage: createRedisStorage(redis), isAlone: false, close });
}
