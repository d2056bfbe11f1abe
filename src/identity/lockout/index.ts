/**
 * Keeps passwords from being guessed, without letting anybody lock out somebody else (docs/adr/0015). Only what Ajax
 * calls a wrong password counts. An attempt counts from its beginning until it is known how it ended, so that those
 * made at the same time cannot be more than the limit.
 */
import type { Database, Sql } from '../../db/client.ts';
import type { Clock } from '../../kernel/clock.ts';
import { GatewayError } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { countersOn, deleteExpired, LOCK_S, type Refusal } from './counters.ts';
import { createKeys, type Scope, scopes, type Visitor } from './keys.ts';
import { busy, createTurns, type Patience } from './turns.ts';

export type { Patience, Scope, Visitor };

interface Limit {
  /** As many failures within 24 h lock for 15 min. */
  readonly failures: number;
  /**
   * Attempts of one gateway under way at once; others wait. So only more gateways can meet at the limit, and few
   * transactions wait for one row.
   */
  readonly atOnce: number;
}

const limits: Readonly<Record<Scope, Limit>> = {
  /** One e-mail at one address. */
  pair: { failures: 5, atOnce: 1 },
  /** Many e-mails at one address. */
  address: { failures: 20, atOnce: 4 },
  /** One e-mail at many addresses. */
  account: { failures: 50, atOnce: 4 },
};

export interface Lock {
  readonly scope: Scope;
  readonly until: Date;
}

export interface Attempt<T> {
  readonly visitor: Visitor;
  readonly patience: Patience;
  /** Asks Ajax; rejects with login_failed when the password is wrong. */
  readonly signIn: () => Promise<T>;
  /** Writes down a failure, and the locks it brought, in the transaction that counts it. */
  readonly onFailure: (sql: Sql, locks: readonly Lock[]) => Promise<void>;
}

export interface Accepted<T> {
  readonly answer: T;
  /** Whether the e-mail has signed in at this address before. */
  readonly isKnownPlace: boolean;
}

export interface Lockout {
  /**
   * Makes the attempt unless it is locked; a locked one asks nobody and changes nothing.
   * @throws GatewayError sign_in_locked, budget_exhausted (too many at once), database_unavailable: nobody signs in
   * uncounted; whatever `signIn` throws
   */
  attempt<T>(attempt: Attempt<T>): Promise<Accepted<T>>;
}

export interface LockoutOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly secretKey: string;
}

const CLEANED_EVERY_MS = 5 * 60_000;

export async function createLockout({ database, clock, log, secretKey }: LockoutOptions): Promise<Lockout> {
  const keysOf = await createKeys(secretKey);
  const turns = createTurns(clock);
  let cleanedAt = Number.NEGATIVE_INFINITY;

  const change = <T>(work: (sql: Sql) => Promise<T>) => database.run((sql) => sql.transaction(work));

  /** Nobody waits for it. */
  async function clean(): Promise<void> {
    if (clock.monotonic() - cleanedAt < CLEANED_EVERY_MS) return;
    cleanedAt = clock.monotonic();
    await database
      .run((sql) => deleteExpired(sql, clock.now()))
      .catch((error: unknown) => log.warn({ error }, 'expired sign-in counters not deleted'));
  }

  function refuse(refusal: Refusal): never {
    if (refusal.kind === 'busy') throw busy();
    const until = new Date(clock.now() + refusal.forMs);
    const readable = until.toISOString().slice(0, 19).replace('T', ' ');
    throw new GatewayError('sign_in_locked', {
      detail: `Too many failed attempts to sign in. The next one is possible at ${readable} UTC.`,
      retryAfterSeconds: refusal.forMs / 1000,
      members: { locked_until: until.toISOString() },
    });
  }

  return {
    async attempt({ visitor, patience, signIn, onFailure }) {
      const keys = await keysOf(visitor);
      const endTurns: (() => void)[] = [];
      // Always in the order of `scopes`, here and for the rows: whoever waits holds only what comes before.
      const takeTurn = async (scope: Scope) =>
        endTurns.push(await turns.take(keys[scope], limits[scope].atOnce, patience));
      try {
        await takeTurn('pair');
        const isUsualPlace = await database.run((sql) => countersOn(sql).isKnownPlace(keys.pair));
        const counted = scopes.filter((scope) => scope === 'pair' || !isUsualPlace);
        for (const scope of counted) if (scope !== 'pair') await takeTurn(scope);

        await change(async (tx) => {
          const counters = countersOn(tx);
          for (const scope of counted) {
            const refusal = await counters.begin(keys[scope], limits[scope].failures);
            // Takes back what the scopes before it counted.
            if (refusal !== undefined) refuse(refusal);
          }
        });
        void clean();
        const end = async (tx: Sql) => {
          const counters = countersOn(tx);
          for (const scope of counted) await counters.end(keys[scope]);
          return counters;
        };

        let answer: Awaited<ReturnType<typeof signIn>>;
        try {
          answer = await signIn();
        } catch (error) {
          if (error instanceof GatewayError && error.code === 'login_failed') {
            await change(async (tx) => {
              const counters = await end(tx);
              const locks: Lock[] = [];
              for (const scope of counted) {
                if (!(await counters.fail(keys[scope], limits[scope].failures))) continue;
                locks.push({ scope, until: new Date(clock.now() + LOCK_S * 1000) });
              }
              await onFailure(tx, locks);
            });
          } else {
            // Says nothing about the password, and is what its caller has to hear.
            await change(end).catch((failure: unknown) =>
              log.warn(
                { error: failure },
                'end of a sign-in not written; it counts as under way for a minute',
              ),
            );
          }
          throw error;
        }
        await change(async (tx) => {
          const counters = await end(tx);
          await counters.clear(keys.pair);
          await counters.rememberPlace(keys.pair);
        });
        return { answer, isKnownPlace: isUsualPlace };
      } finally {
        for (const endTurn of endTurns.reverse()) endTurn();
      }
    },
  };
}
