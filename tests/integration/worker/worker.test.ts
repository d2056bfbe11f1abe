import { type ChildProcess, spawn } from 'node:child_process';
import { sql as raw } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type BackgroundJob, backgroundJob, type JobContext, jobKind } from '../../../src/db/background.ts';
import type { Database } from '../../../src/db/client.ts';
import { openPglite } from '../../../src/db/pglite.ts';
import { openPostgres } from '../../../src/db/postgres.ts';
import { createLog } from '../../../src/kernel/log.ts';
import { createWorker, prepareJobs, type Worker, type WorkerOptions } from '../../../src/worker/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { createNotes, noteKind, readNotes, writeNote } from './kinds.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

let database: Database;
let workers: Worker[] = [];
let logged: string[] = [];

async function open(kind: Database['kind']): Promise<void> {
  database =
    kind === 'pglite'
      ? await openPglite(undefined, { prepare: prepareJobs })
      : await openPostgres(postgres.url, prepareJobs);
  await createNotes(database.sql);
  await database.sql.execute(raw`truncate notes`);
  await database.sql.execute(raw`delete from pgboss.job`);
  logged = [];
}

async function work(
  jobs: readonly BackgroundJob[],
  { runs = true, pollSeconds = 1 }: Partial<Pick<WorkerOptions, 'runs' | 'pollSeconds'>> = {},
): Promise<Worker> {
  const worker = createWorker({
    database,
    log: createLog('debug', (line) => logged.push(line)),
    runs,
    pollSeconds,
  });
  workers.push(worker);
  await worker.start(jobs);
  return worker;
}

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
  await database.close();
});

type Handle = (note: string, context: JobContext) => Promise<void>;
const noting = (handle: Handle) =>
  backgroundJob(noteKind, { handle: ({ note }, context) => handle(note, context) });
const writing = () =>
  noting(async (note, { attempt }) => void (await writeNote(database.sql, note, attempt)));
const notes = async (count: number) =>
  until(async () => {
    const rows = await readNotes(database.sql);
    return rows.length >= count && rows;
  });
const enqueue = (worker: Worker, note: string) =>
  database.run((sql) => sql.transaction((tx) => worker.enqueue(tx, noteKind, { note })));
const letters = (worker: Worker) =>
  until(async () => {
    const found = await worker.deadLetters.list(database.sql, { limit: 100 });
    return found.length > 0 && found;
  });

describe.each(['pglite', 'postgres'] as const)('background jobs on %s', (kind) => {
  beforeEach(() => open(kind));

  it('run once their transaction has committed, and at once', async () => {
    const worker = await work([writing()]);
    const before = performance.now();
    await enqueue(worker, 'a');
    expect(await notes(1)).toEqual([{ note: 'a', attempt: 1 }]);
    // Well before the next poll would have found it.
    expect(performance.now() - before).toBeLessThan(4_000);
  });

  it('stored together are done one after the other, not one per poll', async () => {
    const worker = await work([writing()], { pollSeconds: 60 });
    await database.run((sql) =>
      sql.transaction(async (tx) => {
        for (let n = 0; n < 20; n++) await worker.enqueue(tx, noteKind, { note: 'many' });
      }),
    );
    expect(await notes(20)).toHaveLength(20);
  });

  it('of one group leave room for others, however many there are and however long they take', async () => {
    const { promise: end, resolve } = Promise.withResolvers<void>();
    const shared = { ...noteKind, concurrency: 2, onePerGroup: true };
    const worker = await work([
      backgroundJob(shared, {
        async handle({ note }) {
          if (note === 'slow') await end;
          await writeNote(database.sql, note);
        },
      }),
    ]);
    const store = (note: string, group: string) =>
      database.run((sql) => worker.enqueue(sql, shared, { note }, { group }));
    for (let n = 0; n < 6; n++) await store('slow', 'a');
    for (let n = 0; n < 3; n++) await store('quick', 'b');
    expect((await notes(3)).map(({ note }) => note)).toEqual(['quick', 'quick', 'quick']);
    resolve();
    expect(await notes(9)).toHaveLength(9);
  });

  it('are not there when their transaction is rolled back', async () => {
    const worker = await work([writing()]);
    const failing = database.run((sql) =>
      sql.transaction(async (tx) => {
        await worker.enqueue(tx, noteKind, { note: 'never' });
        throw new Error('On purpose');
      }),
    );
    await expect(failing).rejects.toThrow('On purpose');
    await enqueue(worker, 'after');
    expect(await notes(1)).toEqual([{ note: 'after', attempt: 1 }]);
  });

  it('are refused with data that does not fit their kind, before they are stored', async () => {
    const worker = await work([writing()]);
    const wrong = { note: 7 } as unknown as { note: string };
    await expect(database.run((sql) => worker.enqueue(sql, noteKind, wrong))).rejects.toThrow();
  });

  it('wait where nobody runs them, and are run by a process that does', async () => {
    const storing = await work([writing()], { runs: false });
    await enqueue(storing, 'later');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await readNotes(database.sql)).toEqual([]);
    await work([writing()]);
    expect(await notes(1)).toEqual([{ note: 'later', attempt: 1 }]);
  });

  it('are repeated when they fail, and told that an attempt is the last', async () => {
    const seen: [number, boolean][] = [];
    const worker = await work([
      noting(async (note, { attempt, isLast }) => {
        seen.push([attempt, isLast]);
        if (attempt < 3) throw new Error('On purpose');
        await writeNote(database.sql, note, attempt);
      }),
    ]);
    await enqueue(worker, 'thrice');
    expect(await notes(1)).toEqual([{ note: 'thrice', attempt: 3 }]);
    expect(seen).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
  });

  it('become dead letters with the reason but no parameter of a query, and can be retried or deleted', async () => {
    let isBroken = true;
    const worker = await work([
      noting(async (note) => {
        if (isBroken) {
          const { sql } = database;
          await sql.execute(raw`select ${'secret of a query'}::text from nowhere`);
        }
        await writeNote(database.sql, note);
      }),
    ]);
    await enqueue(worker, 'dead');
    const [letter] = await letters(worker);
    expect(letter).toMatchObject({ kind: 'test.note', data: { note: 'dead' }, attempts: 3 });
    expect(letter?.reason).toContain('nowhere');
    expect(JSON.stringify(letter)).not.toContain('secret of a query');
    expect(logged.join('')).not.toContain('secret of a query');
    expect(await worker.deadLetters.byKind(database.sql)).toEqual([
      { kind: 'test.note', count: 1, lastAt: letter?.failedAt, lastReason: letter?.reason },
    ]);

    isBroken = false;
    const id = letter?.id ?? '';
    const retried = await database.sql.transaction((tx) => worker.deadLetters.retry(tx, id));
    expect(retried).toMatchObject({ id });
    expect(await notes(1)).toEqual([{ note: 'dead', attempt: 1 }]);
    expect(await worker.deadLetters.list(database.sql, { limit: 100 })).toEqual([]);
    expect(await worker.deadLetters.retry(database.sql, id)).toBeUndefined();

    isBroken = true;
    await enqueue(worker, 'given up');
    const [second] = await letters(worker);
    expect(await worker.deadLetters.delete(database.sql, second?.id ?? '')).toMatchObject({ id: second?.id });
    expect(await worker.deadLetters.list(database.sql, { limit: 100 })).toEqual([]);
    expect(await worker.deadLetters.delete(database.sql, second?.id ?? '')).toBeUndefined();
  });

  it('take their effect exactly once when they end in the transaction of it, even if they fail after that', async () => {
    let attempts = 0;
    const worker = await work([
      noting(async (note, context) => {
        attempts++;
        await database.sql.transaction(async (tx) => {
          await writeNote(tx, note, context.attempt);
          await context.finish(tx);
        });
        throw new Error('Too late to matter');
      }),
    ]);
    await enqueue(worker, 'once');
    await notes(1);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await readNotes(database.sql)).toEqual([{ note: 'once', attempt: 1 }]);
    expect(attempts).toBe(1);
  });

  it('cannot end twice: an attempt whose job is another’s by now rolls its effect back', async () => {
    const worker = await work([
      noting(async (note, context) => {
        await database.sql.transaction(async (tx) => {
          await writeNote(tx, note, context.attempt);
          await context.finish(tx);
        });
        await expect(
          database.sql.transaction(async (tx) => {
            await writeNote(tx, `${note} again`, context.attempt);
            await context.finish(tx);
          }),
        ).rejects.toThrow('not that of this attempt');
      }),
    ]);
    await enqueue(worker, 'x');
    await notes(1);
    await worker.stop();
    expect(await readNotes(database.sql)).toEqual([{ note: 'x', attempt: 1 }]);
  });

  it('under way end before a graceful stop does', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const worker = await work([
      noting(async (note) => {
        begin();
        await new Promise((resolve) => setTimeout(resolve, 500));
        await writeNote(database.sql, note);
      }),
    ]);
    await enqueue(worker, 'ends');
    await begun;
    await worker.stop();
    expect(await readNotes(database.sql)).toEqual([{ note: 'ends', attempt: 1 }]);
  });

  it('that a stop cannot wait for are told so, and given back', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    const worker = await work([
      noting(async (_note, { signal }) => {
        signal.addEventListener('abort', () => tell());
        begin();
        await told;
      }),
    ]);
    await enqueue(worker, 'given back');
    await begun;
    await worker.stop();
    await told;
    await work([writing()]);
    expect(await notes(1)).toEqual([{ note: 'given back', attempt: 2 }]);
  });

  it('with a schedule have one, however many workers there are, until they have none', async () => {
    const scheduled = jobKind({ name: 'test.scheduled', data: z.object({}) });
    const job = backgroundJob(scheduled, { schedule: '* * * * *', handle: async () => {} });
    await work([job]);
    await work([job]);
    const rows = await database.openStatements().execute('select name, cron, timezone from pgboss.schedule');
    expect(rows.rows).toEqual([{ name: 'test.scheduled', cron: '* * * * *', timezone: 'UTC' }]);
    // What is no longer scheduled is forgotten.
    await work([backgroundJob(scheduled, { handle: async () => {} })]);
    expect((await database.openStatements().execute('select name from pgboss.schedule')).rows).toEqual([]);
  });

  it('of kinds whose options have changed get the new ones', async () => {
    const changed = { ...noteKind, timeoutSeconds: 7 };
    await work([writing()]);
    await work([backgroundJob(changed, { handle: async () => {} })]);
    const { rows } = await database
      .openStatements()
      .execute('select expire_seconds from pgboss.queue where name = $1', [noteKind.name]);
    expect(rows).toEqual([{ expire_seconds: 7 }]);
  });

  it('cannot share a name', async () => {
    await expect(work([writing(), writing()])).rejects.toThrow('test.note');
  });
});

describe('background jobs', () => {
  beforeEach(() => open('postgres'));

  it('go on by themselves after the database was away', { timeout: 120_000 }, async () => {
    const worker = await work([writing()]);
    await postgres.restart('crash');
    await until(() =>
      enqueue(worker, 'back').then(
        () => true,
        () => false,
      ),
    );
    expect(await notes(1)).toEqual([{ note: 'back', attempt: 1 }]);
    // Notifications are heard again as well.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    const before = performance.now();
    await enqueue(worker, 'soon');
    await notes(2);
    expect(performance.now() - before).toBeLessThan(4_000);
  });

  it('of a schedule are run once a minute by three workers', { timeout: 240_000 }, async () => {
    const scheduled = jobKind({ name: 'test.every-minute', data: z.object({}) });
    const job = backgroundJob(scheduled, {
      schedule: '* * * * *',
      handle: (_data, { id, attempt }) => writeNote(database.sql, id, attempt).then(() => {}),
    });
    for (let n = 0; n < 3; n++) await work([job]);
    await until(async () => (await readNotes(database.sql)).length >= 2, 200_000);
    const { rows } = await database
      .openStatements()
      .execute("select created_on from pgboss.job where name = 'test.every-minute'");
    const minutes = rows.map((row) => Math.floor(Number((row as { created_on: Date }).created_on) / 60_000));
    expect(minutes.length).toBeGreaterThanOrEqual(2);
    expect(new Set(minutes).size).toBe(minutes.length);
  });

  it('whose process is killed in their middle are done again, and take effect once', {
    timeout: 120_000,
  }, async () => {
    const storing = await work([writing()], { runs: false });
    await enqueue(storing, 'survivor');
    const child = spawn(process.execPath, [`${import.meta.dirname}/dying.ts`, postgres.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await sayingBegun(child);
    child.kill('SIGKILL');
    await work([
      noting((note, context) =>
        database.sql.transaction(async (tx) => {
          await writeNote(tx, note, context.attempt);
          await context.finish(tx);
        }),
      ),
    ]);
    // Its silence is noticed.
    expect(await notes(1)).toEqual([{ note: 'survivor', attempt: 2 }]);
  });
});

const sayingBegun = (child: ChildProcess) =>
  new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => String(chunk).includes('begun') && resolve());
    child.once('exit', () => reject(new Error('It ended by itself')));
  });
