/**
 * Reads: answered from the cache, joined to an identical read that is on its way, or fetched. What an answer may be
 * used for depends on when its fetch STARTED, that is when its request was written (promise P8).
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../src/kernel/clock.ts';
import { isAsUrgent, type Urgency } from '../queue/urgency.ts';
import type { Changes, Target } from './changes.ts';

export interface Fetched {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface Read extends Target {
  /** Path and query below the account. */
  readonly path: string;
  /** How long the answer may be cached; 0 not at all. */
  readonly ttlMs: number;
  /** Accept nothing older than the last change or 2 s. */
  readonly noCache: boolean;
  readonly urgency: Urgency;
  /** Told when the request that will answer this read has been written. */
  readonly onSent: () => void;
  /** The reader leaves. */
  readonly signal: AbortSignal;
  /** `onWrite` is to be called when the request is written, each time; the signal aborts when nobody waits any more. */
  readonly fetch: (onWrite: () => void, signal: AbortSignal) => Promise<Fetched>;
}

export interface ReadAnswer {
  readonly fetched: Fetched;
  readonly state: 'HIT' | 'MISS';
  readonly ageMs: number;
  /** How long the answer stays valid; 0 when it is not cached. */
  readonly ttlMs: number;
}

export interface Reads {
  /** @throws whatever `fetch` throws; the reason of the reader's own signal */
  read(read: Read): Promise<ReadAnswer>;
  drop(account: string): void;
  entries(): number;
  readonly counters: { readonly hits: number; readonly misses: number; readonly coalesced: number };
}

interface Entry {
  readonly account: string;
  readonly fetched: Fetched;
  readonly startedAt: number;
  readonly validUntil: number;
}

interface Flight {
  /** Monotonic; undefined until the request is written. */
  startedAt: number | undefined;
  readers: number;
  readonly onSent: Set<() => void>;
  readonly urgency: Urgency;
  readonly abort: AbortController;
  readonly result: Promise<Fetched>;
}

const LARGEST_CACHE_BYTES = 64 * 1024 * 1024;
const MOST_ENTRIES = 20_000;
const DIRTY_TTL_MS = 1_000;
const NO_CACHE_AGE_MS = 2_000;

export function createReads(changes: Changes, clock: Clock): Reads {
  const cache = new LRUCache<string, Entry>({
    max: MOST_ENTRIES,
    maxSize: LARGEST_CACHE_BYTES,
    sizeCalculation: (entry, key) => entry.fetched.body.length + key.length + 500,
  });
  const flights = new Map<string, Flight>();
  const counters = { hits: 0, misses: 0, coalesced: 0 };

  /** The oldest start whose data this read may be given. */
  const oldestStart = (read: Read, now: number) =>
    Math.max(changes.changedAt(read), read.noCache ? now - NO_CACHE_AGE_MS : Number.NEGATIVE_INFINITY);

  /** How long data of this age may be kept: what was fetched from a dirty hub may lack the effect of its change. */
  const longestTtl = (read: Read, startedAt: number) =>
    startedAt < changes.cleanFrom(read) ? DIRTY_TTL_MS : Number.POSITIVE_INFINITY;

  function fromCache(key: string, read: Read, now: number): ReadAnswer | undefined {
    const entry = cache.get(key);
    if (entry === undefined) return undefined;
    const validUntil = Math.min(entry.validUntil, entry.startedAt + longestTtl(read, entry.startedAt));
    if (now >= validUntil || entry.startedAt <= oldestStart(read, now)) return undefined;
    return { fetched: entry.fetched, state: 'HIT', ageMs: now - entry.startedAt, ttlMs: validUntil - now };
  }

  function canJoin(flight: Flight, read: Read, now: number): boolean {
    if (flight.abort.signal.aborted) return false;
    // Not written yet: what it brings is younger than this read. But it must not wait in a slower lane (P3).
    if (flight.startedAt === undefined) return isAsUrgent(flight.urgency, read.urgency);
    return flight.startedAt >= changes.cleanFrom(read) && flight.startedAt > oldestStart(read, now);
  }

  function launch(key: string, read: Read): Flight {
    const abort = new AbortController();
    const run = async () => {
      try {
        const fetched = await read.fetch(() => {
          flight.startedAt = clock.monotonic();
          for (const tell of flight.onSent) tell();
        }, abort.signal);
        keep(key, read, flight, fetched);
        return fetched;
      } finally {
        if (flights.get(key) === flight) flights.delete(key);
      }
    };
    const flight: Flight = {
      startedAt: undefined,
      readers: 0,
      onSent: new Set(),
      urgency: read.urgency,
      abort,
      // Started a tick later, when `flight` exists.
      result: Promise.resolve().then(run),
    };
    // Readers that left do not hear of its failure.
    flight.result.catch(() => {});
    flights.set(key, flight);
    return flight;
  }

  function keep(key: string, read: Read, flight: Flight, fetched: Fetched): void {
    const { startedAt } = flight;
    if (fetched.status !== 200 || fetched.body.length === 0) return;
    if (read.ttlMs === 0 || startedAt === undefined) return;
    // Forgotten meanwhile, or overtaken by a change or by a younger fetch.
    if (flights.get(key) !== flight || startedAt <= changes.changedAt(read)) return;
    const ttl = Math.min(read.ttlMs, longestTtl(read, startedAt));
    cache.set(key, { account: read.account, fetched, startedAt, validUntil: startedAt + ttl });
  }

  return {
    counters,
    async read(read) {
      read.signal.throwIfAborted();
      const key = `${read.account} ${read.path}`;
      const now = clock.monotonic();
      const hit = fromCache(key, read, now);
      if (hit) {
        counters.hits++;
        return hit;
      }
      const known = flights.get(key);
      const joins = known !== undefined && canJoin(known, read, now);
      const flight = joins ? known : launch(key, read);
      if (joins) counters.coalesced++;
      else counters.misses++;
      const fetched = await follow(flight, read);
      const arrivedAt = clock.monotonic();
      const entry = cache.get(key);
      const ttl = entry?.fetched === fetched ? Math.max(0, entry.validUntil - arrivedAt) : 0;
      return { fetched, state: 'MISS', ageMs: arrivedAt - (flight.startedAt ?? arrivedAt), ttlMs: ttl };
    },
    drop(account) {
      for (const [key, entry] of cache.entries()) if (entry.account === account) cache.delete(key);
      for (const key of flights.keys()) if (key.startsWith(`${account} `)) flights.delete(key);
    },
    entries: () => cache.size,
  };
}

/** Waits for a flight as one of its readers; when the last of them leaves, it is called off unless it was sent. */
async function follow(flight: Flight, { signal, onSent }: Read): Promise<Fetched> {
  flight.readers++;
  if (flight.startedAt === undefined) flight.onSent.add(onSent);
  else onSent();
  let onAbort = () => {};
  const left = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([flight.result, left]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    flight.onSent.delete(onSent);
    flight.readers--;
    // Once it was sent it is paid for: it goes on for the cache and for whoever asks again meanwhile.
    if (flight.readers === 0 && flight.startedAt === undefined) flight.abort.abort(signal.reason);
  }
}
