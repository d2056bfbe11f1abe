/** More work than the limit allows, and one tenant floods first; then, after a pause, a burst around an edge. */
import { jain, mostInWindow, utilisation } from '../../statistics.ts';
import { type Budget, type Rig, sleep, type WorkerProcess } from '../rig.ts';

export interface SaturationResult {
  readonly most: number;
  readonly utilisation: number;
  /** Of one window's worth of service while all wait. */
  readonly fairnessFlooderFirst: number;
}

export interface EdgeResult {
  readonly most: number;
  readonly fairnessInterleaved: number;
}

/** Time on the way, uniformly distributed: what arrives together need not have left together. */
export const THERE_MS = [1, 40] as const;
export const BACK_MS = [1, 10] as const;

const OTHERS = 4;
/** In parts of the limit: more than a window serves. */
const FLOOD = 1.4;
/** Of each other tenant: a little more than an equal part of a window. */
const MODEST = 0.3;

/** Everything that was submitted has arrived, or nothing has for a while. */
export async function settled(rig: Rig, expected: number, quietMs: number): Promise<void> {
  let known = -1;
  for (let quietSince = performance.now(); performance.now() - quietSince < quietMs; ) {
    const count = await rig.upstream.count();
    if (count >= expected) return;
    if (count !== known) quietSince = performance.now();
    known = count;
    await sleep(50);
  }
}

export async function saturate(rig: Rig, worker: WorkerProcess, budget: Budget): Promise<SaturationResult> {
  const { limit, windowMs } = budget;
  await rig.upstream.reset(THERE_MS, BACK_MS);
  // From here on no token is free, so that all who are compared wait.
  const first = rig.jobs(limit, () => OTHERS + 1);
  const flood = rig.jobs(FLOOD * limit, () => 0);
  const modest = rig.jobs(OTHERS * MODEST * limit, (n) => 1 + (n % OTHERS));
  await worker.submit(first);
  await rig.upstream.reached(limit / 2);
  await worker.submit([...flood, ...modest]);
  await settled(rig, limit + flood.length + modest.length, windowMs * 2);
  const arrivals = await rig.upstream.arrivals();
  const at = arrivals.map((arrival) => arrival.at);
  const compared = new Map([...flood, ...modest].map(({ id, tenant }) => [id, tenant]));
  return {
    most: mostInWindow(at, windowMs),
    utilisation: utilisation(at, limit, windowMs),
    fairnessFlooderFirst: fairness(arrivals, compared, limit),
  };
}

export async function burstAtEdge(rig: Rig, worker: WorkerProcess, budget: Budget): Promise<EdgeResult> {
  const { limit, windowMs } = budget;
  await rig.upstream.reset(THERE_MS, BACK_MS);
  await sleep(windowMs);
  // Windows that begin with the first request and windows of the wall clock have the same edge.
  await sleep(windowMs - (Date.now() % windowMs) + 5);
  const edge = performance.now() + windowMs;
  const burst = (count: number) => worker.submit(rig.jobs(count, () => OTHERS + 1));
  await burst(1);
  await sleep(edge - performance.now() - 100);
  await burst(limit - 1);
  await sleep(edge - performance.now() + 20);
  await burst(limit);
  // Ten of the flooder between one each of the others, for as long as all wait.
  const mixed = rig.jobs(limit * 2.8, (n) => Math.max(0, (n % 14) - 9));
  await worker.submit(mixed);
  await settled(rig, 2 * limit + mixed.length, windowMs * 2);
  const arrivals = await rig.upstream.arrivals();
  const compared = new Map(mixed.map(({ id, tenant }) => [id, tenant]));
  return {
    most: mostInWindow(
      arrivals.map(({ at }) => at),
      windowMs,
    ),
    fairnessInterleaved: fairness(arrivals, compared, limit),
  };
}

/** Of the first `count` jobs that were served, over all tenants. */
function fairness(
  arrivals: readonly { readonly job: string }[],
  tenantOf: ReadonlyMap<string, number>,
  count: number,
): number {
  const served = new Map([...tenantOf.values()].map((tenant) => [tenant, 0]));
  const counted = arrivals.filter(({ job }) => tenantOf.has(job)).slice(0, count);
  for (const { job } of counted) {
    const tenant = tenantOf.get(job) ?? 0;
    served.set(tenant, (served.get(tenant) ?? 0) + 1);
  }
  return jain([...served.values()]);
}
