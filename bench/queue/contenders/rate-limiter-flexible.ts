/** RateLimiterQueue in front of RateLimiterRedis. */
import { Redis } from 'ioredis';
import { RateLimiterQueue, RateLimiterRedis } from 'rate-limiter-flexible';
import { type Contender, nothingDurable, type Settings } from '../contender.ts';
import { createSend } from './send.ts';

export async function open({ upstream, redisUrl, limit, windowMs }: Settings): Promise<Contender> {
  const redis = new Redis(redisUrl);
  await redis.ping();
  const limiter = new RateLimiterRedis({ storeClient: redis, points: limit, duration: windowMs / 1_000 });
  const queue = new RateLimiterQueue(limiter, { maxQueueSize: 100_000 });
  const send = createSend(upstream);
  return {
    running: {
      async jobs(job) {
        await queue.removeTokens(1);
        await send(job);
      },
    },
    ...nothingDurable,
    close: async () => redis.disconnect(),
  };
}
