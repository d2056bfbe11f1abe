/** SIGKILL in the middle of 500 jobs, and a successor at once; and how soon a successor works at all. */
import { mostInWindow } from '../../statistics.ts';
import type { Outcome } from '../contender.ts';
import { monotonicMs } from '../monotonic.ts';
import { type Budget, type Rig, sleep, type WorkerProcess } from '../rig.ts';
import { BACK_MS, settled, THERE_MS } from './saturation.ts';

export interface CrashResult {
  readonly most: number;
  /** Never arrived, and nobody says that it may not have. */
  readonly lost: number;
  /** Never arrived, and whoever asks is told that it was not executed, or that nobody knows. */
  readonly told: number;
  readonly twice: number;
}

const JOBS = 500;
const TENANTS = 25;
/**
 * A successor trusts tokens of its storage 5 s later, and BullMQ calls jobs stalled after 5 s. For those that keep nothing
 * there is nothing to wait for.
 */
const QUIET_MS = { durable: 9_000, forgetful: 2_500 };

/** @param how a way of accepting, or a kind of work for contenders that keep nothing */
export async function crash(
  rig: Rig,
  worker: WorkerProcess,
  { windowMs }: Budget,
  how: string,
): Promise<CrashResult> {
  await rig.upstream.reset(THERE_MS, BACK_MS);
  const jobs = rig.jobs(JOBS, (n) => n % TENANTS);
  await worker.submit(jobs, how);
  // In the middle of the third burst.
  await rig.upstream.reached(JOBS / 2);
  const successor = await worker.replace();
  const quietMs = worker.accepting.length > 0 ? QUIET_MS.durable : QUIET_MS.forgetful;
  await settled(rig, Number.POSITIVE_INFINITY, quietMs);
  const arrivals = await rig.upstream.arrivals();
  const distinct = new Set(arrivals.map(({ job }) => job));
  const outcomes = await successor.outcomes(jobs);
  await successor.close();
  const saidOf = (arrived: boolean, said: readonly Outcome[]) =>
    jobs.filter(({ id }, n) => distinct.has(id) === arrived && said.includes(outcomes[n] ?? 'nothing'))
      .length;
  const denied = saidOf(true, ['not executed']);
  if (denied > 0) throw new Error(`Of ${denied} jobs that arrived it is said that they did not`);
  const told = saidOf(false, ['not executed', 'unknown']);
  return {
    most: mostInWindow(
      arrivals.map(({ at }) => at),
      windowMs,
    ),
    lost: jobs.length - distinct.size - told,
    told,
    twice: arrivals.length - distinct.size,
  };
}

/** Milliseconds from SIGKILL to the first request of its successor, while tokens are free. */
export async function recover(
  rig: Rig,
  worker: WorkerProcess,
): Promise<{ backAfterMs: number; successor: WorkerProcess }> {
  await rig.upstream.reset([0, 0], [0, 0]);
  await worker.submit(rig.jobs(3));
  await rig.upstream.reached(3);
  await sleep(100);
  const killedAt = monotonicMs();
  const successor = await worker.replace();
  const probe = rig.jobs(1);
  await successor.submit(probe);
  await settled(rig, 4, 10_000);
  const arrival = (await rig.upstream.arrivals()).find(({ job }) => job === probe[0]?.id);
  if (arrival === undefined) throw new Error('The successor has sent nothing');
  return { backAfterMs: arrival.at - killedAt, successor };
}
