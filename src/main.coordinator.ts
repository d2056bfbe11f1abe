/** The coordinator as the gateway reaches it: in this process or elsewhere, in front of Ajax or of the simulator. */
import type { CoordinatorFetch } from '../coordinator/contract/client.ts';
import { reachCoordinators } from '../coordinator/reach.ts';
import { startCoordinator } from '../coordinator/start.ts';
import { openCoordinatorStorage } from '../coordinator/storage/open.ts';
import { createSimulator, totpCode } from '../simulator/simulator.ts';
import type { Config, CoordinatorConfig } from './config.ts';
import { isFirstRun } from './db/first-run.ts';
import type { InfoDependencies } from './info.ts';
import { systemClock } from './kernel/clock.ts';
import { deriveBytes, randomToken } from './kernel/crypto.ts';
import type { Log } from './kernel/log.ts';
import { keepDemoState, readDemoState } from './main.demo-state.ts';
import type { OpenStorage } from './main.storage.ts';
import { listen } from './serve.ts';

export interface StartedCoordinator {
  readonly isInProcess: boolean;
  readonly fetch: CoordinatorFetch;
  readonly secret: string;
  readonly demoAccounts: InfoDependencies['demoAccounts'];
  readonly close: () => Promise<void>;
}

export async function startCoordinatorPart(
  config: Config,
  storage: OpenStorage,
  log: Log,
): Promise<StartedCoordinator> {
  const { urls, secret } = config.coordinator;
  if (urls.length > 0) {
    const remote = reachCoordinators(urls);
    return { ...remote, isInProcess: false, secret: secret ?? '', demoAccounts: undefined };
  }
  const demo = storage.accountsOf === 'demo' ? await startSimulator(config, storage, log) : undefined;
  const local = await startInProcess(config, demo?.config ?? config.coordinator, storage, log);
  return {
    ...local,
    isInProcess: true,
    demoAccounts: demo?.accounts,
    async close() {
      await local.close();
      await demo?.close();
    },
  };
}

async function startInProcess(
  { redisUrl }: Config,
  config: CoordinatorConfig,
  { database, secretKey }: OpenStorage,
  log: Log,
) {
  const storage = await openCoordinatorStorage(database, redisUrl, log);
  // In process nobody else can reach it, and still it is asked for its secret: one protocol, one code path.
  const secret = randomToken();
  try {
    const host = await startCoordinator({
      ...{ config, storage: storage.storage, secretKey, secret, log },
      metricsToken: undefined,
      url: undefined,
      // The data directory has one process at a time.
      isAlone: database.kind === 'pglite' && redisUrl === undefined,
      isFirstRun: () => isFirstRun(database),
    });
    return {
      fetch: host.fetch,
      secret,
      async close() {
        await host.close();
        await storage.close();
      },
    };
  } catch (error) {
    await storage.close();
    throw error;
  }
}

/** The simulator on a loopback port of its own, so that the demo sends real requests. */
async function startSimulator(config: Config, storage: OpenStorage, log: Log) {
  const { demoStateFile: file, secretKey } = storage;
  // The same at every start: what was spent of the budget before a restart is spent after it, as with a real key.
  const apiKey = Buffer.from(await deriveBytes(secretKey, 'demo:api-key')).toString('base64url');
  const { requests, windowMs } = config.coordinator.budget;
  const simulator = createSimulator({
    apiKeys: [apiKey],
    budget: { limit: requests, windowMs },
    latencyMs: [40, 160],
    journalCapacity: 10_000,
    restore: file === undefined ? undefined : readDemoState(file, log),
  });
  const keeper =
    file === undefined ? undefined : keepDemoState({ file, state: simulator.state, clock: systemClock, log });
  const listener = await listen((request) => simulator.fetch(request).finally(() => keeper?.changed()), {
    hostname: '127.0.0.1',
    port: 0,
  });
  return {
    config: {
      ...config.coordinator,
      baseUrl: `http://127.0.0.1:${listener.port}/api/`,
      apiKeys: [apiKey],
    },
    accounts: () =>
      Promise.all(
        simulator.accounts.map(async ({ login, password, description, totp }) => ({
          login,
          password,
          description,
          ...(totp === undefined ? {} : { totp: await totpCode(totp, systemClock.now()) }),
        })),
      ),
    async close() {
      await listener.close();
      keeper?.close();
    },
  };
}
