/** Headers: values programs stumble over, and those that pretend to be somebody else. */
import { expect } from 'vitest';
import type { Case, Table, World } from './case.ts';
import { type Answer, message } from './wire.ts';

type Row = readonly [name: string, value: string];

/** With each of them a session stays what it is, and nobody without one gets in. */
const VALUES: readonly Row[] = [
  ['user-agent', ''],
  ['user-agent', 'u'.repeat(20_000)],
  ['user-agent', '\xe9\xff\x80\x9f'],
  ['user-agent', `' or 1=1 -- <script>alert(1)</script>`],
  ['user-agent', '() { :;}; echo vulnerable'],
  ['user-agent', '\x24{jndi:ldap://evil.example/x}'],
  ['cookie', 'access_token'],
  ['cookie', 'access_token=%E0%A4%A; refresh_token=%'],
  ['cookie', '=; ;;; a; =b; __proto__=x; constructor=y'],
  ['cookie', 'access_token="a.b.c"; access_token=b; access_token='],
  ['cookie', `access_token=${'x'.repeat(20_000)}`],
  ['cookie', 'access_token=\xff\xfe'],
  ['cookie', `${'a=b; '.repeat(3_000)}access_token=x`],
  ['authorization', ''],
  ['authorization', 'Bearer'],
  ['authorization', 'Bearer null'],
  ['authorization', 'Basic YTpi'],
  ['authorization', 'Digest username="a"'],
  ['authorization', `Bearer ${'a'.repeat(20_000)}`],
  ['authorization', 'Bearer \xff\xfe.\xff.\xff'],
  ['x-correlation-id', '../../etc/passwd'],
  ['x-correlation-id', 'a'.repeat(10_000)],
  ['x-correlation-id', '\xff\xff\xff\xff\xff\xff\xff\xff'],
  ['x-correlation-id', 'a, b'],
  ['x-correlation-id', '<script>'],
  ['x-forwarded-for', ',,,;;[[::1]%%'],
  ['x-forwarded-for', '1.2.3.4, 0x7f.1, ::ffff:999.1.1.1, fe80::1%eth0'],
  ['x-forwarded-for', '1.1.1.1,'.repeat(3_000)],
  ['x-forwarded-for', `' or 1=1 --`],
  ['x-forwarded-proto', '\xff, ,javascript:'],
  ['x-forwarded-host', 'evil.example'],
  ['x-original-url', '/api/v1/admin/coordinator'],
  ['x-rewrite-url', '/api/v1/admin/coordinator'],
  ['x-http-method-override', 'DELETE'],
  ['x-method-override', 'PUT'],
  ['x-admin-secret', '\xff'.repeat(5_000)],
  ['x-admin-secret', 'null'],
  ['x-api-key', 'test-api-key-0001'],
  ['x-session-token', 'x'],
  ['x-user-id', '1'],
  ['coordinator-secret', 'x'],
  ['coordinator-account', 'x'],
  ['origin', ':::'],
  ['origin', 'http://['],
  ['origin', 'null'],
  ['sec-fetch-site', 'x'.repeat(5_000)],
  ['cache-control', 'no-cache\t,,,='],
  ['if-none-match', '*'],
  ['if-none-match', `"${'a'.repeat(10_000)}"`],
  ['if-modified-since', 'yesterday'],
  ['prefer', '\xff,,=;"respond-async'],
  ['prefer', '"'.repeat(20_000)],
  ['idempotency-key', '\xff"\\'],
  ['idempotency-key', '"k",'.repeat(5_000)],
  ['accept', 'x'.repeat(10_000)],
  ['accept-encoding', 'br;q=x, *;q=0, zstd'],
  ['accept-language', `${'a,'.repeat(10_000)}`],
  ['content-type', '\xff/\xff'],
  ['content-encoding', 'gzip, gzip, gzip'],
  ['range', 'bytes=9-1'],
  ['range', `bytes=${'0-1,'.repeat(4_000)}0-1`],
  ['te', 'trailers, deflate;q=0.5'],
  ['via', '1.1 evil.example'],
  ['forwarded', 'for=1.2.3.4;proto=https;host=evil.example'],
  ['proxy-authorization', 'Basic YTpi'],
  ['last-event-id', '\xff-1'],
];

const short = (value: string) => JSON.stringify(value.length > 50 ? `${value.slice(0, 50)}…` : value);

const OF_COMMANDS = new Set(['prefer', 'idempotency-key', 'x-correlation-id', 'cache-control']);

/** They decide whether a body is read, or whether a page of another origin sent it. */
const OF_BODIES = new Set(['cookie', 'content-type', 'content-encoding', 'origin']);

/** What nobody may write into an answer. */
const notEchoed = (value: string) => (answer: Answer) => {
  if (/^[\w.-]*$/.test(value)) return;
  expect(answer.raw.split('\r\n\r\n')[0]).not.toContain(value);
};

export const headers: Table = {
  name: 'a header',
  cases: ({ token }) =>
    VALUES.flatMap(([name, value]): Case[] => [
      ...(OF_COMMANDS.has(name)
        ? [
            {
              name: `${name}: ${short(value)} when a hub nobody has is armed`,
              send: message({
                path: '/api/v1/ajax/hubs/00000000/arm-state',
                token,
                body: '{"armState":1}',
                headers: { [name]: value },
              }),
              expect: [400, 404, 422],
              mayAsk: true,
            },
          ]
        : []),
      {
        name: `${name}: ${short(value)} without a session`,
        send: message({ path: '/api/v1/auth/me', headers: { [name]: value } }),
        expect: [401],
        check: notEchoed(value),
      },
      {
        name: `${name}: ${short(value)} when a session is refreshed`,
        send: message({
          path: '/api/v1/auth/refresh',
          body: '{"refresh_token":"x"}',
          headers: { [name]: value },
        }),
        expect: OF_BODIES.has(name) ? [400, 401, 403, 415] : [401],
        check: notEchoed(value),
      },
      {
        name: `${name}: ${short(value)} with a session`,
        send: message({ path: '/api/v1/security/audit-logs?limit=1', token, headers: { [name]: value } }),
        // A token works with its own User-Agent only.
        expect: name === 'user-agent' || name === 'authorization' ? [401] : [200, 304],
      },
    ]),
};

/** Chosen by the client, so worth nothing: the trail knows whence the connection came. */
const CLAIMS: readonly Row[] = [
  ['X-Forwarded-For', '6.6.6.6'],
  ['X-Forwarded-For', '127.0.0.2, 6.6.6.6'],
  ['X-Real-IP', '6.6.6.6'],
  ['Forwarded', 'for=6.6.6.6'],
  ['True-Client-IP', '6.6.6.6'],
  ['CF-Connecting-IP', '6.6.6.6'],
  ['X-Client-IP', '6.6.6.6'],
  ['X-Cluster-Client-IP', '6.6.6.6'],
  ['X-Forwarded-Host', 'evil.example'],
  ['X-Forwarded-Proto', 'https'],
];

/** Of a proxy the operator trusts: the rightmost hop nobody vouches for. */
const VOUCHED: readonly (readonly [forwarded: string, client: string])[] = [
  ['198.51.100.7', '198.51.100.7'],
  ['6.6.6.6, 198.51.100.7', '198.51.100.7'],
  ['6.6.6.6, 198.51.100.7, 127.0.0.2', '198.51.100.7'],
  ['198.51.100.7, garbage', '127.0.0.2'],
  ['', '127.0.0.2'],
];

export const TRUSTED_PROXY = '127.0.0.2';

const signIn = ({ credentials }: World, headers: Record<string, string>) =>
  message({ path: '/api/v1/auth/token', body: JSON.stringify(credentials), headers });

/** The session's own address, as its token carries it. */
const expectAddress = (address: string) => (answer: Answer) => {
  const { access_token } = JSON.parse(answer.body) as { access_token: string };
  const claims = Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString();
  expect(JSON.parse(claims)).toMatchObject({ uip: address });
};

export const forwarding: Table = {
  name: 'a forwarded address',
  cases: (world) => [
    ...CLAIMS.map(([name, value], index): Case => {
      const from = `127.30.0.${index + 1}`;
      return {
        name: `${name}: ${value} of a client`,
        send: signIn(world, { [name]: value }),
        from,
        expect: [200],
        mayAsk: true,
        check(answer) {
          expectAddress(from)(answer);
          expect(answer.headers['set-cookie']).not.toMatch(/;\s*secure/i);
        },
      };
    }),
    ...VOUCHED.map(
      ([forwarded, client]): Case => ({
        name: `X-Forwarded-For: ${forwarded} of a trusted proxy`,
        send: signIn(world, { 'X-Forwarded-For': forwarded, 'X-Forwarded-Proto': 'https' }),
        from: TRUSTED_PROXY,
        expect: [200],
        mayAsk: true,
        check(answer) {
          expectAddress(client)(answer);
          expect(answer.headers['set-cookie']).toMatch(/;\s*secure/i);
        },
      }),
    ),
  ],
};
