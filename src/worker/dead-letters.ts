import type { Sql } from '../db/client.ts';

/** A job that failed in every attempt. */
export interface DeadLetter {
  readonly id: string;
  /** Name of its kind. */
  readonly kind: string;
  readonly data: unknown;
  readonly attempts: number;
  readonly createdAt: Date | undefined;
  readonly failedAt: Date;
  readonly reason: string;
}

/** All dead letters of a kind. */
export interface FailedKind {
  readonly kind: string;
  readonly count: number;
  /** When the newest of them failed, and why. By the clock of the database. */
  readonly lastAt: Date;
  readonly lastReason: string;
}

export interface DeadLetters {
  byKind(sql: Sql): Promise<FailedKind[]>;
  /** Oldest first, at most `limit`, after the one named. */
  list(
    sql: Sql,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<DeadLetter[]>;
  /** Back into the queue it came from, with all its attempts. @returns undefined when there is none with this id */
  retry(tx: Sql, id: string): Promise<DeadLetter | undefined>;
  /** @returns undefined when there is none with this id */
  delete(tx: Sql, id: string): Promise<DeadLetter | undefined>;
}
