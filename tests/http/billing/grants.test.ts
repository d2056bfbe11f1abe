/** What administrators give and take back, and the trial of new accounts. */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grants } from '../../../src/billing/table.ts';
import { accounts } from '../../../src/identity/table.ts';
import { createTestGateway, post, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

const DAY = 86_400_000;
let gateway: TestGateway;
let administrator: SignedInClient;
let customer: SignedInClient;
let id: string;

beforeAll(async () => {
  gateway = await createTestGateway({
    env: {
      ADMIN_EMAILS: 'demo@ajaxsecurflow.dev',
      DEFAULT_PLAN: 'free',
      ACCESS_TOKEN_EXPIRE_MINUTES: '500000',
      REFRESH_TOKEN_EXPIRE_DAYS: '365',
    },
  });
  [administrator, customer] = [await gateway.signIn(0), await gateway.signIn(2)];
  ({ id } = await customer.json<{ id: string }>('/api/v1/auth/me'));
});
afterAll(() => gateway.close());

interface Grant {
  readonly id: string;
  readonly state: string;
}
const give = (body: object, to = id) => administrator.fetch(`/api/v1/admin/users/${to}/grants`, post(body));
const end = (grantId: string, of = id) =>
  administrator.fetch(`/api/v1/admin/users/${of}/grants/${grantId}/end`, post({ reason: 'Over' }));
const planOf = async (who = customer) =>
  (await who.json<{ subscription_plan: string }>('/api/v1/auth/me')).subscription_plan;

describe('grants of administrators', () => {
  it('are in force at once, with a reason, and can be taken back at once', async () => {
    const given = await give({ plan: 'pro', reason: 'Beta tester' });
    expect(given.status).toBe(201);
    const grant = (await given.json()) as Grant;
    expect(grant).toMatchObject({
      plan: 'pro',
      source: 'admin',
      state: 'in_force',
      until: null,
      reason: 'Beta tester',
    });
    expect(await planOf()).toBe('pro');
    expect(await (await end(grant.id)).json()).toMatchObject({
      state: 'ended',
      ended_at: expect.any(String),
    });
    expect(await planOf()).toBe('free');
    const [row] = await administrator.json<object[]>('/api/v1/security/audit-logs?limit=1');
    const endpoint = `/api/v1/admin/users/${id}/grants/${grant.id}/end`;
    expect(row).toMatchObject({ action: 'grant.end', method: 'POST', endpoint });
    const again = await end(grant.id);
    expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([404, 'grant_not_found']);
  });

  it('begin and end to the millisecond', async () => {
    const now = gateway.clock.now();
    const from = new Date(now + DAY).toISOString();
    const until = new Date(now + 2 * DAY).toISOString();
    const grant = (await (await give({ plan: 'premium', from, until, reason: 'Fair' })).json()) as Grant;
    expect(grant).toMatchObject({ state: 'upcoming', from, until, decides_from: from, decides_until: until });
    expect(await planOf()).toBe('free');
    gateway.clock.skip(DAY - (gateway.clock.now() - now));
    expect(await planOf()).toBe('premium');
    gateway.clock.skip(DAY);
    expect(await planOf()).toBe('free');
  });

  it('are in the trail of the administrator, with whom they are for and why', async () => {
    await give({
      plan: 'basic',
      reason: 'Traced',
      until: new Date(gateway.clock.now() + 60_000).toISOString(),
    });
    const rows = await administrator.json<object[]>('/api/v1/security/audit-logs?limit=1');
    expect(rows).toMatchObject([
      {
        action: 'grant.give',
        severity: 'warning',
        payload: { account_id: id, plan: 'basic', reason: 'Traced' },
      },
    ]);
  });

  it.each([
    [{ plan: 'free', reason: 'x' }],
    [{ plan: 'pro' }],
    [{ plan: 'pro', reason: ' ' }],
    [{ plan: 'pro', reason: 'x', until: '2001-01-01T00:00:00Z' }],
    [{ plan: 'pro', reason: 'x', from: '2100-01-02T00:00:00Z', until: '2100-01-02T00:00:00Z' }],
    [{ plan: 'pro', reason: 'x', until: 'soon' }],
    [{ plan: 'pro', reason: 'x', from: '0000-01-01T00:00:00Z' }],
    [{ plan: 'pro', reason: 'x', from: '0001-01-01T00:00:00+05:00' }],
    [{ plan: 'pro', reason: 'x', until: '9999-12-31T23:59:59-23:59' }],
    [{ plan: 'pro', reason: 'a\0b' }],
  ])('are refused for %j', async (body) => {
    expect((await give(body)).status).toBe(422);
  });

  it('are for accounts that exist, and ended only with their own account', async () => {
    const nobody = crypto.randomUUID();
    const refused = await give({ plan: 'pro', reason: 'x' }, nobody);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      404,
      'account_not_found',
    ]);
    const grant = (await (await give({ plan: 'pro', reason: 'x' })).json()) as Grant;
    expect((await end(grant.id, nobody)).status).toBe(404);
    expect(await planOf()).toBe('pro');
    expect((await end(grant.id)).status).toBe(200);
  });

  it('of a subscription are not ended by hand', async () => {
    const grantId = crypto.randomUUID();
    const row = { id: grantId, accountId: id, plan: 'pro', source: 'stripe', from: new Date(0) } as const;
    await gateway.database.run((sql) => sql.insert(grants).values(row));
    expect((await end(grantId)).status).toBe(404);
    await gateway.database.run((sql) => sql.delete(grants).where(eq(grants.id, grantId)));
  });
});

describe('GET /admin/users', () => {
  const users = (query: string) =>
    administrator.json<{
      users: { email: string; id: string; grants: Grant[] }[];
      next_before_id: string | null;
    }>(`/api/v1/admin/users${query}`);

  it('shows accounts with their plan and every grant, page by page', async () => {
    const first = await users('?limit=1');
    expect(first.users).toHaveLength(1);
    const second = await users(`?limit=1&before_id=${first.next_before_id}`);
    expect([...first.users, ...second.users].map((user) => user.id)).toContain(id);
    const [user] = (await users(`?search=${id}`)).users;
    expect(user?.grants.length).toBeGreaterThan(3);
    expect(user).toMatchObject({ plan: 'basic', plan_source: 'admin', plan_until: expect.any(String) });
  });

  it('finds by a part of the e-mail, whatever its case, and takes no pattern', async () => {
    expect((await users('?search=DEMO@')).users.map(({ email }) => email)).toEqual([
      'demo@ajaxsecurflow.dev',
    ]);
    expect((await users('?search=%25')).users).toEqual([]);
    expect((await users("?search=' or 1=1")).users).toEqual([]);
  });
});

describe('the trial', () => {
  let trying: TestGateway;
  beforeAll(async () => {
    trying = await createTestGateway({
      env: {
        ...{ DEFAULT_PLAN: 'free', TRIAL_DAYS: '14', TRIAL_PLAN: 'pro' },
        ...{ ACCESS_TOKEN_EXPIRE_MINUTES: '50000', REFRESH_TOKEN_EXPIRE_DAYS: '365' },
      },
    });
  });
  afterAll(() => trying.close());

  it('is given once to an account whose first sign-ins come at the same time', async () => {
    await Promise.all([trying.signIn(2), trying.signIn(2), trying.signIn(2)]);
    expect(await trying.database.run((sql) => sql.select().from(grants))).toHaveLength(1);
  });

  it('begins with the first sign-in of an Ajax account, lasts to the second, and is given once in its life', async () => {
    const client = await trying.signIn();
    const plan = await client.json<{ until: string; grants: { from: string }[] }>('/api/v1/billing/plan');
    expect(plan).toMatchObject({
      ...{ plan: 'pro', source: 'trial', next: { plan: 'free' }, grants: [{ source: 'trial' }] },
    });
    expect(Date.parse(plan.until) - Date.parse(plan.grants[0]?.from ?? '')).toBe(14 * DAY);

    trying.clock.skip(7 * DAY);
    const again = await trying.signIn();
    expect(await again.json('/api/v1/billing/plan')).toMatchObject({ until: plan.until, grants: [{}] });
    trying.clock.skip(7 * DAY + 1_000);
    expect(await planOf(again)).toBe('free');

    // Whoever deletes everything here has still had it.
    await trying.database.run(async (sql) => {
      await sql.delete(grants);
      await sql.delete(accounts);
    });
    const returned = await trying.signIn();
    expect(await returned.json('/api/v1/billing/plan')).toMatchObject({ plan: 'free', grants: [] });
  });
});
