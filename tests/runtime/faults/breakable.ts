/**
 * An installation of which everything can be broken: PostgreSQL, Redis, coordinators and gateways are processes, and what
 * the product says to PostgreSQL, Redis and Ajax goes through proxies. The simulator in the test is Ajax, its journal the
 * judge.
 */
import { createSimulator, type Simulator, type SimulatorOptions } from '../../../simulator/simulator.ts';
import { listen } from '../../../src/serve.ts';
import { freePort } from '../../support/port.ts';
import { startPostgres } from '../../support/postgres.ts';
import { type Launched, launch, launchCoordinator, type Runtime, stop } from '../../support/product.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from '../../support/redis.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

export const LIMIT = 40;
export const WINDOW_MS = 2_000;
/** With the 15 s that a request may be on its way (docs/coordinator.md) the D of the budget. */
export const REQUEST_TIMEOUT_MS = 1_000;
/** How long a coordinator that doubts its storage keeps all tokens: D + W + G, and 5 s for clocks that jump. */
export const DOUBT_MS = REQUEST_TIMEOUT_MS + 15_000 + WINDOW_MS + 5 + 5_000;

export interface Breakable {
  readonly simulator: Simulator;
  readonly redis: TestRedis;
  readonly paths: Readonly<Record<'redis' | 'postgres' | 'upstream', TcpProxy>>;
  readonly databaseUrl: string;
  readonly coordinators: readonly Part[];
  readonly gateways: readonly Part[];
  /** What all processes have said. */
  output(): string;
  close(): Promise<void>;
}

/** One process, always at the same address. */
export interface Part {
  readonly url: string;
  readonly process: () => Launched['process'];
  end(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again; resolves once it listens. */
  start(): Promise<void>;
  output(): string;
}

export interface BreakableOptions {
  readonly runtime?: Runtime;
  readonly coordinators?: number;
  readonly gateways?: number;
  readonly redis?: TestRedisOptions;
  /** Where the coordinator keeps its records. Default Redis. */
  readonly storage?: 'redis' | 'postgres';
  readonly simulator?: SimulatorOptions;
  /** More variables of all processes. */
  readonly env?: Readonly<Record<string, string>>;
}

export const worldOptions: SimulatorOptions = {
  apiKeys: ['key-1'],
  living: false,
  extraAccounts: 4,
  budget: { limit: LIMIT, windowMs: WINDOW_MS },
  latencyMs: [5, 100],
};

/** For whoever calls Ajax, which listens on that port. */
export const budgetEnvironment = (ajaxPort: number) => ({
  AJAX_API_KEYS: 'key-1',
  AJAX_API_BASE_URL: `http://127.0.0.1:${ajaxPort}/api/`,
  AJAX_BUDGET_REQUESTS: String(LIMIT),
  AJAX_BUDGET_WINDOW_MS: String(WINDOW_MS),
  AJAX_REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS),
});

export async function startBreakable(options: BreakableOptions = {}): Promise<Breakable> {
  const { runtime = 'node', coordinators: owners = 1, gateways: doors = 1 } = options;
  const simulator = createSimulator({ ...worldOptions, ...options.simulator });
  const [postgres, redis, ajax] = await Promise.all([
    startPostgres(),
    startRedis({ appendOnly: true, tcp: true, ...options.redis }),
    listen((request) => simulator.fetch(request), { hostname: '127.0.0.1', port: 0 }),
  ]);
  const through = async (url: string) => startTcpProxy(Number(new URL(url).port));
  const paths = {
    redis: await through(redis.url),
    postgres: await through(postgres.url),
    upstream: await startTcpProxy(ajax.port),
  };
  const at = (url: string, { port }: TcpProxy) => url.replace(/:\d+/, `:${port}`);

  const ports = await Promise.all(Array.from({ length: owners + doors }, freePort));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const common = {
    SECRET_KEY: 'a test secret of more than 32 characters',
    COORDINATOR_SECRET: 'shared by all processes',
    DATABASE_URL: at(postgres.url, paths.postgres),
    LOG_LEVEL: 'warn',
    ...options.env,
  };
  const coordinators = urls.slice(0, owners).map((url, index) =>
    part(url, () =>
      launchCoordinator(runtime, {
        ...common,
        PORT: String(ports[index]),
        COORDINATOR_ADVERTISE_URL: url,
        ...(options.storage !== 'postgres' && { REDIS_URL: at(redis.url, paths.redis) }),
        ...budgetEnvironment(paths.upstream.port),
        ...options.env,
      }),
    ),
  );
  const gateways = urls.slice(owners).map((url, index) =>
    part(url, () =>
      launch(runtime, {
        ...common,
        PORT: String(ports[owners + index]),
        COORDINATOR_URL: coordinators.map((coordinator) => coordinator.url).join(','),
      }),
    ),
  );
  // The first is to be the owner.
  for (const coordinator of coordinators) await coordinator.start();
  await Promise.all(gateways.map((gateway) => gateway.start()));
  const parts = [...gateways, ...coordinators];
  return {
    ...{ simulator, redis, paths, coordinators, gateways },
    databaseUrl: postgres.url,
    output: () => parts.map(({ output }) => output()).join('\n'),
    async close() {
      // Gateways before their coordinators.
      for (const { end } of parts) await end('SIGTERM');
      await ajax.close();
      await Promise.all(Object.values(paths).map((path) => path.close()));
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}

function part(url: string, launchIt: () => Launched): Part {
  const lives: Launched[] = [];
  const last = () => {
    const launched = lives.at(-1);
    if (launched === undefined) throw new Error(`${url} was never started`);
    return launched;
  };
  return {
    url,
    process: () => last().process,
    output: () => lives.map((life) => life.output()).join('\n'),
    end: (signal) => stop(last().process, signal),
    async start() {
      lives.push(launchIt());
      await last().address;
    },
  };
}

/** Whether a coordinator is the owner; undefined for one that does not answer. */
export async function roleOf({ url }: Part): Promise<'active' | 'standby' | undefined> {
  try {
    const health = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) });
    return ((await health.json()) as { role: 'active' | 'standby' }).role;
  } catch {
    return undefined;
  }
}
