/** What keeps passwords from being guessed, on both databases; on PostgreSQL two gateways share it. */
import { count } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../src/db/client.ts';
import { openPglite } from '../../src/db/pglite.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { createLockout, type Lock, type Lockout } from '../../src/identity/lockout/index.ts';
import { signInCounters } from '../../src/identity/table.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { startPostgres } from '../support/postgres.ts';

const SECRET_KEY = 'a test secret of more than 32 characters';
const FIFTEEN_MINUTES = 15 * 60_000;
const DAY = 24 * 60 * 60_000;

interface Store {
  /** One for each gateway. */
  readonly databases: readonly Database[];
  close(): Promise<void>;
}

const stores: Record<string, () => Promise<Store>> = {
  async PGlite() {
    const database = await openPglite();
    return { databases: [database, database], close: () => database.close() };
  },
  async PostgreSQL() {
    const server = await startPostgres();
    const databases = [await openPostgres(server.url), await openPostgres(server.url)];
    return {
      databases,
      async close() {
        await Promise.all(databases.map((database) => database.close()));
        await server.stop();
      },
    };
  },
};

describe.each(Object.keys(stores))('the lockout on %s', { timeout: 60_000 }, (name) => {
  let store: Store;
  let gateways: Lockout[];
  let asked: number;
  let locks: Lock[];
  let failures: number;

  beforeAll(async () => {
    const open = stores[name];
    if (open === undefined) throw new Error(`No store ${name}`);
    store = await open();
  }, 60_000);
  afterAll(() => store.close());
  beforeEach(async () => {
    // The library reads Date; everything else keeps its pace.
    vi.useFakeTimers({ toFake: ['Date'] });
    await store.databases[0]?.sql.delete(signInCounters);
    gateways = await Promise.all(
      store.databases.map((database) =>
        createLockout({ database, clock: systemClock, log: silentLog, secretKey: SECRET_KEY }),
      ),
    );
    asked = 0;
    failures = 0;
    locks = [];
  });
  afterEach(() => vi.useRealTimers());

  const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
  const gateway = (index: number) => gateways[index % gateways.length] as Lockout;

  /** The code of the end, `done` for a success. */
  async function attempt(
    login: string,
    address: string,
    end: 'right' | 'wrong' | (() => Promise<unknown>) = 'wrong',
    through = 0,
  ): Promise<string> {
    const signIn = async () => {
      asked++;
      if (end === 'right') return undefined;
      if (end === 'wrong') throw new GatewayError('login_failed');
      return end();
    };
    const patience = { signal: new AbortController().signal, untilAt: systemClock.monotonic() + 20_000 };
    const onFailure = async (_: unknown, more: readonly Lock[]) => {
      failures++;
      locks.push(...more);
    };
    try {
      await gateway(through).attempt({ visitor: { login, address }, patience, signIn, onFailure });
      return 'done';
    } catch (error) {
      if (error instanceof GatewayError) return error.code;
      throw error;
    }
  }
  const times = async (n: number, work: (index: number) => Promise<string>) => {
    const ends: string[] = [];
    for (let index = 0; index < n; index++) ends.push(await work(index));
    return ends;
  };
  const wrong = (n: number) => Array(n).fill('login_failed');

  it('locks an e-mail at an address after five wrong passwords, through whichever gateway', async () => {
    expect(await times(5, (n) => attempt('a@b.c', '203.0.113.1', 'wrong', n))).toEqual(wrong(5));
    expect(await attempt('a@b.c', '203.0.113.1', 'right', 0)).toBe('sign_in_locked');
    expect(await attempt(' A@B.c ', '203.0.113.1', 'right', 1)).toBe('sign_in_locked');
    expect(asked).toBe(5);
    expect(locks).toEqual([{ scope: 'pair', until: expect.any(Date) }]);
  });

  it('opens after 15 minutes, however often it was tried meanwhile, and counts anew', async () => {
    await times(5, () => attempt('a@b.c', '203.0.113.1'));
    await times(3, () => attempt('a@b.c', '203.0.113.1'));
    later(FIFTEEN_MINUTES - 1_000);
    expect(await attempt('a@b.c', '203.0.113.1')).toBe('sign_in_locked');
    later(1_001);
    expect(await times(5, () => attempt('a@b.c', '203.0.113.1'))).toEqual(wrong(5));
    expect(await attempt('a@b.c', '203.0.113.1', 'right')).toBe('sign_in_locked');
    expect(locks).toHaveLength(2);
  });

  it('says how long, and the same for every reason', async () => {
    await times(5, () => attempt('a@b.c', '203.0.113.1'));
    later(60_000);
    const refused = await gateway(0)
      .attempt({
        visitor: { login: 'a@b.c', address: '203.0.113.1' },
        patience: { signal: new AbortController().signal, untilAt: systemClock.monotonic() + 20_000 },
        signIn: () => Promise.reject(new Error('asked')),
        onFailure: () => Promise.reject(new Error('counted')),
      })
      .catch((error: unknown) => error as GatewayError);
    const until = new Date(Date.now() + FIFTEEN_MINUTES - 60_000);
    expect(refused).toMatchObject({ code: 'sign_in_locked', status: 403 });
    const { retryAfterSeconds = 0, members } = (refused as GatewayError).extras;
    expect(Math.abs(retryAfterSeconds - 840)).toBeLessThan(10);
    const said = new Date(String(members?.locked_until));
    expect(Math.abs(said.getTime() - until.getTime())).toBeLessThan(10_000);
    expect((refused as GatewayError).message).toContain(said.toISOString().slice(11, 19));
  });

  it('forgets failures after a success, and after a day', async () => {
    await times(4, () => attempt('a@b.c', '203.0.113.1'));
    expect(await attempt('a@b.c', '203.0.113.1', 'right')).toBe('done');
    expect(await times(4, () => attempt('a@b.c', '203.0.113.1'))).toEqual(wrong(4));
    later(DAY + 1);
    expect(await times(4, () => attempt('a@b.c', '203.0.113.1'))).toEqual(wrong(4));
    expect(await attempt('a@b.c', '203.0.113.1', 'right')).toBe('done');
  });

  it('counts nothing but wrong passwords', async () => {
    const outage = (code: 'upstream_timeout' | 'budget_exhausted' | 'operator_key_invalid') => () =>
      Promise.reject(new GatewayError(code));
    for (const code of ['upstream_timeout', 'budget_exhausted', 'operator_key_invalid'] as const) {
      expect(await times(8, () => attempt('a@b.c', '203.0.113.1', outage(code)))).toEqual(
        Array(8).fill(code),
      );
    }
    await expect(
      attempt('a@b.c', '203.0.113.1', () => Promise.reject(new Error('the client left'))),
    ).rejects.toThrow('the client left');
    expect(await attempt('a@b.c', '203.0.113.1', 'right')).toBe('done');
    expect(failures).toBe(0);
  });

  it('lets nobody lock out another at the same address, nor the same one at another address', async () => {
    await times(30, () => attempt('noisy@b.c', '203.0.113.1'));
    expect(await attempt('quiet@b.c', '203.0.113.1', 'right')).toBe('done');
    expect(await attempt('noisy@b.c', '203.0.113.2', 'right')).toBe('done');
    expect(asked).toBe(7);
  });

  it('never lets parallel attempts exceed the limit, through two gateways', async () => {
    const slow = () =>
      new Promise((_, reject) => setTimeout(() => reject(new GatewayError('login_failed')), 20));
    const ends = await Promise.all(
      Array.from({ length: 40 }, (_, n) => attempt('a@b.c', '203.0.113.1', slow, n)),
    );
    expect(asked).toBe(5);
    expect(ends.filter((end) => end === 'login_failed')).toHaveLength(5);
    expect(ends).toContain('sign_in_locked');
    // Near the limit, one gateway does not know how what the other has begun will end.
    expect(
      ends.filter((end) => !['login_failed', 'sign_in_locked', 'budget_exhausted'].includes(end)),
    ).toEqual([]);
    expect(locks).toHaveLength(1);
    expect(await attempt('a@b.c', '203.0.113.1', 'right')).toBe('sign_in_locked');
  });

  it('never lets parallel attempts exceed the limit of an address, through two gateways', async () => {
    const slow = () =>
      new Promise((_, reject) => setTimeout(() => reject(new GatewayError('login_failed')), 20));
    const ends = await Promise.all(
      Array.from({ length: 60 }, (_, n) => attempt(`u${n}@b.c`, '203.0.113.1', slow, n)),
    );
    expect(asked).toBeLessThanOrEqual(20);
    expect(asked).toBeGreaterThan(5);
    expect(ends).not.toContain('done');
  });

  it('lets many with the right password in at the same time', async () => {
    const quick = () => new Promise((resolve) => setTimeout(resolve, 2));
    const same = Array.from({ length: 8 }, () => attempt('a@b.c', '203.0.113.1', quick));
    const others = Array.from({ length: 24 }, (_, n) => attempt(`u${n}@b.c`, '203.0.113.1', quick));
    expect(new Set(await Promise.all([...same, ...others]))).toEqual(new Set(['done']));
  });

  it('locks an address that tries many e-mails, but nobody who has signed in there before', async () => {
    expect(await attempt('resident@b.c', '203.0.113.1', 'right')).toBe('done');
    const ends = await times(25, (n) => attempt(`victim${n}@b.c`, '203.0.113.1', 'wrong', n));
    expect(ends).toEqual([...wrong(20), ...Array(5).fill('sign_in_locked')]);
    expect(await attempt('newcomer@b.c', '203.0.113.1', 'right')).toBe('sign_in_locked');
    expect(await attempt('resident@b.c', '203.0.113.1', 'right')).toBe('done');
    expect(await attempt('newcomer@b.c', '203.0.113.9', 'right')).toBe('done');
    expect(locks.map(({ scope }) => scope)).toEqual(['address']);
    later(FIFTEEN_MINUTES + 1);
    expect(await attempt('newcomer@b.c', '203.0.113.1', 'right')).toBe('done');
  });

  it('locks an e-mail tried from many addresses, but not where it has signed in before', async () => {
    expect(await attempt('victim@b.c', '198.51.100.1', 'right')).toBe('done');
    const ends = await times(52, (n) => attempt('victim@b.c', `203.0.113.${n}`, 'wrong', n));
    expect(ends).toEqual([...wrong(50), 'sign_in_locked', 'sign_in_locked']);
    expect(await attempt('victim@b.c', '198.51.100.1', 'right')).toBe('done');
    expect(await attempt('victim@b.c', '198.51.100.2', 'right')).toBe('sign_in_locked');
    expect(await attempt('other@b.c', '203.0.113.1', 'right')).toBe('done');
    expect(locks.map(({ scope }) => scope)).toEqual(['account']);
  });

  it('counts failures of those who signed in here before for nobody but themselves', async () => {
    const residents = Array.from({ length: 8 }, (_, n) => `resident${n}@b.c`);
    for (const resident of residents) await attempt(resident, '203.0.113.1', 'right');
    for (const resident of residents) await times(4, () => attempt(resident, '203.0.113.1'));
    expect(await attempt('newcomer@b.c', '203.0.113.1', 'right')).toBe('done');
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', 'sign_in_locked'],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', 'done'],
    ['203.0.113.1', '::ffff:203.0.113.1', 'sign_in_locked'],
    ['203.0.113.1', '203.0.113.2', 'done'],
  ])('takes %s and %s for one household or two: %s', async (one, other, end) => {
    await times(5, () => attempt('a@b.c', one));
    expect(await attempt('a@b.c', other, 'right')).toBe(end);
  });

  it('is not held up for more than a minute by an attempt whose gateway died', async () => {
    for (let n = 0; n < 5; n++) void attempt('a@b.c', '203.0.113.1', () => new Promise(() => {}), n);
    await expect.poll(() => asked).toBe(2);
    await times(4, async () => {
      const [fresh] = await Promise.all(
        store.databases
          .slice(0, 1)
          .map((database) =>
            createLockout({ database, clock: systemClock, log: silentLog, secretKey: SECRET_KEY }),
          ),
      );
      gateways = [fresh as Lockout];
      return attempt('a@b.c', '203.0.113.1');
    });
    // Two that nobody ends and three that failed: the next might be the sixth.
    expect(await attempt('a@b.c', '203.0.113.1', 'right')).toBe('budget_exhausted');
    later(61_000);
    expect(await attempt('a@b.c', '203.0.113.1', 'right')).toBe('done');
  });

  it('keeps neither e-mails nor addresses in clear, and deletes what has expired', async () => {
    const [database] = store.databases as [Database, Database];
    await times(5, () => attempt('a@b.c', '203.0.113.1'));
    await attempt('d@e.f', '203.0.113.2', 'right');
    const dump = JSON.stringify(await database.sql.select().from(signInCounters));
    expect(dump).not.toMatch(/a@b\.c|d@e\.f|203\.0\.113/);
    later(2 * DAY);
    const fresh = await createLockout({
      database,
      clock: systemClock,
      log: silentLog,
      secretKey: SECRET_KEY,
    });
    gateways = [fresh];
    await attempt('x@y.z', '203.0.113.3', 'right');
    const rowsLeft = async () => (await database.sql.select({ rows: count() }).from(signInCounters))[0]?.rows;
    // The two places.
    await expect.poll(rowsLeft, { timeout: 10_000 }).toBe(2);
  });

  it('lets nobody in, and asks nobody, while the database is away', async () => {
    let runs = 0;
    const down: Database = {
      ...(store.databases[0] as Database),
      run() {
        runs++;
        return Promise.reject(new GatewayError('database_unavailable'));
      },
    };
    gateways = [
      await createLockout({ database: down, clock: systemClock, log: silentLog, secretKey: SECRET_KEY }),
    ];
    expect(await attempt('a@b.c', '203.0.113.1', 'right')).toBe('database_unavailable');
    expect(asked).toBe(0);
    // Each may take 2 s: the caller waits for one of them.
    expect(runs).toBe(1);
  });

  it('does not answer a wrong password that it could not count', async () => {
    const [database] = store.databases as [Database, Database];
    let isDown = false;
    const flaky: Database = {
      ...database,
      run: (work) => (isDown ? Promise.reject(new GatewayError('database_unavailable')) : database.run(work)),
    };
    gateways = [
      await createLockout({ database: flaky, clock: systemClock, log: silentLog, secretKey: SECRET_KEY }),
    ];
    const end = await attempt('a@b.c', '203.0.113.1', () => {
      isDown = true;
      return Promise.reject(new GatewayError('login_failed'));
    });
    expect(end).toBe('database_unavailable');
  });
});
