import type { Clock } from '../../src/kernel/clock.ts';
import type { CoordinatorStorage, StoredSession } from './port.ts';

/** Keeps everything in one object, which outlives a coordinator like a database would: for tests. */
export function createMemoryStorage(clock: Pick<Clock, 'now'>): CoordinatorStorage {
  const budgets = new Map<string, Map<string, number>>();
  const sessions = new Map<string, StoredSession>();
  const bookingsOf = (budget: string) => {
    const bookings = budgets.get(budget) ?? new Map<string, number>();
    budgets.set(budget, bookings);
    return bookings;
  };
  return {
    async loadBookings(budget) {
      const now = clock.now();
      return [...bookingsOf(budget)]
        .filter(([, until]) => until > now)
        .map(([id, until]) => ({ id, remainingMs: until - now }));
    },
    async commitBookings(budget, { book, settle }) {
      const bookings = bookingsOf(budget);
      const now = clock.now();
      for (const { id, forMs } of book) bookings.set(id, now + forMs);
      for (const { id, forMs } of settle) if (bookings.has(id)) bookings.set(id, now + forMs);
      for (const [id, until] of bookings) if (until <= now) bookings.delete(id);
    },
    async getSession(account) {
      return sessions.get(account);
    },
    async findAccount(loginKey) {
      return [...sessions.values()].findLast((session) => session.loginKey === loginKey)?.account;
    },
    async putSession(session) {
      sessions.delete(session.account);
      sessions.set(session.account, session);
    },
    async deleteSession(account) {
      sessions.delete(account);
    },
    async countSessions() {
      return sessions.size;
    },
  };
}
