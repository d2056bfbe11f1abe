/**
 * When hubs changed last, over all accounts (promise P8). A hub is dirty from the sending of a mutation until 10 s
 * after its end; data fetched before its last change is never served again, not even after a restart.
 */
import { z } from 'zod';
import type { Clock } from '../../src/kernel/clock.ts';
import { readJson } from '../storage/read-json.ts';
import type { Records } from '../storage/records.ts';
import { latest, type Moment, momentSchema, NEVER, type Order } from './order.ts';

/** What a request touches; undefined `hub`: everything the account has. */
export interface Target {
  readonly account: string;
  readonly hub: string | undefined;
  /** Of a mutation: it may also change which hubs the account has. */
  readonly bindings?: boolean;
}

export interface Mutation {
  /** It is being written, again perhaps: what was fetched before is older than the change. */
  sent(): void;
  /** It has ended, and may still take effect for `mayLastMs`. */
  end(mayLastMs?: number): void;
}

export interface Changes {
  /** A mutation is about to be sent; the stamp goes with the commit that marks it as sent. */
  begin(target: Target): Mutation;
  /** The last change of what `target` covers. */
  lastChange(target: Target): Moment;
  /**
   * Monotonic time from which the effects of all changes of what `target` covers show; infinite while one is on its
   * way. What is fetched before is dirty, even when it arrives later.
   */
  cleanFrom(target: Target): number;
  /** The hub list of an account as just read. */
  learnHubs(account: string, hubs: readonly string[]): void;
  /** Whether a hub list of the account has been read in this life. */
  knowsHubs(account: string): boolean;
}

/** Effects of a mutation show this long after its answer, at most. */
const SETTLING_MS = 10_000;
/** Longer than the longest TTL: no cached entry is older than a stamp that is dropped. */
const KEPT_MS = 25 * 60 * 60_000;
const SWEEP_ABOVE = 10_000;
const LONGEST_HUB_ID = 64;

interface Stamp {
  order: Moment;
  changedAt: number;
  running: number;
  dirtyUntil: number;
}

const EVERYTHING = '*';
const storedSchema = z.object({ order: momentSchema });

export interface ChangesOptions {
  readonly records: Records;
  readonly order: Order;
  readonly clock: Clock;
  /** D of the budget: a mutation of an earlier life may take effect for so long. */
  readonly countedWithinMs: number;
  /** The storage may have lost the stamps of its last seconds: anything may have changed. */
  readonly isDistrusted: boolean;
}

/** @throws GatewayError storage_unavailable when the stamps of earlier lives cannot be loaded */
export async function createChanges(options: ChangesOptions): Promise<Changes> {
  const { records, order, clock, countedWithinMs, isDistrusted } = options;
  const stamps = new Map<string, Stamp>();
  const hubsOf = new Map<string, ReadonlySet<string>>();

  for (const { key, value, remainingMs } of await records.load('change')) {
    const now = clock.monotonic();
    const ageMs = KEPT_MS - (remainingMs ?? 0);
    const stored = readJson(storedSchema, value);
    // What cannot be read may have been the last change of anything.
    stamps.set(stored === undefined ? EVERYTHING : key, {
      order: stored?.order ?? order.next(),
      changedAt: now - ageMs,
      running: 0,
      dirtyUntil: now - ageMs + countedWithinMs + SETTLING_MS,
    });
  }

  // Callers choose the text: a cut one may share a stamp with others, which only makes more of them dirty.
  const hubKey = (hub: string) => `hub:${hub.toLowerCase().slice(0, LONGEST_HUB_ID).toWellFormed()}`;
  const accountKey = (account: string) => `account:${account}`;
  const covering = ({ account, hub }: Target) =>
    [EVERYTHING, accountKey(account), ...(hub === undefined ? [] : [hubKey(hub)])].flatMap(
      (key) => stamps.get(key) ?? [],
    );

  /** A mutation without a hub in its path may touch every hub of its caller, and other accounts share those. */
  function touched({ account, hub, bindings = false }: Target): string[] {
    if (hub !== undefined) return [hubKey(hub), ...(bindings ? [accountKey(account)] : [])];
    const hubs = hubsOf.get(account);
    return [accountKey(account), ...(hubs === undefined ? [EVERYTHING] : [...hubs].map(hubKey))];
  }

  function stampOf(key: string): Stamp {
    const known = stamps.get(key);
    if (known) return known;
    const never = Number.NEGATIVE_INFINITY;
    const stamp = { order: NEVER, changedAt: never, running: 0, dirtyUntil: never };
    stamps.set(key, stamp);
    return stamp;
  }

  function mark(key: string, stamp: Stamp): void {
    stamp.order = order.next();
    stamp.changedAt = clock.monotonic();
    const value = JSON.stringify({ order: stamp.order });
    records.put({ kind: 'change', key, value, untilAt: stamp.changedAt + KEPT_MS });
  }

  if (isDistrusted) {
    const everything = stampOf(EVERYTHING);
    mark(EVERYTHING, everything);
    everything.dirtyUntil = everything.changedAt + countedWithinMs + SETTLING_MS;
  }

  function sweep(): void {
    if (stamps.size < SWEEP_ABOVE) return;
    const oldest = clock.monotonic() - KEPT_MS;
    for (const [key, stamp] of stamps) {
      if (stamp.running === 0 && stamp.changedAt < oldest && stamp.dirtyUntil < oldest) stamps.delete(key);
    }
  }

  return {
    begin(target) {
      sweep();
      const touchedStamps = touched(target).map((key) => [key, stampOf(key)] as const);
      const markAll = () => {
        for (const [key, stamp] of touchedStamps) mark(key, stamp);
      };
      for (const [, stamp] of touchedStamps) stamp.running++;
      markAll();
      let ended = false;
      return {
        sent: markAll,
        end(mayLastMs = 0) {
          if (ended) return;
          ended = true;
          markAll();
          for (const [, stamp] of touchedStamps) {
            stamp.running--;
            const settledAt = clock.monotonic() + mayLastMs + SETTLING_MS;
            stamp.dirtyUntil = Math.max(stamp.dirtyUntil, settledAt);
          }
        },
      };
    },
    lastChange: (target) => latest(covering(target).map((stamp) => stamp.order)),
    cleanFrom: (target) =>
      Math.max(
        Number.NEGATIVE_INFINITY,
        ...covering(target).map((stamp) => (stamp.running > 0 ? Number.POSITIVE_INFINITY : stamp.dirtyUntil)),
      ),
    learnHubs(account, hubs) {
      hubsOf.set(account, new Set(hubs.map((hub) => hub.toLowerCase())));
    },
    knowsHubs: (account) => hubsOf.has(account),
  };
}
