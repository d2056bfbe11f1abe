import { sql as raw } from 'drizzle-orm';
import type { Database } from '../../src/db/client.ts';

/** Nobody works on it. */
export const EXAMPLE_KIND = 'example';

/** A job that failed for good, of a kind nobody works on. */
export async function storeDeadLetter({ sql }: Database, id: string): Promise<void> {
  await sql.execute(raw`delete from pgboss.job where id = ${id}`);
  await sql.execute(raw`select pgboss.create_queue(${EXAMPLE_KIND}, '{"policy": "standard"}'::jsonb)`);
  await sql.execute(raw`
    insert into pgboss.job (id, name, data, source_name, source_created_on, source_retry_count, source_output)
    values (${id}, 'dead-letters', '{"delivery": "an id"}', ${EXAMPLE_KIND}, now(), 10, '{"message": "On purpose"}')`);
}
