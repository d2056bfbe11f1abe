/** 200 people poll while the server is replaced: their answers come from what the last life stored, not from Ajax. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSimulator } from '../../../simulator/simulator.ts';
import { type Listener, listen } from '../../../src/serve.ts';
import { signInTenants, type Tenant } from '../../support/load.ts';
import { freePort } from '../../support/port.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { type Launched, launch, stop } from '../../support/product.ts';
import { pause } from './burst.ts';

const POLLERS = 200;
const WINDOW_MS = 2_000;
/** Wide enough for everybody to ask Ajax at once, if nothing kept them from it. */
const LIMIT = 1_000;
const POLL_EVERY_MS = 5_000;
/** Promise P5. */
const LONGEST_HELD_MS = 25_000;

const simulator = createSimulator({
  apiKeys: ['key-1'],
  living: false,
  extraAccounts: POLLERS,
  latencyMs: [20, 100],
  budget: { limit: LIMIT, windowMs: WINDOW_MS },
});
let postgres: TestPostgres;
let ajax: Listener;
let environment: Record<string, string>;
let server: Launched;
let tenants: readonly Tenant[];
beforeAll(async () => {
  postgres = await startPostgres();
  ajax = await listen((request) => simulator.fetch(request), { hostname: '127.0.0.1', port: 0 });
  environment = {
    DATABASE_URL: postgres.url,
    SECRET_KEY: 'a test secret of more than 32 characters',
    // The same after a restart.
    PORT: String(await freePort()),
    AJAX_API_KEYS: 'key-1',
    AJAX_API_BASE_URL: `http://127.0.0.1:${ajax.port}/api/`,
    AJAX_BUDGET_REQUESTS: String(LIMIT),
    AJAX_BUDGET_WINDOW_MS: String(WINDOW_MS),
    // Nothing grows old by itself while a busy machine takes its time.
    CACHE_TTL_HUB_DETAIL: '600',
    CACHE_TTL_DEVICES: '600',
    LOG_LEVEL: 'warn',
  };
  server = launch('node', environment);
  tenants = await signInTenants(simulator, POLLERS, [await server.address]);
}, 120_000);
afterAll(async () => {
  await stop(server.process, 'SIGTERM');
  await ajax.close();
  await postgres.stop();
});

interface Poll {
  readonly askedAt: number;
  /** Status, and the code of an error; `no answer` while there is no server. */
  readonly answer: string;
  readonly tookMs: number;
}

/** Everybody asks for a hub, its devices and its rooms, again and again. */
function startPolling() {
  const polls: Poll[] = [];
  let isOver = false;
  async function poll({ hubId, fetch }: Tenant, path: string): Promise<void> {
    const askedAt = Date.now();
    const answer = await fetch(`/ajax/hubs/${hubId}${path}`).then(
      async (response) => {
        const { code } = (await response.json()) as { readonly code?: string };
        return `${response.status} ${code ?? ''}`.trim();
      },
      () => 'no answer',
    );
    polls.push({ askedAt, answer, tookMs: Date.now() - askedAt });
  }
  const pollers = tenants.map(async (tenant, index) => {
    await pause((index * POLL_EVERY_MS) / POLLERS);
    while (!isOver) {
      for (const path of ['', '/devices', '/rooms']) await poll(tenant, path);
      await pause(POLL_EVERY_MS);
    }
  });
  return {
    polls,
    async stop() {
      isOver = true;
      await Promise.all(pollers);
    },
  };
}

it.each<NodeJS.Signals>(['SIGTERM', 'SIGKILL'])(
  'after a %s nobody storms Ajax, and nobody waits or is refused',
  {
    timeout: 120_000,
  },
  async (signal) => {
    const { journal } = simulator;
    const polling = startPolling();
    const answered = () => polling.polls.filter(({ answer }) => answer === '200').length;
    // Everything has been asked for, and stored.
    await expect.poll(answered, { timeout: 60_000 }).toBeGreaterThan(2 * 3 * POLLERS);
    await stop(server.process, signal);
    server = launch('node', environment);
    await server.address;
    const readyAt = Date.now();
    const since = () => polling.polls.filter(({ askedAt }) => askedAt >= readyAt);
    await expect.poll(() => since().length, { timeout: 30_000 }).toBeGreaterThan(3 * POLLERS);
    const calls = journal.arrivals().filter(({ at }) => at >= readyAt).length;
    await polling.stop();
    expect(calls).toBeLessThan(POLLERS / 10);
    expect([...new Set(since().map(({ answer }) => answer))]).toEqual(['200']);
    expect(Math.max(...since().map(({ tookMs }) => tookMs))).toBeLessThan(LONGEST_HELD_MS);
    expect(journal.largestWindow(WINDOW_MS)).toBeLessThanOrEqual(LIMIT);
  },
);
