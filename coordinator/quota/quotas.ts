/**
 * How many reads of Ajax an account may have in a window of time (docs/adr/0026). A request of a client counts once,
 * however many reads it takes, from the moment the first of them leaves for Ajax; what the cache answers, what is
 * refused and what leaves the line again is not counted. A window begins with the first request it counts.
 */
import { z } from 'zod';
import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import { type QuotaName, type QuotaWindow, quotaWindows } from '../../src/kernel/quota.ts';
import { readJson } from '../storage/read-json.ts';
import type { Records } from '../storage/records.ts';

export interface RequestQuota {
  /** Of the client's request: all its reads carry it. */
  readonly requestId: string;
  readonly windows: readonly QuotaWindow[];
}

/** A read's part in the count of its request. */
export interface Charge {
  /** It has left for Ajax: whatever comes of it, it counts. */
  sent(): void;
  /** It is over; what has not been sent is given back. */
  end(): void;
}

export interface Quotas {
  /** @throws GatewayError quota_exceeded */
  charge(account: string, quota: RequestQuota): Charge;
  /** What is left, as the field `RateLimit` says it (draft-ietf-httpapi-ratelimit-headers-10). */
  left(account: string, windows: readonly QuotaWindow[]): string;
  /** Ms between two reads at which what is left lasts until its window ends, and then begins anew. */
  paceMs(account: string, windows: readonly QuotaWindow[]): number;
}

/** Reads of one request come within this time; those of a job last longest. */
const REQUEST_MS = 15 * 60_000;

interface Window {
  count: number;
  /** Monotonic ms. */
  endsAt: number;
}

/** What is left of a window. */
interface Left {
  readonly remaining: number;
  /** Ms until it ends and all is there again. */
  readonly resetMs: number;
}

interface Request {
  readonly account: string;
  readonly windows: readonly Window[];
  readonly expiresAt: number;
  /** Reads of it that may still leave. */
  open: number;
  isSent: boolean;
}

const storedSchema = z.partialRecord(
  z.enum(['minute', 'hour']),
  z.object({ count: z.int().positive(), remainingMs: z.number() }),
);

export interface QuotasOptions {
  readonly records: Records;
  readonly clock: Clock;
}

/** @throws GatewayError storage_unavailable */
export async function openQuotas({ records, clock }: QuotasOptions): Promise<Quotas> {
  const accounts = new Map<string, Partial<Record<QuotaName, Window>>>();
  /** In the order they came. */
  const requests = new Map<string, Request>();

  for (const { key, value, remainingMs = 0 } of await records.load('quota')) {
    const stored = readJson(storedSchema, value);
    if (stored === undefined) continue;
    // The record ends with its longest window: the others by as much earlier as they did when it was written.
    const longestMs = Math.max(...Object.values(stored).map((each) => each.remainingMs));
    const windows = Object.entries(stored).map(([name, { count, remainingMs: ms }]) => [
      name,
      { count, endsAt: clock.monotonic() + remainingMs - (longestMs - ms) },
    ]);
    accounts.set(key, Object.fromEntries(windows));
  }

  /** Of accounts that have asked for nothing for an hour nothing is kept. */
  function sweep(now: number): void {
    for (const [id, { expiresAt }] of requests) {
      if (expiresAt > now) break;
      requests.delete(id);
    }
    for (const [account, windows] of accounts) {
      if (Object.values(windows).every(({ endsAt }) => endsAt <= now)) accounts.delete(account);
    }
  }
  let sweptAt = clock.monotonic();

  function windowOf(account: string, { name, windowMs }: QuotaWindow, now: number): Window {
    const own = accounts.get(account) ?? {};
    accounts.set(account, own);
    const known = own[name];
    if (known !== undefined && known.endsAt > now && known.count > 0) return known;
    const begun = { count: 0, endsAt: now + windowMs };
    own[name] = begun;
    return begun;
  }

  function stateOf(account: string, { name, limit, windowMs }: QuotaWindow): Left {
    const now = clock.monotonic();
    const known = accounts.get(account)?.[name];
    return known !== undefined && known.endsAt > now && known.count > 0
      ? { remaining: Math.max(0, limit - known.count), resetMs: known.endsAt - now }
      : { remaining: limit, resetMs: windowMs };
  }

  function save(account: string, now: number): void {
    const own = Object.entries(accounts.get(account) ?? {}).filter(
      ([, { count, endsAt }]) => count > 0 && endsAt > now,
    );
    if (own.length === 0) {
      records.delete({ kind: 'quota', key: account });
      return;
    }
    const stored = own.map(([name, { count, endsAt }]) => [name, { count, remainingMs: endsAt - now }]);
    records.put({
      ...{ kind: 'quota', key: account, value: JSON.stringify(Object.fromEntries(stored)) },
      untilAt: Math.max(...own.map(([, { endsAt }]) => endsAt)),
    });
  }

  function count(account: string, { requestId, windows }: RequestQuota, now: number): Request {
    const own = windows.map((window) => ({ window, state: windowOf(account, window, now) }));
    const full = own.filter(({ window, state }) => state.count >= window.limit);
    const [last] = full.sort((a, b) => b.state.endsAt - a.state.endsAt);
    if (last !== undefined) {
      const { name, limit } = last.window;
      throw new GatewayError('quota_exceeded', {
        detail: `Your plan allows ${limit} reads of Ajax per ${name}`,
        retryAfterSeconds: (last.state.endsAt - now) / 1_000,
        members: { quota: name, limit },
      });
    }
    for (const { state } of own) state.count++;
    const request: Request = {
      account,
      windows: own.map(({ state }) => state),
      expiresAt: now + REQUEST_MS,
      open: 0,
      isSent: false,
    };
    requests.set(requestId, request);
    save(account, now);
    return request;
  }

  return {
    charge(account, quota) {
      const now = clock.monotonic();
      if (now - sweptAt > quotaWindows.minute.windowMs) {
        sweptAt = now;
        sweep(now);
      }
      const known = requests.get(quota.requestId);
      const request = known?.account === account ? known : count(account, quota, now);
      request.open++;
      return {
        sent() {
          request.isSent = true;
        },
        end() {
          request.open--;
          if (request.open > 0 || request.isSent || requests.get(quota.requestId) !== request) return;
          requests.delete(quota.requestId);
          for (const window of request.windows) window.count--;
          save(account, clock.monotonic());
        },
      };
    },
    left: (account, windows) =>
      windows
        .map((window) => {
          const { remaining, resetMs } = stateOf(account, window);
          return `"${window.name}";r=${remaining};t=${Math.ceil(resetMs / 1_000)}`;
        })
        .join(', '),
    paceMs: (account, windows) =>
      Math.max(
        0,
        ...windows.map((window) => {
          const { remaining, resetMs } = stateOf(account, window);
          return resetMs / Math.max(1, remaining);
        }),
      ),
  };
}
