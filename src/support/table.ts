import { sql } from 'drizzle-orm';
import { index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/** What people wrote to the operator; kept whether or not it could be mailed. */
export const supportRequests = pgTable(
  'support_requests',
  {
    id: uuid('id').primaryKey(),
    /** null: somebody without a session. */
    accountId: uuid('account_id'),
    email: text('email').notNull(),
    subject: text('subject').notNull(),
    message: text('message').notNull(),
    category: text('category').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    doneAt: at('done_at'),
  },
  (table) => [index('support_requests_open').on(table.id).where(sql`${table.doneAt} is null`)],
);

/** Accepted requests per sender and hour, and of all strangers. Keys are keyed hashes: no address is stored. */
export const supportCounters = pgTable('support_counters', {
  key: text('key').primaryKey(),
  count: integer('count').notNull(),
  /** The hour ends, and the next accepted request begins another. */
  until: at('until').notNull(),
});
