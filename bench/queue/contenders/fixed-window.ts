/** The naive way: a counter in Redis for each window of the clock; who comes too late asks again in the next. */
import { Redis } from 'ioredis';
import { type Contender, nothingDurable, type Settings } from '../contender.ts';
import { createSend } from './send.ts';

const COUNT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count`;

export async function open({ upstream, redisUrl, limit, windowMs }: Settings): Promise<Contender> {
  const redis = new Redis(redisUrl);
  await redis.ping();
  const send = createSend(upstream);
  return {
    running: {
      async jobs(job) {
        for (;;) {
          const window = Math.floor(Date.now() / windowMs);
          const count = await redis.eval(COUNT, 1, `fixed-window:${window}`, windowMs * 2);
          if (Number(count) <= limit) return send(job);
          const nextMs = (window + 1) * windowMs - Date.now();
          // Nobody in the crowd knows its turn.
          await new Promise((resolve) => setTimeout(resolve, Math.max(1, nextMs) + Math.random() * 20));
        }
      },
    },
    ...nothingDurable,
    close: async () => redis.disconnect(),
  };
}
