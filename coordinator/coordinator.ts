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
import { createChanges } from './cache/changes.ts';
import { openKeptAnswers } from './cache/kept.ts';
import { createOrder } from './cache/order.ts';
import { createReads } from './cache/reads.ts';
import { type CallAnswer, type RequestContext, START_WITHIN_MS } from './call.ts';
import { type Commands, createCommands } from './commands/commands.ts';
import { createFollowUp } from './commands/follow-up.ts';
import type { BudgetStatus, CoordinatorStatus, SignIn } from './contract/messages.ts';
import { type Jobs, openJobs } from './jobs.ts';
import { openJournal } from './journal/journal.ts';
import type { Key } from './keys/key.ts';
import { countersOf, lanesOf, lastClosed, statusOfKey, sumOf, worstBreaker } from './keys/key-status.ts';
import { openKeys } from './keys/open.ts';
import { createLogin, type Login } from './login.ts';
import { createMetrics } from './metrics.prom.ts';
import { BUDGET_MS, baseIntervalMs, suggestedSeconds } from './pace.ts';
import type { Place } from './queue/place.ts';
import { openQuotas, type Quotas } from './quota/quotas.ts';
import { withinStorageTime } from './storage/patience.ts';
import type { Records } from './storage/records.ts';
import { createCalls } from './upstream/calls.ts';
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
  readonly login: Login;
  /** Forgets the session and everything cached for the account, unless it signed in later than that. */
  forget(account: string, unlessLaterThan: SignIn | undefined): Promise<void>;
  read(request: ReadRequest, context: RequestContext): Promise<CallAnswer>;
  /** Whole seconds after which a client that polls should read the same again. */
  suggestInterval(request: Pick<ReadRequest, 'account' | 'segments' | 'lane' | 'weight' | 'quota'>): number;
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
  const { requests, windowMs, reserve } = config.budget;
  const bounds = createBounds(requests, windowMs, config.requestTimeoutMs);
  // The first commit makes the storage look proven. A life that ends before it has written down all that follows from
  // the loss leaves its doubt to the next.
  if (options.isDistrusted) records.put({ ...DOUBT, value: '', untilAt: undefined });
  const isDistrusted = options.isDistrusted || (await records.get(DOUBT.kind, DOUBT.key)) !== undefined;
  const metrics = createMetrics();
  const killSwitch = await openKillSwitch({ records, clock, onStop: (error) => keys.refuse(error) });
  const keys = await openKeys({
    ...{ config, bounds, isDistrusted, records, killSwitch, clock, log, metrics, sendOnce },
  });

  const store = createSessionStore(records, clock, keys.pins.changed);
  // E-mails are found by a keyed hash, so that a stolen database does not tell who is a user.
  const hash = await createKeyedHash(secretKey, 'coordinator:logins');
  const hashLogin = (login: string) => hash(login.trim().toLowerCase());
  const order = createOrder(records.epoch);
  const sessions = createSessions({ keys, store, order, clock, hashLogin, waitMs: START_WITHIN_MS });
  const { countedWithinMs } = bounds;
  const changes = await createChanges({ records, order, clock, countedWithinMs, isDistrusted });
  const kept = await openKeptAnswers(records, clock);
  const reads = createReads({ changes, kept, order, clock, holds: records.holds });
  const calls = createCalls(sessions, store, clock);
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

  const ofReads = (account: string): Place => ({ urgency: 'interactive', account, weight: 1 });
  const predictWait = ({ queue }: Key, account: string) => Math.ceil(queue.predictWait(ofReads(account)));
  const loadOf = ({ budget, queue }: Key, place: Place) => ({
    use: budget.used() / (requests - reserve),
    waitMs: queue.predictWait(place),
  });

  async function status(): Promise<CoordinatorStatus> {
    const sessionCount = await store.count().catch(() => undefined);
    const isHealthy = records.healthy() && sessionCount !== undefined;
    const ofKeys = keys.all.map((key) => {
      // With one key there are no pins: all go by it.
      const sessions = keys.all.length === 1 ? (sessionCount ?? 0) : keys.pins.count(key.name);
      return statusOfKey(key, requests, sessions, clock);
    });
    const lanes = lanesOf(keys.all);
    return {
      status: isHealthy ? 'ok' : 'degraded',
      startedAt,
      storage: isHealthy ? 'ok' : 'unavailable',
      lease: { epoch: records.epoch, remainingMs: records.remainingMs(), url: options.url ?? null },
      budget: {
        limit: sumOf(ofKeys, 'limit'),
        windowMs,
        used: sumOf(ofKeys, 'used'),
        waiting: sumOf(ofKeys, 'waiting'),
        predictedWaitMs: Math.min(...keys.all.map((key) => predictWait(key, ''))),
        reserve: reserve * keys.all.length,
        closedUntil: lastClosed(ofKeys),
      },
      keys: ofKeys,
      queue: {
        waiting: Object.fromEntries(lanes.map(([lane, { waiting }]) => [lane, waiting])),
        oldestMs: Object.fromEntries(lanes.map(([lane, { oldestMs }]) => [lane, Math.round(oldestMs)])),
      },
      upstream: {
        ...countersOf(keys.all),
        ...sessions.counters,
        breaker: worstBreaker(ofKeys),
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
    login: createLogin({ keys, sessions, records, clock }),
    async forget(account, unlessLaterThan) {
      await records.hold();
      if (await sessions.forget(account, unlessLaterThan)) reads.drop(account);
    },
    read: accountReads.read,
    suggestInterval({ account, segments, lane, weight, quota }) {
      const load = loadOf(keys.ofAccount(account), { urgency: lane, account, weight });
      const paceMs = quota === undefined ? 0 : quotas.paceMs(account, quota.windows);
      return suggestedSeconds(Math.max(baseIntervalMs(ttls, segments), paceMs), load, random);
    },
    budget(account) {
      const key = keys.ofAccount(account);
      const { budget, queue } = key;
      return {
        limit: requests,
        windowMs,
        used: Math.min(budget.used(), requests),
        waiting: queue.waiting(),
        predictedWaitMs: predictWait(key, account),
        mine: { used: budget.used(account), waiting: queue.waiting(account) },
        suggestedIntervalSeconds: suggestedSeconds(BUDGET_MS, loadOf(key, ofReads(account)), random),
      };
    },
    async close() {
      const stopped = commands.stop();
      followUp.stop();
      jobs.stop();
      const withinMs = config.requestTimeoutMs + bounds.writeWithinMs;
      await Promise.all(keys.all.map(({ queue }) => queue.close(withinMs)));
      // What was answered last is still to be written down.
      await withinStorageTime(clock, stopped).catch(() => {});
      await records.close();
    },
  };
}
