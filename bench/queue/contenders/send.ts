import { Pool } from 'undici';
import { type Job, pathOf } from '../contender.ts';

/** The same HTTP client as the coordinator's, for those who bring none. */
export function createSend(origin: string): (job: Job) => Promise<void> {
  const pool = new Pool(origin, { pipelining: 1 });
  return async (job) => {
    const { statusCode, body } = await pool.request({ method: 'GET', path: pathOf(job) });
    await body.dump();
    if (statusCode !== 200) throw new Error(`The upstream answered ${statusCode}`);
  };
}
