/** A coordinator in its host, in the test's own process. */
import { createCoordinatorApp } from '../../coordinator/app.ts';
import { createCoordinatorClient } from '../../coordinator/contract/client.ts';
import { type Coordinator, createCoordinator } from '../../coordinator/coordinator.ts';
import { type Processes, startHost } from '../../coordinator/lease/host.ts';
import { createMemoryStorage } from '../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../coordinator/storage/port.ts';
import type { CoordinatorConfig } from '../../src/config.ts';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import { type Log, silentLog } from '../../src/kernel/log.ts';
import type { SendOnce } from '../../src/kernel/send-once.undici.ts';

export const COORDINATOR_CONFIG: CoordinatorConfig = {
  baseUrl: 'https://ajax.test/api/',
  apiKeys: ['the-api-key'],
  budget: { requests: 100, windowMs: 60_000, reserve: 5 },
  requestTimeoutMs: 15_000,
  cacheTtlSeconds: { hubs: 1_800, hub: 30, devices: 30, device: 30, rooms: 600, groups: 30 },
};
export const COORDINATOR_SECRET = 'coordinator-secret';
export const COORDINATOR_SECRET_KEY = 'a-secret-key-of-the-installation-0001';

export interface TestCoordinatorOptions {
  readonly send: SendOnce;
  readonly config?: Partial<CoordinatorConfig>;
  /** Default: in memory. */
  readonly storage?: CoordinatorStorage;
  readonly clock?: Clock;
  /** Default: always 0, so that times are exact. */
  readonly random?: () => number;
  readonly log?: Log;
  readonly secret?: string;
  readonly secretKey?: string;
  /** The storage is nobody else's, as with PGlite: a new life begins at once. Default true. */
  readonly isAlone?: boolean;
  readonly isFirstRun?: boolean;
  readonly url?: string | undefined;
  /** How processes know of one another's death; default: never. */
  readonly processes?: Processes;
  /** How a standby reaches the others. */
  readonly forward?: (request: Request, url: string) => Promise<Response>;
}

export async function startTestCoordinator(options: TestCoordinatorOptions) {
  const { clock = systemClock, log = silentLog, url, secret = COORDINATOR_SECRET } = options;
  const { secretKey = COORDINATOR_SECRET_KEY, random = () => 0 } = options;
  const storage = options.storage ?? createMemoryStorage(clock);
  let coordinator: Coordinator | undefined;
  const host = await startHost({
    ...{ storage, clock, random, log, url, secretKey },
    isAlone: options.isAlone ?? true,
    ...(options.processes === undefined ? {} : { processes: options.processes }),
    isFirstRun: async () => options.isFirstRun ?? true,
    forward: options.forward ?? (async () => Response.error()),
    async open({ records, isDistrusted }) {
      coordinator = await createCoordinator({
        config: { ...COORDINATOR_CONFIG, ...options.config },
        ...{ records, isDistrusted, clock, random, log, url, secretKey },
        sendOnce: options.send,
      });
      return coordinator;
    },
    serve(life) {
      const metricsToken = 'metrics-token';
      const app = createCoordinatorApp({ coordinator: life, secret, metricsToken, log, random });
      return async (request) => app.fetch(request);
    },
  });
  return {
    host,
    storage,
    client: createCoordinatorClient({ fetch: host.fetch, secret }),
    /** The last life that began here. */
    get coordinator(): Coordinator {
      if (coordinator === undefined) throw new Error('No coordinator has lived here');
      return coordinator;
    },
  };
}
export type TestCoordinator = Awaited<ReturnType<typeof startTestCoordinator>>;
