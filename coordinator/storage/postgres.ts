import { and, eq, gt, isNotNull, isNull, or, sql as raw, type SQL } from 'drizzle-orm';
import { readBootId } from '../../src/db/boot-id.ts';
import type { Database } from '../../src/db/client.ts';
import type {
  Acquisition,
  Commit,
  CommitOutcome,
  CoordinatorStorage,
  LeaseHolder,
  LeaseRequest,
  RecordKind,
} from './port.ts';
import { coordinatorLease as lease, coordinatorRecords as records } from './table.ts';

export interface DatabaseStorageOptions {
  /** PGlite only: names the run of the operating system. Default: what `readBootId` says. */
  readonly bootId?: string;
}

/**
 * Storage in PostgreSQL (15 or newer) or PGlite.
 * The clock is clock_timestamp(), because now() stands still at the start of a transaction.
 */
export function createDatabaseStorage(
  database: Database,
  { bootId }: DatabaseStorageOptions = {},
): CoordinatorStorage {
  const { sql } = database;
  const incarnation =
    database.kind === 'pglite' ? raw`${bootId ?? readBootId()}::text` : incarnationOfPostgres;
  const execute = async <Row>(statement: SQL) => rowsOf<Row>(await sql.execute(statement));

  const holder = async (): Promise<LeaseHolder | undefined> => {
    const [row] = await sql
      .select({
        holder: lease.holder,
        url: lease.url,
        epoch: lease.epoch,
        remainingMs: remaining(lease.until).mapWith(Number),
      })
      .from(lease)
      .where(and(isNotNull(lease.holder), gt(lease.until, clock)));
    return row?.holder ? { ...row, holder: row.holder, url: row.url ?? undefined } : undefined;
  };
  const live = (kind: RecordKind) =>
    and(eq(records.kind, kind), or(isNull(records.expiresAt), gt(records.expiresAt, clock)));
  const remainingMs = remaining(records.expiresAt).mapWith(Number);

  return {
    async acquire(request): Promise<Acquisition> {
      for (;;) {
        const [taken] = await execute<TakenLease>(acquireStatement(request, incarnation));
        if (taken) {
          return {
            acquired: true,
            epoch: Number(taken.epoch),
            serial: Number(taken.serial),
            incarnation: taken.incarnation,
            recordedIncarnation: taken.recorded ?? undefined,
          };
        }
        // A statement of its own: that of the attempt does not see who took the lease while it waited.
        const present = await holder();
        if (present) return { acquired: false, holder: present };
      }
    },
    holder,
    async release(epoch) {
      await sql.update(lease).set({ holder: null, url: null, until: clock }).where(eq(lease.epoch, epoch));
    },
    async commit(commit): Promise<CommitOutcome> {
      const [judged] = await execute<JudgedCommit>(commitStatement(commit, incarnation));
      if (!judged) throw new Error('A commit was not judged');
      const { kind, incarnation: present } = judged;
      return kind === 'committed' ? { kind, incarnation: present } : { kind };
    },
    async get(kind, key) {
      const [row] = await sql
        .select({ value: records.value })
        .from(records)
        .where(and(live(kind), eq(records.key, key)));
      return row?.value;
    },
    async list(kind) {
      const rows = await sql
        .select({ key: records.key, value: records.value, remainingMs })
        .from(records)
        .where(live(kind));
      return rows.map((row) => ({ ...row, remainingMs: row.remainingMs ?? undefined }));
    },
    async keys(kind) {
      const rows = await sql.select({ key: records.key, remainingMs }).from(records).where(live(kind));
      return rows.map((row) => ({ ...row, remainingMs: row.remainingMs ?? undefined }));
    },
    count: (kind) => sql.$count(records, live(kind)),
  };
}

interface TakenLease {
  readonly epoch: string | number;
  readonly serial: string | number;
  readonly incarnation: string;
  readonly recorded: string | null;
}

interface JudgedCommit {
  readonly kind: CommitOutcome['kind'];
  readonly incarnation: string;
}

const clock = raw<Date>`clock_timestamp()`;
const remaining = (until: typeof lease.until | typeof records.expiresAt) =>
  raw<number | null>`extract(epoch from ${until} - clock_timestamp())::float8 * 1000`;
const fromNow = (forMs: number) => raw`clock_timestamp() + ${forMs}::float8 * interval '1 millisecond'`;

/**
 * Another cluster, or the same on another timeline, is another incarnation: fail-over and recovery to an earlier point
 * start one. The timeline is that of the log being written; pg_control_checkpoint() names the old one until the first
 * checkpoint after a promotion. Without fsync a restart may have lost data as well. Every role may call these.
 */
const incarnationOfPostgres = raw`(
  select system_identifier::text || ':' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
    || case current_setting('fsync') when 'off' then ':' || pg_postmaster_start_time() else '' end
  from pg_control_system())`;

/** Takes the lease or returns no row. The condition is checked on the row as it is once its lock is had. */
function acquireStatement({ holder, url, forMs, force, dead }: LeaseRequest, incarnation: SQL): SQL {
  const clockMicros = raw`floor(extract(epoch from clock_timestamp()) * 1000000)::bigint`;
  return raw`
    insert into coordinator_lease as held (epoch, serial, holder, url, until)
    values (${clockMicros}, 0, ${holder}::text, ${url ?? null}::text, ${fromNow(forMs)})
    on conflict ("row") do update set epoch = greatest(held.epoch + 1, ${clockMicros}),
      holder = excluded.holder, url = excluded.url, until = ${fromNow(forMs)}
    where held.holder is null or held.until <= clock_timestamp() or ${force}::boolean
      or held.holder = ${dead ?? null}::text
    returning epoch, serial, ${incarnation} as incarnation, held.incarnation as recorded`;
}

/**
 * One statement, hence one round trip and one transaction, correct under READ COMMITTED:
 * - `held` waits for the lease's row and reads it as it is then; everything else waits for `held`. Commits and
 *   acquisitions go one after the other.
 * - The statement sees the other rows as they were before it waited. So records are written by upserts only, which
 *   meet the latest row: a `delete` would miss one that was inserted meanwhile. What is deleted ran out long ago.
 * - Where the lease's row is missing, an acquisition may insert it meanwhile: `taken` is then empty.
 */
function commitStatement(commit: Commit, incarnation: SQL): SQL {
  const { epoch, holder, url, forMs } = commit.lease;
  const rows = rowsToWrite(commit);
  return raw`
    with held as (
      select epoch, serial, holder from coordinator_lease for update
    ), judged as (
      select present.incarnation, case
        when held.epoch > ${epoch}::bigint then 'fenced'
        when held.epoch = ${epoch}::bigint and held.holder is distinct from ${holder}::text then 'fenced'
        when held.epoch = ${epoch}::bigint and held.serial >= ${commit.serial}::bigint then 'superseded'
        when ${commit.restores}::boolean then 'committed'
        when held.epoch = ${epoch}::bigint and held.serial >= ${commit.acknowledged}::bigint
          and present.incarnation = ${commit.incarnation}::text then 'committed'
        else 'lost'
      end as kind
      from (select ${incarnation} as incarnation) present left join held on true
    ), taken as (
      insert into coordinator_lease as earlier (epoch, serial, holder, url, until, incarnation)
      select ${epoch}::bigint, ${commit.serial}::bigint, ${holder}::text, ${url ?? null}::text, ${fromNow(forMs)},
        judged.incarnation
      from judged where judged.kind = 'committed'
      on conflict ("row") do update set epoch = excluded.epoch, serial = excluded.serial,
        holder = excluded.holder, url = excluded.url, until = excluded.until, incarnation = excluded.incarnation
      where earlier.epoch <= excluded.epoch
      returning 1
    ), brought as materialized (
      select * from json_to_recordset(${JSON.stringify(rows)}::text::json)
        as record (kind text, key text, value text, "forMs" float8, gone boolean)
    ), written as (
      insert into coordinator_records (kind, key, value, expires_at)
      select kind, key, value,
        case when gone then '-infinity' else clock_timestamp() + "forMs" * interval '1 millisecond' end
      from taken, brought
      on conflict (kind, key) do update set value = excluded.value, expires_at = excluded.expires_at
    )${commit.serial % SWEEP_EVERY === 0 ? sweep : raw``}
    select incarnation, ${durability},
      case when kind = 'committed' and not exists (select from taken) then 'fenced' else kind end as kind
    from judged`;
}

/** In commits: planning and running it costs as much as a small commit. */
const SWEEP_EVERY = 16;
/** So that a sweep after a long pause does not hold up its commit for long. */
const MOST_ROWS_SWEPT = 5_000;

/**
 * Removes rows that ran out, checked again on the latest row, and none of this commit, because one statement must not
 * change a row twice. A subquery makes the clock a constant, which an index can use.
 */
const sweep = raw`, swept as (
  delete from coordinator_records where expires_at < clock_timestamp() and ctid = any (array (
    select expired.ctid from taken, coordinator_records expired
    where expires_at < (select clock_timestamp())
      and not exists (select from brought where brought.kind = expired.kind and brought.key = expired.key)
    order by expires_at limit ${raw.raw(String(MOST_ROWS_SWEPT))}
  )))`;

/** A server that answers before it has written must not do so for this transaction. */
const durability = raw`
  case current_setting('synchronous_commit') when 'off' then set_config('synchronous_commit', 'on', true) end`;

/** One row of a name at most: an upsert cannot meet the same row twice. */
function rowsToWrite(commit: Commit) {
  const rows = [...commit.delete.map((name) => ({ ...name, value: '', gone: true })), ...commit.put];
  return [...new Map(rows.map((row) => [`${row.kind}:${row.key}`, row])).values()];
}

/** postgres.js answers an array, PGlite an object with the rows in it. */
function rowsOf<Row>(result: unknown): readonly Row[] {
  return Array.isArray(result) ? result : (result as { readonly rows: readonly Row[] }).rows;
}
