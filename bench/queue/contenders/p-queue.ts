/** p-queue in strict mode: counts starts in a sliding window, in memory. */
import PQueue from 'p-queue';
import { type Contender, nothingDurable, type Settings } from '../contender.ts';
import { createSend } from './send.ts';

export async function open({ upstream, limit, windowMs }: Settings): Promise<Contender> {
  const queue = new PQueue({ intervalCap: limit, interval: windowMs, strict: true });
  const send = createSend(upstream);
  return { running: { jobs: (job) => queue.add(() => send(job)) }, ...nothingDurable, close: async () => {} };
}
