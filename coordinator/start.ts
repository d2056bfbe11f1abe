/** Puts a coordinator together from its configuration and its storage, in whichever process it runs. */
import type { CoordinatorConfig } from '../src/config.ts';
import { systemClock } from '../src/kernel/clock.ts';
import type { Log } from '../src/kernel/log.ts';
import { createSender } from '../src/kernel/send-once.undici.ts';
import { createCoordinatorApp } from './app.ts';
import { createCoordinator } from './coordinator.ts';
import { createForward } from './lease/forward.ts';
import { type Host, startHost } from './lease/host.ts';
import { isDead, nameOfProcess } from './lease/process.ts';
import { type RemoteCoordinator, reachCoordinator } from './reach.ts';
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

/** @throws LeaseHeld; GatewayError storage_unavailable */
export async function startCoordinator(options: StartOptions): Promise<Host> {
  const { config, storage, secretKey, secret, metricsToken, url, isAlone, isFirstRun, log } = options;
  const clock = systemClock;
  const origin = new URL(config.baseUrl).origin;
  const sender = createSender({ origin, timeoutMs: config.requestTimeoutMs });
  const others = connections();
  const host = await startHost({
    ...{ storage, clock, log, secretKey, url, isAlone, isFirstRun },
    random: Math.random,
    processes: { nameOf: nameOfProcess, isDead },
    forward: createForward({
      random: Math.random,
      fetch: (request) => others.to(new URL(request.url).origin).fetch(request),
    }),
    open: ({ records, isDistrusted }) =>
      createCoordinator({
        ...{ config, records, isDistrusted, url, clock, log, secretKey },
        sendOnce: sender.send,
        random: Math.random,
      }),
    serve(coordinator) {
      const app = createCoordinatorApp({ coordinator, secret, metricsToken, log, random: Math.random });
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

/** To the active coordinators there have been while this one stood by: few. */
function connections() {
  const known = new Map<string, RemoteCoordinator>();
  return {
    to(origin: string): RemoteCoordinator {
      const made = known.get(origin) ?? reachCoordinator(origin);
      known.set(origin, made);
      return made;
    },
    close: () => Promise.all([...known.values()].map((remote) => remote.close())),
  };
}
