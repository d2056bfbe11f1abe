/** The times of the budget (docs/coordinator.md), all in milliseconds. */
export interface Bounds {
  /** Tokens, N. */
  readonly requests: number;
  /** W: the upstream counts requests in any window this long. */
  readonly windowMs: number;
  /** S: a request is written at most this long after its token was booked. */
  readonly writeWithinMs: number;
  /** How long a token stays booked when nothing is ever heard: S + D + W + G. */
  readonly bookedForMs: number;
  /** How long a token stays booked after its response was seen: W + G. */
  readonly returnAfterMs: number;
  /** D: a written request is counted by the upstream within this time or never. */
  readonly countedWithinMs: number;
}

/** Logins together hold at most a tenth of the tokens. */
export const loginTokens = (requests: number) => Math.max(1, Math.floor(requests / 10));

/** What one tenant holds at most in the urgent lanes while others wait: a quarter of the tokens. */
export const tenantUrgentTokens = (requests: number) => Math.max(1, Math.floor(requests / 4));

/** What one tenant holds at most of the reserve while others wait: a third. */
export const tenantReserveTokens = (reserve: number) => Math.max(1, Math.ceil(reserve / 3));

export function createBounds(requests: number, windowMs: number, requestTimeoutMs: number): Bounds {
  const writeWithinMs = 1_000;
  const countedWithinMs = requestTimeoutMs + 15_000;
  const driftMs = Math.max(5, windowMs / 1_000);
  return {
    requests,
    windowMs,
    writeWithinMs,
    countedWithinMs,
    bookedForMs: writeWithinMs + countedWithinMs + windowMs + driftMs,
    returnAfterMs: windowMs + driftMs,
  };
}
