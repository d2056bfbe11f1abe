/** How much later a request arrives because a limiter stands in front of it, while tokens are free. */
import type { Rig, WorkerProcess } from '../rig.ts';

/** Milliseconds from handing each job over to its arrival, one job after the other. */
export async function arrivalTimes(
  rig: Rig,
  worker: WorkerProcess,
  how: string,
  count: number,
): Promise<number[]> {
  await rig.upstream.reset([0, 0], [0, 0]);
  const jobs = rig.jobs(count, (n) => n % 20);
  const handedOver = await worker.follow(jobs, how);
  const arrivals = new Map((await rig.upstream.arrivals()).map(({ job, at }) => [job, at]));
  return jobs.map(({ id }, n) => (arrivals.get(id) ?? Number.NaN) - (handedOver[n] ?? Number.NaN));
}
