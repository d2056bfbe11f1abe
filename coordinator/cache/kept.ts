/** Answers of reads: in memory for use, sealed in storage so that a restart starts warm (promise P9 for the bodies). */
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Clock } from '../../src/kernel/clock.ts';
import { readJson } from '../storage/read-json.ts';
import type { Records } from '../storage/records.ts';
import { type Moment, momentSchema } from './order.ts';

export interface Entry {
  readonly account: string;
  readonly body: Uint8Array;
  /** Content type of the body, when Ajax named one. */
  readonly type: string | null;
  /** Of the fetch's start, that is when its request was written. */
  readonly order: Moment;
  /** The same as monotonic ms. */
  readonly startedAt: number;
  /** How far the wall clock was ahead of the monotonic one, ms: it is more after the machine has slept. */
  readonly wallAheadMs: number;
  /** Monotonic ms until which it may be served as it is. */
  readonly validUntil: number;
  /** Monotonic ms until which it may be served, marked stale, while nothing better is to be had. */
  readonly staleUntil: number;
}

export interface KeptAnswers {
  /** From memory; from storage when an earlier life left it there, once. @throws GatewayError storage_unavailable */
  find(key: string): Entry | undefined | Promise<Entry | undefined>;
  peek(key: string): Entry | undefined;
  /** @param durable also in storage */
  keep(key: string, entry: Entry, durable: boolean): void;
  drop(account: string): void;
  entries(): number;
}

const LARGEST_CACHE_BYTES = 64 * 1024 * 1024;
const MOST_ENTRIES = 20_000;
/** Larger ones are fetched again after a restart. */
const LARGEST_STORED_BYTES = 512 * 1024;
/** Callers choose the query, and an index does not take every length. */
const LONGEST_KEY = 1_000;

/** A storage that takes longer counts as down. */
const LONGEST_COMMIT_MS = 2_000;

const storedSchema = z.object({
  account: z.string(),
  body: z.string(),
  type: z.string().nullable().default('application/json'),
  order: momentSchema,
  /** At the time of its keeping, in ms. */
  ageMs: z.number(),
  validForMs: z.number(),
  staleForMs: z.number(),
});

/** @throws GatewayError storage_unavailable */
export async function openKeptAnswers(records: Records, clock: Clock): Promise<KeptAnswers> {
  const cache = new LRUCache<string, Entry>({
    max: MOST_ENTRIES,
    maxSize: LARGEST_CACHE_BYTES,
    sizeCalculation: (entry, key) => entry.body.length + key.length + 500,
  });
  /** In storage from an earlier life, and not looked at yet; when each runs out, monotonic ms. */
  const left = new Map(await records.keys('cache'));

  async function fetchLeft(key: string): Promise<Entry | undefined> {
    const text = await records.get('cache', key);
    const untilAt = left.get(key);
    left.delete(key);
    const known = cache.get(key);
    if (known !== undefined || text === undefined || untilAt === undefined) return known;
    const stored = readJson(storedSchema, text);
    if (stored === undefined) return undefined;
    const { account, body, type, order, ageMs, validForMs, staleForMs } = stored;
    // What was left of its time says how long it lay there, but for the time the commit took.
    const keptAt = untilAt - staleForMs - LONGEST_COMMIT_MS;
    const entry: Entry = {
      account,
      body: Buffer.from(body),
      type,
      order,
      startedAt: keptAt - ageMs,
      wallAheadMs: clock.now() - clock.monotonic(),
      validUntil: keptAt + validForMs,
      staleUntil: keptAt + staleForMs,
    };
    cache.set(key, entry);
    return entry;
  }

  return {
    peek: (key) => cache.get(key),
    find: (key) => cache.get(key) ?? (left.has(key) ? fetchLeft(key) : undefined),
    keep(key, entry, durable) {
      cache.set(key, entry);
      left.delete(key);
      if (!durable || entry.body.length > LARGEST_STORED_BYTES || key.length > LONGEST_KEY) return;
      const now = clock.monotonic();
      const value = JSON.stringify({
        account: entry.account,
        body: Buffer.from(entry.body).toString(),
        type: entry.type,
        order: entry.order,
        ageMs: now - entry.startedAt,
        validForMs: entry.validUntil - now,
        staleForMs: entry.staleUntil - now,
      } satisfies z.infer<typeof storedSchema>);
      records.put({ kind: 'cache', key, value, untilAt: entry.staleUntil }, 'late');
    },
    drop(account) {
      for (const [key, entry] of cache.entries()) {
        if (entry.account !== account) continue;
        cache.delete(key);
        records.delete({ kind: 'cache', key });
      }
      for (const key of left.keys()) {
        if (!key.startsWith(`${account} `)) continue;
        left.delete(key);
        records.delete({ kind: 'cache', key });
      }
    },
    entries: () => cache.size,
  };
}
