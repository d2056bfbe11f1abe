import type { Database } from '../db/client.ts';
import type { DeadLetters, FailedKind } from './dead-letters.ts';

const METRIC = 'ajaxsecurflow_dead_letters';

/** How many dead letters there are, in the text format of Prometheus. A database that is away must not hide the rest. */
export async function deadLetterMetrics(database: Database, deadLetters: DeadLetters): Promise<string> {
  const kinds = await database.run((sql) => deadLetters.byKind(sql)).catch((): FailedKind[] => []);
  const lines = kinds.map(({ kind, count }) => `${METRIC}{kind="${labelOf(kind)}"} ${count}\n`);
  return `# HELP ${METRIC} Background jobs that failed for good\n# TYPE ${METRIC} gauge\n${lines.join('')}`;
}

const labelOf = (kind: string): string => kind.replace(/[^\w.-]/g, '_');
