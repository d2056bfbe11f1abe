/** Time, Ajax and a coordinator in the test's hands: nothing here sleeps. */

import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import type { Clock } from '../../../src/kernel/clock.ts';
import { newId } from '../../../src/kernel/ids.ts';
import type { OutgoingRequest, SendOnce, SendResult } from '../../../src/kernel/send-once.undici.ts';
import {
  COORDINATOR_CONFIG,
  COORDINATOR_SECRET,
  startTestCoordinator,
  type TestCoordinatorOptions,
} from '../../support/coordinator.ts';

export interface TestClock extends Clock {
  /** Moves time, running timers in order; `early` fires each that much before its time, as runtimes may. */
  advance(ms: number): Promise<void>;
  /** Lets everything run that waits for nothing but other code. */
  settle(): Promise<void>;
  /** Moves time without running the timers in between, as for a machine that slept. */
  skip(ms: number): void;
}

const STARTED_AT = 1_800_000_000_000;

/** WebCrypto works on other threads, in no order: what is under way there is known, so that it can be waited for. */
const ciphering = new Set<Promise<unknown>>();
for (const name of [
  'digest',
  'encrypt',
  'decrypt',
  'importKey',
  'deriveBits',
  'deriveKey',
  'sign',
  'verify',
] as const) {
  const work = crypto.subtle[name].bind(crypto.subtle) as (...values: unknown[]) => Promise<unknown>;
  const value = (...values: unknown[]) => {
    const result = work(...values);
    ciphering.add(result);
    const forget = () => void ciphering.delete(result);
    result.then(forget, forget);
    return result;
  };
  Object.defineProperty(crypto.subtle, name, { value });
}

/** Turns of the event loop in which nothing is under way on other threads. */
const QUIET_TURNS = 20;

export function createTestClock(options: { earlyMs?: number } = {}): TestClock {
  let elapsed = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (ciphering.size === 0) continue;
      await Promise.allSettled(ciphering);
      quiet = 0;
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
    skip(ms) {
      elapsed += ms;
    },
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
  readonly bytes: Uint8Array;
  /** Monotonic ms of the writing. */
  readonly at: number;
}

export type Reply =
  | {
      readonly status: number;
      /** Sent as JSON; bytes as they are. */
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
    }
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
      body: request.body === undefined ? undefined : Buffer.from(request.body).toString(),
      bytes: Buffer.from(request.body ?? ''),
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
    return {
      kind: 'answered',
      status: reply.status,
      headers: new Headers(reply.headers),
      body: bytesOf(reply.body),
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

function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(body === undefined ? '' : JSON.stringify(body));
}

export function sessionBody(generation: number, userId = ACCOUNT.toUpperCase()) {
  return { userId, sessionToken: `session-${generation}`, refreshToken: `refresh-${generation}` };
}

export const config = COORDINATOR_CONFIG;
export const SECRET = COORDINATOR_SECRET;
export const CREDENTIALS = { login: 'owner@example.com', passwordHash: 'a'.repeat(64) };
let correlation = 0;
export const context = (signal?: AbortSignal) => ({
  correlationId: `correlation-${++correlation}`,
  ...(signal === undefined ? {} : { signal }),
});

export interface WorldOptions extends Omit<TestCoordinatorOptions, 'send'> {
  readonly clock?: TestClock;
  readonly ajax?: Pick<FakeAjax, 'send'>;
}

const lives = new WeakMap<CoordinatorStorage, number>();

/** The storage as one process sees it, until another takes its place: what is dead asks nothing any more. */
function mortal(storage: CoordinatorStorage): CoordinatorStorage {
  const life = (lives.get(storage) ?? 0) + 1;
  lives.set(storage, life);
  return new Proxy(storage, {
    get(target, name: keyof CoordinatorStorage) {
      if (lives.get(storage) === life) return target[name];
      return () => new Promise(() => {});
    },
  });
}

/** A coordinator in its host, driven through the contract. A new world on the same storage is the end of the last. */
export async function createWorld(options: WorldOptions = {}) {
  const clock = options.clock ?? createTestClock();
  const given = options.storage ?? createMemoryStorage(clock);
  const storage = (options.isAlone ?? true) ? mortal(given) : given;
  const ajax = (options.ajax ?? createFakeAjax(clock)) as FakeAjax;
  const started = await startTestCoordinator({ ...options, clock, storage, send: ajax.send });
  return {
    ...{ clock, ajax, storage },
    host: started.host,
    client: started.client,
    /** A request as it may come over the network. */
    request: (url: string, init: RequestInit) => started.host.fetch(new Request(url, init)),
    get coordinator() {
      return started.coordinator;
    },
  };
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
  world: Pick<World, 'client'>,
  path: string[],
  more: {
    noCache?: boolean;
    signal?: AbortSignal;
    account?: string;
    weight?: number;
    languages?: string;
  } = {},
) {
  const { account = ACCOUNT, noCache = false, signal, weight = 1, languages } = more;
  const lane = 'interactive';
  return world.client.read({ account, path, lane, noCache, weight, languages, ...context(signal) });
}

export interface CommandExtras {
  readonly lane?: Lane;
  readonly signal?: AbortSignal;
  readonly account?: string;
  readonly commandId?: string;
  readonly idempotencyKey?: string;
  readonly respondAsync?: boolean;
}

/** A command and all there is to know about its answer. */
export function send(
  world: Pick<World, 'client'>,
  path: string[],
  body: unknown = {},
  more: CommandExtras = {},
) {
  const { account = ACCOUNT, lane = 'command', signal, commandId = newId(), ...rest } = more;
  return world.client.command({
    ...{ account, method: 'PUT', path, body, lane, commandId },
    ...rest,
    ...context(signal),
  });
}

/** A command and what Ajax answered to it. */
export async function put(
  world: Pick<World, 'client'>,
  path: string[],
  body: unknown = {},
  more: CommandExtras = {},
) {
  const result = await send(world, path, body, more);
  if (result.kind === 'accepted') throw new Error(`accepted: ${JSON.stringify(result.receipt)}`);
  return result.answer;
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
