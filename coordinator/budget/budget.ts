/**
 * The tokens, in memory: this is the truth while the process lives (promise P1).
 * A token is taken when work leaves the queue, booked in storage before its request is written, and comes back
 * W + G after its response was seen; or, when nothing was ever heard, at the end of its booking. All times are
 * monotonic milliseconds.
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { newId } from '../../src/kernel/ids.ts';
import type { Urgency } from '../queue/urgency.ts';
import type { LoadedBooking } from '../storage/port.ts';
import { type Bounds, loginTokens } from './bounds.ts';
import type { Ledger } from './ledger.ts';

/** One token on its way: exactly one of `settle`, `release` and `abandon` ends it. */
export interface Token {
  /** @throws GatewayError storage_unavailable; the token is back and must not be used */
  book(): Promise<void>;
  /** True while the booking is fresh enough to write under it. Ask right before writing. */
  mayWrite(): boolean;
  /** The response was seen now. */
  settle(): void;
  /** Nothing was written, and nothing will be. */
  release(): void;
  /** Written, nothing heard: the token stays booked to its end. */
  abandon(): void;
}

export interface Budget {
  /** Whether work of this urgency may take a token now. */
  allows(urgency: Urgency): boolean;
  /** Takes a token; ask `allows` first. */
  take(urgency: Urgency, account: string | undefined): Token;
  /** Closes the budget because Ajax throttled; a longer closure is never shortened. */
  close(forMs: number): void;
  /** Monotonic time until which it is closed; undefined when open. */
  closedUntil(): number | undefined;
  /** Expected wait in ms of work with `ahead` others before it. An estimate: replies may take longer. */
  predictWait(urgency: Urgency, ahead: number): number;
  /** Ms until something may change without anybody acting; undefined when nothing is booked. */
  nextChange(): number | undefined;
  used(account?: string): number;
}

export interface BudgetOptions {
  readonly bounds: Bounds;
  /** Tokens kept for commands and refreshes. */
  readonly reserve: number;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly loaded: readonly LoadedBooking[];
}

/** Clocks of storage hosts are trusted to 5 s (promise P1): bookings of an earlier life count that much longer. */
const CLOCK_SKEW_MS = 5_000;

interface Booked {
  /** When it comes back for certain. */
  until: number;
  /** When it will probably come back. */
  expected: number;
  readonly account: string | undefined;
  readonly login: boolean;
}

export function createBudget({ bounds, reserve, clock, ledger, loaded }: BudgetOptions): Budget {
  const tokens = new Map<string, Booked>();
  let closed = Number.NEGATIVE_INFINITY;

  const loadedAt = clock.monotonic();
  for (const { id, remainingMs } of loaded) {
    const until = loadedAt + remainingMs + CLOCK_SKEW_MS;
    tokens.set(id, { until, expected: until, account: undefined, login: false });
  }

  /** Lower bound of what is in `until`, so that most calls need not look at every token. */
  let earliest = Number.NEGATIVE_INFINITY;

  function prune(): void {
    const now = clock.monotonic();
    if (now < earliest) return;
    earliest = Number.POSITIVE_INFINITY;
    for (const [id, token] of tokens) {
      if (token.until <= now) tokens.delete(id);
      else earliest = Math.min(earliest, token.until);
    }
  }

  /** Tokens that this urgency leaves alone. */
  const keeps = (urgency: Urgency) => (urgency === 'command' || urgency === 'refresh' ? 0 : reserve);
  const loginLimit = loginTokens(bounds.requests);

  const logins = () => [...tokens.values()].filter((token) => token.login);

  function isOpen(): boolean {
    return clock.monotonic() >= closed;
  }

  return {
    allows(urgency) {
      prune();
      if (!isOpen() || tokens.size >= bounds.requests - keeps(urgency)) return false;
      return urgency !== 'login' || logins().length < loginLimit;
    },

    take(urgency, account) {
      // Every attempt has its own id: a commit that arrives late can only book something nobody uses.
      const id = newId(clock.now());
      const hold = (until: number, expected: number) => {
        earliest = Math.min(earliest, until);
        tokens.set(id, { until, expected, account, login: urgency === 'login' });
      };
      let bookedAt = Number.NEGATIVE_INFINITY;
      hold(Number.POSITIVE_INFINITY, clock.monotonic() + bounds.returnAfterMs);
      return {
        async book() {
          const before = clock.monotonic();
          try {
            await ledger.book(id, bounds.bookedForMs);
          } catch (error) {
            tokens.delete(id);
            throw error;
          }
          bookedAt = before;
          hold(clock.monotonic() + bounds.bookedForMs, clock.monotonic() + bounds.returnAfterMs);
        },
        mayWrite: () => clock.monotonic() - bookedAt < bounds.writeWithinMs,
        settle() {
          const until = clock.monotonic() + bounds.returnAfterMs;
          hold(until, until);
          ledger.settle(id, bounds.returnAfterMs);
        },
        release() {
          tokens.delete(id);
          if (bookedAt !== Number.NEGATIVE_INFINITY) ledger.settle(id, 0);
        },
        abandon() {
          const token = tokens.get(id);
          if (token) token.expected = token.until;
        },
      };
    },

    close(forMs) {
      closed = Math.max(closed, clock.monotonic() + forMs);
    },
    closedUntil: () => (isOpen() ? undefined : closed),

    predictWait(urgency, ahead) {
      prune();
      const now = clock.monotonic();
      const opensIn = Math.max(0, closed - now);
      // Once logins have taken their share, they wait for the tokens of logins.
      const isShareSpent = urgency === 'login' && logins().length + ahead >= loginLimit;
      const mine = isShareSpent ? logins() : [...tokens.values()];
      const limit = isShareSpent ? loginLimit : bounds.requests - keeps(urgency);
      const missing = mine.length + ahead + 1 - limit;
      if (missing <= 0) return opensIn;
      const returns = mine.map((token) => token.expected).sort((a, b) => a - b);
      if (returns.length === 0) return opensIn;
      // Beyond the tokens known now, each comes back once per window.
      const rounds = Math.floor((missing - 1) / returns.length);
      const next = returns[(missing - 1) % returns.length] ?? now;
      return Math.max(opensIn, next - now + rounds * bounds.returnAfterMs, 0);
    },

    nextChange() {
      prune();
      const now = clock.monotonic();
      if (!isOpen()) return closed - now;
      return earliest === Number.POSITIVE_INFINITY ? undefined : Math.max(0, earliest - now);
    },

    used(account) {
      prune();
      if (account === undefined) return tokens.size;
      let mine = 0;
      for (const token of tokens.values()) if (token.account === account) mine++;
      return mine;
    },
  };
}
