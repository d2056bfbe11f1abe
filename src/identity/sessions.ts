/** Sessions are rows; this file is the only one that reads and writes them. */
import { and, count, eq, gt, isNull, max, ne, sql as raw } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import { readGrants, type Timeline, timelineOf } from '../billing/index.ts';
import type { Database, Sql } from '../db/client.ts';
import type { Plan } from '../kernel/caller.ts';
import type { Clock } from '../kernel/clock.ts';
import { accounts, sessions } from './table.ts';

export interface SessionState {
  readonly sessionId: string;
  readonly accountId: string;
  readonly ajaxUserId: string;
  readonly email: string;
  readonly isActive: boolean;
  readonly expiresAtMs: number;
  readonly ipAddress: string;
  /** Of the plans of the account. */
  readonly timeline: Timeline;
}

export type RotationResult = 'rotated' | 'raced' | 'reused' | 'gone';

export interface Rotation {
  readonly sessionId: string;
  readonly from: string;
  readonly to: string;
  readonly expiresAt: Date;
}

export interface Besides {
  /** Whether another session is in force. */
  readonly hasOthers: boolean;
  /** Mark of the last sign-in of the account, ended sessions included; undefined when none of them has one. */
  readonly lastMark: string | undefined;
}

export interface Sessions {
  /**
   * The session as the database had it at most 1 s ago; undefined when it is revoked, unknown or expired.
   * @throws GatewayError database_unavailable: there is no answer without the database
   */
  find(sessionId: string): Promise<SessionState | undefined>;
  /**
   * Replaces the refresh token in one step. `raced`: the token was replaced within the last 10 s, so two tabs
   * refreshed at once; `reused`: it was replaced before that, so somebody kept a copy; `gone`: no such session.
   */
  rotate(sql: Sql, rotation: Rotation): Promise<RotationResult>;
  revoke(sql: Sql, sessionId: string): Promise<void>;
  /** What the account has besides a session, at one moment. */
  besides(sessionId: string, accountId: string): Promise<Besides>;
  /** Remembers the address a session is used from; true when it is a new one. */
  moved(sql: Sql, sessionId: string, ipAddress: string): Promise<boolean>;
  /** Drops what is remembered of a session, so that this process sees a change at once. */
  forget(sessionId: string): void;
  /** The same of every session: somebody's plan has changed, which is rare. */
  forgetAll(): void;
}

/** Longest age of remembered session and plan state. */
const STATE_AGE_MS = 1_000;
/** Two tabs of one browser may refresh with the same cookie within this time. */
const REFRESH_RACE_MS = 10_000;

export function createSessions(database: Database, clock: Clock, defaultPlan: Plan): Sessions {
  const remembered = new LRUCache<string, { readAt: number; state: Promise<SessionState | undefined> }>({
    max: 10_000,
  });

  async function read(sessionId: string): Promise<SessionState | undefined> {
    const now = new Date(clock.now());
    return database.run(async (sql) => {
      const [row] = await sql
        .select({
          accountId: sessions.accountId,
          ajaxUserId: accounts.ajaxUserId,
          email: accounts.email,
          isActive: accounts.isActive,
          expiresAt: sessions.expiresAt,
          ipAddress: sessions.ipAddress,
        })
        .from(sessions)
        .innerJoin(accounts, eq(accounts.id, sessions.accountId))
        .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt), gt(sessions.expiresAt, now)));
      if (!row) return undefined;
      const { expiresAt, ...state } = row;
      const timeline = timelineOf(await readGrants(sql, row.accountId), defaultPlan);
      return { ...state, sessionId, expiresAtMs: expiresAt.getTime(), timeline };
    });
  }

  return {
    async find(sessionId) {
      const known = remembered.get(sessionId);
      // Counted from before the read: what it returns is never older than that.
      if (known && clock.monotonic() - known.readAt < STATE_AGE_MS) return inForce(await known.state);
      const state = read(sessionId);
      remembered.set(sessionId, { readAt: clock.monotonic(), state });
      state.catch(() => {
        if (remembered.get(sessionId)?.state === state) remembered.delete(sessionId);
      });
      return inForce(await state);
    },
    async rotate(sql, { sessionId, from, to, expiresAt }) {
      const now = new Date(clock.now());
      const current = and(
        eq(sessions.id, sessionId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, now),
      );
      const rotated = await sql
        .update(sessions)
        .set({ refreshId: to, previousRefreshId: from, rotatedAt: now, expiresAt })
        .where(and(current, eq(sessions.refreshId, from)))
        .returning({ id: sessions.id });
      if (rotated.length > 0) return 'rotated';
      const [row] = await sql
        .select({ previous: sessions.previousRefreshId, rotatedAt: sessions.rotatedAt })
        .from(sessions)
        .where(current);
      if (!row) return 'gone';
      const isRace = row.previous === from && now.getTime() - row.rotatedAt.getTime() < REFRESH_RACE_MS;
      return isRace ? 'raced' : 'reused';
    },
    async revoke(sql, sessionId) {
      await sql
        .update(sessions)
        .set({ revokedAt: new Date(clock.now()) })
        .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)));
    },
    async besides(sessionId, accountId) {
      const now = new Date(clock.now());
      const isOther = and(
        ne(sessions.id, sessionId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, now),
      );
      // In one statement: a sign-in that is in time to be seen as a mark is seen as a session, too.
      const [row] = await database.run((sql) =>
        sql
          .select({ others: count(raw`case when ${isOther} then 1 end`), mark: max(sessions.upstreamMark) })
          .from(sessions)
          .where(eq(sessions.accountId, accountId)),
      );
      return { hasOthers: (row?.others ?? 0) > 0, lastMark: row?.mark ?? undefined };
    },
    async moved(sql, sessionId, ipAddress) {
      const changed = await sql
        .update(sessions)
        .set({ ipAddress })
        .where(and(eq(sessions.id, sessionId), ne(sessions.ipAddress, ipAddress)))
        .returning({ id: sessions.id });
      return changed.length > 0;
    },
    forget(sessionId) {
      remembered.delete(sessionId);
    },
    forgetAll() {
      remembered.clear();
    },
  };

  /** A remembered session still ends at its own moment. */
  function inForce(state: SessionState | undefined): SessionState | undefined {
    return state && state.expiresAtMs > clock.now() ? state : undefined;
  }
}
