import { index, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

/** Tokens of the budget that are booked: a row counts until `until` by the database's clock. */
export const coordinatorBookings = pgTable(
  'coordinator_bookings',
  {
    /** Which API key's budget: the start of its SHA-256. */
    budget: text().notNull(),
    id: text().notNull(),
    until: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.budget, table.id] })],
);

/** One upstream session per Ajax account, sealed. */
export const coordinatorSessions = pgTable(
  'coordinator_sessions',
  {
    account: text().primaryKey(),
    /** Keyed hash of the e-mail. */
    loginKey: text('login_key').notNull(),
    sealed: text().notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  },
  (table) => [index('coordinator_sessions_login_key').on(table.loginKey)],
);
