/**
 * The coordinator: the only code that calls Ajax. It decides when a request leaves, keeps the budget, the sessions
 * and the cache, and gives every accepted request exactly one outcome (promise P6).
 */
import type { CoordinatorConfig } from '../src/config.ts';
import type { Clock } from '../src/kernel/clock.ts';
import { createSealer, deriveBytes } from '../src/kernel/crypto.ts';
import type { Log } from '../src/kernel/log.ts';
import type { SendOnce } from '../src/kernel/send-once.undici.ts';
import { createAccountCalls } from './account-calls.ts';
import { createBounds } from './budget/bounds.ts';
import { createBudget } from './budget/budget.ts';
import { createLedger } from './budget/ledger.ts';
import { createLoginShare } from './budget/login-share.ts';
import { budgetName } from './budget/name.ts';
import { createChanges } from './cache/changes.ts';
import { createReads } from './cache/reads.ts';
import {
  type CallAnswer,
  type CallRequest,
  type RequestContext,
  START_WITHIN_MS,
  startBy,
  withHold,
} from './call.ts';
import type { BudgetStatus, CoordinatorStatus, LoginRequest } from './contract/messages.ts';
import { createWorkQueue } from './queue/queue.ts';
import { withinStorageTime } from './storage/patience.ts';
import type { CoordinatorStorage } from './storage/port.ts';
import { createCalls } from './upstream/calls.ts';
import { createExchanger } from './upstream/exchange.ts';
import { createSessionStore } from './upstream/session-store.ts';
import { createSessions } from './upstream/sessions.ts';

export interface CoordinatorOptions {
  readonly config: CoordinatorConfig;
  readonly storage: CoordinatorStorage;
  readonly clock: Clock;
  readonly log: Log;
  /** Seals the upstream sessions. */
  readonly secretKey: string;
  /** Sends to the origin of `config.baseUrl`. */
  readonly sendOnce: SendOnce;
}

export interface Coordinator {
  /** Resolves to the account. Errors as the contract's client lists them. */
  login(credentials: LoginRequest, context: RequestContext): Promise<string>;
  /** Forgets the session and everything cached for the account. */
  forget(account: string): Promise<void>;
  call(request: CallRequest, context: RequestContext): Promise<CallAnswer>;
  budget(account: string): BudgetStatus;
  status(): Promise<CoordinatorStatus>;
  /** Refuses new and waiting work, lets what was sent end (bounded by the request timeout), saves what is booked. */
  close(): Promise<void>;
}

/** @throws GatewayError storage_unavailable when the bookings of an earlier life cannot be loaded */
export async function createCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { config, storage, clock, log, sendOnce, secretKey } = options;
  const apiKey = config.apiKeys[0];
  if (apiKey === undefined) throw new Error('The coordinator needs an API key');
  if (config.apiKeys.length > 1) log.warn({ keys: config.apiKeys.length }, 'only the first API key is used');

  const name = await budgetName(apiKey);
  const { requests, windowMs, reserve } = config.budget;
  const bounds = createBounds(requests, windowMs, config.requestTimeoutMs);
  // What an earlier life booked still counts upstream: nothing is sent before it is known (promise P1).
  const loaded = await withinStorageTime(clock, storage.loadBookings(name));
  const ledger = createLedger((batch) => storage.commitBookings(name, batch), clock, log);
  const budget = createBudget({ bounds, reserve, clock, ledger, loaded });
  const loginShare = createLoginShare(bounds, clock);
  const queue = createWorkQueue(budget, clock);
  const basePath = new URL(config.baseUrl).pathname;
  const exchanger = createExchanger({ sendOnce, queue, budget, bounds, clock, log, basePath, apiKey });

  const sealer = await createSealer(secretKey, 'coordinator:sessions');
  const store = createSessionStore(storage, sealer, clock, log);
  const hashLogin = await createLoginHash(secretKey);
  const sessions = createSessions({ exchanger, store, clock, hashLogin, waitMs: START_WITHIN_MS });
  const changes = createChanges(clock);
  const reads = createReads(changes, clock);
  const calls = createCalls(exchanger, sessions, store, clock);
  const accountCalls = createAccountCalls({
    calls,
    reads,
    changes,
    clock,
    bounds,
    ttls: config.cacheTtlSeconds,
  });
  const startedAt = new Date(clock.now()).toISOString();

  const budgetView = () => ({
    limit: requests,
    windowMs,
    used: Math.min(budget.used(), requests),
    waiting: queue.waiting(),
    predictedWaitMs: Math.ceil(queue.predictWait({ urgency: 'interactive', account: '' })),
  });

  return {
    async login({ address, ...credentials }, context) {
      const visit = loginShare.enter(address);
      let wasSent = false;
      try {
        return await withHold(clock, context, 'read', (hold) =>
          sessions.login(credentials, {
            correlationId: context.correlationId,
            deadlineAt: startBy(clock, context),
            signal: hold.signal,
            onWrite() {
              wasSent = true;
              hold.wrote();
            },
          }),
        );
      } finally {
        visit.leave(wasSent);
      }
    },
    async forget(account) {
      await sessions.forget(account);
      reads.drop(account);
    },
    call: (request, context) => accountCalls.call(request, context),
    budget: (account) => ({
      ...budgetView(),
      predictedWaitMs: Math.ceil(queue.predictWait({ urgency: 'interactive', account })),
      mine: { used: budget.used(account), waiting: queue.waiting(account) },
    }),
    async status() {
      const sessionCount = await store.count().catch(() => undefined);
      const isHealthy = ledger.healthy() && sessionCount !== undefined;
      const closedUntil = budget.closedUntil();
      return {
        status: isHealthy ? 'ok' : 'degraded',
        startedAt,
        storage: isHealthy ? 'ok' : 'unavailable',
        budget: {
          ...budgetView(),
          closedUntil:
            closedUntil === undefined ? null : Math.round(clock.now() + closedUntil - clock.monotonic()),
        },
        upstream: { ...exchanger.counters, ...sessions.counters },
        cache: { entries: reads.entries(), ...reads.counters },
        sessions: sessionCount ?? 0,
      };
    },
    async close() {
      await queue.close(config.requestTimeoutMs + bounds.writeWithinMs);
      await ledger.idle();
    },
  };
}

/** E-mails are found by a keyed hash, so that a stolen database does not tell who is a user. */
async function createLoginHash(secretKey: string): Promise<(login: string) => Promise<string>> {
  const bytes = await deriveBytes(secretKey, 'coordinator:logins');
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', new Uint8Array(bytes), algorithm, false, ['sign']);
  return async (login) => {
    const text = new TextEncoder().encode(login.trim().toLowerCase());
    return Buffer.from(await crypto.subtle.sign('HMAC', key, text)).toString('hex');
  };
}
