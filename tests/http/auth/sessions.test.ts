import { sql } from 'drizzle-orm';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  cookiesOf,
  createTestGateway,
  post,
  type SignedInClient,
  type TestGateway,
} from '../../support/gateway.ts';

let gateway: TestGateway;
let client: SignedInClient;
beforeAll(async () => {
  gateway = await createTestGateway();
});
beforeEach(async () => {
  client = await gateway.signIn();
});
afterAll(() => gateway.close());

const refresh = (token: string) => gateway.fetch('/api/v1/auth/refresh', post({ refresh_token: token }));
const me = (token: string, init: RequestInit = {}) =>
  gateway.fetch('/api/v1/auth/me', {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${token}` },
  });

describe('an access token', () => {
  it.each(['Bearer', 'bearer ', ' '])(
    'is taken from the cookie when the header %j holds none',
    async (empty) => {
      const headers = { authorization: empty, cookie: client.cookies };
      expect((await gateway.fetch('/api/v1/auth/me', { headers })).status).toBe(200);
      expect((await gateway.fetch('/api/v1/auth/me', { headers: { authorization: empty } })).status).toBe(
        401,
      );
    },
  );

  it('is taken from the header, with and without the word Bearer, or from the cookie', async () => {
    const forms: Record<string, string>[] = [
      { authorization: `Bearer ${client.accessToken}` },
      { authorization: client.accessToken },
      { cookie: client.cookies },
    ];
    for (const headers of forms) {
      expect((await gateway.fetch('/api/v1/auth/me', { headers })).status).toBe(200);
    }
  });

  it('ends with its time, though it was accepted and remembered before', async () => {
    expect((await me(client.accessToken)).status).toBe(200);
    gateway.clock.skip(30 * 60_000);
    expect((await me(client.accessToken)).status).toBe(401);
  });

  it('is bound to the User-Agent it was issued to', async () => {
    const response = await me(client.accessToken, { headers: { 'user-agent': 'somebody-else/2.0' } });
    expect(response.status).toBe(401);
  });

  it('survives a change of address, which its owner finds in the audit trail', async () => {
    const request = { headers: { authorization: `Bearer ${client.accessToken}` }, from: '198.51.100.77' };
    expect((await gateway.fetch('/api/v1/auth/me', request)).status).toBe(200);
    await expect
      .poll(async () => client.json<{ action: string; payload: unknown }[]>('/api/v1/security/audit-logs'))
      .toContainEqual(
        expect.objectContaining({
          action: 'session.address_changed',
          payload: { from: '203.0.113.5', to: '198.51.100.77' },
        }),
      );
  });

  it('is refused with one answer, whatever is wrong with it', async () => {
    const [header = '', payload = '', signature = ''] = client.accessToken.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const foreign = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode('another key of a sufficient length!!'));
    const forgeries = [
      '',
      'x',
      'a.b.c',
      foreign,
      client.refreshToken,
      `${encode({ alg: 'none' })}.${payload}.`,
      `${header}.${encode({ ...claims, sub: 'admin@example.com' })}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -3)}AAA`,
    ];
    const answers = await Promise.all(
      forgeries.map(async (token) => {
        const response = await me(token);
        const { correlation_id, ...problem } = (await response.json()) as Record<string, unknown>;
        return { status: response.status, ...problem };
      }),
    );
    expect(answers[0]).toMatchObject({
      status: 401,
      code: 'invalid_credentials',
      detail: 'Invalid credentials',
    });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('ends within 1 s of its session being revoked in the database', async () => {
    expect((await me(client.accessToken)).status).toBe(200);
    await gateway.database.sql.execute(sql`update sessions set revoked_at = now()`);
    gateway.clock.skip(1_001);
    expect((await me(client.accessToken)).status).toBe(401);
  });

  it('ends within 1 s of its account being disabled', async () => {
    await gateway.database.sql.execute(sql`update accounts set is_active = false`);
    gateway.clock.skip(1_001);
    expect((await me(client.accessToken)).status).toBe(401);
    const account = gateway.simulator.accounts[0];
    const login = await gateway.fetch(
      '/api/v1/auth/token',
      post({ username: account?.login, password: account?.password }),
    );
    expect(login.status).toBe(403);
    expect(await login.json()).toMatchObject({ code: 'account_disabled' });
    await gateway.database.sql.execute(sql`update accounts set is_active = true`);
  });
});

describe('POST /auth/refresh', () => {
  it('gives a new pair and ends the old refresh token', async () => {
    const response = await refresh(client.refreshToken);
    expect(response.status).toBe(200);
    const pair = (await response.json()) as { access_token: string; refresh_token: string };
    expect(pair.refresh_token).not.toBe(client.refreshToken);
    expect((await me(pair.access_token)).status).toBe(200);
    expect((await refresh(client.refreshToken)).status).toBe(401);
    expect((await refresh(pair.refresh_token)).status).toBe(200);
  });

  it('takes the cookie, also with an empty body that calls itself JSON', async () => {
    const headers = { cookie: client.cookies, 'content-type': 'application/json' };
    const response = await gateway.fetch('/api/v1/auth/refresh', { method: 'POST', headers });
    expect(response.status).toBe(200);
    expect(cookiesOf(response)).toMatch(/access_token=ey.+; refresh_token=ey/);
  });

  it('lets exactly one of many simultaneous refreshes win, and keeps its session', async () => {
    const responses = await Promise.all(Array.from({ length: 10 }, () => refresh(client.refreshToken)));
    const winners = responses.filter((response) => response.status === 200);
    expect(winners).toHaveLength(1);
    expect(responses.filter((response) => response.status === 401)).toHaveLength(9);
    const pair = (await winners[0]?.json()) as { access_token: string };
    expect((await me(pair.access_token)).status).toBe(200);
  });

  it('ends the session when a token shows up long after it was exchanged: somebody kept a copy', async () => {
    const pair = (await (await refresh(client.refreshToken)).json()) as {
      access_token: string;
      refresh_token: string;
    };
    gateway.clock.skip(60_000);
    expect((await refresh(client.refreshToken)).status).toBe(401);
    expect((await me(pair.access_token)).status).toBe(401);
    expect((await refresh(pair.refresh_token)).status).toBe(401);
    const owner = await gateway.signIn();
    expect(await owner.json('/api/v1/security/audit-logs')).toContainEqual(
      expect.objectContaining({ action: 'session.refresh_token_reused', severity: 'critical' }),
    );
  });

  it('ends with the life of the session', async () => {
    gateway.clock.skip(7 * 86_400_000 + 1_000);
    expect((await refresh(client.refreshToken)).status).toBe(401);
  });

  it.each([
    ['{"refresh_token":"nonsense"}', 401],
    ['{}', 401],
    ['{"refresh_token":null}', 401],
    ['{"refresh_token":5}', 422],
    ['{', 400],
  ])('answers %j with %i', async (body, status) => {
    const response = await gateway.fetch('/api/v1/auth/refresh', { method: 'POST', body });
    expect(response.status).toBe(status);
  });

  it('does not accept an access token', async () => {
    expect((await refresh(client.accessToken)).status).toBe(401);
  });
});

describe('POST /auth/logout', () => {
  it('ends access and refresh token at once and deletes the cookies', async () => {
    const response = await client.fetch('/api/v1/auth/logout', { method: 'POST' });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ detail: 'Successfully logged out' });
    expect(response.headers.getSetCookie().join()).toMatch(
      /access_token=; Max-Age=0.+refresh_token=; Max-Age=0/,
    );
    expect((await me(client.accessToken)).status).toBe(401);
    expect((await refresh(client.refreshToken)).status).toBe(401);
  });

  it('deletes the cookies even when the session was no longer valid', async () => {
    const response = await gateway.fetch('/api/v1/auth/logout', { method: 'POST' });
    expect(response.status).toBe(401);
    expect(response.headers.getSetCookie()).toHaveLength(2);
  });

  it('leaves other sessions of the account alone, and forgets the upstream session with the last', async () => {
    const upstreamSessions = async () => {
      const rows = await gateway.database.sql.execute(sql`
        select * from coordinator_records where kind = 'session' and expires_at > clock_timestamp()`);
      return (rows as unknown as { rows: unknown[] }).rows.length;
    };
    const before = await upstreamSessions();
    const [laptop, phone] = [await gateway.signIn(2), await gateway.signIn(2)];
    expect(await upstreamSessions()).toBe(before + 1);
    await laptop.fetch('/api/v1/auth/logout', { method: 'POST' });
    expect((await phone.fetch('/api/v1/ajax/hubs')).status).toBe(200);
    await phone.fetch('/api/v1/auth/logout', { method: 'POST' });
    expect(await upstreamSessions()).toBe(before);
  });
});

describe('GET /auth/me', () => {
  it('has the contract shape', async () => {
    const body = await client.json<Record<string, unknown>>('/api/v1/auth/me');
    expect(body).toMatchObject({
      id: expect.any(String),
      email: 'demo@ajaxsecurflow.dev',
      is_active: true,
      subscription_plan: 'premium',
      subscription_status: 'active',
      subscription_expires_at: null,
      subscription_active: true,
      subscription_source: 'default',
      billing_status: 'active',
      is_administrator: false,
      ajax_info: { id: expect.any(String), firstName: 'Marta', lastName: 'Linden', language: 'en' },
    });
  });

  it('leaves ajax_info null when Ajax cannot be read, and is answered all the same', async () => {
    // Of an account whose profile nobody has read yet: an older one would be served.
    const stranger = await gateway.signIn(1);
    gateway.simulator.faults.push({
      match: { path: /\/user\/[^/]+$/ },
      outcome: { status: 503, body: { message: 'x' } },
    });
    expect(await stranger.json('/api/v1/auth/me')).toMatchObject({
      ajax_info: null,
      email: 'guest@ajaxsecurflow.dev',
    });
  });
});

describe('changes by pages of other origins', () => {
  const logout = (headers: Record<string, string>) =>
    gateway.fetch('/api/v1/auth/logout', { method: 'POST', headers: { cookie: client.cookies, ...headers } });

  it('are refused when they come with the cookies of a visitor', async () => {
    const forms: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'null' },
    ];
    for (const headers of forms) {
      const response = await logout(headers);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'origin_not_allowed' });
    }
    expect((await me(client.accessToken)).status).toBe(200);
  });

  it('are allowed from the gateway itself, also behind a proxy that rewrites the Host header', async () => {
    const origin = 'https://alarm.example';
    expect((await logout({ origin, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('are allowed from the gateway itself', async () => {
    expect((await logout({ origin: 'http://gateway.test', host: 'gateway.test' })).status).toBe(200);
  });
});
