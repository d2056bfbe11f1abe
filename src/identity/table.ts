import { boolean, index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** One row per Ajax account that signed in here; there are no local passwords. */
export const accounts = pgTable('accounts', {
  id: uuid('id').primaryKey(),
  /** Lower case; the key of the account, because an e-mail can change hands. */
  ajaxUserId: text('ajax_user_id').notNull().unique(),
  email: text('email').notNull(),
  /** Accounts of the simulator are never served from a gateway that talks to Ajax, and the other way round. */
  upstream: text('upstream').$type<'live' | 'demo'>().notNull(),
  /** `Accept-Language` of the last sign-in that named one. */
  language: text('language'),
  isActive: boolean('is_active').notNull().default(true),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  lastLoginAt: timestamp('last_login_at', { withTimezone: true }).notNull().defaultNow(),
});

/** Every token names a session; ending the row ends its tokens. */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid('id').primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    /** `jti` of the only refresh token that is valid now. */
    refreshId: text('refresh_id').notNull(),
    previousRefreshId: text('previous_refresh_id'),
    rotatedAt: timestamp('rotated_at', { withTimezone: true }).notNull().defaultNow(),
    ipAddress: text('ip_address').notNull(),
    userAgent: text('user_agent').notNull(),
    /** Of its sign-in at Ajax, as the coordinator named it: later ones of an account are greater. */
    upstreamMark: text('upstream_mark'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
  },
  (table) => [index('sessions_account').on(table.accountId)],
);

/**
 * What limits signing in, kept by rate-limiter-flexible, whose column names these are: failures, attempts under way, and
 * places an account signed in from. Keys are keyed hashes: no e-mail, no address.
 */
export const signInCounters = pgTable(
  'sign_in_counters',
  {
    key: text('key').primaryKey(),
    points: integer('points').notNull().default(0),
    expire: timestamp('expire', { withTimezone: true }),
  },
  (table) => [index('sign_in_counters_expire').on(table.expire)],
);
