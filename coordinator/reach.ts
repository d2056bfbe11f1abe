/** A coordinator in another process, as gateways and standbys reach it: written once, given up when it hangs. */
import { systemClock } from '../src/kernel/clock.ts';
import { createFetchOnce } from '../src/kernel/send-once.undici.ts';
import type { CoordinatorFetch } from './contract/client.ts';
import { watchLiveness } from './contract/liveness.ts';
import { failOver } from './failover.ts';

export interface RemoteCoordinator {
  readonly fetch: CoordinatorFetch;
  /** Requests in flight are watched to their end. */
  close(): Promise<void>;
}

/** It holds a caller for at most 25 s (promise P5); the answer needs a little longer. */
const TIMEOUT_MS = 27_000;
/** For one question after its health; the watch that asks lets go sooner. */
const PROBE_TIMEOUT_MS = 1_200;

/** @param origin scheme, host and port; requests go nowhere else, whatever their URL says */
export function reachCoordinator(origin: string): RemoteCoordinator {
  const remote = createFetchOnce({ origin, timeoutMs: TIMEOUT_MS });
  // Its own connections: a question must not wait behind what it asks about.
  const prober = createFetchOnce({ origin, timeoutMs: PROBE_TIMEOUT_MS });
  return {
    fetch: watchLiveness({ fetch: remote.fetch, probe: prober.fetch, clock: systemClock }),
    async close() {
      await remote.close();
      await prober.close();
    },
  };
}

/** The coordinators of one installation as one: the active one is found, whichever it is. */
export function reachCoordinators(origins: readonly string[]): RemoteCoordinator {
  const remotes = origins.map(reachCoordinator);
  return {
    fetch: failOver({ coordinators: remotes.map(({ fetch }) => fetch), clock: systemClock }),
    async close() {
      await Promise.all(remotes.map((remote) => remote.close()));
    },
  };
}
