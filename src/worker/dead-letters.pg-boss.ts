import type { JobWithMetadata, PgBoss } from 'pg-boss';
import type { Sql } from '../db/client.ts';
import { inTransaction } from './database.pg-boss.ts';
import type { DeadLetter, DeadLetters, FailedKind } from './dead-letters.ts';

/** The queue of jobs that failed for good; nobody works on it. */
export const DEAD_LETTERS = 'dead-letters';

export function createDeadLetters(boss: PgBoss): DeadLetters {
  const find = async (tx: Sql, id: string) => {
    const [job] = await boss.findJobs<object>(DEAD_LETTERS, { id, db: inTransaction(tx) });
    return job && toDeadLetter(job);
  };
  return {
    async byKind(sql) {
      const { rows } = await inTransaction(sql).executeSql(OF_KINDS, [DEAD_LETTERS]);
      return rows.map(
        ({ kind, count, last_at, last_output }): FailedKind => ({
          kind: String(kind ?? ''),
          count: Number(count),
          lastAt: new Date(last_at),
          lastReason: reasonOf(last_output),
        }),
      );
    },
    async list(sql, { limit, after }) {
      const db = inTransaction(sql);
      // It may have been retried or deleted since.
      if (after !== undefined && (await boss.findJobs(DEAD_LETTERS, { id: after, db })).length === 0)
        return [];
      const page = { limit, db, ...(after === undefined ? {} : { after }) };
      return (await boss.findJobs<object>(DEAD_LETTERS, page)).map(toDeadLetter);
    },
    async retry(tx, id) {
      const letter = await find(tx, id);
      if (letter === undefined) return undefined;
      const moved = await boss.redrive(DEAD_LETTERS, { ids: [id], db: inTransaction(tx) });
      return moved === 1 ? letter : undefined;
    },
    async delete(tx, id) {
      const letter = await find(tx, id);
      if (letter !== undefined) await boss.deleteJob(DEAD_LETTERS, id, { db: inTransaction(tx) });
      return letter;
    },
  };
}

/** pg-boss counts jobs, but does not say of which kind they were. */
const OF_KINDS = `
  select distinct on (source_name) source_name as kind, created_on as last_at, source_output as last_output,
    (count(*) over (partition by source_name))::int as count
  from pgboss.job where name = $1 and state = 'created'
  order by source_name, created_on desc`;

function reasonOf(output: unknown): string {
  const { message, value } = (output ?? {}) as { message?: unknown; value?: { message?: unknown } };
  return String(message ?? value?.message ?? 'unknown');
}

function toDeadLetter(job: JobWithMetadata<object>): DeadLetter {
  return {
    id: job.id,
    kind: job.sourceName ?? '',
    data: job.data,
    attempts: (job.sourceRetryCount ?? 0) + 1,
    createdAt: job.sourceCreatedOn === null ? undefined : new Date(job.sourceCreatedOn),
    failedAt: new Date(job.createdOn),
    reason: reasonOf(job.sourceOutput),
  };
}
