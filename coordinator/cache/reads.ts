/**
 * Reads: answered from the cache, joined to an identical read that is on its way, or fetched. What an answer may be
 * used for depends on when its fetch STARTED, that is when its request was written (promise P8).
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { type ErrorCode, GatewayError } from '../../src/kernel/errors.ts';
import { isAsUrgent, type Urgency } from '../queue/urgency.ts';
import type { Changes, Target } from './changes.ts';
import type { Entry, KeptAnswers } from './kept.ts';
import { isAfter, type Moment, type Order } from './order.ts';

export interface Fetched {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly isJson: boolean;
}

/** What is asked for, and how fresh. */
export interface Wanted extends Target {
  /** Path and query below the account. */
  readonly path: string;
  /** What Ajax is told of the languages its reader wants: it may answer in others to others. */
  readonly languages: string | undefined;
  /** Accept nothing older than the last change or 2 s. */
  readonly noCache: boolean;
}

export interface Read extends Wanted {
  /** How long the answer may be cached; 0 not at all. */
  readonly ttlMs: number;
  /** Whether an answer is no more than a sign that Ajax is overloaded or down. */
  readonly isOutage: (fetched: Fetched) => boolean;
  /** How long it may be served, marked, while nothing better is to be had. */
  readonly staleMs: number;
  readonly urgency: Urgency;
  /** Told before anything is fetched; may refuse. */
  readonly onFetch: () => void;
  /** Told when the request that will answer this read has been written. */
  readonly onSent: () => void;
  /** The reader leaves. */
  readonly signal: AbortSignal;
  /** `onWrite` is to be called when the request is written, each time; the signal aborts when nobody waits any more. */
  readonly fetch: (onWrite: () => void, signal: AbortSignal) => Promise<Fetched>;
}

export interface ReadAnswer {
  readonly fetched: Fetched;
  readonly state: 'HIT' | 'MISS' | 'STALE';
  readonly ageMs: number;
  /** How long the answer stays valid; 0 when it is not cached. */
  readonly ttlMs: number;
}

export interface Reads {
  /** What the cache holds for it, as `read` would answer; undefined: it has to be fetched. */
  cached(wanted: Wanted): Promise<ReadAnswer | undefined>;
  /** @throws whatever `fetch` throws; the reason of the reader's own signal */
  read(read: Read): Promise<ReadAnswer>;
  /** What is served, marked as stale, in the place of this error; undefined when there is nothing, or it is no excuse. */
  insteadOf(error: unknown, wanted: Wanted): ReadAnswer | undefined;
  drop(account: string): void;
  entries(): number;
  readonly counters: Readonly<ReadCounters>;
}

export interface ReadCounters {
  hits: number;
  misses: number;
  coalesced: number;
  stale: number;
}

/** When a fetch started: its place in the order of things, and its monotonic time. */
interface Start {
  readonly order: Moment;
  readonly at: number;
  readonly wallAheadMs: number;
}

interface Flight {
  /** Undefined until the request is written. */
  start: Start | undefined;
  readers: number;
  readonly onSent: Set<() => void>;
  readonly urgency: Urgency;
  readonly abort: AbortController;
  readonly result: Promise<Fetched>;
}

const DIRTY_TTL_MS = 1_000;
const NO_CACHE_AGE_MS = 2_000;
/** Wall clocks are read in whole milliseconds, and are corrected a little all the time. */
const WALL_JITTER_MS = 500;

/** The budget or Ajax is exhausted, stopped or away: a marked older answer is worth more than none. */
const STALE_FOR: ReadonlySet<ErrorCode> = new Set([
  'budget_exhausted',
  'upstream_throttled',
  'upstream_stopped',
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_error',
]);

export interface ReadsOptions {
  readonly changes: Changes;
  readonly kept: KeptAnswers;
  readonly order: Order;
  readonly clock: Clock;
  /** Whether this process holds the lease for certain: otherwise another may have changed what it does not know of. */
  readonly holds: () => boolean;
}

export function createReads({ changes, kept, order, clock, holds }: ReadsOptions): Reads {
  const flights = new Map<string, Flight>();
  const counters: ReadCounters = { hits: 0, misses: 0, coalesced: 0, stale: 0 };

  /** Whether data whose fetch started then may be given to this read at all. */
  function isFresh(read: Wanted, start: Pick<Start, 'order' | 'at'>, now: number): boolean {
    if (!isAfter(start.order, changes.lastChange(read))) return false;
    return !read.noCache || start.at > now - NO_CACHE_AGE_MS;
  }

  /** What was fetched from a dirty hub may lack the effect of its change. */
  const isDirty = (read: Wanted, startedAt: number) => startedAt < changes.cleanFrom(read);

  const wallAheadMs = () => clock.now() - clock.monotonic();

  /** Monotonic ms as the entry must see it: while a machine sleeps that clock stands still, and what is kept grows old. */
  const presentOf = (entry: Entry) =>
    clock.monotonic() + Math.max(0, wallAheadMs() - entry.wallAheadMs - WALL_JITTER_MS);

  function fromCache(entry: Entry | undefined, read: Wanted): ReadAnswer | undefined {
    if (entry === undefined) return undefined;
    const { order, startedAt } = entry;
    const now = presentOf(entry);
    const dirtyUntil = isDirty(read, startedAt) ? startedAt + DIRTY_TTL_MS : Number.POSITIVE_INFINITY;
    const validUntil = Math.min(entry.validUntil, dirtyUntil);
    if (now >= validUntil || !isFresh(read, { order, at: startedAt }, now)) return undefined;
    return { fetched: toFetched(entry), state: 'HIT', ageMs: now - startedAt, ttlMs: validUntil - now };
  }

  /** An older answer in the place of none; never one from before a change, nor from its time (promise P8). */
  function stale(read: Wanted): ReadAnswer | undefined {
    const entry = kept.peek(keyOf(read));
    if (entry === undefined || read.noCache || !holds()) return undefined;
    const { order, startedAt } = entry;
    const now = presentOf(entry);
    if (now >= entry.staleUntil) return undefined;
    if (!isFresh(read, { order, at: startedAt }, now) || isDirty(read, startedAt)) return undefined;
    counters.stale++;
    return { fetched: toFetched(entry), state: 'STALE', ageMs: now - startedAt, ttlMs: 0 };
  }

  function canJoin(flight: Flight, read: Read, now: number): boolean {
    if (flight.abort.signal.aborted) return false;
    // Not written yet: what it brings is younger than this read. But it must not wait in a slower lane (P3).
    if (flight.start === undefined) return isAsUrgent(flight.urgency, read.urgency);
    return !isDirty(read, flight.start.at) && isFresh(read, flight.start, now);
  }

  function launch(key: string, read: Read): Flight {
    const abort = new AbortController();
    const run = async () => {
      try {
        const fetched = await read.fetch(() => {
          flight.start = { order: order.next(), at: clock.monotonic(), wallAheadMs: wallAheadMs() };
          for (const tell of flight.onSent) tell();
        }, abort.signal);
        keep(key, read, flight, fetched);
        return fetched;
      } finally {
        if (flights.get(key) === flight) flights.delete(key);
      }
    };
    const flight: Flight = {
      start: undefined,
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
    const { start } = flight;
    // A page of some proxy, for instance, must not take the place of data.
    if (fetched.status !== 200 || !fetched.isJson) return;
    if (read.ttlMs === 0 || start === undefined) return;
    // Forgotten meanwhile, or overtaken by a change or by a younger fetch.
    if (flights.get(key) !== flight || !isAfter(start.order, changes.lastChange(read))) return;
    const dirty = isDirty(read, start.at);
    const validUntil = start.at + Math.min(read.ttlMs, dirty ? DIRTY_TTL_MS : Number.POSITIVE_INFINITY);
    const staleUntil = start.at + Math.max(read.ttlMs, read.staleMs);
    const { account } = read;
    const entry = {
      account,
      body: fetched.body,
      type: fetched.headers.get('content-type'),
      order: start.order,
      startedAt: start.at,
      wallAheadMs: start.wallAheadMs,
    };
    kept.keep(key, { ...entry, validUntil, staleUntil }, !dirty);
  }

  async function fetch(key: string, read: Read, now: number): Promise<ReadAnswer> {
    const known = flights.get(key);
    const joins = known !== undefined && canJoin(known, read, now);
    const flight = joins ? known : launch(key, read);
    if (joins) counters.coalesced++;
    else counters.misses++;
    const fetched = await follow(flight, read);
    const arrivedAt = clock.monotonic();
    const entry = kept.peek(key);
    const ttlMs = entry?.body === fetched.body ? Math.max(0, entry.validUntil - arrivedAt) : 0;
    return { fetched, state: 'MISS', ageMs: arrivedAt - (flight.start?.at ?? arrivedAt), ttlMs };
  }

  async function cached(wanted: Wanted): Promise<ReadAnswer | undefined> {
    const found = kept.find(keyOf(wanted));
    const hit = fromCache(found instanceof Promise ? await found : found, wanted);
    if (hit) counters.hits++;
    return hit;
  }

  function insteadOf(error: unknown, wanted: Wanted): ReadAnswer | undefined {
    return error instanceof GatewayError && STALE_FOR.has(error.code) ? stale(wanted) : undefined;
  }

  return {
    counters,
    cached,
    insteadOf,
    async read(read) {
      read.signal.throwIfAborted();
      const hit = await cached(read);
      if (hit) return hit;
      const key = keyOf(read);
      const now = clock.monotonic();
      try {
        read.onFetch();
        const answer = await fetch(key, read, now);
        return (read.isOutage(answer.fetched) && stale(read)) || answer;
      } catch (error) {
        const older = insteadOf(error, read);
        if (older === undefined) throw error;
        return older;
      }
    },
    drop(account) {
      kept.drop(account);
      for (const key of flights.keys()) if (key.startsWith(`${account} `)) flights.delete(key);
    },
    entries: () => kept.entries(),
  };
}

/** A path and a query are encoded: neither has a space. */
const keyOf = ({ account, path, languages }: Wanted) =>
  `${account} ${path}${languages === undefined ? '' : ` ${languages}`}`;

const toFetched = ({ body, type }: Entry): Fetched => ({
  status: 200,
  headers: new Headers(type === null ? {} : { 'content-type': type }),
  body,
  isJson: true,
});

/** Waits for a flight as one of its readers; when the last of them leaves, it is called off unless it was sent. */
async function follow(flight: Flight, { signal, onSent }: Read): Promise<Fetched> {
  flight.readers++;
  if (flight.start === undefined) flight.onSent.add(onSent);
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
    if (flight.readers === 0 && flight.start === undefined) flight.abort.abort(signal.reason);
  }
}
