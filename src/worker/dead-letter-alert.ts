import { z } from 'zod';
import { type BackgroundJob, backgroundJob, jobKind } from '../db/background.ts';
import type { Database, Sql } from '../db/client.ts';
import type { Log } from '../kernel/log.ts';
import type { DeadLetters, FailedKind } from './dead-letters.ts';

export const deadLetterAlertKind = jobKind({ name: 'worker.dead-letters', data: z.object({}) });

interface AlertDependencies {
  readonly database: Database;
  readonly log: Log;
  readonly deadLetters: DeadLetters;
  /** @returns whether it was told; not when it has been lately */
  readonly tell: (tx: Sql, failed: FailedKind) => Promise<boolean>;
}

/**
 * Looks for jobs that failed for good, every minute, and tells of them. It looks at what is there instead of at what
 * fails: so it misses nothing, neither what ended with its process nor what ended while nobody could be told.
 */
export function deadLetterAlertJob({ database, log, deadLetters, tell }: AlertDependencies): BackgroundJob {
  return backgroundJob(deadLetterAlertKind, {
    schedule: '* * * * *',
    async handle() {
      try {
        const told = await database.run(
          (sql) =>
            sql.transaction(async (tx) => {
              const all = (await deadLetters.byKind(tx)).filter(
                ({ kind }) => kind !== deadLetterAlertKind.name,
              );
              const each: FailedKind[] = [];
              for (const failed of all) if (await tell(tx, failed)) each.push(failed);
              return each;
            }),
          PATIENCE_MS,
        );
        for (const { kind, count, lastReason } of told)
          log.error({ job: kind, count, reason: lastReason }, 'background jobs have failed for good');
      } catch (error) {
        // Not thrown: the next minute is the next attempt, and this must be no dead letter itself.
        log.warn({ error }, 'nobody could be told of background jobs that failed');
      }
    },
  });
}

/** Nobody waits for it. */
const PATIENCE_MS = 20_000;
