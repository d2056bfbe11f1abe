/**
 * The tokens, in memory: this is the truth while the process lives (promise P1).
 * A token is taken when work leaves the queue, booked in storage before its request is written, and comes back
 * W + G after its response was seen; or, when nothing was ever heard, at the end of its booking. All times are
 * monotonic milliseconds.
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { newId } from '../../src/kernel/ids.ts';
import type { Demand, Gate, Others, Place } from '../queue/place.ts';
import { isUrgent, mayUseReserve, type Urgency } from '../queue/urgency.ts';
import { type Bounds, loginTokens, tenantReserveTokens, tenantUrgentTokens } from './bounds.ts';
import { type Booked, createHoldings } from './holdings.ts';
import type { Ledger, LoadedBooking } from './ledger.ts';
import { predictStart } from './prediction.ts';

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

export interface Budget extends Gate {
  /** Takes a token; ask `allows` first. */
  take(urgency: Urgency, account: string | undefined): Token;
  /** Closes the budget because Ajax throttled; a longer closure is never shortened. */
  close(forMs: number): void;
  /** Monotonic time until which it is closed; undefined when open. */
  closedUntil(): number | undefined;
  /**
   * Expected wait in ms of work behind others. An estimate: replies may take longer.
   * @param demands work that starts before it, its own tenant's included
   */
  predictWait(place: Place, demands: readonly Demand[], others: Others): number;
  /** Ms until something may change without anybody acting; undefined when nothing is booked. */
  nextChange(): number | undefined;
  /** Tokens out, of everybody or of one account. */
  used(account?: string): number;
  /** Tells one listener when `nextChange` has changed, or a token came back before its time. */
  watch(listener: () => void): void;
}

export interface BudgetOptions {
  readonly bounds: Bounds;
  /** Tokens kept for commands and refreshes. */
  readonly reserve: number;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly loaded: readonly LoadedBooking[];
  /** What is left of a closure of an earlier life, in ms. */
  readonly closedForMs?: number;
  /** Told when it closes, or closes for longer, so that a later life can know. */
  readonly onClose?: (forMs: number) => void;
}

export function createBudget(options: BudgetOptions): Budget {
  const { bounds, reserve, clock, ledger, loaded, closedForMs = 0, onClose } = options;
  const limits = {
    requests: bounds.requests,
    unreserved: bounds.requests - reserve,
    logins: loginTokens(bounds.requests),
    tenantUrgent: tenantUrgentTokens(bounds.requests),
    tenantReserve: tenantReserveTokens(reserve),
  };
  const holdings = createHoldings();
  let closed = closedForMs > 0 ? clock.monotonic() + closedForMs : Number.NEGATIVE_INFINITY;
  let tell = () => {};

  const loadedAt = clock.monotonic();
  for (const { remainingMs } of loaded) {
    const until = loadedAt + remainingMs;
    holdings.hold(unbooked(undefined), until, until);
  }

  const isOpen = () => clock.monotonic() >= closed;
  const used = () => {
    holdings.prune(clock.monotonic());
    return holdings.all.size();
  };

  function opens(urgency: Urgency): boolean {
    if (!isOpen() || used() >= (mayUseReserve(urgency) ? limits.requests : limits.unreserved)) return false;
    return urgency !== 'login' || holdings.logins.size() < limits.logins;
  }

  return {
    opens,

    allows(place, others) {
      if (!opens(place.urgency)) return false;
      const own = holdings.of(place.account);
      if (others === 'absent' || own === undefined || !isUrgent(place.urgency)) return true;
      if (others === 'waiting' && own.urgent.size() >= limits.tenantUrgent) return false;
      return used() < limits.unreserved || own.reserved.size() < limits.tenantReserve;
    },

    take(urgency, account) {
      // Every attempt has its own id: a commit that arrives late can only book something nobody uses.
      const id = newId(clock.now());
      const token: Booked = {
        ...unbooked(account),
        isUrgent: isUrgent(urgency),
        isLogin: urgency === 'login',
        isReserved: used() >= limits.unreserved,
      };
      let bookedAt = Number.NEGATIVE_INFINITY;
      let bookedWall = Number.NEGATIVE_INFINITY;
      const laterBy = (ms: number) => clock.monotonic() + ms;
      holdings.hold(token, Number.POSITIVE_INFINITY, laterBy(bounds.returnAfterMs));
      return {
        async book() {
          const before = clock.monotonic();
          const beforeWall = clock.now();
          try {
            await ledger.book(id, bounds.bookedForMs);
          } catch (error) {
            holdings.drop(token);
            tell();
            throw error;
          }
          bookedAt = before;
          bookedWall = beforeWall;
          holdings.hold(token, laterBy(bounds.bookedForMs), laterBy(bounds.returnAfterMs));
          tell();
        },
        // By both clocks: the monotonic one stands still while a machine is suspended, the other may be set back.
        mayWrite: () =>
          clock.monotonic() - bookedAt < bounds.writeWithinMs &&
          clock.now() - bookedWall < bounds.writeWithinMs,
        settle() {
          const until = laterBy(bounds.returnAfterMs);
          holdings.hold(token, until, until);
          ledger.settle(id, bounds.returnAfterMs);
          tell();
        },
        release() {
          holdings.drop(token);
          if (bookedAt !== Number.NEGATIVE_INFINITY) ledger.settle(id, 0);
          tell();
        },
        abandon() {
          if (holdings.has(token)) holdings.hold(token, token.until, token.until);
        },
      };
    },

    close(forMs) {
      const until = clock.monotonic() + forMs;
      if (until <= closed) return;
      closed = until;
      onClose?.(forMs);
    },
    closedUntil: () => (isOpen() ? undefined : closed),

    predictWait(place, demands, others) {
      used();
      const now = clock.monotonic();
      const from = Math.max(now, closed);
      const cycleMs = bounds.returnAfterMs;
      return predictStart({ holdings, limits, place, demands, others, from, cycleMs }) - now;
    },

    nextChange() {
      const now = clock.monotonic();
      holdings.prune(now);
      if (!isOpen()) return closed - now;
      const earliest = holdings.earliest();
      return earliest === undefined ? undefined : earliest - now;
    },

    used: (account) => {
      const total = used();
      return account === undefined ? total : (holdings.of(account)?.total ?? 0);
    },

    watch(listener) {
      tell = listener;
    },
  };
}

function unbooked(account: string | undefined): Booked {
  return {
    account,
    isUrgent: false,
    isLogin: false,
    isReserved: false,
    until: Number.POSITIVE_INFINITY,
    expected: Number.POSITIVE_INFINITY,
    position: -1,
  };
}
