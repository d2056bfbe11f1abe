/**
 * What the coordinator keeps beyond its memory. Times are durations: the storage adds its own clock, so clocks of
 * processes never meet (promise P1 holds across restarts and skew).
 */
export interface CoordinatorStorage {
  /** Bookings that have not run out, whoever wrote them. `budget` names an API key without revealing it. */
  loadBookings(budget: string): Promise<readonly LoadedBooking[]>;
  /** All of it or nothing. Forgets bookings that have long run out. */
  commitBookings(budget: string, batch: BookingBatch): Promise<void>;

  getSession(account: string): Promise<StoredSession | undefined>;
  /** The account that signed in with this login key last. */
  findAccount(loginKey: string): Promise<string | undefined>;
  putSession(session: StoredSession): Promise<void>;
  deleteSession(account: string): Promise<void>;
  countSessions(): Promise<number>;
}

export interface LoadedBooking {
  readonly id: string;
  /** Milliseconds until it runs out, by the storage's clock. */
  readonly remainingMs: number;
}

export interface BookingBatch {
  /** New bookings, or old ones booked anew: they run out `forMs` after the commit. */
  readonly book: readonly { readonly id: string; readonly forMs: number }[];
  /** Known bookings brought forward: they run out `forMs` after the commit, 0 at once. */
  readonly settle: readonly { readonly id: string; readonly forMs: number }[];
}

export interface StoredSession {
  /** Ajax user id in lower case. */
  readonly account: string;
  /** Keyed hash of the e-mail, to find the account before Ajax has named it. */
  readonly loginKey: string;
  /** Sealed; the storage never sees a token (promise P9). */
  readonly sealed: string;
}
