/** Bottleneck in cluster mode: its reservoir is refilled each window. */
import Bottleneck from 'bottleneck';
import { Redis } from 'ioredis';
import { type Contender, nothingDurable, type Settings } from '../contender.ts';
import { createSend } from './send.ts';

export async function open({ upstream, redisUrl, limit, windowMs, resumes }: Settings): Promise<Contender> {
  const { hostname: host, port, pathname } = new URL(redisUrl);
  const limiter = new Bottleneck({
    id: 'bench',
    datastore: 'ioredis',
    Redis,
    clientOptions: { host, port: Number(port), db: Number(pathname.slice(1)) },
    clearDatastore: !resumes,
    // Its default of 5 s leaves who waits asleep through two windows.
    heartbeatInterval: 250,
    reservoir: limit,
    reservoirRefreshAmount: limit,
    reservoirRefreshInterval: windowMs,
  });
  await limiter.ready();
  const send = createSend(upstream);
  return {
    running: { jobs: (job) => limiter.schedule(() => send(job)) },
    ...nothingDurable,
    close: () => limiter.disconnect(false),
  };
}
