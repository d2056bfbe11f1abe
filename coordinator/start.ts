/** Puts a coordinator together from its configuration and its storage, in whichever process it runs. */
import type { CoordinatorConfig } from '../src/config.ts';
import { systemClock } from '../src/kernel/clock.ts';
import type { Log } from '../src/kernel/log.ts';
import { createFetchOnce, createSender, type FetchOnce } from '../src/kernel/send-once.undici.ts';
import { createCoordinatorApp } from './app.ts';
import type { CoordinatorFetch } from './contract/client.ts';
import { watchLiveness } from './contract/liveness.ts';
import { createCoordinator } from './coordinator.ts';
import { createForward } from './lease/forward.ts';
import { type Host, startHost } from './lease/host.ts';
import type { CoordinatorStorage } from './storage/port.ts';

export interface StartOptions {
  readonly config: CoordinatorConfig;
  readonly storage: CoordinatorStorage;
  readonly secretKey: string;
  /** Shared with the gateways. */
  readonly secret: string;
  readonly metricsToken: string | undefined;
  /** Where other processes reach this one; undefined: nowhere. */
  readonly url: string | undefined;
  /** Nobody else can be using this storage. */
  readonly isAlone: boolean;
  readonly isFirstRun: () => Promise<boolean>;
  readonly log: Log;
}

/** A coordinator holds a caller for at most 25 s (promise P5); the answer needs a little longer. */
const FORWARD_TIMEOUT_MS = 27_000;
/** For one question after its health; the watch that asks lets go sooner. */
const PROBE_TIMEOUT_MS = 1_200;

/** @throws LeaseHeld; GatewayError storage_unavailable */
export async function startCoordinator(options: StartOptions): Promise<Host> {
  const { config, storage, secretKey, secret, metricsToken, url, isAlone, isFirstRun, log } = options;
  const clock = systemClock;
  const origin = new URL(config.baseUrl).origin;
  const sender = createSender({ origin, timeoutMs: config.requestTimeoutMs });
  const others = connections();
  const host = await startHost({
    ...{ storage, clock, log, secretKey, url, isAlone, isFirstRun },
    forward: createForward({ fetch: (request) => others.to(new URL(request.url).origin)(request) }),
    open: ({ records, isDistrusted }) =>
      createCoordinator({
        ...{ config, records, isDistrusted, url, clock, log, secretKey },
        sendOnce: sender.send,
      }),
    serve(coordinator) {
      const app = createCoordinatorApp({ coordinator, secret, metricsToken, log });
      return async (request) => app.fetch(request);
    },
  }).catch(async (error: unknown) => {
    await sender.close();
    throw error;
  });
  return {
    ...host,
    async close() {
      await host.close();
      await Promise.all([sender.close(), others.close()]);
    },
  };
}

/** To the active coordinators there have been while this one stood by: few. One that hangs is given up (promise P11). */
function connections() {
  const known = new Map<string, { readonly fetch: CoordinatorFetch; readonly parts: readonly FetchOnce[] }>();
  function connect(origin: string) {
    const remote = createFetchOnce({ origin, timeoutMs: FORWARD_TIMEOUT_MS });
    // Its own connections: a question must not wait behind what it asks about.
    const prober = createFetchOnce({ origin, timeoutMs: PROBE_TIMEOUT_MS });
    // The watch does not know where the coordinator is.
    const probe: CoordinatorFetch = (request) =>
      prober.fetch(new Request(new URL('/health', origin), { signal: request.signal }));
    return {
      fetch: watchLiveness({ fetch: remote.fetch, probe, clock: systemClock }),
      parts: [remote, prober],
    };
  }
  return {
    to(origin: string): CoordinatorFetch {
      const made = known.get(origin) ?? connect(origin);
      known.set(origin, made);
      return made.fetch;
    },
    async close() {
      for (const { parts } of known.values()) await Promise.all(parts.map((part) => part.close()));
    },
  };
}
