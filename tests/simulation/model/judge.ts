/**
 * The judge watches a world from the outside and knows nothing of how the product works: what callers ask and are told,
 * what Ajax receives and answers, what goes wrong. Each check is a promise. Shares no code with the product.
 */
import type { Exchange } from '../world/ajax.ts';
import type { Told } from './call.ts';
import { watchDeadlines } from './deadlines.ts';
import type { Check, Facts, Limits } from './facts.ts';
import { type FairnessOptions, watchFairness } from './fairness.ts';
import { type FreshnessOptions, watchFreshness } from './freshness.ts';
import { watchKeys } from './keys.ts';
import { watchOutcomes } from './outcomes.ts';
import type { Trace } from './trace.ts';
import { watchUrgency } from './urgency.ts';
import { watchUtilisation } from './utilisation.ts';
import { watchWindow } from './window.ts';

export interface Verdict {
  readonly promise: string;
  readonly what: string;
  readonly at: number;
}

export interface Judge extends Required<Omit<Check, 'forgotten' | 'moved'>> {
  /** The first promise that was broken. */
  verdict(): Verdict | undefined;
  note(...words: readonly (string | number)[]): void;
  /** Something goes wrong now, for so long; afterwards it may take a moment until all is well. */
  fault(kind: string, forMs: number): void;
  storageIsAway(forMs: number): void;
  /** Ajax refuses an API key for so long. */
  keyIsRefused(forMs: number): void;
  /** The place of the API key an account goes by, as far as was seen. */
  keyOf(account: string): number | undefined;
  stopped(forMs: number): void;
  stepped(): void;
  /** The storage lost what was written since then. */
  lost(since: number): void;
  stored(process: string, name: string, values: readonly unknown[], result: unknown): void;
  opening(process: string, isDistrusted: boolean): void;
  readonly faults: Readonly<Record<string, number>>;
  figures(): Readonly<Record<string, number>>;
}

export interface JudgeOptions extends FairnessOptions, FreshnessOptions {
  readonly now: () => number;
  readonly limits: Limits;
  readonly trace: Trace;
  /** API keys there are; each is watched on its own. */
  readonly keys: number;
  readonly accountOf: (login: string) => string | undefined;
  readonly isFlooded: (key: number) => boolean;
}

/** The longest the breaker stays open. */
const BREAKER_MS = 65_000;

/** A token may be out for that long when nothing was heard of its request, and when a storage is distrusted. */
export const outForMs = ({ requestTimeoutMs, windowMs }: Limits) =>
  Math.max(BREAKER_MS, 1_000 + requestTimeoutMs + 15_000 + windowMs * 1.01 + 6_000);

/** What waits while its account moves to another key still leaves on the old one. */
const MOVES_FOR_MS = 26_000;
/** The first owner has begun by then. */
const STARTED_AFTER_MS = 5_000;

export function createJudge(options: JudgeOptions): Judge {
  const { now, limits, trace } = options;
  const faults: Record<string, number> = {};
  let verdict: Verdict | undefined;
  let wrongUntil = STARTED_AFTER_MS;
  let storageAway = { since: 0, until: 0 };
  let stoppedUntil = Number.NEGATIVE_INFINITY;
  let steppedAt = Number.NEGATIVE_INFINITY;
  let refusedUntil = Number.NEGATIVE_INFINITY;
  /** The storage lost something, and its owner has not brought it back yet. */
  let unrestored: { since: number } | undefined;
  let settledAt = 0;

  const facts: Facts = {
    now,
    limits,
    trace,
    broken(promise, what) {
      trace.add(now(), 'BROKEN', promise, what);
      verdict ??= { promise, what, at: now() };
    },
    calmSince: () => (now() < wrongUntil ? Number.POSITIVE_INFINITY : wrongUntil),
    storageAwaySince: () => (now() < storageAway.until ? storageAway.since : undefined),
    stoppedSince: (at) => stoppedUntil >= at,
    steppedSince: (at) => steppedAt >= at,
    refusedSince: (at) => refusedUntil >= at,
  };
  const settledSince = () => Math.max(wrongUntil, settledAt) + outForMs(limits);

  /** By the account, the place of the key of its last login or request. */
  const pins = new Map<string, number>();
  const movedAt = new Map<string, number>();
  const ofKeys = Array.from({ length: options.keys }, (_, index) => {
    const isMine = (account: string) =>
      pins.get(account) === index + 1 && now() - (movedAt.get(account) ?? now()) > MOVES_FOR_MS;
    const isFlooded = () => options.isFlooded(index + 1);
    return {
      window: watchWindow(facts),
      fairness: watchFairness(facts, { weights: options.weights, settledSince, isMine }),
      urgency: watchUrgency(facts, { settledSince, isMine }),
      utilisation: watchUtilisation(facts, { settledSince, isFlooded }),
    };
  });
  const outcomes = watchOutcomes(facts);
  const deadlines = watchDeadlines(facts);
  const ofAll: readonly Check[] = [watchKeys(facts), outcomes, watchFreshness(facts, options), deadlines];
  const perKey = ofKeys.map((checks): readonly Check[] => Object.values(checks));
  const checks = [...ofAll, ...perKey.flat()];
  const concerning = ({ key }: Exchange) => [...ofAll, ...(perKey[key - 1] ?? [])];
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

  function pin(account: string | undefined, key: number): void {
    if (account === undefined || pins.get(account) === key) return;
    pins.set(account, key);
    movedAt.set(account, now());
    for (const check of checks) check.moved?.(account);
  }

  /** A request on another key than that of the last login may have waited since before it: it says nothing yet. */
  function seen(account: string | undefined, key: number): void {
    if (account === undefined || pins.get(account) === key) return;
    const isMoving = now() - (movedAt.get(account) ?? Number.NEGATIVE_INFINITY) < MOVES_FOR_MS;
    if (isMoving) movedAt.set(account, now());
    else pin(account, key);
  }

  /** Whose request it is; that of a login is known once it has succeeded. */
  const accountOf = ({ segments, body }: Exchange) =>
    segments[0] === 'refresh'
      ? (body as { userId: string }).userId.toLowerCase()
      : segments[1]?.toLowerCase();

  const what = ({ method, segments, wish, serial, key }: Exchange) =>
    `${serial} on ${key}: ${method} ${segments.join('/')}${wish === undefined ? '' : ` ${wish}`}`;

  return {
    faults,
    verdict: () => verdict,
    figures: () => ({
      largestWindow: Math.max(...ofKeys.map(({ window }) => window.largest())),
      comparisons: sum(ofKeys.map(({ fairness }) => fairness.comparisons())),
      urgent: sum(ofKeys.map(({ urgency }) => urgency.judged())),
      stretches: sum(ofKeys.map(({ utilisation }) => utilisation.stretches())),
      ...outcomes.counts,
      ...deadlines.counts,
    }),
    note: (...words) => trace.add(now(), ...words),
    fault(kind, forMs) {
      faults[kind] = (faults[kind] ?? 0) + 1;
      trace.add(now(), 'FAULT', kind, Math.round(forMs));
      wrongUntil = Math.max(wrongUntil, now() + forMs);
    },
    keyIsRefused(forMs) {
      refusedUntil = Math.max(refusedUntil, now() + forMs);
    },
    keyOf: (account) => pins.get(account),
    storageIsAway(forMs) {
      const until = now() + forMs;
      storageAway = { since: now() < storageAway.until ? storageAway.since : now(), until };
    },
    stopped(forMs) {
      stoppedUntil = Math.max(stoppedUntil, now() + forMs);
    },
    stepped() {
      steppedAt = now();
    },
    lost(since) {
      trace.add(now(), 'LOST', Math.round(since));
      unrestored ??= { since };
    },
    stored(process, name, values, result) {
      if (name === 'commit') {
        const { restores } = values[0] as { restores: boolean };
        const { kind } = result as { kind: string };
        if (kind !== 'committed') trace.add(now(), process, name, kind);
        if (restores && kind === 'committed') unrestored = undefined;
      } else if (name === 'acquire' && (result as { acquired: boolean }).acquired) {
        trace.add(now(), process, 'acquired');
        if (unrestored !== undefined) for (const check of checks) check.forgotten?.(unrestored.since);
        unrestored = undefined;
      }
    },
    opening(process, isDistrusted) {
      trace.add(now(), process, 'opens', isDistrusted ? 'distrusted' : undefined);
      settledAt = now();
    },
    submitted(call) {
      trace.add(now(), 'ask', call.number, call.kind, call.account, call.hub, call.command?.wish);
      for (const check of checks) check.submitted?.(call);
    },
    told(call, words) {
      trace.add(now(), 'told', call.number, ...describe(words));
      for (const check of checks) check.told?.(call, words);
    },
    checked(exchange) {
      trace.add(now(), exchange.process, 'writes', what(exchange));
      seen(accountOf(exchange), exchange.key);
      for (const check of concerning(exchange)) check.checked?.(exchange);
    },
    written(exchange) {
      for (const check of checks) check.written?.(exchange);
    },
    arrived(exchange, answer, clock) {
      trace.add(now(), 'ajax', exchange.serial, answer.status, answer.isExecuted ? 'executed' : undefined);
      for (const check of concerning(exchange)) check.arrived?.(exchange, answer, clock);
    },
    answered(exchange, answer) {
      for (const check of checks) check.answered?.(exchange, answer);
    },
    heard(exchange, answer) {
      const { login } = (exchange.body ?? {}) as { login?: string };
      if (login !== undefined && answer.status === 200) pin(options.accountOf(login), exchange.key);
      for (const check of concerning(exchange)) check.heard?.(exchange, answer);
    },
    ended(exchange) {
      for (const check of checks) check.ended?.(exchange);
    },
    died(process) {
      trace.add(now(), process, 'dies');
      for (const check of checks) check.died?.(process);
    },
    opened(process) {
      trace.add(now(), process, 'is active');
      for (const check of checks) check.opened?.(process);
    },
    tick() {
      for (const check of checks) check.tick?.();
    },
  };
}

function describe(words: Told): (string | number | undefined)[] {
  switch (words.kind) {
    case 'read':
      return [words.status, words.cache];
    case 'refused':
      return [words.code, words.id?.slice(-6)];
    case 'answered':
      return [words.status, words.id.slice(-6), words.isReplayed ? 'replayed' : undefined];
    case 'accepted':
    case 'receipt':
      return [words.kind, words.id.slice(-6), words.outcome];
    default:
      return [words.kind];
  }
}

export type { Call, CommandCall, Told } from './call.ts';
