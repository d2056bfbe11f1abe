/** No limiter at all: what a request costs by itself. */
import { type Contender, nothingDurable, type Settings } from '../contender.ts';
import { createSend } from './send.ts';

export async function open({ upstream }: Settings): Promise<Contender> {
  return { running: { jobs: createSend(upstream) }, ...nothingDurable, close: async () => {} };
}
