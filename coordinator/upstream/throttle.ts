import { upstreamThrottleMessage } from '../contract/upstream.ts';

/** The longest a single throttling answer closes the budget, whatever it asks for. */
const LONGEST_CLOSURE_MS = 5 * 60_000;
const SHORTEST_CLOSURE_MS = 1_000;

/**
 * Whether Ajax says that the limit was exceeded: 429, or a 200 whose only member is a message about the limit.
 * Such an answer proves that the request was not executed (promise P6).
 */
export function isThrottled(status: number, body: Uint8Array): boolean {
  if (status === 429) return true;
  // Real answers are longer: no need to parse them twice.
  if (status !== 200 || body.length > 1_000) return false;
  try {
    return upstreamThrottleMessage.safeParse(JSON.parse(Buffer.from(body).toString())).success;
  } catch {
    return false;
  }
}

/** Ms of a Retry-After header, in seconds or as a date (RFC 9110 section 10.2.3); undefined when it makes no sense. */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  // The runtimes take `1.5` and `-5` for dates in the past, and the budget would open at once.
  const date = /^[A-Z][a-z]+,? /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** How long a throttling answer closes the budget: as it asks, within reason, or one window. */
export function closureMs(headers: Headers, now: number, windowMs: number): number {
  const asked = retryAfterMs(headers, now) ?? windowMs;
  return Math.min(Math.max(asked, SHORTEST_CLOSURE_MS), LONGEST_CLOSURE_MS);
}
