import { sql } from 'drizzle-orm';
import {
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import type { Channel, Kind } from './catalogue.ts';
import type { Language } from './texts/words.ts';

const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/** What an account is told. Not the text: which, and what is in it, so that another language is another reading. */
export const notifications = pgTable(
  'notifications',
  {
    /** Of version 7: sorts by time. */
    id: uuid('id').primaryKey(),
    accountId: uuid('account_id').notNull(),
    kind: text('kind').$type<Kind>().notNull(),
    message: text('message').notNull(),
    params: jsonb('params').$type<Readonly<Record<string, unknown>>>().notNull(),
    /** Path within the dashboard. */
    link: text('link'),
    /** false: only for the other channels. */
    inApp: boolean('in_app').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    readAt: at('read_at'),
  },
  (table) => [
    index('notifications_account').on(table.accountId, table.id),
    index('notifications_unread').on(table.accountId).where(sql`${table.readAt} is null and ${table.inApp}`),
  ],
);

/** Only what an account has chosen otherwise than usual. */
export const notificationPreferences = pgTable(
  'notification_preferences',
  {
    accountId: uuid('account_id').notNull(),
    kind: text('kind').$type<Kind>().notNull(),
    channel: text('channel').$type<Channel>().notNull(),
    enabled: boolean('enabled').notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.kind, table.channel] })],
);

/** One row per account that has chosen a language or has webhooks; also what changes of these wait for. */
export const notificationSettings = pgTable('notification_settings', {
  accountId: uuid('account_id').primaryKey(),
  language: text('language').$type<Language>(),
});

/** The outbox: mails to be sent, and what became of them. */
export const outgoingMails = pgTable(
  'outgoing_mails',
  {
    id: uuid('id').primaryKey(),
    /** undefined: of somebody without an account. */
    accountId: uuid('account_id'),
    recipient: text('recipient').notNull(),
    language: text('language').$type<Language>().notNull(),
    kind: text('kind').$type<Kind>().notNull(),
    message: text('message').notNull(),
    params: jsonb('params').$type<Readonly<Record<string, unknown>>>().notNull(),
    link: text('link'),
    createdAt: at('created_at').notNull().defaultNow(),
    sentAt: at('sent_at'),
    /** Set when it is given up. */
    failedAt: at('failed_at'),
    attempts: integer('attempts').notNull().default(0),
    error: text('error'),
  },
  (table) => [index('outgoing_mails_created').on(table.createdAt)],
);

export const webhookEndpoints = pgTable(
  'webhook_endpoints',
  {
    id: uuid('id').primaryKey(),
    accountId: uuid('account_id').notNull(),
    url: text('url').notNull(),
    description: text('description').notNull(),
    kinds: jsonb('kinds').$type<readonly Kind[]>().notNull(),
    /** AES-GCM, bound to the id. */
    secretSealed: text('secret_sealed').notNull(),
    enabled: boolean('enabled').notNull(),
    /** Why it was disabled by itself. */
    disabledReason: text('disabled_reason').$type<'failing' | 'gone'>(),
    createdAt: at('created_at').notNull().defaultNow(),
    lastDeliveredAt: at('last_delivered_at'),
  },
  (table) => [index('webhook_endpoints_account').on(table.accountId)],
);

export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    /** The webhook-id of the specification: the same in every attempt. */
    id: uuid('id').primaryKey(),
    endpointId: uuid('endpoint_id')
      .notNull()
      .references(() => webhookEndpoints.id, { onDelete: 'cascade' }),
    accountId: uuid('account_id').notNull(),
    type: text('type').notNull(),
    /** As it is sent and signed. */
    body: text('body').notNull(),
    state: text('state').$type<'pending' | 'delivered' | 'failed' | 'skipped'>().notNull(),
    attempts: integer('attempts').notNull().default(0),
    responseStatus: integer('response_status'),
    /** In one word. */
    error: text('error'),
    durationMs: integer('duration_ms'),
    createdAt: at('created_at').notNull().defaultNow(),
    endedAt: at('ended_at'),
  },
  (table) => [
    index('webhook_deliveries_endpoint').on(table.endpointId, table.id),
    index('webhook_deliveries_created').on(table.createdAt),
  ],
);

/** When administrators were last told of something that repeats itself. */
export const operatorAlerts = pgTable('operator_alerts', {
  alert: text('alert').primaryKey(),
  raisedAt: at('raised_at').notNull(),
});
