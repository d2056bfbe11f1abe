import { sql as raw } from 'drizzle-orm';
import { bigint, check, index, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

/** What a coordinator recovers from. Values are sealed by whoever writes them. */
export const coordinatorRecords = pgTable(
  'coordinator_records',
  {
    kind: text().notNull(),
    key: text().notNull(),
    value: text().notNull(),
    /** By the database's clock; null: never. What has run out is removed by and by. */
    expiresAt: timestamp('expires_at', { withTimezone: true, precision: 3 }),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.key] }),
    index('coordinator_records_expiry').on(table.expiresAt).where(raw`${table.expiresAt} is not null`),
  ],
);

/** Whose the records are: one row, and none before the first coordinator. */
export const coordinatorLease = pgTable(
  'coordinator_lease',
  {
    row: integer().primaryKey().default(1),
    epoch: bigint({ mode: 'number' }).notNull(),
    /** Of the last commit. */
    serial: bigint({ mode: 'number' }).notNull(),
    /** Null: released. */
    holder: text(),
    url: text(),
    until: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    /** The database's at the last commit; null: nothing was ever committed. */
    incarnation: text(),
  },
  (table) => [check('coordinator_lease_one_row', raw`${table.row} = 1`)],
);
