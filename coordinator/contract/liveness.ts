/**
 * Tells a coordinator that is slow, which may hold a caller for 25 s (promise P5), from one that does not answer at
 * all: its callers are let go within 2 s (promise P11). While a request waits, `GET /health` is asked.
 */

import type { Clock } from '../../src/kernel/clock.ts';
import type { CoordinatorFetch } from './client.ts';

export interface LivenessOptions {
  /** Carries the requests. Should end a request when its signal aborts, and say whether it was written. */
  readonly fetch: CoordinatorFetch;
  /** Carries the questions after its health, on connections of their own. */
  readonly probe: CoordinatorFetch;
  readonly clock: Clock;
}

/** Together the longest silence, below 2 s: a silence may begin right after an answer to a question. */
const PROBE_EVERY_MS = 1_000;
const PROBE_STEPS = 9;
/**
 * The time for an answer is counted in steps: when this process stalls, one step takes long, and what came in
 * meanwhile is read before the next. A question that failed is asked again at the next step: a coordinator that is
 * stopping takes no connections, and still answers what it has begun.
 */
const STEP_MS = 100;
/** Requests that end sooner cost no question. */
const QUIET_MS = 500;
/** For a transport to say whether it had written the request it is told to end. */
const ABANDON_WITHIN_MS = 50;

interface Pending {
  readonly since: number;
  abandon(): void;
}

/** `fetch` that rejects when the coordinator has stopped answering. */
export function watchLiveness({ fetch, probe, clock }: LivenessOptions): CoordinatorFetch {
  /** In the order of their arrival. Keyed by the request, whose signal lives only as long as itself. */
  const pending = new Map<Request, Pending>();
  let probedAt = Number.NEGATIVE_INFINITY;
  /** Ends the running question, or the wait for the next. */
  let cancel: (() => void) | undefined;

  function schedule(): void {
    const [oldest] = pending.values();
    if (oldest === undefined) return;
    const dueIn = Math.max(oldest.since + QUIET_MS, probedAt + PROBE_EVERY_MS) - clock.monotonic();
    if (dueIn <= 0) ask();
    else cancel = clock.after(dueIn, schedule);
  }

  function ask(): void {
    probedAt = clock.monotonic();
    // Who arrives during the question is not judged by it.
    const covered = [...pending.values()];
    const leaving = new AbortController();
    let stepsLeft = PROBE_STEPS;
    let isAsking = false;
    let cancelStep = () => {};

    const stop = () => {
      cancelStep();
      leaving.abort();
    };
    const end = (isAlive: boolean) => {
      stop();
      if (!isAlive) for (const request of covered) request.abandon();
      schedule();
    };
    const attempt = async () => {
      isAsking = true;
      const isAlive = await isHealthy(probe, leaving.signal);
      isAsking = false;
      if (isAlive && !leaving.signal.aborted) end(true);
    };
    const step = () => {
      if (stepsLeft === 0) return end(false);
      stepsLeft--;
      cancelStep = clock.after(STEP_MS, step);
      if (!isAsking) void attempt();
    };
    cancel = stop;
    step();
  }

  return (request) =>
    new Promise((resolve, reject) => {
      const leaving = new AbortController();
      const forwarded = new Request(request, { signal: leaving.signal });
      const onAbort = () => leaving.abort(request.signal.reason);
      if (request.signal.aborted) onAbort();
      request.signal.addEventListener('abort', onAbort, { once: true });
      let cancelGrace = () => {};

      const end = () => {
        cancelGrace();
        request.signal.removeEventListener('abort', onAbort);
        if (!pending.delete(forwarded) || pending.size > 0) return;
        cancel?.();
        cancel = undefined;
      };
      const abandon = () => {
        if (!pending.has(forwarded)) return;
        const error = new Error('The coordinator has stopped answering');
        cancelGrace = clock.after(ABANDON_WITHIN_MS, () => {
          end();
          reject(error);
        });
        leaving.abort(error);
      };

      pending.set(forwarded, { since: clock.monotonic(), abandon });
      if (pending.size === 1) schedule();
      fetch(forwarded).finally(end).then(resolve, reject);
    });
}

async function isHealthy(probe: CoordinatorFetch, signal: AbortSignal): Promise<boolean> {
  try {
    // Only the path matters: the transport knows where the coordinator is.
    const response = await probe(new Request('http://coordinator/health', { signal }));
    return response.ok;
  } catch {
    return false;
  }
}
