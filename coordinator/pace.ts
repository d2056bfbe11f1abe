/**
 * When clients are asked to come back: the later the busier it is, and not all at once. What is drawn only adds to a
 * time, so nobody is asked to come too early.
 */
import { type CacheTtls, ttlMs } from './cache/ttl.ts';
import { MOST_SPREAD } from './contract/spread.ts';

/** How busy it is for one account. */
export interface Load {
  /** Share of the tokens open to reads that are out. */
  readonly use: number;
  /** What a read asked for now would wait for its token, in ms. */
  readonly waitMs: number;
}

/** Of what is never cached. */
const UNCACHED_MS = 10_000;
/** Two-stage arming is over in a minute; Ajax is asked every 3 s at most. */
const ARMING_MS = 3_000;
/** The budget itself costs no request. */
export const BUDGET_MS = 5_000;
/** Up to this share of the tokens everybody has a token at once. */
const CALM_USE = 0.5;

/** Ms between two reads of a resource that a client does not profit from halving. */
export function baseIntervalMs(ttls: CacheTtls, segments: readonly string[]): number {
  if (segments.includes('commands')) return ARMING_MS;
  return ttlMs(ttls, segments) || UNCACHED_MS;
}

/** Whole seconds a polling client should wait before it asks again: its base, up to twice that, and the queue. */
export function suggestedSeconds(baseMs: number, { use, waitMs }: Load, random: () => number): number {
  const strain = Math.max(0, Math.min(1, use) - CALM_USE) / (1 - CALM_USE);
  const busyMs = baseMs * (1 + strain) + waitMs;
  return Math.ceil((busyMs * (1 + MOST_SPREAD * random())) / 1_000);
}

/** Whole seconds of a Retry-After header: at most a quarter more, or one second where that is less. */
export function spreadSeconds(seconds: number, random: () => number): number {
  const earliest = Math.max(1, Math.ceil(seconds));
  const most = Math.max(1, Math.floor(earliest * MOST_SPREAD));
  return earliest + Math.floor(random() * (most + 1));
}
