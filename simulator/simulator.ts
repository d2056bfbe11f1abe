/**
 * A strict imitation of the Ajax API for user accounts, for the demo and for tests. It takes requests and gives
 * answers; it knows no socket, no environment and no time but those handed in.
 */

import { createApiKeys } from './api-keys.ts';
import { createArming } from './arming.ts';
import { type BudgetOptions, createBudget } from './budget.ts';
import { brokenResponse } from './connection.ts';
import { type Control, createControl } from './control.ts';
import { sha256Of } from './digest.ts';
import { errorMessage } from './errors.ts';
import { createEventLog } from './events.ts';
import { createFaults, type FaultRule, type Faults } from './faults.ts';
import { historyOf } from './history.ts';
import { createJournal, type Journal } from './journal.ts';
import type { Account, DemoAccount, Hub, LogRow } from './model.ts';
import { seededRandom } from './random.ts';
import { createApi } from './routes/api.ts';
import { controlRoutes } from './routes/control.ts';
import { createSessions } from './sessions.ts';
import { captureState, restoreWorld, type SimulatorState } from './state.ts';
import { createWorld } from './world.ts';

export type { BudgetOptions } from './budget.ts';
export { breakConnections } from './connection.ts';
export type { Control, DeviceSummary, HubSummary } from './control.ts';
export { passwordHashOf, totpCode } from './digest.ts';
export type { FaultMatch, FaultOutcome, FaultRule, Faults } from './faults.ts';
export type { Arrival, ArrivalFilter, Journal } from './journal.ts';
export type { DemoAccount, LogRow } from './model.ts';
export { parseSimulatorState, type SimulatorState } from './state.ts';

const DAY_MS = 24 * 60 * 60_000;

export interface SimulatorOptions {
  /** Keys accepted in X-Api-Key. Default: `demo-key`. */
  readonly apiKeys?: readonly string[];
  /** The world's ids, histories and natural changes follow from it. Default 1. */
  readonly seed?: number;
  /** Epoch milliseconds. Default: the system clock. */
  readonly clock?: () => number;
  /** Per API key, over any window; everything that arrives counts. Default 100 in 60 s. */
  readonly budget?: BudgetOptions;
  /** How an arrival over the budget is told: both forms were seen upstream. Default `status-429`. */
  readonly throttleAs?: 'status-429' | 'message-200';
  /** Default 15 min. */
  readonly sessionTtlMs?: number;
  /** Default 7 days. */
  readonly refreshTtlMs?: number;
  /** Of logins with a one-time code. Default 365 days. */
  readonly totpRefreshTtlMs?: number;
  /** Time until the answer, or bounds for a random one. Default 0: no timer is set. */
  readonly latencyMs?: number | readonly [min: number, max: number];
  /** Whether measurements drift and doors open by themselves. Default true; none opens in the first 15 min. */
  readonly living?: boolean;
  /** Arrivals the journal keeps. Default: all of them. */
  readonly journalCapacity?: number;
  /** Further accounts `user1@load.test` (password `load-1`), each with one hub. Default 0. */
  readonly extraAccounts?: number;
  /**
   * Goes on where an earlier simulator stopped. The state of another seed is ignored; what comes from a file goes
   * through `parseSimulatorState` first.
   */
  readonly restore?: SimulatorState | undefined;
}

export interface Simulator {
  /** Answers `/api/...` and `/_simulator/...`. Rejects only where a fault rule says so. */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly accounts: readonly DemoAccount[];
  readonly journal: Journal;
  readonly faults: Faults;
  readonly control: Control;
  /** Everything a restart must not lose, as plain JSON; the journal and the faults belong to one run. */
  readonly state: () => SimulatorState;
}

export function createSimulator(options: SimulatorOptions = {}): Simulator {
  const clock = options.clock ?? (() => Date.now());
  const seed = options.seed ?? 1;
  const budgetOptions = options.budget ?? { limit: 100, windowMs: 60_000 };
  const restored = options.restore?.seed === seed ? options.restore : undefined;
  const world = createWorld({
    seed,
    startedAt: restored?.startedAt ?? clock(),
    living: options.living ?? true,
    extraAccounts: options.extraAccounts ?? 0,
  });
  const histories = new Map<string, readonly LogRow[]>();
  if (restored) {
    // What came before the world began does not change with what is renamed or deleted later.
    for (const hub of world.hubs.values()) histories.set(hub.id, historyOf(world, hub));
    restoreWorld(world, restored);
  }
  const sessions = createSessions(
    {
      sessionTtlMs: options.sessionTtlMs ?? 15 * 60_000,
      refreshTtlMs: options.refreshTtlMs ?? 7 * DAY_MS,
      totpRefreshTtlMs: options.totpRefreshTtlMs ?? 365 * DAY_MS,
    },
    clock,
    restored?.sessions,
  );
  const events = createEventLog(world, clock);
  const arming = createArming(world, events, clock);
  const journal = createJournal(options.journalCapacity);
  const faults = createFaults();
  const budget = createBudget(budgetOptions, clock, restored?.arrivals);
  const latency = seededRandom(seed);

  function logOf(hub: Hub): readonly LogRow[] {
    const history = histories.get(hub.id) ?? historyOf(world, hub);
    histories.set(hub.id, history);
    return [...history, ...hub.log].reverse();
  }

  const apiKeys = createApiKeys(options.apiKeys ?? ['demo-key']);
  const api = createApi({ world, sessions, arming, events, clock, logOf }, apiKeys);
  const control = createControl({
    ...{ world, sessions, events, clock, logOf, apiKeys },
    settle: arming.settle,
  });
  const accounts = world.accounts.map(publicAccount);
  const controlApi = controlRoutes({ control, journal, faults, accounts });

  /** The account a request speaks for: by its session, or at login by its name. */
  async function accountOf(request: Request, path: string): Promise<string | undefined> {
    const userId = sessions.userOf(request.headers.get('x-session-token') ?? '');
    if (userId !== undefined) return world.accounts.find((account) => account.userId === userId)?.login;
    if (path !== '/api/login' && path !== '/api/refresh') return undefined;
    return namedAccount(world.accounts, await request.clone().text());
  }

  function throttled(retryAfterMs: number): Response {
    const seconds = budgetOptions.windowMs / 1_000;
    const per = seconds === 60 ? 'minute' : `${seconds} seconds`;
    const message = `You have exceeded the limit in ${budgetOptions.limit} requests per ${per}`;
    if (options.throttleAs === 'message-200') return Response.json({ message });
    return Response.json(errorMessage(message), {
      status: 429,
      headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) },
    });
  }

  function wait(ms: number): Promise<void> {
    return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();
  }

  function latencyMs(): number {
    const { latencyMs: given = 0 } = options;
    if (typeof given === 'number') return given;
    const [min, max] = given;
    return min + latency() * (max - min);
  }

  async function answer(request: Request): Promise<Response> {
    const response = await api.fetch(request);
    await wait(latencyMs());
    return response;
  }

  async function spoil(request: Request, rule: FaultRule): Promise<Response> {
    const { outcome } = rule;
    if (typeof outcome === 'object' && 'delayMs' in outcome) {
      if (!rule.executes) await wait(outcome.delayMs);
      const response = await answer(request);
      if (rule.executes) await wait(outcome.delayMs);
      return response;
    }
    if (rule.executes) await answer(request.clone());
    if (outcome === 'network-error') throw new TypeError('Network error on purpose');
    if (outcome === 'broken-body') return brokenResponse('{"broken":');
    if (outcome === 'hang') return Promise.race([faults.cleared(), aborted(request.signal)]);
    const body = typeof outcome.body === 'string' ? outcome.body : JSON.stringify(outcome.body);
    return new Response(outcome.status === 204 ? null : body, {
      status: outcome.status,
      headers: { ...(typeof outcome.body !== 'string' && jsonHeaders), ...outcome.headers },
    });
  }

  async function handleApi(request: Request, path: string): Promise<Response> {
    const apiKey = request.headers.get('x-api-key') ?? '';
    // Before anything is awaited: the journal must hold the order and the time of arrival.
    const entry = journal.arrive({
      at: clock(),
      method: request.method,
      path,
      query: new URL(request.url).search.slice(1),
      contentType: request.headers.get('content-type') ?? undefined,
      apiKey,
    });
    const verdict = budget.arrive(apiKey);
    const account = await accountOf(request, path);
    if (account !== undefined) entry.account = account;
    // What breaks off is for the route that reads it to refuse.
    const body =
      request.body &&
      (await request
        .clone()
        .arrayBuffer()
        .catch(() => undefined));
    if (body?.byteLength) entry.bodySha256 = await sha256Of(body);
    const response = await respond(
      request,
      path,
      account,
      verdict.admitted ? undefined : verdict.retryAfterMs,
    );
    entry.status = response.status;
    return response;
  }

  async function respond(
    request: Request,
    path: string,
    account: string | undefined,
    retryAfterMs: number | undefined,
  ): Promise<Response> {
    if (retryAfterMs !== undefined) {
      await wait(latencyMs());
      return throttled(retryAfterMs);
    }
    const rule = faults.take({ method: request.method, path, account });
    return rule ? spoil(request, rule) : answer(request);
  }

  return {
    fetch: async (request) => {
      const path = new URL(request.url).pathname;
      if (path === '/api' || path.startsWith('/api/')) return handleApi(request, path);
      return controlApi.fetch(request);
    },
    accounts,
    journal,
    faults,
    control,
    state: () => captureState(world, { sessions: [...sessions.all()], arrivals: budget.arrivals() }),
  };
}

const jsonHeaders = { 'content-type': 'application/json' };

function publicAccount(account: Account): DemoAccount {
  const { login, password, totp, userId, description, hubIds } = account;
  return { login, password, ...(totp !== undefined && { totp }), userId, description, hubIds };
}

function namedAccount(accounts: readonly Account[], body: string): string | undefined {
  let named: unknown;
  try {
    named = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof named !== 'object' || named === null) return undefined;
  if ('login' in named && typeof named.login === 'string') return named.login.toLowerCase();
  if (!('userId' in named) || typeof named.userId !== 'string') return undefined;
  const userId = named.userId.toUpperCase();
  return accounts.find((account) => account.userId === userId)?.login;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
