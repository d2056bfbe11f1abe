/**
 * Brings bookings and settlements into the storage: whatever gathers while one commit runs goes into the next, so
 * load costs few transactions. Fails closed: no commit within 2 s, no token (promise P11).
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import type { Log } from '../../src/kernel/log.ts';
import { withinStorageTime } from '../storage/patience.ts';
import type { BookingBatch } from '../storage/port.ts';

export interface Ledger {
  /** Resolves once the booking is committed. @throws GatewayError storage_unavailable; then it may be committed or not */
  book(id: string, forMs: number): Promise<void>;
  /** Brings a booking forward, soon. When the storage fails it is tried again with the next commit. */
  settle(id: string, forMs: number): void;
  /** Whether the last commit succeeded. */
  healthy(): boolean;
  /** Resolves when everything asked for so far has been tried. */
  idle(): Promise<void>;
}

/** Settlements kept for another try; beyond it bookings simply run out by themselves, which is safe. */
const KEPT_SETTLEMENTS = 10_000;

interface Waiting {
  readonly forMs: number;
  resolve(): void;
  reject(error: unknown): void;
}

export function createLedger(commit: (batch: BookingBatch) => Promise<void>, clock: Clock, log: Log): Ledger {
  let bookings = new Map<string, Waiting>();
  let settlements = new Map<string, number>();
  let running: Promise<void> | undefined;
  let ok = true;

  function wake(): void {
    // After the current tick, so that what is asked for in one tick shares a commit.
    running ??= Promise.resolve().then(drain);
  }

  async function drain(): Promise<void> {
    while (bookings.size > 0 || settlements.size > 0) {
      const isCommitted = await commitOnce();
      // What is left to settle is no reason to hammer a storage that is down; the next booking takes it along. One
      // that came just now has found this drain running and waits for it.
      if (!isCommitted && bookings.size === 0) break;
    }
    running = undefined;
  }

  async function commitOnce(): Promise<boolean> {
    const book = bookings;
    const settle = settlements;
    bookings = new Map();
    settlements = new Map();
    try {
      await withinStorageTime(
        clock,
        commit({
          book: [...book].map(([id, { forMs }]) => ({ id, forMs })),
          settle: [...settle].map(([id, forMs]) => ({ id, forMs })),
        }),
      );
      if (!ok) log.info({}, 'storage of the budget answers again');
      ok = true;
      for (const waiting of book.values()) waiting.resolve();
      return true;
    } catch (error) {
      if (ok) log.error({ error }, 'storage of the budget does not answer: nothing is sent');
      ok = false;
      // Later settlements of the same id win over those that failed.
      if (settlements.size + settle.size <= KEPT_SETTLEMENTS)
        settlements = new Map([...settle, ...settlements]);
      const failure = new GatewayError('storage_unavailable', { cause: error });
      // Those that came meanwhile too: nobody waits through two time-outs.
      for (const waiting of [...book.values(), ...bookings.values()]) waiting.reject(failure);
      bookings = new Map();
      return false;
    }
  }

  return {
    book: (id, forMs) =>
      new Promise((resolve, reject) => {
        bookings.set(id, { forMs, resolve, reject });
        wake();
      }),
    settle(id, forMs) {
      settlements.set(id, forMs);
      wake();
    },
    healthy: () => ok,
    async idle() {
      await running;
    },
  };
}
