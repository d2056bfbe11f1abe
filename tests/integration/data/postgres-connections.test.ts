/** The pool of PostgreSQL outlives connections that say nothing any more. */
import { sql as raw } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database, Sql } from '../../../src/db/client.ts';
import { openPostgres } from '../../../src/db/postgres.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

let postgres: TestPostgres;
let path: TcpProxy;
let database: Database;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  path = await startTcpProxy(Number(new URL(postgres.url).port));
  database = await openPostgres(postgres.url.replace(/:\d+\//, `:${path.port}/`));
});
afterEach(async () => {
  await database.close();
  await path.close();
});

const ask = () => database.run((sql) => sql.execute(raw`select 1`));
const answered = () => ask().then(() => 'answered', String);
/** Opens as many connections as the pool has. */
const fillPool = () =>
  Promise.all(Array.from({ length: 10 }, () => database.sql.execute(raw`select pg_sleep(0.3)`)));
const pidOf = async (sql: Sql) => {
  const [row] = (await sql.execute(raw`select pg_backend_pid() as pid`)) as unknown as { pid: number }[];
  return row?.pid ?? 0;
};
const count = async () => {
  const [row] = (await database.sql.execute(raw`select count(*)::int as n from kept`)) as unknown as {
    n: number;
  }[];
  return row?.n;
};

describe('connections to a PostgreSQL that is gone without a word', { timeout: 60_000 }, () => {
  it('are given up: whoever asks meanwhile is told in 2 s, and then served by its successor', async () => {
    await fillPool();
    path.strand();
    const questions = Array.from({ length: 20 }, ask);
    for (const end of await Promise.allSettled(questions)) {
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'database_unavailable' } });
    }
    await expect.poll(answered, { timeout: 30_000 }).toBe('answered');
  });
});

describe('a transaction', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    await database.sql.execute(raw`create table if not exists kept (n int)`);
    await database.sql.execute(raw`truncate kept`);
  });

  /** Ways to lose a connection: the cable, the server's own word, and the end of its process without one. */
  it.each<[string, (pid: number) => unknown]>([
    ['its cable is cut', () => path.cut()],
    ['its server ends it', (pid) => database.sql.execute(raw`select pg_terminate_backend(${pid})`)],
    ['the process of its server is killed', (pid) => process.kill(pid, 'SIGKILL')],
  ])('fails when %s in the middle of a statement; the pool goes on', async (_, lose) => {
    const failing = database.sql.transaction(async (tx) => {
      await tx.execute(raw`insert into kept values (1)`);
      const pid = await pidOf(tx);
      const asleep = tx.execute(raw`select pg_sleep(30)`);
      await lose(pid);
      await asleep;
    });
    await expect(failing).rejects.toThrow();
    path.resume();
    await expect.poll(answered, { timeout: 30_000 }).toBe('answered');
    expect(await count()).toBe(0);
  });

  it('runs nothing outside of it when its connection ends between two statements', async () => {
    const failing = database.sql.transaction(async (tx) => {
      const pid = await pidOf(tx);
      await database.sql.execute(raw`select pg_terminate_backend(${pid})`);
      await expect.poll(ask, { timeout: 5_000 }).toBeDefined();
      // Time for the end of the connection to arrive, and for others to take its place.
      await fillPool();
      await tx.execute(raw`insert into kept values (2)`).catch(() => {});
      await tx.execute(raw`insert into kept values (3)`);
    });
    await expect(failing).rejects.toThrow();
    expect(await count()).toBe(0);
  });

  it('keeps nothing when one of its statements has failed, also when nobody minds', async () => {
    const failing = database.sql.transaction(async (tx) => {
      await tx.execute(raw`insert into kept values (4)`);
      await tx.execute(raw`select 1 / 0`).catch(() => {});
    });
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect(await count()).toBe(0);
  });

  it('keeps what is around a part of it that was undone', async () => {
    await database.sql.transaction(async (tx) => {
      await tx.execute(raw`insert into kept values (5)`);
      const inner = tx.transaction(async (nested) => {
        await nested.execute(raw`insert into kept values (6)`);
        await nested.transaction((deeper) => deeper.execute(raw`insert into kept values (7)`));
        throw new Error('not this');
      });
      await expect(inner).rejects.toThrow('not this');
      await tx.transaction((nested) => nested.execute(raw`insert into kept values (8)`));
    });
    const kept = await database.sql.execute(raw`select n from kept order by n`);
    expect([...(kept as unknown as { n: number }[])]).toEqual([{ n: 5 }, { n: 8 }]);
  });

  it('waits for a connection while all are in use, and then goes on', async () => {
    const all = Array.from({ length: 25 }, (_, n) =>
      database.sql.transaction(async (tx) => {
        await tx.execute(raw`select pg_sleep(0.05)`);
        await tx.execute(raw`insert into kept values (${n})`);
      }),
    );
    await Promise.all(all);
    expect(await count()).toBe(25);
  });
});

it('a connection reads and writes lists and dates as the first one did', async () => {
  const list = ['a', 'b,"c'];
  const [row] = (await database.sql.execute(
    raw`select ${raw.param(list)}::text[] as list, '2026-01-02 03:04:05+00'::timestamptz as at`,
  )) as unknown as { list: string[]; at: unknown }[];
  expect(row?.list).toEqual(list);
  // drizzle reads dates itself.
  expect(row?.at).toBeTypeOf('string');
});
