import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { type GrantSource, grantSources, type Plan, plans } from '../kernel/caller.ts';

/** Rows are added and ended, never overwritten: what an account may do is derived from those in force. */
export const grants = pgTable(
  'grants',
  {
    id: uuid('id').primaryKey(),
    accountId: uuid('account_id').notNull(),
    plan: text('plan').$type<Plan>().notNull(),
    source: text('source').$type<GrantSource>().notNull(),
    /** Inclusive. */
    from: timestamp('from', { withTimezone: true }).notNull(),
    /** Exclusive; null while the end is open. */
    until: timestamp('until', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    index('grants_account').on(table.accountId, table.until),
    check('grants_plan', sql`${table.plan} in (${sql.raw(plans.map((plan) => `'${plan}'`).join(', '))})`),
    check(
      'grants_source',
      sql`${table.source} in (${sql.raw(grantSources.map((source) => `'${source}'`).join(', '))})`,
    ),
    check('grants_period', sql`${table.until} is null or ${table.until} > ${table.from}`),
  ],
);
