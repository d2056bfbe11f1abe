import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';

/**
 * The write-ahead trail (promise P10). `intent`: what is about to be done, committed before it is forwarded;
 * `outcome`: how it ended, pointing at its intent; `event`: something that needs no forwarding, such as a login.
 * Rows are only ever inserted.
 */
export const auditRecords = pgTable(
  'audit_records',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text('kind').$type<'intent' | 'outcome' | 'event'>().notNull(),
    intentId: bigint('intent_id', { mode: 'number' }),
    at: timestamp('at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    accountId: uuid('account_id'),
    sessionId: uuid('session_id'),
    action: text('action').notNull(),
    method: text('method').notNull(),
    endpoint: text('endpoint').notNull(),
    resourceId: text('resource_id'),
    payload: jsonb('payload'),
    severity: text('severity').$type<'info' | 'warning' | 'critical'>().notNull(),
    ipAddress: text('ip_address').notNull(),
    userAgent: text('user_agent').notNull(),
    correlationId: text('correlation_id').notNull(),
    /** Of outcomes and events: how it ended, what the caller was answered, and how long that answer took. */
    outcome: text('outcome'),
    statusCode: integer('status_code'),
    latencyMs: integer('latency_ms'),
  },
  (table) => [
    index('audit_records_account').on(table.accountId, table.id),
    uniqueIndex('audit_records_intent').on(table.intentId),
    check('audit_records_kind', sql`${table.kind} in ('intent', 'outcome', 'event')`),
    check(
      'audit_records_intent_of_outcome',
      sql`(${table.kind} = 'outcome') = (${table.intentId} is not null)`,
    ),
  ],
);
