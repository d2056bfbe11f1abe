import { count, desc, eq, getTableColumns, sql as raw } from 'drizzle-orm';
import type { Database } from '../../src/db/client.ts';
import type { BookingBatch, CoordinatorStorage } from './port.ts';
import { coordinatorBookings, coordinatorSessions } from './table.ts';

/** Storage in PostgreSQL or PGlite. */
export function createDatabaseStorage(database: Database): CoordinatorStorage {
  const { sql } = database;
  const bookings = coordinatorBookings;
  const sessions = coordinatorSessions;

  return {
    async loadBookings(budget) {
      // clock_timestamp(), because now() stands still at the start of a transaction.
      const remainingMs = raw<number>`extract(epoch from ${bookings.until} - clock_timestamp()) * 1000`;
      const rows = await sql
        .select({ id: bookings.id, remainingMs: remainingMs.mapWith(Number) })
        .from(bookings)
        .where(eq(bookings.budget, budget));
      return rows.filter((row) => row.remainingMs > 0);
    },
    async commitBookings(budget, batch) {
      await sql.execute(commitStatement(budget, batch));
    },
    async getSession(account) {
      const [row] = await sql.select().from(sessions).where(eq(sessions.account, account));
      return row;
    },
    async findAccount(loginKey) {
      const [row] = await sql
        .select({ account: sessions.account })
        .from(sessions)
        .where(eq(sessions.loginKey, loginKey))
        .orderBy(desc(sessions.updatedAt))
        .limit(1);
      return row?.account;
    },
    async putSession(session) {
      const row = { ...session, updatedAt: raw`clock_timestamp()` };
      const { account: _, ...set } = row;
      await sql.insert(sessions).values(row).onConflictDoUpdate({ target: sessions.account, set });
    },
    async deleteSession(account) {
      await sql.delete(sessions).where(eq(sessions.account, account));
    },
    async countSessions() {
      const [row] = await sql.select({ sessions: count() }).from(sessions);
      return row?.sessions ?? 0;
    },
  };
}

/**
 * One statement, hence one round trip and one transaction.
 * The parts see the same snapshot, and a row may be changed by one of them only: no id is both booked and settled in
 * one batch, and what is forgotten ran out long before anybody could still settle it.
 */
function commitStatement(budget: string, { book, settle }: BookingBatch) {
  const rows = (items: BookingBatch['book']) =>
    raw`(select item->>'id' as id, (item->>'forMs')::float8 * interval '1 millisecond' as span
         from jsonb_array_elements(${JSON.stringify(items)}::text::jsonb) item)`;
  const { until, id } = getTableColumns(coordinatorBookings);
  return raw`
    with booked as (
      insert into ${coordinatorBookings} (budget, id, until)
      select ${budget}, wanted.id, clock_timestamp() + wanted.span from ${rows(book)} wanted
      on conflict (budget, id) do update set until = excluded.until
    ), settled as (
      update ${coordinatorBookings} set until = clock_timestamp() + wanted.span from ${rows(settle)} wanted
      where ${coordinatorBookings.budget} = ${budget} and ${id} = wanted.id
    )
    delete from ${coordinatorBookings}
    where ${coordinatorBookings.budget} = ${budget} and ${until} < clock_timestamp() - interval '5 minutes'
  `;
}
