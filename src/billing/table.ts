import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  date,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { type GrantSource, grantSources, type Plan, plans } from '../kernel/caller.ts';

const inPlans = (column: AnyPgColumn) =>
  sql`${column} in (${sql.raw(plans.map((plan) => `'${plan}'`).join(', '))})`;

/** Rows are added and ended, never overwritten: what an account may do is derived from all of them. */
export const grants = pgTable(
  'grants',
  {
    id: uuid('id').primaryKey(),
    accountId: uuid('account_id').notNull(),
    plan: text('plan').$type<Plan>().notNull(),
    source: text('source').$type<GrantSource>().notNull(),
    /** Inclusive. */
    from: timestamp('from', { withTimezone: true }).notNull(),
    /** Exclusive; null while the end is open, and of days. */
    until: timestamp('until', { withTimezone: true }),
    /** Of use, instead of a period: they run while nothing as good is in force. */
    days: integer('days'),
    /** Taken back at that moment, by an administrator or because what it came from has changed. */
    endedAt: timestamp('ended_at', { withTimezone: true }),
    /** What it comes from: the id of a subscription or of a redemption. */
    reference: text('reference'),
    /** In the words of an administrator. */
    reason: text('reason'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    index('grants_account').on(table.accountId, table.until),
    check('grants_plan', inPlans(table.plan)),
    check(
      'grants_source',
      sql`${table.source} in (${sql.raw(grantSources.map((source) => `'${source}'`).join(', '))})`,
    ),
    check('grants_period', sql`${table.until} is null or ${table.until} > ${table.from}`),
    check('grants_days', sql`${table.days} is null or (${table.days} > 0 and ${table.until} is null)`),
    // What has changed upstream ends one row before it begins another, however many try at once.
    uniqueIndex('grants_reference')
      .on(table.source, table.reference)
      .where(sql`${table.endedAt} is null and ${table.reference} is not null`),
  ],
);

/** The plan an account was told of last: what it is told when its plan becomes another, or is about to end. */
export const toldPlans = pgTable(
  'told_plans',
  {
    accountId: uuid('account_id').primaryKey(),
    /** null: nobody has looked yet. */
    plan: text('plan').$type<Plan>(),
    /** The end it was warned of last. */
    warnedUntil: timestamp('warned_until', { withTimezone: true }),
    /** When there is something to tell, as things stand; null: never. */
    dueAt: timestamp('due_at', { withTimezone: true }),
  },
  (table) => [index('told_plans_due').on(table.dueAt), check('told_plans_plan', inPlans(table.plan))],
);

/** Codes an administrator has made, or that came from an older installation. */
export const vouchers = pgTable(
  'vouchers',
  {
    id: uuid('id').primaryKey(),
    /** AJAX-XXXX-XXXX-XXXX in capitals. */
    code: text('code').notNull().unique(),
    plan: text('plan').$type<Plan>().notNull(),
    days: integer('days').notNull(),
    /** How many accounts may redeem it, and how many have. */
    uses: integer('uses').notNull().default(1),
    used: integer('used').notNull().default(0),
    /** Exclusive; null: never. */
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
    /** Of those made together. */
    batch: text('batch'),
    note: text('note'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    index('vouchers_batch').on(table.batch),
    check('vouchers_plan', inPlans(table.plan)),
    check('vouchers_days', sql`${table.days} > 0`),
    check('vouchers_uses', sql`${table.used} between 0 and ${table.uses}`),
  ],
);

export const redemptions = pgTable(
  'voucher_redemptions',
  {
    id: uuid('id').primaryKey(),
    voucherId: uuid('voucher_id')
      .notNull()
      .references(() => vouchers.id),
    accountId: uuid('account_id').notNull(),
    at: timestamp('at', { withTimezone: true }).notNull(),
  },
  (table) => [
    // The index is also what finds those of an account.
    uniqueIndex('voucher_redemptions_once').on(table.accountId, table.voucherId),
  ],
);

/** What limits guessing codes, kept by rate-limiter-flexible, whose column names these are. */
export const redeemCounters = pgTable('redeem_counters', {
  key: text('key').primaryKey(),
  points: integer('points').notNull().default(0),
  expire: timestamp('expire', { withTimezone: true }),
});

/** Whose trial has begun: a keyed hash of the Ajax user id, which stays when the account is deleted. */
export const trials = pgTable('trials', {
  key: text('key').primaryKey(),
  startedAt: timestamp('started_at', { withTimezone: true }).notNull(),
});

/** Requests of an account by day (UTC), for charts. */
export const usageDays = pgTable(
  'usage_days',
  {
    accountId: uuid('account_id').notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    /** Reads that asked Ajax, answered from the cache, and refused by the quota; commands. */
    fetched: integer('fetched').notNull().default(0),
    cached: integer('cached').notNull().default(0),
    refused: integer('refused').notNull().default(0),
    commands: integer('commands').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.day] })],
);

/** Customers at Stripe, and whose they are. An account gets another one when its customer was deleted there. */
export const stripeCustomers = pgTable(
  'stripe_customers',
  {
    id: text('id').primaryKey(),
    accountId: uuid('account_id').notNull(),
    deletedAt: timestamp('deleted_at', { withTimezone: true }),
    /** Looks at Stripe that have begun, and the number of the one that was written down last. */
    begun: integer('begun').notNull().default(0),
    written: integer('written').notNull().default(0),
    /** When the one that was written down last began, by the clock of the database. */
    writtenFrom: timestamp('written_from', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('stripe_customers_account').on(table.accountId)],
);

/** Subscriptions as Stripe had them when it was asked last. What they give is in the grants. */
export const stripeSubscriptions = pgTable(
  'stripe_subscriptions',
  {
    id: text('id').primaryKey(),
    customerId: text('customer_id')
      .notNull()
      .references(() => stripeCustomers.id),
    accountId: uuid('account_id').notNull(),
    status: text('status').notNull(),
    /** Of its price; null: of a price nobody has configured. */
    plan: text('plan').$type<Plan>(),
    itemId: text('item_id'),
    periodEnd: timestamp('period_end', { withTimezone: true }),
    endsWithPeriod: boolean('ends_with_period').notNull(),
    /** What somebody has been told about it. */
    problems: text('problems').array().notNull(),
  },
  (table) => [index('stripe_subscriptions_account').on(table.accountId)],
);

export const stripeInvoices = pgTable(
  'stripe_invoices',
  {
    id: text('id').primaryKey(),
    accountId: uuid('account_id').notNull(),
    number: text('number'),
    status: text('status').notNull(),
    plan: text('plan').$type<Plan>(),
    /** In the smallest unit of the currency; negative: a credit. */
    total: bigint('total', { mode: 'number' }).notNull(),
    currency: text('currency').notNull(),
    url: text('url'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  (table) => [index('stripe_invoices_account').on(table.accountId, table.createdAt)],
);

/** Events Stripe has sent, each once: stored with the job that handles it. */
export const stripeEvents = pgTable('stripe_events', {
  id: text('id').primaryKey(),
  type: text('type').notNull(),
  customerId: text('customer_id'),
  chargeId: text('charge_id'),
  receivedAt: timestamp('received_at', { withTimezone: true }).notNull().defaultNow(),
});
