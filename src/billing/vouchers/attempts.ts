import { RateLimiterDrizzle } from 'rate-limiter-flexible';
import type { Sql } from '../../db/client.ts';
import { redeemCounters } from '../table.ts';

/** So many codes nobody has ever made may be tried by one account within an hour. */
const MOST_UNKNOWN = 10;
const WINDOW_S = 3_600;

/**
 * Counts an attempt of an account to redeem. The row stays locked until the transaction ends, so attempts of one account
 * happen one after the other, and nobody redeems more than is allowed by trying it all at once.
 * @returns milliseconds until the next attempt may be made, undefined when this one may
 */
export async function beginAttempt(tx: Sql, accountId: string): Promise<number | undefined> {
  const { consumedPoints, msBeforeNext } = await counterOn(tx).penalty(accountId, 1);
  return consumedPoints > MOST_UNKNOWN ? msBeforeNext : undefined;
}

/** The attempt was no guess: there is such a code. */
export async function forgiveAttempt(tx: Sql, accountId: string): Promise<void> {
  await counterOn(tx).reward(accountId, 1);
}

const counterOn = (tx: Sql) =>
  new RateLimiterDrizzle({
    storeClient: tx,
    schema: redeemCounters,
    keyPrefix: 'unknown',
    duration: WINDOW_S,
    // What the limit is, is said above: the library would count attempts that are refused.
    points: Number.MAX_SAFE_INTEGER,
    // One row per account, used again.
    clearExpiredByTimeout: false,
  });
