/**
 * The largest shape: PostgreSQL, Redis, a coordinator of its own and two gateways, each a process. The simulator in the
 * test is Ajax, and its journal the judge.
 */
import { createSimulator, type Simulator } from '../../simulator/simulator.ts';
import { listen } from '../../src/serve.ts';
import { freePort } from './port.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';
import { type Launched, launch, launchCoordinator, type Runtime, stop } from './product.ts';
import { startRedis } from './redis.ts';

export const LIMIT = 100;
export const RESERVE = 5;
export const TENANTS = 20;

export interface Installation {
  readonly simulator: Simulator;
  readonly postgres: TestPostgres;
  readonly gateways: readonly string[];
  readonly coordinator: Launched;
  /** Another coordinator beside the first. */
  launchCoordinator(more?: Record<string, string>): Launched;
  launchGateway(coordinatorUrl: string): Launched;
  /** What the processes have said. */
  output(): string;
  close(): Promise<void>;
}

export const METRICS_TOKEN = 'a token for metrics';
export const ADMINISTRATOR = 'user1@load.test';
const common = {
  // The budget is tried, not what a plan lets through.
  QUOTA_PREMIUM: 'none',
  SECRET_KEY: 'a test secret of more than 32 characters',
  COORDINATOR_SECRET: 'shared by all processes',
  METRICS_TOKEN,
  ADMIN_EMAILS: ADMINISTRATOR,
  LOG_LEVEL: 'warn',
};

export async function install(runtime: Runtime, windowMs: number): Promise<Installation> {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis({ appendOnly: true })]);
  const simulator = createSimulator({
    apiKeys: ['key-1'],
    living: false,
    extraAccounts: TENANTS,
    budget: { limit: LIMIT, windowMs },
    latencyMs: [5, 300],
  });
  const upstream = await listen((request) => simulator.fetch(request), { hostname: '127.0.0.1', port: 0 });
  const port = await freePort();
  const coordinatorEnv = {
    ...common,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    AJAX_API_KEYS: 'key-1',
    AJAX_API_BASE_URL: `http://127.0.0.1:${upstream.port}/api/`,
    AJAX_BUDGET_REQUESTS: String(LIMIT),
    AJAX_BUDGET_RESERVE: String(RESERVE),
    AJAX_BUDGET_WINDOW_MS: String(windowMs),
    PORT: String(port),
    COORDINATOR_ADVERTISE_URL: `http://127.0.0.1:${port}`,
  };
  const launched: Launched[] = [];
  const started = (process: Launched) => {
    launched.unshift(process);
    return process;
  };
  const coordinator = started(launchCoordinator(runtime, coordinatorEnv));
  const launchGateway = (coordinatorUrl: string) =>
    started(launch(runtime, { ...common, DATABASE_URL: postgres.url, COORDINATOR_URL: coordinatorUrl }));
  const address = await coordinator.address;
  const gateways = await Promise.all([0, 1].map(() => launchGateway(address).address));
  return {
    ...{ simulator, postgres, coordinator, gateways, launchGateway },
    launchCoordinator: (more = {}) => started(launchCoordinator(runtime, { ...coordinatorEnv, ...more })),
    output: () => launched.map((process) => process.output()).join('\n'),
    async close() {
      // Gateways before their coordinators.
      for (const { process } of launched) await stop(process, 'SIGTERM');
      await upstream.close();
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}

/** Reads that reached Ajax between two moments (epoch ms), by tenant. */
export function served({ journal }: Simulator, from: number, to: number): number[] {
  return Array.from({ length: TENANTS }, (_, n) => {
    const arrivals = journal.arrivals({ account: `user${n + 1}@load.test`, path: '/devices/' });
    return arrivals.filter(({ at }) => at >= from && at < to).length;
  });
}
