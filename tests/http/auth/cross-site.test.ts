/** What a page of somebody else can make a visitor's browser do. Cookies that are Lax do not come along. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
let attacker: SignedInClient;
beforeAll(async () => {
  gateway = await createTestGateway({ env: { BACKEND_CORS_ORIGINS: 'https://panel.example' } });
  attacker = await gateway.signIn(1);
});
afterAll(() => gateway.close());

const FOREIGN: readonly Record<string, string>[] = [
  { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
  { origin: 'https://evil.example' },
  { origin: 'null', 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'cross-site' },
];

describe.each(FOREIGN)('a form that another site sends, without cookies (%j)', (headers) => {
  const send = (path: string, body = '') =>
    gateway.fetch(path, { method: 'POST', headers: { ...headers, 'content-type': 'text/plain' }, body });

  it('signs nobody in as somebody else', async () => {
    for (const prefix of ['auth', 'users']) {
      const body = JSON.stringify({ refresh_token: attacker.refreshToken, x: '=' });
      const response = await send(`/api/v1/${prefix}/refresh`, body);
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'origin_not_allowed' });
    }
  });

  it('signs nobody out', async () => {
    const response = await send('/api/v1/auth/logout');
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(response.status).toBe(403);
  });
});

describe('who is no such page', () => {
  const refresh = async (headers: Record<string, string>) => {
    const client = await gateway.signIn(2);
    const body = JSON.stringify({ refresh_token: client.refreshToken });
    return (await gateway.fetch('/api/v1/auth/refresh', { method: 'POST', headers, body })).status;
  };

  it.each([
    ['a program, which names no origin', {}],
    ['the dashboard itself', { origin: 'http://gateway.test', 'sec-fetch-site': 'same-origin' }],
    ['a page the operator has named', { origin: 'https://panel.example', 'sec-fetch-site': 'cross-site' }],
    ['a person who typed the address', { 'sec-fetch-site': 'none' }],
  ])('%s is served', async (_, headers) => {
    expect(await refresh(headers)).toBe(200);
  });

  it('a browser extension with a token of its own is served: no foreign page can send that header', async () => {
    const client = await gateway.signIn(2);
    const headers = { origin: 'moz-extension://6f7a', 'sec-fetch-site': 'cross-site' };
    expect((await client.fetch('/api/v1/auth/logout', { method: 'POST', headers })).status).toBe(200);
  });
});
