/** Session and refresh tokens, and their rotation. */
import { randomToken } from './digest.ts';

export interface SessionLimits {
  readonly sessionTtlMs: number;
  readonly refreshTtlMs: number;
  /** Life of the refresh token of a login that proved a second factor. */
  readonly totpRefreshTtlMs: number;
}

export interface TokenPair {
  readonly sessionToken: string;
  readonly userId: string;
  readonly refreshToken: string;
}

export interface Session extends TokenPair {
  readonly secondFactor: boolean;
  sessionEndsAt: number;
  readonly refreshEndsAt: number;
}

export interface Sessions {
  open(userId: string, secondFactor: boolean): TokenPair;
  /** A new pair; from this moment the old session and the old refresh token are both dead. */
  rotate(userId: string, refreshToken: string): TokenPair | undefined;
  /** The user a living session token belongs to. */
  userOf(sessionToken: string): string | undefined;
  /** Ends session tokens as if their time had run out; refresh tokens live on. */
  expire(userId?: string): void;
  /** Ends session and refresh tokens: only a new login helps. */
  revoke(userId?: string): void;
  /** Every session whose refresh token may still live. */
  all(): readonly Session[];
}

/** @param restored sessions of an earlier run; they keep their ends. */
export function createSessions(
  limits: SessionLimits,
  clock: () => number,
  restored: readonly Session[] = [],
): Sessions {
  const byRefreshToken = new Map<string, Session>();
  const bySessionToken = new Map<string, Session>();
  for (const session of restored) add({ ...session });

  function add(session: Session) {
    byRefreshToken.set(session.refreshToken, session);
    bySessionToken.set(session.sessionToken, session);
  }

  function remove(session: Session) {
    byRefreshToken.delete(session.refreshToken);
    bySessionToken.delete(session.sessionToken);
  }

  function removeDead(now: number) {
    for (const session of byRefreshToken.values()) if (session.refreshEndsAt <= now) remove(session);
  }

  function open(userId: string, secondFactor: boolean): TokenPair {
    const now = clock();
    removeDead(now);
    const session: Session = {
      sessionToken: randomToken(),
      userId,
      refreshToken: randomToken(),
      secondFactor,
      sessionEndsAt: now + limits.sessionTtlMs,
      refreshEndsAt: now + (secondFactor ? limits.totpRefreshTtlMs : limits.refreshTtlMs),
    };
    add(session);
    return { sessionToken: session.sessionToken, userId, refreshToken: session.refreshToken };
  }

  const sessionsOf = (userId: string | undefined) =>
    [...byRefreshToken.values()].filter((session) => userId === undefined || session.userId === userId);

  return {
    open,
    rotate(userId, refreshToken) {
      const session = byRefreshToken.get(refreshToken);
      if (!session || session.userId !== userId || session.refreshEndsAt <= clock()) return undefined;
      remove(session);
      return open(userId, session.secondFactor);
    },
    userOf(sessionToken) {
      const session = bySessionToken.get(sessionToken);
      return session && session.sessionEndsAt > clock() ? session.userId : undefined;
    },
    expire(userId) {
      // The epoch and not minus infinity, which JSON does not know.
      for (const session of sessionsOf(userId)) session.sessionEndsAt = 0;
    },
    revoke(userId) {
      for (const session of sessionsOf(userId)) remove(session);
    },
    all: () => [...byRefreshToken.values()],
  };
}
