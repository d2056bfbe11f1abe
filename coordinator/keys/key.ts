/**
 * An API key's way to Ajax: Ajax counts the requests of each key on its own, so each has a budget, a line and a breaker
 * of its own, and nothing of one key waits for another.
 */
import type { CoordinatorConfig } from '../../src/config.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import type { Log } from '../../src/kernel/log.ts';
import type { SendOnce } from '../../src/kernel/send-once.undici.ts';
import type { Bounds } from '../budget/bounds.ts';
import { type Budget, createBudget } from '../budget/budget.ts';
import { createClosures } from '../budget/closures.ts';
import { createLedger, distrustStorage, loadBookings } from '../budget/ledger.ts';
import { createLoginShare, type LoginShare } from '../budget/login-share.ts';
import type { Metrics } from '../metrics.prom.ts';
import { createWorkQueue, type WorkQueue } from '../queue/queue.ts';
import type { Records } from '../storage/records.ts';
import { type Breaker, createBreaker } from '../upstream/breaker.ts';
import { createExchanger, type Exchanger } from '../upstream/exchange.ts';
import type { KillSwitch } from '../upstream/kill-switch.ts';
import { createStanding, type Standing } from './standing.ts';

export interface Key {
  /** In records; says nothing about the key itself (promise P9). */
  readonly name: string;
  /** In the configuration, from 1: what operators are told. */
  readonly place: number;
  readonly budget: Budget;
  readonly queue: WorkQueue;
  readonly breaker: Breaker;
  readonly standing: Standing;
  readonly loginShare: LoginShare;
  readonly exchanger: Exchanger;
}

export interface KeyOptions {
  readonly apiKey: string;
  readonly name: string;
  readonly place: number;
  readonly config: CoordinatorConfig;
  readonly bounds: Bounds;
  /** What was spent may be forgotten: all its tokens count as booked. */
  readonly isDistrusted: boolean;
  readonly records: Records;
  readonly killSwitch: KillSwitch;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'started' | 'exchanged'>;
  readonly sendOnce: SendOnce;
}

/** @throws GatewayError storage_unavailable when what an earlier life booked cannot be loaded */
export async function openKey(options: KeyOptions): Promise<Key> {
  const { apiKey, name, place, config, bounds, records, killSwitch, clock, log, metrics, sendOnce } = options;
  // What an earlier life booked still counts upstream: nothing is sent before it is known (promise P1).
  const ledger = createLedger(records, name, clock);
  const distrusted = options.isDistrusted ? distrustStorage(ledger, bounds) : [];
  const loaded = [...distrusted, ...(await loadBookings(records, name))];
  const closures = createClosures(records, name, clock);
  const closedForMs = await closures.load();
  const budget = createBudget({
    ...{ bounds, reserve: config.budget.reserve, clock, ledger, loaded, closedForMs },
    onClose: closures.save,
  });
  const queue = createWorkQueue(budget, clock, { onStart: metrics.started });
  const breaker = createBreaker({ clock, onOpen: queue.refuse });
  const standing = createStanding({
    clock,
    onFail(error) {
      log.error({ place }, `Ajax refuses API key ${place}: it is taken out and tried again every minute`);
      queue.refuse(error);
    },
    onRecover: () => log.warn({ place }, `Ajax accepts API key ${place} again`),
  });
  const exchanger = createExchanger({
    ...{ sendOnce, queue, budget, bounds, clock, log, apiKey, place, breaker, killSwitch, standing },
    basePath: new URL(config.baseUrl).pathname,
    mayWrite: records.holds,
    onExchange: metrics.exchanged,
  });
  const loginShare = createLoginShare(bounds, clock);
  return { name, place, budget, queue, breaker, standing, loginShare, exchanger };
}
