import { and, desc, eq, getTableColumns, inArray, lt, ne } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Database, Sql } from '../db/client.ts';
import type { Clock } from '../kernel/clock.ts';
import type { RequestFacts } from '../kernel/context.ts';
import type { Log } from '../kernel/log.ts';
import { redact } from '../kernel/redact.ts';
import { storable } from '../kernel/storable.ts';
import type { End } from './end.ts';
import { followToEnd, type LookUp } from './follow.ts';
import { type Actor, type AuditAction, toRecord } from './record.ts';
import { auditRecords } from './table.ts';

export interface AuditOutcome extends End {
  /** Until the caller had its answer. */
  readonly latencyMs: number;
}

export interface AuditTrail {
  /**
   * Commits what is about to be done. Nothing may be forwarded before this resolves.
   * @throws GatewayError database_unavailable: then nothing may be forwarded at all
   */
  intent(action: AuditAction, facts: RequestFacts, actor: Actor): Promise<Intent>;
  /** Writes an event in the transaction of the change it tells about. */
  event(
    sql: Sql,
    action: AuditAction,
    facts: RequestFacts,
    actor: Actor | undefined,
    result: { readonly outcome: string; readonly statusCode: number },
  ): Promise<void>;
  /** The account's own rows, newest first; an intent carries its outcome. */
  list(accountId: string, page: { limit: number; beforeId?: number; offset?: number }): Promise<AuditRow[]>;
  /**
   * For the shutdown: nothing is followed any longer. Resolves when every mutation under way has ended, and what is
   * known of it has been written or given up.
   */
  settle(): Promise<void>;
}

export interface Intent {
  readonly id: number;
  /** Records the outcome. Never fails: what happened has happened, so a failing database is retried and logged. */
  ended(outcome: AuditOutcome): Promise<void>;
  /** Follows a mutation that goes on after its answer, in the background, and records its end once it is known. */
  goesOn(known: AuditOutcome, lookUp: LookUp): void;
}

export type AuditRow = Awaited<ReturnType<typeof readRows>>[number];

type OutcomeRow = typeof auditRecords.$inferInsert & { readonly intentId: number };

/** Waits between attempts to write an outcome, in milliseconds. */
const OUTCOME_RETRIES_MS = [500, 2_000, 8_000, 30_000];

export function createAuditTrail(database: Database, clock: Clock, log: Log): AuditTrail {
  /** Ends of the mutations under way: their clients may have left, and nobody else waits for them. */
  const open = new Set<Promise<void>>();
  const stopping = new AbortController();

  /** Once per intent: a database that was too slow may have committed the attempt before. */
  const writeOutcome = (row: OutcomeRow) =>
    database.run(async (sql) => void (await sql.insert(auditRecords).values(row).onConflictDoNothing()));

  async function retryLater(row: OutcomeRow): Promise<void> {
    for (const delayMs of OUTCOME_RETRIES_MS) {
      await new Promise<void>((resume) => clock.after(delayMs, resume));
      try {
        return await writeOutcome(row);
      } catch (error) {
        log.warn({ error, intentId: row.intentId }, 'outcome not written to the audit trail, trying again');
      }
    }
    log.error({ intentId: row.intentId, outcome: row.outcome }, 'outcome lost for the audit trail');
  }

  return {
    async intent(action, facts, actor) {
      const record = toRecord('intent', action, facts, actor);
      const id = await database.run(async (sql) => {
        const [row] = await sql.insert(auditRecords).values(record).returning({ id: auditRecords.id });
        if (!row) throw new Error('The database returned no id for an audit record');
        return row.id;
      });
      const { promise: closed, resolve: close } = Promise.withResolvers<void>();
      open.add(closed);
      closed.then(() => open.delete(closed));
      async function ended({ outcome, statusCode, latencyMs, payload }: AuditOutcome): Promise<void> {
        const row = {
          ...record,
          kind: 'outcome' as const,
          intentId: id,
          payload: payload === undefined ? null : storable(redact(payload)),
          outcome,
          statusCode,
          latencyMs: Math.round(latencyMs),
        };
        try {
          await writeOutcome(row);
          close();
        } catch (error) {
          log.warn({ error, intentId: id }, 'outcome not written to the audit trail, trying again');
          retryLater(row).finally(close);
        }
      }
      return {
        id,
        ended,
        goesOn({ latencyMs, ...known }, lookUp) {
          const end = followToEnd(known, lookUp, { clock, signal: stopping.signal });
          void end.then((last) => ended({ ...last, latencyMs }));
        },
      };
    },
    async event(sql, action, facts, actor, result) {
      await sql.insert(auditRecords).values({ ...toRecord('event', action, facts, actor), ...result });
    },
    list: (accountId, page) => database.run((sql) => readRows(sql, accountId, page)),
    async settle() {
      stopping.abort();
      await Promise.all(open);
    },
  };
}

async function readRows(
  sql: Sql,
  accountId: string,
  page: { limit: number; beforeId?: number; offset?: number },
) {
  const outcomes = alias(auditRecords, 'outcomes');
  const rows = await sql
    .select(getTableColumns(auditRecords))
    .from(auditRecords)
    .where(
      and(
        eq(auditRecords.accountId, accountId),
        ne(auditRecords.kind, 'outcome'),
        ...(page.beforeId === undefined ? [] : [lt(auditRecords.id, page.beforeId)]),
      ),
    )
    .orderBy(desc(auditRecords.id))
    .limit(page.limit)
    .offset(page.offset ?? 0);
  const ends =
    rows.length === 0
      ? []
      : await sql
          .select({
            intentId: outcomes.intentId,
            payload: outcomes.payload,
            outcome: outcomes.outcome,
            statusCode: outcomes.statusCode,
            latencyMs: outcomes.latencyMs,
          })
          .from(outcomes)
          .where(
            inArray(
              outcomes.intentId,
              rows.map((row) => row.id),
            ),
          );
  const byIntent = new Map(ends.map(({ intentId, ...end }) => [intentId, end]));
  return rows.map((row) => {
    const { payload: learnt, ...end } = byIntent.get(row.id) ?? { payload: null };
    return {
      ...row,
      ...end,
      payload: learnt === null ? row.payload : Object.assign({}, row.payload, learnt),
    };
  });
}
