/** Gateway and coordinator of one run, on time that is moved; the coordinator can be killed at any moment. */
import type { CoordinatorFetch } from '../../../coordinator/contract/client.ts';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import { composeGateway } from '../../../src/compose.ts';
import { parseConfig } from '../../../src/config.ts';
import type { Database } from '../../../src/db/client.ts';
import type { Clock } from '../../../src/kernel/clock.ts';
import { createLog } from '../../../src/kernel/log.ts';
import type { SendOnce } from '../../../src/kernel/send-once.undici.ts';
import { COORDINATOR_SECRET, startTestCoordinator } from '../../support/coordinator.ts';
import { createTestClock, type TestClock } from '../../unit/coordinator/world.ts';

export interface Rig {
  readonly clock: TestClock;
  readonly logged: readonly string[];
  fetch(request: Request, from: string): Promise<Response>;
  /** As SIGKILL: what the coordinator had under way is never heard of again; another one starts on its storage. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

/** Stands between gateway and coordinator, for instance to break the isolation on purpose. */
export type Between = (next: CoordinatorFetch) => CoordinatorFetch;

const config = parseConfig({
  AJAX_API_KEYS: 'isolation-key',
  AJAX_API_BASE_URL: 'http://ajax.test/api/',
  AJAX_BUDGET_REQUESTS: '5000',
});
const never = new Promise<never>(() => {});

export async function createRig(database: Database, send: SendOnce, between?: Between): Promise<Rig> {
  const clock = createTestClock();
  const storage = createMemoryStorage(clock);
  const logged: string[] = [];
  const log = createLog('debug', (line) => logged.push(line));
  let life = await begin();

  async function begin() {
    let isDead = false;
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    const alive = <T>(work: Promise<T>): Promise<T> => work.then((value) => (isDead ? never : value));
    const mortal: Clock = {
      ...clock,
      after: (ms, callback) => clock.after(ms, () => void (isDead || callback())),
    };
    const { host } = await startTestCoordinator({
      config: config.coordinator,
      storage: storageOf(storage, () => isDead),
      send: (request) => (isDead ? never : alive(send(request))),
      clock: mortal,
      log,
    });
    return {
      fetch: (request: Request) => Promise.race([host.fetch(request), lost.promise]),
      close: () => host.close(),
      kill() {
        isDead = true;
        lost.reject(new TypeError('The connection was lost'));
      },
    };
  }

  const direct: CoordinatorFetch = (request) => life.fetch(request);
  const { app, trail, worker, usage } = await composeGateway({
    ...{ config, database, clock, log },
    version: '0.0.0-test',
    secretKey: 'a test secret of more than 32 characters',
    coordinatorFetch: between?.(direct) ?? direct,
    coordinatorSecret: COORDINATOR_SECRET,
    isCoordinatorInProcess: true,
    accountsOf: 'live',
    demoAccounts: undefined,
    dashboard: (c) => Promise.resolve(c.notFound()),
    apiPage: (c) => Promise.resolve(c.notFound()),
  });
  return {
    clock,
    logged,
    fetch: async (request, remoteAddress) => app.fetch(request, { remoteAddress }),
    async crash() {
      life.kill();
      life = await begin();
    },
    async close() {
      await worker.stop();
      await trail.settle();
      await usage.settle();
      await life.close();
    },
  };
}

/** A dead process reads and writes nothing. */
function storageOf(storage: CoordinatorStorage, isDead: () => boolean): CoordinatorStorage {
  return new Proxy(storage, {
    get(target, name: keyof CoordinatorStorage) {
      const work = target[name] as (...values: unknown[]) => Promise<unknown>;
      return (...values: unknown[]) => (isDead() ? never : work.apply(target, values));
    },
  });
}
