import { sql as raw } from 'drizzle-orm';
import { z } from 'zod';
import { jobKind } from '../../../src/db/background.ts';
import type { Sql } from '../../../src/db/client.ts';

const fast = { limit: 2, delaySeconds: 0, maxDelaySeconds: 1 };

export const noteKind = jobKind({ name: 'test.note', data: z.object({ note: z.string() }), retry: fast });

/** Where jobs of tests leave what they did. */
export const createNotes = (sql: Sql) =>
  sql.execute(raw`create table if not exists notes (note text, attempt int)`);

export const writeNote = (sql: Sql, note: string, attempt = 1) =>
  sql.execute(raw`insert into notes values (${note}, ${attempt})`);

export async function readNotes(sql: Sql): Promise<{ note: string; attempt: number }[]> {
  const result: unknown = await sql.execute(raw`select note, attempt from notes order by note, attempt`);
  return (Array.isArray(result) ? result : (result as { rows: [] }).rows).map(
    ({ note, attempt }: { note: string; attempt: number }) => ({ note, attempt }),
  );
}
