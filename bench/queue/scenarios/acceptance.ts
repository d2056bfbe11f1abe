/** How many jobs per second are taken over so that they survive a crash, with the limiter at work. */
import type { Rig, WorkerProcess } from '../rig.ts';

/** As many as the coordinator's line holds beside those that start at once; of one tenant 20 asynchronous reads. */
const JOBS = 840;
const TENANTS = 42;

export async function jobsPerSecond(rig: Rig, worker: WorkerProcess, how: string): Promise<number> {
  const tookMs = await worker.accept(
    rig.jobs(JOBS, (n) => n % TENANTS),
    how,
  );
  return (JOBS / tookMs) * 1_000;
}
