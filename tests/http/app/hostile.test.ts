import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestGateway, post, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
let client: SignedInClient;
let hubId: string;

beforeAll(async () => {
  gateway = await createTestGateway({ env: { TRUSTED_PROXIES: '203.0.113.0/24' } });
  client = await gateway.signIn();
  hubId = (await client.json<{ id: string }[]>('/api/v1/ajax/hubs'))[0]?.id ?? '';
});
afterEach(async () => {
  expect((await gateway.fetch('/health')).status).toBe(200);
});
afterAll(async () => {
  // Whatever was tried above: the session still works, and nothing was a fault of ours.
  expect((await client.fetch('/api/v1/ajax/hubs')).status).toBe(200);
  expect(gateway.logged.filter((line) => line.includes('unhandled error'))).toEqual([]);
  await gateway.close();
});

/** No fault of ours, and every refusal a problem that tells a program what and a person why, and no more. */
async function expectCivil(response: Response, head = false): Promise<number> {
  const { status } = response;
  expect(status).toBeLessThan(500);
  expect(response.headers.get('x-correlation-id')).toMatch(/^[A-Za-z0-9._-]{8,64}$/);
  if (status < 400) return status;
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  if (head) return status;
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({
    type: expect.stringMatching(/^urn:ajaxsecurflow:error:/),
    title: expect.any(String),
    status,
    detail: expect.any(String),
    code: expect.any(String),
  });
  expect(text).not.toMatch(/\bat .+\.(ts|js):\d+|node_modules|node:internal|select |insert into/i);
  return status;
}

/** Strings that programs stumble over; as JSON, because that is how they arrive. */
const NASTY_STRINGS: readonly (readonly [name: string, json: string])[] = [
  ['NUL', '"a\\u0000b@c.d"'],
  ['control characters', '"\\u0001\\u001b[31m\\u007f"'],
  ['a lone surrogate', '"\\ud800@c.d"'],
  ['a reversed pair', '"\\udc00\\ud800"'],
  ['line breaks', '"a\\r\\nSet-Cookie: x=y"'],
  ['SQL', `"' or 1=1; drop table accounts; --"`],
  ['a template', '"{{7*7}}<%= 7*7 %>"'],
  ['bidi overrides', '"\\u202e\\u2066x"'],
  ['an emoji of many parts', '"👩‍👩‍👧‍👦"'],
  ['the longest allowed', `"${'x'.repeat(64)}"`],
  ['too long', `"${'x'.repeat(100_000)}"`],
  ['__proto__', '"__proto__"'],
];

const BODIES: readonly (readonly [name: string, body: BodyInit])[] = [
  ['nothing', ''],
  ['white space', ' \n\t'],
  ['a brace', '{'],
  ['a comment', '/* {} */'],
  ['NaN', 'NaN'],
  ['null', 'null'],
  ['true', 'true'],
  ['a number', '1e999'],
  ['a string', '"x"'],
  ['an array', '[]'],
  ['arrays 100 000 deep, open', '['.repeat(100_000)],
  ['objects 50 000 deep', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
  ['a byte order mark', '\ufeff{}'],
  ['invalid UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])],
  ['gzip', new Uint8Array([0x1f, 0x8b, 0x08, 0x00, 0x00])],
  ['NUL bytes', new Uint8Array(64)],
  ['__proto__', '{"__proto__":{"username":"a","password":"b","armState":0,"refresh_token":"x"}}'],
  ['constructor', '{"constructor":{"prototype":{"armState":0}},"toString":1,"hasOwnProperty":1}'],
  ['members twice', '{"username":"a","username":["b"],"armState":0,"armState":{}}'],
  ['a member that is an object', '{"username":{"$ne":null},"password":{"$gt":""},"armState":{"valueOf":0}}'],
  ['a member that is null', '{"username":null,"password":null,"armState":null,"refresh_token":5}'],
  ['a number too large', '{"armState":1e400,"username":1,"password":2}'],
  ['minus zero', '{"armState":-0,"groupId":"../.."}'],
  [
    'many members',
    JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]))),
  ],
];

const BODY_ROUTES = () => [
  '/api/v1/auth/token',
  '/api/v1/auth/refresh',
  '/api/v1/users/token',
  `/api/v1/ajax/hubs/${hubId}/arm-state`,
];

describe('a body', () => {
  it.each(BODIES)('that is %s is refused politely, or is harmless', async (_name, body) => {
    for (const route of BODY_ROUTES()) {
      const headers = { 'content-type': 'application/json' };
      const status = await expectCivil(await client.fetch(route, { method: 'POST', body, headers }));
      if (!route.endsWith('/arm-state')) expect(status).toBeGreaterThanOrEqual(400);
    }
  });

  it.each([
    'text/plain',
    'application/json;charset=utf-7',
    'application/jsonp',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'application/x-www-form-urlencoded',
    ';',
    'x',
  ])('called %j is refused politely, or is harmless', async (type) => {
    for (const route of BODY_ROUTES()) {
      await expectCivil(
        await client.fetch(route, { method: 'POST', body: '{}', headers: { 'content-type': type } }),
      );
    }
  });

  it('that breaks off is refused, whether its length was announced or not', async () => {
    for (const announced of [true, false]) {
      for (const route of BODY_ROUTES()) {
        const body = new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode('{"user')),
          pull: (controller) => controller.error(new Error('connection reset')),
        });
        const headers = { 'content-type': 'application/json', ...(announced && { 'content-length': '100' }) };
        const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
        expect(await expectCivil(await client.fetch(route, init))).toBe(400);
      }
    }
  });

  it('of more than 10 MB is refused, also when its length is not announced', async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(1024 * 1024).fill(0x20));
        if (++sent === 11) controller.close();
      },
    });
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
    expect(await expectCivil(await gateway.fetch('/api/v1/auth/token', init))).toBe(413);
  });
});

describe('a name or password', () => {
  it.each(NASTY_STRINGS)('with %s never signs in and never breaks anything', async (name, json) => {
    // Each from a place of its own, or guessing would be locked before the last of them.
    const from = `198.51.100.${NASTY_STRINGS.findIndex(([each]) => each === name)}`;
    for (const body of [`{"username":${json},"password":"x"}`, `{"username":"a@b.c","password":${json}}`]) {
      const init = { method: 'POST', body, from };
      expect([401, 422]).toContain(await expectCivil(await gateway.fetch('/api/v1/auth/token', init)));
    }
  });

  it('with control characters or half a character is refused before anybody else sees it', async () => {
    const before = gateway.simulator.journal.count();
    for (const username of ['a\u0000b@c.d', 'a\u001b@c.d', '\ud800@c.d']) {
      const response = await gateway.fetch('/api/v1/auth/token', post({ username, password: 'x' }));
      expect(await expectCivil(response)).toBe(422);
    }
    expect(gateway.simulator.journal.count()).toBe(before);
  });
});

const IDS = [
  '%00',
  'a%00b',
  '%0d%0aX: y',
  '..',
  '%2e%2e',
  '..%2f..%2fuser',
  '%252e%252e%252f',
  '..%5c..',
  '%E0%A4%A',
  '%ff%fe',
  '%ed%a0%80',
  '%',
  '%zz',
  '__proto__',
  'constructor',
  'toString',
  '*',
  '@evil.example',
  'http:%2f%2fevil.example',
  "'%20or%201=1--",
  '%F0%9F%92%A9',
  '\u0130',
  'x'.repeat(64),
  'x'.repeat(5_000),
];

describe('an address', () => {
  it.each(IDS)('with the id %j reaches nothing', async (id) => {
    const hub = `/api/v1/ajax/hubs/${id}`;
    const reads = [hub, `${hub}/devices`, `${hub}/rooms`, `/api/v1/ajax/hubs/${hubId}/devices/${id}`];
    for (const path of reads) {
      // `..` is resolved before it is sent, and then asks for the list.
      const isList = new URL(path, 'http://x').pathname.replace(/\/$/, '') === '/api/v1/ajax/hubs';
      const status = await expectCivil(await client.fetch(path));
      if (!isList && !path.includes('..') && !path.includes('%2e%2e')) expect([404, 422]).toContain(status);
    }
    const body = JSON.stringify({ armState: 0, groupId: decodeOr(id) });
    await expectCivil(await client.fetch(`${hub}/arm-state`, { method: 'POST', body }));
    const armed = await client.fetch(`/api/v1/ajax/hubs/${hubId}/arm-state`, { method: 'POST', body });
    expect(await expectCivil(armed)).toBeGreaterThanOrEqual(400);
  });

  it.each([
    '//evil.example/api/v1/ajax/hubs',
    '/api/v1/%61jax/hubs',
    '/api//v1/ajax/hubs',
    '/api/v1/ajax/hubs/',
    '/API/V1/ajax/hubs',
    '/api/v1/ajax/hubs;jsessionid=1',
    '/api/v1/ajax/hubs%00',
    '/api/v1/ajax/hubs%23',
    '/api/v1/ajax/%2e%2e/ajax/hubs',
    `/${'a/'.repeat(5_000)}`,
    '/.env',
    '/.git/config',
  ])('such as %j gives nothing away without a session', async (path) => {
    const status = await expectCivil(await gateway.fetch(path));
    expect([401, 404]).toContain(status);
  });

  it.each([
    'limit=1&limit=2',
    'limit[]=1',
    'limit=',
    'limit=1e400',
    'limit=-0.5',
    'limit=%00',
    'limit=NaN',
    'limit=%F0%9F%92%A9',
    'offset=99999999999999999999',
    'before_id=9007199254740993',
    'before_id=-1',
    'before_id=1;drop table accounts',
    '__proto__=1',
    '__proto__[limit]=0',
    'constructor[prototype][limit]=0',
    '%E0%A4%A=%E0%A4%A',
    '&&&===',
    'a'.repeat(10_000),
  ])('with the query ?%s is answered or refused', async (query) => {
    await expectCivil(await client.fetch(`/api/v1/security/audit-logs?${query}`));
    await expectCivil(await client.fetch(`/api/v1/ajax/hubs?${query}`));
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY', 'FOO', 'get'])(
    'answers the method %s everywhere',
    async (method) => {
      const paths = ['/', '/health', '/ready', '/api/v1/info', '/api/v1/auth/me', '/api/v1/nothing'];
      for (const path of [...paths, ...BODY_ROUTES()]) {
        await expectCivil(await gateway.fetch(path, { method }), method === 'HEAD');
      }
    },
  );
});

const TOKENS = [
  '',
  'Bearer',
  'Bearer ',
  'Bearer null',
  'Basic YTpi',
  'Bearer ..',
  'Bearer a.b.c.d.e',
  'Bearer \xff\xfe.\xff.\xff',
  `Bearer ${'a'.repeat(100_000)}`,
  `Bearer ${part(null)}.${part(null)}.x`,
  `Bearer ${part([])}.${part([])}.x`,
  `Bearer ${part({ alg: 'none' })}.${part({ type: 'access' })}.`,
  `Bearer ${part({ alg: 'HS256', crit: ['x'] })}.${part({})}.x`,
  `Bearer ${part({ alg: 'HS256', b64: false, crit: ['b64'] })}.${part({})}.x`,
  `Bearer ${part({ alg: 'HS256', zip: 'DEF' })}.${part({})}.x`,
  `Bearer ${part({ alg: { toString: 1 } })}.${part({})}.x`,
  `Bearer ${part({ alg: '__proto__' })}.${part({ __proto__: {} })}.x`,
];

describe('a token', () => {
  it.each(TOKENS)('such as %j is refused like any other', async (authorization) => {
    const response = await gateway.fetch('/api/v1/auth/me', { headers: { authorization } });
    expect(await expectCivil(response)).toBe(401);
    const refresh_token = authorization.replace('Bearer ', '').slice(0, 4_000);
    expect(await expectCivil(await gateway.fetch('/api/v1/auth/refresh', post({ refresh_token })))).toBe(401);
  });
});

const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['user-agent', ''],
  ['user-agent', 'u'.repeat(50_000)],
  ['user-agent', '\xe9\xff\x80\x9f'],
  ['user-agent', `' or 1=1 -- <script>`],
  ['cookie', 'access_token'],
  ['cookie', 'access_token=%E0%A4%A; refresh_token=%'],
  ['cookie', '=; ;;; a; =b; __proto__=x; constructor=y'],
  ['cookie', 'access_token="a.b.c"; access_token=b; access_token='],
  ['cookie', `access_token=${'x'.repeat(50_000)}`],
  ['cookie', 'access_token=\xff\xfe'],
  ['x-correlation-id', '../../etc/passwd'],
  ['x-correlation-id', 'a'.repeat(10_000)],
  ['x-correlation-id', '\xff\xff\xff\xff\xff\xff\xff\xff'],
  ['x-forwarded-for', ',,,;;[[::1]%%'],
  ['x-forwarded-for', '1.2.3.4, 0x7f.1, ::ffff:999.1.1.1, fe80::1%eth0'],
  ['x-forwarded-for', '1.1.1.1,'.repeat(5_000)],
  ['x-forwarded-for', `' or 1=1 --`],
  ['x-forwarded-proto', '\xff, ,javascript:'],
  ['origin', ':::'],
  ['origin', 'http://['],
  ['origin', 'null'],
  ['sec-fetch-site', 'x'.repeat(5_000)],
  ['cache-control', 'no-cache\t,,,='],
  ['prefer', '\xff,,=;"respond-async'],
  ['prefer', '"'.repeat(20_000)],
  ['idempotency-key', '\xff"\\'],
  ['idempotency-key', '"k",'.repeat(10_000)],
  ['x-admin-secret', '\xff'.repeat(5_000)],
  ['accept-encoding', 'br;q=x, *;q=0, zstd'],
  ['content-length', 'x'],
  ['transfer-encoding', 'chunked, chunked'],
  ['range', 'bytes=9-1'],
];

describe('a header', () => {
  it.each(HEADERS)('%s with the value %j', async (name, value) => {
    const account = gateway.simulator.accounts[0];
    const headers = { [name]: value };
    const credentials = { username: account?.login, password: account?.password };
    for (const init of [post(credentials), post({ ...credentials, password: 'wrong' })]) {
      await expectCivil(await gateway.fetch('/api/v1/auth/token', { ...init, headers }));
    }
    await expectCivil(await gateway.fetch('/api/v1/auth/me', { headers }));
    await expectCivil(await client.fetch('/api/v1/ajax/hubs', { headers }));
    await expectCivil(await gateway.fetch('/api/v1/auth/logout', { method: 'POST', headers }));
    await expectCivil(await gateway.fetch('/api/v1/auth/refresh', { method: 'POST', headers }));
  });
});

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decodeOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
