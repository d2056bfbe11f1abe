import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { totpCode } from '../../../simulator/simulator.ts';
import { createTestGateway, post, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await createTestGateway();
});
afterAll(() => gateway.close());

const signIn = (username: unknown, password: unknown, more = {}) =>
  gateway.fetch('/api/v1/auth/token', post({ username, password, ...more }));

function account(login: string) {
  const found = gateway.simulator.accounts.find((each) => each.login.startsWith(login));
  if (!found) throw new Error(`no account ${login}`);
  return found;
}

describe('POST /auth/token 200', () => {
  it('answers tokens in the contract shape and sets them as HttpOnly cookies', async () => {
    const { login, password, userId } = account('demo');
    const response = await signIn(login, password);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      access_token: expect.stringMatching(/^ey/),
      refresh_token: expect.stringMatching(/^ey/),
      token_type: 'bearer',
      userId: userId.toLowerCase(),
    });
    expect(response.headers.get('cache-control')).toBe('no-store');
    const cookies = response.headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    expect(cookies[0]).toMatch(/^access_token=.+; Max-Age=1800; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(cookies[1]).toMatch(/^refresh_token=.+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  it('creates the account once, keyed by the Ajax user id, and finds it again', async () => {
    const first = await gateway.signIn();
    const second = await gateway.signIn();
    const ids = await Promise.all(
      [first, second].map(async (client) => (await client.json<{ id: string }>('/api/v1/auth/me')).id),
    );
    expect(ids[0]).toBe(ids[1]);
  });

  it('passes a second factor through', async () => {
    const { login, password, totp = '' } = account('secure');
    const code = await totpCode(totp, gateway.clock.now());
    expect((await signIn(login, password, { totp: code })).status).toBe(200);
    expect((await signIn(login, password)).status).toBe(401);
  });

  it('is answered under /users as well', async () => {
    const { login, password } = account('demo');
    const response = await gateway.fetch('/api/v1/users/token', post({ username: login, password }));
    expect(response.status).toBe(200);
  });
});

describe('POST /auth/token 401', () => {
  it('says what Ajax said, and only that', async () => {
    const response = await signIn(account('demo').login, 'wrong');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({
      code: 'login_failed',
      detail: 'Incorrect Ajax email or password',
    });
  });
});

describe('POST /auth/token when Ajax is in trouble', () => {
  it.each([
    [
      'an overloaded Ajax',
      { status: 503, body: { message: 'Service unavailable' } },
      503,
      'upstream_unavailable',
    ],
    ['a failing Ajax', { status: 500, body: { message: 'Oops' } }, 502, 'upstream_error'],
    [
      'an Ajax backend that did not answer',
      { status: 504, body: { message: 'Timeout' } },
      504,
      'upstream_timeout',
    ],
    [
      'a refused API key',
      { status: 401, body: { message: 'User is not authorized' } },
      503,
      'operator_key_invalid',
    ],
  ])('never calls %s a wrong password', async (_name, outcome, status, code) => {
    gateway.simulator.faults.push({ match: { path: '/api/login' }, times: 1, outcome });
    const { login, password } = account('demo');
    const response = await signIn(login, password);
    const body = (await response.json()) as { code: string; detail: string };
    expect({ status: response.status, code: body.code }).toEqual({ status, code });
    expect(body.detail.toLowerCase()).not.toContain('password');
  });

  it('never calls a lost connection a wrong password', async () => {
    gateway.simulator.faults.push({ match: { path: '/api/login' }, times: 1, outcome: 'network-error' });
    const { login, password } = account('demo');
    const response = await signIn(login, password);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'upstream_error' });
  });
});

describe('POST /auth/token with bad input', () => {
  it.each([
    ['{', 400, 'malformed_json'],
    ['', 400, 'malformed_json'],
    ['[]', 422, 'invalid_request'],
    ['null', 422, 'invalid_request'],
    ['{"username":"a@b.c"}', 422, 'invalid_request'],
    ['{"username":"","password":"x"}', 422, 'invalid_request'],
    ['{"username":{"a":1},"password":["x"]}', 422, 'invalid_request'],
    ['{"username":"a@b.c","password":"x","totp":"12ab"}', 422, 'invalid_request'],
  ])('answers %j with %i', async (body, status, code) => {
    const response = await gateway.fetch('/api/v1/auth/token', { method: 'POST', body });
    expect(response.status).toBe(status);
    const problem = (await response.json()) as { code: string; detail: unknown };
    expect(problem.code).toBe(code);
    expect(problem.detail).toBeTypeOf('string');
  });

  it('answers 415 for a body that is not JSON', async () => {
    const response = await gateway.fetch('/api/v1/auth/token', {
      method: 'POST',
      body: 'username=a&password=b',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ code: 'unsupported_media_type' });
  });

  it('answers 413 for a body of more than 10 MB', async () => {
    const response = await signIn('a@b.c', 'x'.repeat(11 * 1024 * 1024));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'payload_too_large' });
  });
});

describe('POST /auth/token 429', () => {
  it('lets no address take the logins of all', async () => {
    const busy = await createTestGateway({ env: { AJAX_BUDGET_REQUESTS: '100' } });
    try {
      const attempt = (from: string, username = 'a@b.c') =>
        busy.fetch('/api/v1/auth/token', { ...post({ username, password: 'wrong' }), from });
      const flood = await Promise.all(
        Array.from({ length: 20 }, (_, n) => attempt('203.0.113.66', `u${n}@b.c`)),
      );
      expect(flood.filter(({ status }) => status === 401)).toHaveLength(8);
      const refused = flood.find(({ status }) => status === 429);
      expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await attempt('198.51.100.1')).status).toBe(401);
    } finally {
      await busy.close();
    }
  });
});

describe('passwords', () => {
  it('are nowhere: not in a table, not in a log line', async () => {
    const { login, password } = account('demo');
    await signIn(login, password);
    await signIn(login, 'my-mistyped-password');
    const dump = await dumpOf(gateway);
    const { createHash } = await import('node:crypto');
    for (const text of [password, 'my-mistyped-password']) {
      const hash = createHash('sha256').update(text).digest('hex');
      for (const secret of [text, hash]) {
        expect(dump).not.toContain(secret);
        expect(gateway.logged.join('\n')).not.toContain(secret);
      }
    }
    expect(dump).toContain('accounts');
  });
});

async function dumpOf({ database }: TestGateway): Promise<string> {
  const { sql } = await import('drizzle-orm');
  const rowsOf = async (query: ReturnType<typeof sql.raw>) =>
    ((await database.sql.execute(query)) as unknown as { rows: Record<string, unknown>[] }).rows;
  const tables = await rowsOf(
    sql.raw(`select table_name from information_schema.tables where table_schema = 'public'`),
  );
  const dumps = tables.map(async ({ table_name }) => [
    table_name,
    await rowsOf(sql.raw(`select * from "${table_name}"`)),
  ]);
  return JSON.stringify(await Promise.all(dumps));
}
