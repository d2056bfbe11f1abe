/**
 * The coordinator: the only code that calls Ajax. It decides when a request leaves, keeps the budget, the sessions
 * and the cache, and gives every accepted request exactly one outcome (promise P6). It lives as long as its process
 * holds the lease: its memory is the truth, the records are for the next life.
 */
import type { CoordinatorConfig } from '../src/config.ts';
import type { Clock } from '../src/kernel/clock.ts';
import { createKeyedHash } from '../src/kernel/crypto.ts';
import type { Log } from '../src/kernel/log.ts';
import type { SendOnce } from '../src/kernel/send-once.undici.ts';
import { createAccountReads, type ReadRequest } from './account-reads.ts';
import { createBounds } from './budget/bounds.ts';
import { createBudget } from './budget/budget.ts';
import { createClosures } from './budget/closures.ts';
import { createLedger, distrustStorage, loadBookings } from './budget/ledger.ts';
import { createLoginShare } from './budget/login-share.ts';
import { budgetName } from './budget/name.ts';
import { createChanges } from './cache/changes.ts';
import { openKeptAnswers } from './cache/kept.ts';
import { createOrder } from './cache/order.ts';
import { createReads } from './cache/reads.ts';
import { type CallAnswer, type RequestContext, START_WITHIN_MS, startBy, withHold } from './call.ts';
import { type Commands, createCommands } from './commands/commands.ts';
import { createFollowUp } from './commands/follow-up.ts';
import type {
  BudgetStatus,
  CoordinatorStatus,
  LoginAnswer,
  LoginRequest,
  SignIn,
} from './contract/messages.ts';
import { type Jobs, openJobs } from './jobs.ts';
import { openJournal } from './journal/journal.ts';
import { createMetrics } from './metrics.prom.ts';
import { BUDGET_MS, baseIntervalMs, suggestedSeconds } from './pace.ts';
import type { Place } from './queue/place.ts';
import { createWorkQueue } from './queue/queue.ts';
import { openQuotas, type Quotas } from './quota/quotas.ts';
import { withinStorageTime } from './storage/patience.ts';
import type { Records } from './storage/records.ts';
import { createBreaker } from './upstream/breaker.ts';
import { createCalls } from './upstream/calls.ts';
import { createExchanger } from './upstream/exchange.ts';
import { type KillSwitch, openKillSwitch } from './upstream/kill-switch.ts';
import { createSessionStore } from './upstream/session-store.ts';
import { createSessions } from './upstream/sessions.ts';

export interface CoordinatorOptions {
  readonly config: CoordinatorConfig;
  /** Of this life: fenced by the lease. The coordinator closes them. */
  readonly records: Records;
  /** The storage may have lost what was spent: everything counts as booked (docs/coordinator.md). */
  readonly isDistrusted: boolean;
  /** Where other processes reach this one. */
  readonly url: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly secretKey: string;
  /** Sends to the origin of `config.baseUrl`. */
  readonly sendOnce: SendOnce;
  /** Uniform in [0, 1); not for secrets. */
  readonly random: () => number;
}

export interface Coordinator {
  /** Errors as the contract's client lists them. */
  login(credentials: LoginRequest, context: RequestContext): Promise<LoginAnswer>;
  /** Forgets the session and everything cached for the account, unless it signed in later than that. */
  forget(account: string, unlessLaterThan: SignIn | undefined): Promise<void>;
  read(request: ReadRequest, context: RequestContext): Promise<CallAnswer>;
  /** Whole seconds after which a client that polls should read the same again. */
  suggestInterval(request: Pick<ReadRequest, 'account' | 'segments' | 'lane' | 'weight'>): number;
  readonly commands: Commands;
  readonly jobs: Jobs;
  readonly killSwitch: KillSwitch;
  readonly quotas: Pick<Quotas, 'left'>;
  budget(account: string): BudgetStatus;
  status(): Promise<CoordinatorStatus>;
  /** Prometheus text format. */
  metrics(): Promise<string>;
  /** Refuses new and waiting work, lets what was sent end (bounded by the request timeout), saves what is booked. */
  close(): Promise<void>;
}

const DOUBT = { kind: 'doubt', key: 'storage' } as const;

/** @throws GatewayError storage_unavailable when what an earlier life left cannot be loaded */
export async function createCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { config, records, clock, log, sendOnce, secretKey, random } = options;
  const apiKey = config.apiKeys[0];
  if (apiKey === undefined) throw new Error('The coordinator needs an API key');
  if (config.apiKeys.length > 1) log.warn({ keys: config.apiKeys.length }, 'only the first API key is used');

  const name = await budgetName(apiKey);
  const { requests, windowMs, reserve } = config.budget;
  const bounds = createBounds(requests, windowMs, config.requestTimeoutMs);
  // What an earlier life booked still counts upstream: nothing is sent before it is known (promise P1).
  const ledger = createLedger(records, name, clock);
  // The first commit makes the storage look proven. A life that ends before it has written down all that follows from
  // the loss leaves its doubt to the next.
  if (options.isDistrusted) records.put({ ...DOUBT, value: '', untilAt: undefined });
  const isDistrusted = options.isDistrusted || (await records.get(DOUBT.kind, DOUBT.key)) !== undefined;
  const distrusted = isDistrusted ? distrustStorage(ledger, bounds) : [];
  const loaded = [...distrusted, ...(await loadBookings(records, name))];
  const closures = createClosures(records, name, clock);
  const closedForMs = await closures.load();
  const metrics = createMetrics();
  const budget = createBudget({
    ...{ bounds, reserve, clock, ledger, loaded, closedForMs },
    onClose: closures.save,
  });
  const loginShare = createLoginShare(bounds, clock);
  const queue = createWorkQueue(budget, clock, { onStart: metrics.started });
  const breaker = createBreaker({ clock, onOpen: queue.refuse });
  const killSwitch = await openKillSwitch({ records, clock, onStop: queue.refuse });
  const basePath = new URL(config.baseUrl).pathname;
  const exchanger = createExchanger({
    ...{ sendOnce, queue, budget, bounds, clock, log, basePath, apiKey, breaker, killSwitch },
    mayWrite: records.holds,
    onExchange: metrics.exchanged,
  });

  const store = createSessionStore(records, clock);
  // E-mails are found by a keyed hash, so that a stolen database does not tell who is a user.
  const hash = await createKeyedHash(secretKey, 'coordinator:logins');
  const hashLogin = (login: string) => hash(login.trim().toLowerCase());
  const order = createOrder(records.epoch);
  const sessions = createSessions({ exchanger, store, order, clock, hashLogin, waitMs: START_WITHIN_MS });
  const { countedWithinMs } = bounds;
  const changes = await createChanges({ records, order, clock, countedWithinMs, isDistrusted });
  const kept = await openKeptAnswers(records, clock);
  const reads = createReads({ changes, kept, order, clock, holds: records.holds });
  const calls = createCalls(exchanger, sessions, store, clock);
  const ttls = config.cacheTtlSeconds;
  const quotas = await openQuotas({ records, clock });
  const accountReads = createAccountReads({ calls, reads, changes, records, clock, ttls, quotas });
  const followUp = createFollowUp(calls, accountReads, clock);
  const journal = await openJournal(records, clock, isDistrusted);
  const commands = createCommands({ calls, journal, changes, records, followUp, clock, log, bounds });
  const jobs = await openJobs({ records, reads: accountReads, changes, clock });
  if (isDistrusted) records.delete(DOUBT);
  await records.committed();
  // Nothing is sent by a life that could not begin.
  commands.resume();
  jobs.resume();
  const startedAt = new Date(clock.now()).toISOString();

  const loadOf = (place: Place) => ({
    use: budget.used() / (requests - reserve),
    waitMs: queue.predictWait(place),
  });
  const ofReads = (account: string): Place => ({ urgency: 'interactive', account, weight: 1 });
  const predictWait = (account: string) => Math.ceil(queue.predictWait(ofReads(account)));
  const budgetView = () => ({
    limit: requests,
    windowMs,
    used: Math.min(budget.used(), requests),
    waiting: queue.waiting(),
    predictedWaitMs: predictWait(''),
  });

  async function status(): Promise<CoordinatorStatus> {
    const sessionCount = await store.count().catch(() => undefined);
    const isHealthy = records.healthy() && sessionCount !== undefined;
    const closedUntil = budget.closedUntil();
    const lanes = Object.entries(queue.lanes());
    return {
      status: isHealthy ? 'ok' : 'degraded',
      startedAt,
      storage: isHealthy ? 'ok' : 'unavailable',
      lease: { epoch: records.epoch, remainingMs: records.remainingMs(), url: options.url ?? null },
      budget: {
        ...budgetView(),
        reserve,
        closedUntil:
          closedUntil === undefined ? null : Math.round(clock.now() + closedUntil - clock.monotonic()),
      },
      queue: {
        waiting: Object.fromEntries(lanes.map(([lane, { waiting }]) => [lane, waiting])),
        oldestMs: Object.fromEntries(lanes.map(([lane, { oldestMs }]) => [lane, Math.round(oldestMs)])),
      },
      upstream: {
        ...exchanger.counters,
        ...sessions.counters,
        breaker: breaker.state(),
        stopped: killSwitch.stopped() ?? null,
      },
      cache: { entries: reads.entries(), ...reads.counters },
      commands: { ...journal.counts(), ...commands.counters },
      jobs: jobs.count(),
      sessions: sessionCount ?? 0,
    };
  }

  return {
    commands,
    jobs,
    killSwitch,
    quotas,
    status,
    metrics: async () => metrics.text(await status()),
    async login({ address, ...credentials }, context) {
      const visit = loginShare.enter(address);
      let wasSent = false;
      try {
        await records.hold();
        return await withHold(clock, context, (hold) =>
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
    async forget(account, unlessLaterThan) {
      await records.hold();
      if (await sessions.forget(account, unlessLaterThan)) reads.drop(account);
    },
    read: accountReads.read,
    suggestInterval: ({ account, segments, lane, weight }) =>
      suggestedSeconds(baseIntervalMs(ttls, segments), loadOf({ urgency: lane, account, weight }), random),
    budget: (account) => ({
      ...budgetView(),
      predictedWaitMs: predictWait(account),
      mine: { used: budget.used(account), waiting: queue.waiting(account) },
      suggestedIntervalSeconds: suggestedSeconds(BUDGET_MS, loadOf(ofReads(account)), random),
    }),
    async close() {
      const stopped = commands.stop();
      followUp.stop();
      jobs.stop();
      await queue.close(config.requestTimeoutMs + bounds.writeWithinMs);
      // What was answered last is still to be written down.
      await withinStorageTime(clock, stopped).catch(() => {});
      await records.close();
    },
  };
}
