/** BullMQ with its limiter. A killed worker's jobs count as stalled after 5 s instead of 30, to keep the run short. */
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { type Contender, type Job, type Settings, sayNothing } from '../contender.ts';
import { forEachInFlight } from './in-flight.ts';
import { createSend } from './send.ts';

const STALLED_AFTER_MS = 5_000;
const opts = { removeOnComplete: true };

export async function open({ upstream, redisUrl, limit, windowMs }: Settings): Promise<Contender> {
  // BullMQ's workers block on Redis and must not give up.
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue<Job>('bench', { connection });
  const send = createSend(upstream);
  const ended = new Map<string, () => void>();
  const worker = new Worker<Job>(
    'bench',
    async ({ data }) => {
      await send(data);
      ended.get(data.id)?.();
      ended.delete(data.id);
    },
    {
      connection,
      concurrency: limit,
      limiter: { max: limit, duration: windowMs },
      lockDuration: STALLED_AFTER_MS,
      stalledInterval: STALLED_AFTER_MS,
      maxStalledCount: 3,
    },
  );
  worker.on('error', (error) => console.error('bullmq', error));
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  const add = async (job: Job) => {
    await queue.add('job', job, opts);
  };
  return {
    running: {
      async jobs(job) {
        const end = new Promise<void>((resolve) => ended.set(job.id, resolve));
        await add(job);
        await end;
      },
    },
    accepting: {
      'jobs, add': (jobs) => forEachInFlight(jobs, add),
      'jobs, addBulk': async (jobs) => {
        await queue.addBulk(jobs.map((data) => ({ name: 'job', data, opts })));
      },
    },
    clear: () => queue.drain(),
    outcomes: sayNothing,
    async close() {
      await worker.close(true);
      await queue.close();
      connection.disconnect();
    },
  };
}
