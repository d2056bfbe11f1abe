/** What every storage of the coordinator promises. */
import { sql as raw } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryStorage } from '../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../coordinator/storage/port.ts';
import { createDatabaseStorage } from '../../coordinator/storage/postgres.ts';
import type { Database } from '../../src/db/client.ts';
import { openPglite } from '../../src/db/pglite.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { startPostgres } from '../support/postgres.ts';

interface Opened {
  readonly storage: CoordinatorStorage;
  /** The same data through another owner. */
  reopen(): CoordinatorStorage;
  close(): Promise<void>;
}

const adapters: Record<string, () => Promise<Opened>> = {
  async memory() {
    const storage = createMemoryStorage(systemClock);
    return { storage, reopen: () => storage, close: async () => {} };
  },
  async PGlite() {
    return ofDatabase(await openPglite());
  },
  async PostgreSQL() {
    const server = await startPostgres();
    const opened = ofDatabase(await openPostgres(server.url));
    return { ...opened, close: () => opened.close().then(() => server.stop()) };
  },
};

function ofDatabase(database: Database): Opened {
  return {
    storage: createDatabaseStorage(database),
    reopen: () => createDatabaseStorage(database),
    close: () => database.close(),
  };
}

describe.each(Object.entries(adapters))('%s', (_name, open) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  let budgets = 0;
  const newBudget = () => `budget-${++budgets}`;
  const load = async (budget: string) => {
    const bookings = await opened.reopen().loadBookings(budget);
    return Object.fromEntries(bookings.map(({ id, remainingMs }) => [id, remainingMs]));
  };

  test('a booking is there for the next owner, for as long as it was booked', async () => {
    const budget = newBudget();
    await opened.storage.commitBookings(budget, {
      book: [
        { id: 'a', forMs: 60_000 },
        { id: 'b', forMs: 1.5 },
      ],
      settle: [],
    });
    const { a = 0 } = await load(budget);
    expect(a).toBeGreaterThan(55_000);
    expect(a).toBeLessThanOrEqual(60_000);
  });

  test('a booking can be booked anew and brought forward', async () => {
    const budget = newBudget();
    await opened.storage.commitBookings(budget, {
      book: ['a', 'b', 'c'].map((id) => ({ id, forMs: 60_000 })),
      settle: [],
    });
    await opened.storage.commitBookings(budget, {
      book: [{ id: 'a', forMs: 90_000 }],
      settle: [
        { id: 'b', forMs: 30_000 },
        { id: 'c', forMs: 0 },
      ],
    });
    const { a = 0, b = 0, c } = await load(budget);
    expect(a).toBeGreaterThan(85_000);
    expect(b).toBeGreaterThan(25_000);
    expect(b).toBeLessThanOrEqual(30_000);
    expect(c).toBeUndefined();
  });

  test('settling what was never booked books nothing', async () => {
    const budget = newBudget();
    await opened.storage.commitBookings(budget, { book: [], settle: [{ id: 'ghost', forMs: 60_000 }] });
    expect(await load(budget)).toEqual({});
  });

  test('bookings that ran out do not count', async () => {
    const budget = newBudget();
    await opened.storage.commitBookings(budget, { book: [{ id: 'a', forMs: -1 }], settle: [] });
    await opened.storage.commitBookings(budget, { book: [], settle: [] });
    expect(await load(budget)).toEqual({});
  });

  test('budgets of different API keys are apart', async () => {
    const [mine, other] = [newBudget(), newBudget()];
    await opened.storage.commitBookings(mine, { book: [{ id: 'a', forMs: 60_000 }], settle: [] });
    await opened.storage.commitBookings(other, { book: [], settle: [{ id: 'a', forMs: 0 }] });
    expect(Object.keys(await load(mine))).toEqual(['a']);
    expect(await load(other)).toEqual({});
  });

  test('hundreds of bookings go in one commit', async () => {
    const budget = newBudget();
    const book = Array.from({ length: 500 }, (_, n) => ({ id: `id-${n}`, forMs: 60_000 }));
    await opened.storage.commitBookings(budget, { book, settle: [] });
    expect(Object.keys(await load(budget))).toHaveLength(500);
  });

  test('a session is kept, replaced, found by its login key and deleted', async () => {
    const { storage } = opened;
    const before = await storage.countSessions();
    await storage.putSession({ account: 'aa', loginKey: 'k1', sealed: 's1' });
    await storage.putSession({ account: 'bb', loginKey: 'k2', sealed: 's2' });
    await storage.putSession({ account: 'aa', loginKey: 'k3', sealed: 's3' });
    expect(await opened.reopen().getSession('aa')).toMatchObject({
      account: 'aa',
      loginKey: 'k3',
      sealed: 's3',
    });
    expect(await storage.findAccount('k3')).toBe('aa');
    expect(await storage.findAccount('k1')).toBeUndefined();
    expect(await storage.countSessions()).toBe(before + 2);
    await storage.deleteSession('aa');
    await storage.deleteSession('bb');
    expect(await storage.getSession('aa')).toBeUndefined();
    expect(await storage.countSessions()).toBe(before);
  });

  test('an e-mail that moved to another account is found where it signed in last', async () => {
    const { storage } = opened;
    await storage.putSession({ account: 'cc', loginKey: 'same', sealed: 's' });
    await storage.putSession({ account: 'dd', loginKey: 'same', sealed: 's' });
    expect(await storage.findAccount('same')).toBe('dd');
    await storage.putSession({ account: 'cc', loginKey: 'same', sealed: 's' });
    expect(await storage.findAccount('same')).toBe('cc');
  });
});

test('what ran out long ago is removed from the database', async () => {
  const database = await openPglite();
  const storage = createDatabaseStorage(database);
  await storage.commitBookings('b', { book: [{ id: 'old', forMs: -600_000 }], settle: [] });
  await storage.commitBookings('b', { book: [{ id: 'new', forMs: 1_000 }], settle: [] });
  const result = (await database.sql.execute(raw`select id from coordinator_bookings`)) as unknown as {
    rows: unknown[];
  };
  expect(result.rows).toEqual([{ id: 'new' }]);
  await database.close();
});
