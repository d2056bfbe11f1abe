/** One round trip to Redis before each request: the least that any limiter costs which others share. */
import { Redis } from 'ioredis';
import { type Contender, nothingDurable, type Settings } from '../contender.ts';
import { createSend } from './send.ts';

export async function open({ upstream, redisUrl }: Settings): Promise<Contender> {
  const redis = new Redis(redisUrl);
  await redis.ping();
  const send = createSend(upstream);
  return {
    running: {
      async jobs(job) {
        await redis.ping();
        await send(job);
      },
    },
    ...nothingDurable,
    close: async () => redis.disconnect(),
  };
}
