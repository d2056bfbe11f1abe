import { inArray, lt } from 'drizzle-orm';
import { RateLimiterDrizzle } from 'rate-limiter-flexible';
import type { Sql } from '../../db/client.ts';
import { signInCounters } from '../table.ts';

const MINUTE_S = 60;
const DAY_S = 24 * 60 * MINUTE_S;

/** Failures are counted for so long, from the first on. */
const FAILURES_S = DAY_S;
export const LOCK_S = 15 * MINUTE_S;
/** Longer than any attempt: one whose gateway died is not under way for ever. */
const UNDER_WAY_S = MINUTE_S;
const PLACE_S = 365 * DAY_S;

export type Refusal = { readonly kind: 'locked'; readonly forMs: number } | { readonly kind: 'busy' };

/** Counters of rate-limiter-flexible on a database or in a transaction of it; a key belongs to one scope. */
export interface Counters {
  /** Counts an attempt as under way when it may be made: failures and attempts under way are fewer than `most`. */
  begin(key: string, most: number): Promise<Refusal | undefined>;
  /** The attempt is over. Call it first: it orders what is said about the key after it. */
  end(key: string): Promise<void>;
  /** Counts a failure; true when it is the last of `most`, and the key is locked now. */
  fail(key: string, most: number): Promise<boolean>;
  clear(key: string): Promise<void>;
  isKnownPlace(pair: string): Promise<boolean>;
  rememberPlace(pair: string): Promise<void>;
}

export function countersOn(sql: Sql): Counters {
  const counter = (keyPrefix: string, duration: number) =>
    new RateLimiterDrizzle({
      storeClient: sql,
      schema: signInCounters,
      keyPrefix,
      duration,
      // What a limit is, `begin` says: the library would count attempts that are refused.
      points: Number.MAX_SAFE_INTEGER,
      // Its timer would run for each instance; see `deleteExpired`.
      clearExpiredByTimeout: false,
    });
  const underWay = counter('under-way', UNDER_WAY_S);
  const failures = counter('failures', FAILURES_S);
  const places = counter('place', PLACE_S);

  return {
    async begin(key, most) {
      // The row stays locked until the transaction ends: whoever begins or ends an attempt of this key waits for it.
      const { consumedPoints: running } = await underWay.penalty(key, 1);
      const failed = await failures.get(key);
      const failedPoints = failed?.consumedPoints ?? 0;
      if (failedPoints >= most) return { kind: 'locked', forMs: failed?.msBeforeNext ?? 0 };
      if (failedPoints + running > most) return { kind: 'busy' };
      await underWay.set(key, running, UNDER_WAY_S);
      return undefined;
    },
    async end(key) {
      const { consumedPoints: running } = await underWay.reward(key, 1);
      // Below zero when it took longer than it could.
      if (running <= 0) await underWay.delete(key);
    },
    async fail(key, most) {
      const { consumedPoints: failed } = await failures.penalty(key, 1);
      if (failed !== most) return false;
      await failures.set(key, most, LOCK_S);
      return true;
    },
    async clear(key) {
      await failures.delete(key);
    },
    async isKnownPlace(pair) {
      return (await places.get(pair)) !== null;
    },
    async rememberPlace(pair) {
      await places.set(pair, 1, PLACE_S);
    },
  };
}

/** The clocks of two gateways may differ by less. */
const SAFELY_EXPIRED_MS = 60 * 60_000;
const AT_ONCE = 1_000;

/** Deletes rows that say nothing any more, without waiting for anybody who works on one of them. */
export async function deleteExpired(sql: Sql, nowMs: number): Promise<void> {
  const expired = sql
    .select({ key: signInCounters.key })
    .from(signInCounters)
    .where(lt(signInCounters.expire, new Date(nowMs - SAFELY_EXPIRED_MS)))
    .limit(AT_ONCE)
    .for('update', { skipLocked: true });
  await sql.delete(signInCounters).where(inArray(signInCounters.key, expired));
}
