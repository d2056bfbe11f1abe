/** Many who redeem at once, on both databases; on PostgreSQL two gateways share it. */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAuditTrail } from '../../src/audit/index.ts';
import { grants, redemptions, vouchers } from '../../src/billing/table.ts';
import { newCode } from '../../src/billing/vouchers/code.ts';
import { redeem } from '../../src/billing/vouchers/redeem.ts';
import { parseConfig } from '../../src/config.ts';
import type { Database } from '../../src/db/client.ts';
import { openPglite } from '../../src/db/pglite.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import type { Caller } from '../../src/kernel/caller.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import { newId } from '../../src/kernel/ids.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { startPostgres } from '../support/postgres.ts';

interface Store {
  /** One for each gateway. */
  readonly databases: readonly Database[];
  close(): Promise<void>;
}

const stores: Record<string, () => Promise<Store>> = {
  async PGlite() {
    const database = await openPglite();
    return { databases: [database], close: () => database.close() };
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

const config = parseConfig({ DEFAULT_PLAN: 'free' });
const facts = {
  ...{ correlationId: 'c', arrivedAt: 0, clientAddress: '203.0.113.5', secure: true, userAgent: 'test' },
};
const someone = (): Caller => ({
  ...{ accountId: newId(), ajaxUserId: '1', email: 'a@b.c', sessionId: newId(), features: new Set() },
  entitlement: { plan: 'free', source: 'default', until: undefined },
});

describe.each(Object.keys(stores))('vouchers on %s', { timeout: 120_000 }, (name) => {
  let store: Store;
  const plansChanged = vi.fn();

  beforeAll(async () => {
    const open = stores[name];
    if (open === undefined) throw new Error(`No store ${name}`);
    store = await open();
  }, 60_000);
  afterAll(() => store.close());

  const sql = () => {
    const [database] = store.databases;
    if (database === undefined) throw new Error('No database');
    return database.sql;
  };

  async function make(fields: Partial<typeof vouchers.$inferInsert> = {}) {
    const code = newCode((bytes) => crypto.getRandomValues(new Uint8Array(bytes)));
    const [voucher] = await sql()
      .insert(vouchers)
      .values({ id: newId(), code, plan: 'pro', days: 30, ...fields })
      .returning();
    if (voucher === undefined) throw new Error('No voucher');
    return voucher;
  }

  let turn = 0;
  /** At one gateway after the other, however long the others make it wait. */
  async function attempt(caller: Caller, code: string): Promise<string> {
    const shared = store.databases[turn++ % store.databases.length];
    if (shared === undefined) throw new Error('No database');
    const database: Database = { ...shared, run: (work) => shared.run(work, 60_000) };
    const trail = createAuditTrail(database, systemClock, silentLog);
    const nobody = async () => {};
    const told = { notify: nobody, notifyAdministrators: nobody };
    const deps = {
      ...{ ...told, config, database, trail, plansChanged },
      clock: systemClock,
      log: silentLog,
    };
    try {
      await redeem(deps, caller, code, facts, 'en');
      return 'redeemed';
    } catch (error) {
      if (error instanceof GatewayError) return error.code;
      throw error;
    }
  }

  const tally = (results: readonly string[]) =>
    Object.fromEntries([...Map.groupBy(results, (each) => each)].map(([key, all]) => [key, all.length]));
  const grantsOf = (accountId: string) => sql().select().from(grants).where(eq(grants.accountId, accountId));

  it('a code with three uses gives exactly three of a hundred at once a grant', async () => {
    const voucher = await make({ uses: 3 });
    const people = Array.from({ length: 100 }, someone);
    const results = await Promise.all(people.map((each) => attempt(each, voucher.code)));
    expect(tally(results)).toEqual({ redeemed: 3, voucher_used: 97 });
    const rows = await sql().select().from(redemptions).where(eq(redemptions.voucherId, voucher.id));
    expect(rows).toHaveLength(3);
    for (const { accountId } of rows)
      expect(await grantsOf(accountId)).toMatchObject([{ plan: 'pro', days: 30 }]);
    const [after] = await sql().select().from(vouchers).where(eq(vouchers.id, voucher.id));
    expect(after?.used).toBe(3);
  });

  it('one account gets one grant of a code, however often it is sent at once', async () => {
    const voucher = await make({ uses: 50 });
    const caller = someone();
    const results = await Promise.all(Array.from({ length: 20 }, () => attempt(caller, voucher.code)));
    expect(tally(results)).toEqual({ redeemed: 1, voucher_already_redeemed: 19 });
    expect(await grantsOf(caller.accountId)).toHaveLength(1);
    const [after] = await sql().select().from(vouchers).where(eq(vouchers.id, voucher.id));
    expect(after?.used).toBe(1);
  });

  it('one account redeems five in its life, also when it tries twelve at once, and uses up no other', async () => {
    const codes = await Promise.all(Array.from({ length: 12 }, () => make()));
    const caller = someone();
    const results = await Promise.all(codes.map(({ code }) => attempt(caller, code)));
    expect(tally(results)).toEqual({ redeemed: 5, voucher_limit_reached: 7 });
    expect(await grantsOf(caller.accountId)).toHaveLength(5);
    const rows = await sql().select({ id: vouchers.id, used: vouchers.used }).from(vouchers);
    const used = rows.filter(({ id, used }) => used > 0 && codes.some((code) => code.id === id));
    expect(used).toHaveLength(5);
    expect(await attempt(someone(), codes.find((_, at) => results[at] !== 'redeemed')?.code ?? '')).toBe(
      'redeemed',
    );
  });

  it('ten codes that do not exist are enough for an hour, also when all are tried at once', async () => {
    const caller = someone();
    const guess = () => newCode((bytes) => crypto.getRandomValues(new Uint8Array(bytes)));
    const results = await Promise.all(Array.from({ length: 30 }, () => attempt(caller, guess())));
    expect(tally(results)).toEqual({ voucher_unknown: 10, too_many_attempts: 20 });
    const voucher = await make();
    expect(await attempt(caller, voucher.code)).toBe('too_many_attempts');
    expect(await attempt(someone(), voucher.code)).toBe('redeemed');
  });

  it('codes that exist are no guesses, whatever came of them', async () => {
    const caller = someone();
    const used = await make({ uses: 1, used: 1 });
    for (let n = 0; n < 15; n++) expect(await attempt(caller, used.code)).toBe('voucher_used');
    expect(await attempt(caller, (await make()).code)).toBe('redeemed');
  });

  it('an expired or revoked code gives nothing and stays as unused as it was', async () => {
    const past = new Date(Date.now() - 1_000);
    for (const fields of [{ expiresAt: past }, { revokedAt: past }]) {
      const voucher = await make(fields);
      const caller = someone();
      expect(await attempt(caller, voucher.code)).toBe('voucher_expired');
      expect(await grantsOf(caller.accountId)).toEqual([]);
      const [after] = await sql().select().from(vouchers).where(eq(vouchers.id, voucher.id));
      expect(after?.used).toBe(0);
    }
  });
});
