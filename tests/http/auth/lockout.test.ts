import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { auditRecords } from '../../../src/audit/table.ts';
import { signInCounters } from '../../../src/identity/table.ts';
import { createTestGateway, post, type TestGateway } from '../../support/gateway.ts';

interface Problem {
  code: string;
  detail: string;
  correlation_id?: string;
  locked_until?: string;
}

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await createTestGateway({ env: { TRUSTED_PROXIES: '10.0.0.0/8' } });
});
beforeEach(async () => {
  // The clock of the limits is Date; timers keep their pace.
  vi.useFakeTimers({ toFake: ['Date'] });
  await gateway.database.sql.delete(signInCounters);
  gateway.simulator.journal.clear();
});
afterEach(() => {
  vi.useRealTimers();
  gateway.simulator.faults.clear();
});
afterAll(async () => {
  expect(gateway.logged.filter((line) => line.includes('unhandled error'))).toEqual([]);
  await gateway.close();
});

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const logins = () => gateway.simulator.journal.arrivals().filter(({ path }) => path === '/api/login').length;

async function signIn(username: string, password: string, from = '203.0.113.5', headers = {}) {
  const response = await gateway.fetch('/api/v1/auth/token', {
    ...post({ username, password }),
    from,
    headers,
  });
  return { response, status: response.status, body: (await response.json()) as Problem };
}

async function fail(username: string, times = 5, from?: string, headers = {}) {
  for (let n = 0; n < times; n++) await signIn(username, 'wrong', from, headers);
}

function demo() {
  const [account] = gateway.simulator.accounts;
  if (!account) throw new Error('No account');
  return account;
}

describe('POST /auth/token 403 after five wrong passwords', () => {
  it('says until when, in a header and in words, and asks Ajax nothing', async () => {
    const { login, password } = demo();
    await fail(login);
    expect(logins()).toBe(5);
    const { response, status, body } = await signIn(login, password);
    expect(status).toBe(403);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const seconds = Number(response.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(890);
    expect(seconds).toBeLessThanOrEqual(900);
    expect(body).toMatchObject({ code: 'sign_in_locked', status: 403, retryable: true });
    const until = Date.parse(body.locked_until ?? '');
    expect(Math.abs(until - Date.now() - 900_000)).toBeLessThan(10_000);
    expect(body.detail).toContain(`${new Date(until).toISOString().slice(0, 19).replace('T', ' ')} UTC`);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(logins()).toBe(5);
  });

  it('says the same of an e-mail that nobody has', async () => {
    const { login, password } = demo();
    await fail(login);
    await fail('nobody@example.com');
    const answers = await Promise.all([signIn(login, password), signIn('nobody@example.com', password)]);
    const [one, other] = answers.map(
      ({ status, body: { correlation_id, locked_until, detail, ...body } }) => ({
        status,
        ...body,
        detail: detail.replace(/\d/g, '0'),
      }),
    );
    expect(one).toEqual(other);
  });

  it('holds under /users too, and ends after 15 minutes', async () => {
    const { login, password } = demo();
    await fail(login);
    const elsewhere = await gateway.fetch('/api/v1/users/token', post({ username: login, password }));
    expect(elsewhere.status).toBe(403);
    later(900_001);
    expect((await signIn(login, password)).status).toBe(200);
  });

  it('is for that e-mail at that address: neither a neighbour nor another place is locked', async () => {
    const { login, password } = demo();
    const neighbour = gateway.simulator.accounts[2];
    await fail(login, 8);
    expect((await signIn(neighbour?.login ?? '', neighbour?.password ?? '')).status).toBe(200);
    expect((await signIn(login, password, '198.51.100.7')).status).toBe(200);
  });

  it('keeps nobody signed in from working', async () => {
    const client = await gateway.signIn();
    await fail(demo().login);
    expect((await client.fetch('/api/v1/ajax/hubs')).status).toBe(200);
    const refreshed = await gateway.fetch(
      '/api/v1/auth/refresh',
      post({ refresh_token: client.refreshToken }),
    );
    expect(refreshed.status).toBe(200);
  });

  it('is not brought about by outages, throttling or nonsense', async () => {
    const { login, password } = demo();
    const outcomes = [
      { status: 500, body: { message: 'Oops' } },
      { status: 503, body: { message: 'Service unavailable' } },
      { status: 401, body: { message: 'User is not authorized' } },
      { status: 200, body: { message: 'hello' } },
      'network-error' as const,
    ];
    for (const outcome of outcomes) {
      gateway.simulator.faults.push({ match: { path: '/api/login' }, times: 1, outcome });
      expect((await signIn(login, password)).status).toBeGreaterThanOrEqual(500);
    }
    for (const body of ['{', '{}', '[]']) {
      await gateway.fetch('/api/v1/auth/token', { method: 'POST', body });
    }
    expect((await signIn(login, password)).status).toBe(200);
  });

  it('is written to the trail once, without the e-mail', async () => {
    const rowsBefore = await lockRows();
    const { login, password } = demo();
    await fail(login, 9);
    await signIn(login, password);
    const rows = (await lockRows()).slice(rowsBefore.length);
    expect(rows).toMatchObject([
      { severity: 'warning', ipAddress: '203.0.113.5', accountId: null, payload: { scope: 'pair' } },
    ]);
    expect(JSON.stringify(rows)).not.toContain(login);
  });

  it('counts the client behind a trusted proxy, never what the client itself wrote', async () => {
    const { login, password } = demo();
    const through = (forwardedFor: string) => ['10.0.0.1', { 'x-forwarded-for': forwardedFor }] as const;
    for (let n = 0; n < 5; n++) await signIn(login, 'wrong', ...through(`6.6.6.${n}, 198.51.100.9`));
    expect((await signIn(login, password, ...through('7.7.7.7, 198.51.100.9'))).status).toBe(403);
    expect((await signIn(login, password, ...through('198.51.100.9, 198.51.100.10'))).status).toBe(200);
    // Not a trusted peer: the header says nothing.
    await fail(login, 5, '203.0.113.77', { 'x-forwarded-for': '192.0.2.1' });
    expect((await signIn(login, password, '203.0.113.77', { 'x-forwarded-for': '192.0.2.2' })).status).toBe(
      403,
    );
  });

  const lockRows = () =>
    gateway.database.sql.select().from(auditRecords).where(eq(auditRecords.action, 'session.locked'));
});
