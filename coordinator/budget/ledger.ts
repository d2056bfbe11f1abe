/** The budget's tokens as records: booked before a request is written, brought forward or forgotten afterwards. */
import type { Clock } from '../../src/kernel/clock.ts';
import type { Records, When } from '../storage/records.ts';
import type { Bounds } from './bounds.ts';

export interface Ledger {
  /** Resolves once the booking is committed. @throws GatewayError storage_unavailable; then it may be committed or not */
  book(id: string, forMs: number): Promise<void>;
  /** Brings a booking forward with the next commit; 0 forgets it. */
  settle(id: string, forMs: number): void;
}

/**
 * Clocks of storage hosts are trusted to 5 s (promise P1): that much longer a booking is kept for the next life, which
 * would not even see one that a clock set ahead has let run out. This life counts by its own clock.
 */
const CLOCK_SKEW_MS = 5_000;

/** @param budget names the API key without revealing it */
export function createLedger(records: Records, budget: string, clock: Clock): Ledger {
  const name = (id: string) => ({ kind: 'booking', key: bookingKey(budget, id) }) as const;
  const put = (id: string, forMs: number, when?: When) =>
    records.put({ ...name(id), value: '', untilAt: clock.monotonic() + forMs + CLOCK_SKEW_MS }, when);
  return {
    async book(id, forMs) {
      put(id, forMs);
      try {
        await records.committed();
      } catch (error) {
        // It may have been committed all the same; nobody will write under it.
        records.delete(name(id));
        throw error;
      }
    },
    settle(id, forMs) {
      // Until then the booking counts for longer than it has to.
      if (forMs > 0) put(id, forMs, 'late');
      else records.delete(name(id), 'late');
    },
  };
}

/**
 * Books everything for as long as a request of an earlier life may still count: for a storage that may have lost
 * what was spent (docs/coordinator.md).
 */
export function distrustStorage(ledger: Ledger, bounds: Bounds): LoadedBooking[] {
  const remainingMs = bounds.countedWithinMs + bounds.returnAfterMs;
  const ids = Array.from({ length: bounds.requests }, (_, n) => `distrust-${n}`);
  for (const id of ids) ledger.settle(id, remainingMs);
  return ids.map((id) => ({ id, remainingMs: remainingMs + CLOCK_SKEW_MS }));
}

const bookingKey = (budget: string, id: string) => `${budget}/${id}`;

/** A token of an earlier life, as the storage knows it. */
export interface LoadedBooking {
  readonly id: string;
  readonly remainingMs: number;
}

/** Bookings of earlier lives: they count whoever made them. */
export async function loadBookings(records: Records, budget: string): Promise<LoadedBooking[]> {
  const prefix = bookingKey(budget, '');
  return (await records.load('booking')).flatMap(({ key, remainingMs }) =>
    key.startsWith(prefix) ? [{ id: key.slice(prefix.length), remainingMs: remainingMs ?? 0 }] : [],
  );
}
