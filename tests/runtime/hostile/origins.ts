/** Pages of other origins: what they may read, and what they may change with a visitor's cookies. */
import { expect } from 'vitest';
import type { Case, Table } from './case.ts';
import { type Answer, message } from './wire.ts';

export const PANEL = 'https://panel.example';

const FOREIGN = [
  'null',
  '*',
  'https://evil.example',
  'http://panel.example',
  'https://panel.example:444',
  'https://panel.example.evil.example',
  'https://evilpanel.example',
  'https://panel.example@evil.example',
  'https://panel.example/',
  'https://panel.example/x',
  'https://PANEL.EXAMPLE',
  'https://panel.example, https://evil.example',
  'https://evil.example https://panel.example',
  'https://panel.example\t.evil.example',
  'file://',
  'chrome-extension://abc',
  ' ',
];

/** The answer is for nobody but pages of this gateway. */
function closedToPages({ headers }: Answer): void {
  expect(headers['access-control-allow-origin']).toBeUndefined();
}

function openToPanel({ headers }: Answer): void {
  expect(headers['access-control-allow-origin']).toBe(PANEL);
  expect(headers['access-control-allow-credentials']).toBe('true');
  expect(headers.vary?.toLowerCase()).toContain('origin');
}

const preflight = (origin: string, path = '/api/v1/ajax/hubs') =>
  message({
    method: 'OPTIONS',
    path,
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,authorization,idempotency-key',
    },
  });

/** Errors are read by the panel like anything else. */
const answers = (token: string): readonly (readonly [status: number, ...Parameters<typeof message>])[] => [
  [200, { path: '/health' }],
  [200, { path: '/' }],
  [200, { path: '/api/v1/info' }],
  [200, { path: '/api/v1/security/audit-logs', token }],
  [400, { path: '/api/v1/auth/token', body: '{' }],
  [401, { path: '/api/v1/auth/me' }],
  [403, { path: '/.env' }],
  [404, { path: '/api/v1/nothing' }],
  [404, { path: '/missing.js' }],
  [405, { method: 'PUT', path: '/api/v1/auth/me' }],
  [413, { method: 'POST', path: '/api/v1/auth/token', headers: { 'content-length': '99999999' } }],
  [414, { path: `/${'a'.repeat(9_000)}` }],
  [415, { path: '/api/v1/auth/token', body: '{}', type: 'text/xml' }],
  [422, { path: '/api/v1/auth/token', body: '{}' }],
  [422, { path: '/api/v1/auth/token', body: '['.repeat(100) }],
  [431, { path: '/health', headers: { a: 'b'.repeat(40_000) } }],
  [400, { path: '/health', headers: { 'transfer-encoding': 'gzip, chunked' } }],
];

export const origins: Table = {
  name: 'a page',
  cases: ({ token }) => [
    ...FOREIGN.flatMap((origin): Case[] => [
      {
        name: `of ${JSON.stringify(origin)} asks first`,
        send: preflight(origin),
        expect: [204, 401, 404, 405],
        check: closedToPages,
      },
      {
        name: `of ${JSON.stringify(origin)} reads`,
        send: message({ path: '/api/v1/info', headers: { origin } }),
        expect: [200],
        check: closedToPages,
      },
      {
        name: `of ${JSON.stringify(origin)} changes something with cookies`,
        send: message({
          method: 'POST',
          path: '/api/v1/auth/logout',
          headers: { origin, cookie: `access_token=${token}`, 'sec-fetch-site': 'cross-site' },
        }),
        expect: [403],
        check: closedToPages,
      },
    ]),
    {
      name: 'that does not say whence changes something across sites',
      send: message({
        method: 'POST',
        path: '/api/v1/auth/logout',
        headers: { cookie: `access_token=${token}`, 'sec-fetch-site': 'cross-site' },
      }),
      expect: [403],
    },
    { name: 'of the panel asks first', send: preflight(PANEL), expect: [204], check: openToPanel },
    {
      name: 'of the panel asks first for what is not there',
      send: preflight(PANEL, '/api/v1/nothing'),
      expect: [204],
      check: openToPanel,
    },
    ...answers(token).map(
      ([status, { headers, ...rest }], index): Case => ({
        name: `of the panel reads answer ${index}, the ${status} of ${rest.path.slice(0, 40)}`,
        send: message({ ...rest, headers: { ...headers, origin: PANEL } }),
        expect: [status],
        check: openToPanel,
      }),
    ),
  ],
};
