/** Time, Ajax and a coordinator in the test's hands: nothing here sleeps. */

import { createCoordinatorApp } from '../../../coordinator/app.ts';
import { createCoordinatorClient } from '../../../coordinator/contract/client.ts';
import { createCoordinator } from '../../../coordinator/coordinator.ts';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import type { CoordinatorConfig } from '../../../src/config.ts';
import type { Clock } from '../../../src/kernel/clock.ts';
import { type Log, silentLog } from '../../../src/kernel/log.ts';
import type { OutgoingRequest, SendOnce, SendResult } from '../../../src/kernel/send-once.undici.ts';

export interface TestClock extends Clock {
  /** Moves time, running timers in order; `early` fires each that much before its time, as runtimes may. */
  advance(ms: number): Promise<void>;
  /** Lets everything run that waits for nothing but other code. */
  settle(): Promise<void>;
}

const STARTED_AT = 1_800_000_000_000;

export function createTestClock(options: { earlyMs?: number } = {}): TestClock {
  let elapsed = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  async function settle(): Promise<void> {
    for (let round = 0; round < 6; round++) {
      // WebCrypto works on other threads; what was asked of it before this is done when this is.
      await crypto.subtle.digest('SHA-256', new Uint8Array(1));
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return {
    now: () => STARTED_AT + elapsed,
    monotonic: () => elapsed,
    after(delayMs, callback) {
      const early = delayMs > 10 ? (options.earlyMs ?? 0) : 0;
      const timer = { at: elapsed + Math.max(0, delayMs - early), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    settle,
    async advance(ms) {
      const end = elapsed + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        elapsed = Math.max(elapsed, next.at);
        next.callback();
        await settle();
      }
      elapsed = end;
      await settle();
    },
  };
}

export interface Arrival {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Monotonic ms of the writing. */
  readonly at: number;
}

export type Reply =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | 'hang'
  | 'reset'
  | 'refuse';

/** Given an arrival, what Ajax does with it; `undefined` is an empty 200 object. */
export type Behaviour = (arrival: Arrival) => Reply | undefined | Promise<Reply | undefined>;

export interface FakeAjax {
  readonly send: SendOnce;
  readonly arrivals: Arrival[];
  behave(behaviour: Behaviour): void;
  /** Answers that wait for `release`. */
  hold(): () => void;
}

export const ACCOUNT = 'a1b2c3d4';

/** Ajax, as far as the coordinator knows it: logins always succeed unless a test says otherwise. */
export function createFakeAjax(
  clock: Clock,
  options: { latencyMs?: () => number; timeoutMs?: number } = {},
): FakeAjax {
  const arrivals: Arrival[] = [];
  let behaviour: Behaviour = () => undefined;
  let gate: Promise<void> | undefined;
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));

  async function send(request: OutgoingRequest): Promise<SendResult> {
    // A connection takes at least a tick.
    await Promise.resolve();
    if (request.mayWrite?.() === false) return { kind: 'unwritten', reason: 'refused', error: undefined };
    const arrival = {
      method: request.method,
      path: request.path,
      headers: request.headers,
      body: request.body?.toString(),
      at: clock.monotonic(),
    };
    arrivals.push(arrival);
    const latency = options.latencyMs?.() ?? 0;
    if (latency > 0) await wait(latency);
    const held = gate;
    const reply = (await behaviour(arrival)) ?? usual(arrival);
    if (held) await held;
    if (reply === 'hang') {
      await wait(options.timeoutMs ?? 15_000);
      return { kind: 'unanswered', reason: 'timeout', error: new Error('timeout') };
    }
    if (reply === 'reset') return { kind: 'unanswered', reason: 'connection', error: new Error('reset') };
    if (reply === 'refuse') {
      arrivals.pop();
      return { kind: 'unwritten', reason: 'connection', error: new Error('refused') };
    }
    request.onStatus?.(reply.status);
    const body = reply.body === undefined ? '' : JSON.stringify(reply.body);
    return {
      kind: 'answered',
      status: reply.status,
      headers: new Headers(reply.headers),
      body: Buffer.from(body),
    };
  }

  let tokens = 0;
  function usual({ path }: Arrival): Reply {
    if (path !== '/api/login' && path !== '/api/refresh') return { status: 200, body: {} };
    tokens++;
    return { status: 200, body: sessionBody(tokens) };
  }

  return {
    send,
    arrivals,
    behave(next) {
      behaviour = next;
    },
    hold() {
      let release = () => {};
      gate = new Promise((resolve) => {
        release = () => {
          gate = undefined;
          resolve();
        };
      });
      return release;
    },
  };
}

export function sessionBody(generation: number, userId = ACCOUNT.toUpperCase()) {
  return { userId, sessionToken: `session-${generation}`, refreshToken: `refresh-${generation}` };
}

export const config: CoordinatorConfig = {
  baseUrl: 'https://ajax.test/api/',
  apiKeys: ['the-api-key'],
  budget: { requests: 100, windowMs: 60_000, reserve: 5 },
  requestTimeoutMs: 15_000,
  cacheTtlSeconds: { hubs: 1_800, hub: 30, devices: 30, device: 30, rooms: 600, groups: 30 },
};

export const SECRET = 'coordinator-secret';
export const CREDENTIALS = { login: 'owner@example.com', passwordHash: 'a'.repeat(64) };
let correlation = 0;
export const context = (signal?: AbortSignal) => ({
  correlationId: `correlation-${++correlation}`,
  ...(signal === undefined ? {} : { signal }),
});

export interface WorldOptions {
  readonly config?: Partial<CoordinatorConfig>;
  readonly clock?: TestClock;
  readonly storage?: CoordinatorStorage;
  readonly ajax?: FakeAjax;
  readonly log?: Log;
}

export async function createWorld(options: WorldOptions = {}) {
  const clock = options.clock ?? createTestClock();
  const storage = options.storage ?? createMemoryStorage(clock);
  const ajax = options.ajax ?? createFakeAjax(clock);
  const log = options.log ?? silentLog;
  const coordinator = await createCoordinator({
    config: { ...config, ...options.config },
    storage,
    clock,
    log,
    secretKey: 'a-secret-key-of-the-installation-0001',
    sendOnce: ajax.send,
  });
  const app = createCoordinatorApp({ coordinator, secret: SECRET, log });
  const client = createCoordinatorClient({ fetch: async (request) => app.fetch(request), secret: SECRET });
  return { clock, storage, ajax, coordinator, app, client };
}
export type World = Awaited<ReturnType<typeof createWorld>>;

/** A world whose account has signed in. */
export async function createSignedInWorld(options: WorldOptions = {}) {
  const world = await createWorld(options);
  await world.client.login(CREDENTIALS, context());
  return world;
}

type Lane = 'command' | 'interactive' | 'background';

export function get(
  world: World,
  path: string[],
  more: { noCache?: boolean; signal?: AbortSignal; account?: string } = {},
) {
  const { account = ACCOUNT, noCache = false, signal } = more;
  return world.client.call({
    account,
    method: 'GET',
    path,
    lane: 'interactive',
    noCache,
    ...context(signal),
  });
}

export function put(
  world: World,
  path: string[],
  body: unknown = {},
  more: { lane?: Lane; signal?: AbortSignal; account?: string } = {},
) {
  const { account = ACCOUNT, lane = 'command', signal } = more;
  return world.client.call({ account, method: 'PUT', path, body, lane, ...context(signal) });
}

/** The code of the error a promise rejects with; `none` when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
