import { sql as raw } from 'drizzle-orm';
import type { Database } from './client.ts';

/** Whether nobody has ever signed in: what an empty storage then lacks was never there. */
export async function isFirstRun({ sql }: Database): Promise<boolean> {
  // By name, because the table belongs to a module above this one.
  const result: unknown = await sql.execute(raw`select 1 from accounts limit 1`);
  // PGlite answers an object with rows, postgres.js an array.
  const rows = Array.isArray(result) ? result : (result as { rows: unknown[] }).rows;
  return rows.length === 0;
}
