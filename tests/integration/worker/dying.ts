/** A process that takes one job and never ends it: to be killed in its middle. Says when it has begun. */
import { backgroundJob } from '../../../src/db/background.ts';
import { openPostgres } from '../../../src/db/postgres.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { createWorker } from '../../../src/worker/index.ts';
import { noteKind, writeNote } from './kinds.ts';

const database = await openPostgres(process.argv[2] ?? '');
const worker = createWorker({ database, log: silentLog, runs: true });
await worker.start([
  backgroundJob(noteKind, {
    handle: (data, context) =>
      database.sql.transaction(async (tx) => {
        // Both are written, and never committed.
        await writeNote(tx, data.note, context.attempt);
        await context.finish(tx);
        console.log('begun');
        await new Promise(() => {});
      }),
  }),
]);
