/** How each key does, and all of them together. */
import type { Clock } from '../../src/kernel/clock.ts';
import type { KeyStatus } from '../contract/messages.ts';
import type { LaneStatus } from '../queue/queue.ts';
import { type Urgency, urgencies } from '../queue/urgency.ts';
import type { BreakerState } from '../upstream/breaker.ts';
import type { ExchangeCounters } from '../upstream/exchange.ts';
import type { Key } from './key.ts';

/** @param sessions accounts that go by it */
export function statusOfKey(key: Key, limit: number, sessions: number, clock: Clock): KeyStatus {
  const closedUntil = key.budget.closedUntil();
  return {
    place: key.place,
    state: key.standing.state() === 'failing' ? 'failing' : 'ok',
    limit,
    used: Math.min(key.budget.used(), limit),
    waiting: key.queue.waiting(),
    closedUntil: closedUntil === undefined ? null : Math.round(clock.now() + closedUntil - clock.monotonic()),
    breaker: key.breaker.state(),
    sessions,
  };
}

export const sumOf = (keys: readonly KeyStatus[], what: 'limit' | 'used' | 'waiting') =>
  keys.reduce((sum, key) => sum + key[what], 0);

/** When the last that is closed opens. */
export function lastClosed(keys: readonly KeyStatus[]): number | null {
  return keys.reduce<number | null>(
    (last, { closedUntil }) => (closedUntil === null ? last : Math.max(last ?? 0, closedUntil)),
    null,
  );
}

const BREAKERS: readonly BreakerState[] = ['closed', 'half_open', 'open'];

export function worstBreaker(keys: readonly KeyStatus[]): BreakerState {
  const worst = Math.max(...keys.map(({ breaker }) => BREAKERS.indexOf(breaker)));
  return BREAKERS[worst] ?? 'closed';
}

export function countersOf(keys: readonly Key[]): ExchangeCounters {
  const sum = (what: keyof ExchangeCounters) =>
    keys.reduce((total, { exchanger }) => total + exchanger.counters[what], 0);
  return { sent: sum('sent'), answered: sum('answered'), failed: sum('failed'), throttled: sum('throttled') };
}

/** Lane by lane: what waits on all keys, and the oldest of it. */
export function lanesOf(keys: readonly Key[]): readonly (readonly [Urgency, LaneStatus])[] {
  const lanes = keys.map(({ queue }) => queue.lanes());
  return urgencies.map((urgency) => {
    const all = lanes.map((each) => each[urgency]);
    const waiting = all.reduce((sum, lane) => sum + lane.waiting, 0);
    return [urgency, { waiting, oldestMs: Math.max(...all.map(({ oldestMs }) => oldestMs)) }] as const;
  });
}
