/** The whole gateway in the test's own process: real database, real coordinator, simulator as upstream. */
import type { CoordinatorFetch } from '../../coordinator/contract/client.ts';
import { createDatabaseStorage } from '../../coordinator/storage/postgres.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../simulator/simulator.ts';
import { composeGateway } from '../../src/compose.ts';
import { type Environment, parseConfig } from '../../src/config.ts';
import type { Database } from '../../src/db/client.ts';
import { openPglite } from '../../src/db/pglite.ts';
import { createLog } from '../../src/kernel/log.ts';
import type { SendOnce } from '../../src/kernel/send-once.undici.ts';
import { type MovableClock, movableClock } from './clock.ts';
import { COORDINATOR_SECRET, startTestCoordinator } from './coordinator.ts';

export interface TestGateway {
  readonly app: Awaited<ReturnType<typeof composeGateway>>['app'];
  readonly notifications: Awaited<ReturnType<typeof composeGateway>>['notifications'];
  readonly worker: Awaited<ReturnType<typeof composeGateway>>['worker'];
  readonly simulator: Simulator;
  readonly database: Database;
  readonly clock: MovableClock;
  /** Every line logged so far. */
  readonly logged: string[];
  fetch(path: string, init?: RequestInit & { from?: string }): Promise<Response>;
  /** Signs in and returns a fetch that carries the access token. */
  signIn(index?: number): Promise<SignedInClient>;
  close(): Promise<void>;
}

export interface SignedInClient {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly cookies: string;
  fetch(path: string, init?: RequestInit & { from?: string }): Promise<Response>;
  json<T = never>(path: string, init?: RequestInit): Promise<T>;
}

export interface TestGatewayOptions {
  readonly env?: Environment;
  readonly simulator?: SimulatorOptions;
  /** Put between gateway and coordinator, to break it. */
  readonly coordinatorFetch?: (next: CoordinatorFetch) => CoordinatorFetch;
  readonly database?: (next: Database) => Database;
  /** Put between coordinator and simulator, to see or break what leaves. */
  readonly send?: (next: SendOnce) => SendOnce;
  /** Answers what is asked of Stripe. */
  readonly paymentsFetch?: typeof globalThis.fetch;
  /** Shows the accounts of the simulator, as the demo does. Default false. */
  readonly demoAccounts?: boolean;
}

export const USER_AGENT = 'test-client/1.0';
export const SECRET_KEY = 'a test secret of more than 32 characters';

export async function createTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const clock = movableClock();
  const logged: string[] = [];
  const log = createLog('debug', (line) => logged.push(line));
  const simulator = createSimulator({
    apiKeys: ['test-key'],
    clock: clock.now,
    living: false,
    budget: { limit: 10_000, windowMs: 60_000 },
    ...options.simulator,
  });
  const config = parseConfig({
    AJAX_API_KEYS: 'test-key',
    AJAX_API_BASE_URL: 'http://ajax.test/api/',
    // Wide enough for many tests on one gateway; tests of the budget set their own.
    AJAX_BUDGET_REQUESTS: '5000',
    ...options.env,
  });
  const opened = await openPglite();
  const database = options.database?.(opened) ?? opened;
  const coordinator = await startTestCoordinator({
    config: config.coordinator,
    storage: createDatabaseStorage(opened),
    ...{ clock, log },
    send: options.send?.(sendTo(simulator)) ?? sendTo(simulator),
  });
  const direct = coordinator.host.fetch;
  const { app, trail, worker, usage, notifications } = await composeGateway({
    config,
    version: '0.0.0-test',
    database,
    clock,
    log,
    secretKey: SECRET_KEY,
    coordinatorFetch: options.coordinatorFetch?.(direct) ?? direct,
    coordinatorSecret: COORDINATOR_SECRET,
    isCoordinatorInProcess: options.coordinatorFetch === undefined,
    accountsOf: 'live',
    paymentsFetch: options.paymentsFetch,
    demoAccounts: options.demoAccounts
      ? async () =>
          simulator.accounts.map(({ login, password, description }) => ({ login, password, description }))
      : undefined,
    apiPage: (c) => Promise.resolve(c.notFound()),
    dashboard: (c) => Promise.resolve(c.notFound()),
  });

  const fetch: TestGateway['fetch'] = async (path, { from = '203.0.113.5', ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has('user-agent')) headers.set('user-agent', USER_AGENT);
    if (typeof init.body === 'string' && !headers.has('content-type')) {
      headers.set('content-type', 'application/json');
    }
    const request = new Request(`http://gateway.test${path}`, { ...init, headers });
    return app.fetch(request, { remoteAddress: from });
  };

  return {
    app,
    worker,
    notifications,
    simulator,
    database: opened,
    clock,
    logged,
    fetch,
    async signIn(index = 0) {
      const account = simulator.accounts[index];
      if (!account) throw new Error(`The simulator has no account ${index}`);
      const response = await fetch('/api/v1/auth/token', {
        method: 'POST',
        body: JSON.stringify({ username: account.login, password: account.password }),
      });
      if (response.status !== 200)
        throw new Error(`login answered ${response.status}: ${await response.text()}`);
      const cookies = cookiesOf(response);
      const { access_token, refresh_token } = (await response.json()) as Record<string, string>;
      return clientOf(fetch, access_token ?? '', refresh_token ?? '', cookies);
    },
    async close() {
      await worker.stop();
      await trail.settle();
      await usage.settle();
      await coordinator.host.close();
      await opened.close();
    },
  };
}

function clientOf(
  fetch: TestGateway['fetch'],
  accessToken: string,
  refreshToken: string,
  cookies: string,
): SignedInClient {
  const authorized: TestGateway['fetch'] = (path, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${accessToken}`);
    return fetch(path, { ...init, headers });
  };
  return {
    accessToken,
    refreshToken,
    cookies,
    fetch: authorized,
    json: async (path, init) => (await authorized(path, init)).json() as Promise<never>,
  };
}

/** What a browser would send back: names and values, without attributes. */
export function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

export const post = (body: unknown): RequestInit => ({ method: 'POST', body: JSON.stringify(body) });

/** Hands requests to the simulator without a socket, reporting as the real sender does. */
function sendTo(simulator: Simulator): SendOnce {
  return async ({ method, path, headers, body, mayWrite, onStatus }) => {
    if (mayWrite && !mayWrite()) return { kind: 'unwritten', reason: 'refused', error: new Error('refused') };
    try {
      const init = { method, headers, ...(body === undefined ? {} : { body: body as BodyInit }) };
      const response = await simulator.fetch(new Request(`http://ajax.test${path}`, init));
      onStatus?.(response.status);
      const bytes = new Uint8Array(await response.arrayBuffer());
      return { kind: 'answered', status: response.status, headers: response.headers, body: bytes };
    } catch (error) {
      return { kind: 'unanswered', reason: 'connection', error };
    }
  };
}
