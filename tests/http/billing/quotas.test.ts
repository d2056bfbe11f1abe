/** What clients see of the quotas of their plans, and what the charts are told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { usageDays } from '../../../src/billing/table.ts';
import { createTestGateway, post, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
let client: SignedInClient;
let other: SignedInClient;
let hub: string;

const fresh = { headers: { 'cache-control': 'no-cache' } };

beforeAll(async () => {
  gateway = await createTestGateway({
    env: {
      ...{ DEFAULT_PLAN: 'pro', QUOTA_PRO: '8/4', ADMIN_EMAILS: 'demo@ajaxsecurflow.dev' },
      ...{ ACCESS_TOKEN_EXPIRE_MINUTES: '500000', REFRESH_TOKEN_EXPIRE_DAYS: '365' },
    },
  });
  [client, other] = [await gateway.signIn(0), await gateway.signIn(2)];
  const [first] = await client.json<{ id: string }[]>('/api/v1/ajax/hubs');
  hub = first?.id ?? '';
  gateway.clock.skip(3_600_001);
});
afterAll(() => gateway.close());

/** What is younger than 2 s is fresh enough to come from the cache. */
function readFresh(who: SignedInClient): Promise<Response> {
  gateway.clock.skip(2_001);
  return who.fetch('/api/v1/ajax/hubs', fresh);
}

const logs = (n: number) => client.fetch(`/api/v1/ajax/hubs/${hub}/logs?limit=${n + 1}`);
const left = (response: Response, name: string) =>
  Number(new RegExp(`"${name}";r=(\\d+)`).exec(response.headers.get('ratelimit') ?? '')?.[1]);

describe('the quota of a plan', () => {
  it('is in the fields of the current draft, and counts a request once whatever it takes', async () => {
    const response = await readFresh(client);
    expect(response.headers.get('ratelimit-policy')).toBe('"minute";q=4;w=60, "hour";q=8;w=3600');
    expect(response.headers.get('ratelimit')).toBe('"minute";r=3;t=60, "hour";r=7;t=3600');
  });

  it('is not used by answers of the cache', async () => {
    await client.fetch('/api/v1/ajax/hubs');
    for (let n = 0; n < 10; n++) {
      const response = await client.fetch('/api/v1/ajax/hubs');
      expect([response.status, response.headers.get('x-cache'), left(response, 'minute')]).toEqual([
        200,
        'HIT',
        3,
      ]);
    }
  });

  it('refuses what is beyond it with 429 and when to come back, and nobody else', async () => {
    for (let n = 0; n < 3; n++) expect((await logs(n)).status).toBe(200);
    const before = gateway.simulator.journal.arrivals({}).length;
    const response = await readFresh(client);
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({
      code: 'quota_exceeded',
      quota: 'minute',
      limit: 4,
      retryable: true,
    });
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect([left(response, 'minute'), left(response, 'hour')]).toEqual([0, 4]);
    expect(gateway.simulator.journal.arrivals({})).toHaveLength(before);
    expect((await readFresh(other)).status).toBe(200);
  });

  it('never keeps a hub from being armed, nor its owner from the account', async () => {
    const armed = await client.fetch(
      `/api/v1/ajax/hubs/${hub}/arm-state`,
      post({ armState: 2, ignoreProblems: true }),
    );
    expect(armed.status).toBe(200);
    expect((await client.fetch('/api/v1/auth/me')).status).toBe(200);
    expect((await client.fetch('/api/v1/billing/plan')).status).toBe(200);
  });

  it('is higher at once with a higher plan, and gone without a quota', async () => {
    expect((await readFresh(client)).status).toBe(429);
    const [voucher] = await client.json<{ code: string }[]>(
      '/api/v1/billing/generate',
      post({ plan: 'premium' }),
    );
    await client.fetch('/api/v1/billing/redeem', post(voucher));
    const response = await readFresh(client);
    expect([response.status, left(response, 'minute')]).toEqual([200, 495]);
    const developers = await createTestGateway({
      env: { ENABLE_DEVELOPER_MODE: 'true', QUOTA_PREMIUM: '1/1' },
    });
    const free = await developers.signIn();
    for (let n = 0; n < 3; n++) {
      const answer = await free.fetch('/api/v1/ajax/hubs', fresh);
      expect([answer.status, answer.headers.get('ratelimit-policy')]).toEqual([200, null]);
    }
    await developers.close();
  }, 90_000);
});

describe('GET /billing/usage', () => {
  it('shows each day, what was asked, cached, commanded and refused', async () => {
    // No command, although it is no GET.
    await client.fetch('/api/v1/ajax/hubs', { method: 'HEAD' });
    const { days } = await client.json<{ days: Record<string, number | string>[] }>(
      '/api/v1/billing/usage?days=3',
    );
    expect(days).toHaveLength(3);
    expect(days.at(-1)?.day).toBe(new Date(gateway.clock.now()).toISOString().slice(0, 10));
    const total = (name: string) => days.reduce((sum, day) => sum + Number(day[name]), 0);
    expect(total('refused')).toBe(2);
    expect(total('commands')).toBe(1);
    expect(total('fetched')).toBeGreaterThanOrEqual(6);
    expect(total('cached')).toBeGreaterThanOrEqual(10);
    expect(total('requests')).toBe(total('fetched') + total('cached') + total('commands'));
  });

  it('is the account’s own', async () => {
    const { days } = await other.json<{ days: { fetched: number; commands: number }[] }>(
      '/api/v1/billing/usage?days=2',
    );
    expect(days.reduce((sum, { fetched, commands }) => sum + fetched + commands, 0)).toBe(1);
  });

  it('adds up what several gateways have counted', async () => {
    const [row] = await gateway.database.run((sql) => sql.select().from(usageDays).limit(1));
    expect(row).toBeDefined();
    const before = await client.json<{ days: { cached: number }[] }>('/api/v1/billing/usage?days=1');
    await client.fetch('/api/v1/ajax/hubs');
    await client.fetch('/api/v1/ajax/hubs');
    const after = await client.json<{ days: { cached: number }[] }>('/api/v1/billing/usage?days=1');
    expect((after.days[0]?.cached ?? 0) - (before.days[0]?.cached ?? 0)).toBe(2);
  });

  it.each(['0', '367', 'x', '1.5'])('refuses %s days', async (days) => {
    expect((await client.fetch(`/api/v1/billing/usage?days=${days}`)).status).toBe(422);
  });
});
