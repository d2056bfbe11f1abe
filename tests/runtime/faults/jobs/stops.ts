/** Holds a statement of another process in the middle of its transaction, for as long as a test likes. */
import postgres from 'postgres';
import { until } from '../../../support/until.ts';

/** Any number; who waits at a stop waits for the advisory lock of this one. */
const LOCK = 4_711;

export interface DatabaseStop {
  readonly table: string;
  readonly on: 'insert' | 'update' | 'delete';
  /** Of the row, `new` and `old` being it. Default: any. */
  readonly when?: string;
  /** Before the row is written, or in the commit of its transaction. */
  readonly at: 'row' | 'commit';
  /** What becomes of the transaction after the process has died. That of a row is never committed. */
  readonly then?: 'committed' | 'rolled back';
}

export interface ArmedStop {
  /** Resolves once somebody waits there. */
  readonly reached: Promise<unknown>;
  /** After the process was killed: resolves when its session at the database is over, and nobody is stopped any more. */
  lift(): Promise<void>;
}

/** @param url of the database, to which these go on connections of their own */
export async function openStops(url: string) {
  const holder = postgres(url, { max: 1, onnotice: () => {} });
  const looking = postgres(url, { max: 1, onnotice: () => {} });
  await looking.unsafe(`
    create function wait_at_stop() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(${LOCK});
      return coalesce(new, old);
    end $$`);

  const waiting = async () => {
    const rows = await looking.unsafe(
      `select pid from pg_locks where locktype = 'advisory' and objid = ${LOCK} and not granted`,
    );
    return rows.map(({ pid }) => Number(pid));
  };
  const isGone = async (pids: readonly number[]) =>
    (await looking`select 1 from pg_stat_activity where pid = any(${[...pids]}::int[])`).length === 0;

  return {
    async arm({ table, on, when, at, then }: DatabaseStop): Promise<ArmedStop> {
      const condition = when === undefined ? '' : `when (${when})`;
      await looking.unsafe(
        at === 'row'
          ? `create trigger stop_here before ${on} on ${table} for each row ${condition} execute function wait_at_stop()`
          : `create constraint trigger stop_here after ${on} on ${table} deferrable initially deferred
             for each row ${condition} execute function wait_at_stop()`,
      );
      await holder`select pg_advisory_lock(${LOCK})`;
      return {
        reached: until(async () => (await waiting()).length > 0),
        async lift() {
          const pids = await waiting();
          if (then === 'rolled back') {
            for (const pid of pids) await looking`select pg_terminate_backend(${pid})`;
          }
          await holder`select pg_advisory_unlock(${LOCK})`;
          await until(() => isGone(pids));
          await looking.unsafe(`drop trigger stop_here on ${table}`);
        },
      };
    },
    close: async () => void (await Promise.all([holder.end(), looking.end()])),
  };
}
export type Stops = Awaited<ReturnType<typeof openStops>>;
