/** Requests by account and day, for charts: counted in memory, added to the database now and then. */
import { and, eq, gte, sql as raw } from 'drizzle-orm';
import type { Database, Sql } from '../db/client.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { DAY_MS } from './entitlement.ts';
import { usageDays } from './table.ts';

export const usageKinds = ['fetched', 'cached', 'refused', 'commands'] as const;
export type UsageKind = (typeof usageKinds)[number];

export type UsageDay = { readonly day: string } & Readonly<Record<UsageKind, number>>;

export interface Usage {
  /** Costs no more than a look into a map; nobody waits for the database. */
  count(accountId: string, kind: UsageKind): void;
  /** The last days, today included, oldest first. @throws GatewayError database_unavailable */
  read(accountId: string, days: number): Promise<readonly UsageDay[]>;
  /** For the shutdown: writes down what was counted. */
  settle(): Promise<void>;
}

/** So much may be lost with a process that is killed: charts live with it. */
const FLUSH_AFTER_MS = 10_000;
/** A statement has at most 65 535 parameters. */
const AT_ONCE = 1_000;

type Row = typeof usageDays.$inferInsert & Record<UsageKind, number>;

export function createUsage(database: Database, clock: Clock, log: Log): Usage {
  let counted = new Map<string, Row>();
  let flushing: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;

  function rowOf(accountId: string, day: string): Row {
    const key = `${accountId} ${day}`;
    const known = counted.get(key);
    if (known !== undefined) return known;
    const row = { accountId, day, fetched: 0, cached: 0, refused: 0, commands: 0 };
    counted.set(key, row);
    return row;
  }

  function schedule(): void {
    cancelTimer ??= clock.after(FLUSH_AFTER_MS, () => void flush());
  }

  /** What could not be written is counted again, for the next time. */
  async function write(): Promise<void> {
    const rows = [...counted.values()];
    counted = new Map();
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      const some = rows.slice(at, at + AT_ONCE);
      try {
        await database.run((sql) => add(sql, some), 10_000);
      } catch (error) {
        log.warn({ error }, 'usage not written, trying again');
        for (const row of rows.slice(at)) {
          const known = rowOf(row.accountId, row.day);
          for (const kind of usageKinds) known[kind] += row[kind];
        }
        schedule();
        return;
      }
    }
  }

  async function flush(): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    await flushing;
    flushing = write().finally(() => {
      flushing = undefined;
    });
    await flushing;
  }

  return {
    count(accountId, kind) {
      rowOf(accountId, dayOf(clock.now()))[kind] += 1;
      schedule();
    },
    async read(accountId, days) {
      await flush();
      const nowMs = clock.now();
      const wanted = Array.from({ length: days }, (_, at) => dayOf(nowMs - (days - 1 - at) * DAY_MS));
      const rows = await database.run((sql) =>
        sql
          .select()
          .from(usageDays)
          .where(and(eq(usageDays.accountId, accountId), gte(usageDays.day, wanted[0] ?? ''))),
      );
      const byDay = new Map(rows.map(({ accountId: _, ...row }) => [row.day, row]));
      return wanted.map((day) => byDay.get(day) ?? { day, fetched: 0, cached: 0, refused: 0, commands: 0 });
    },
    settle: flush,
  };
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

async function add(sql: Sql, rows: readonly Row[]): Promise<void> {
  const sum = (kind: UsageKind) => raw`${usageDays[kind]} + excluded.${raw.identifier(kind)}`;
  await sql
    .insert(usageDays)
    .values([...rows])
    .onConflictDoUpdate({
      target: [usageDays.accountId, usageDays.day],
      set: Object.fromEntries(usageKinds.map((kind) => [kind, sum(kind)])),
    });
}
