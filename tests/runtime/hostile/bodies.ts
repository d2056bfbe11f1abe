/** Bodies: what is no JSON, too much of it, or JSON that says something else than it should. */
import { gzipSync } from 'node:zlib';
import type { Case, Table } from './case.ts';
import { message } from './wire.ts';

type Row = readonly [name: string, body: string | Buffer, ...statuses: number[]];

const NO_JSON: readonly Row[] = [
  ['white space', ' \n\t', 400, 401],
  ['a brace', '{', 400],
  ['a bracket', ']', 400],
  ['a comment', '/* {} */', 400],
  ['NaN', 'NaN', 400],
  ['single quotes', "{'a':1}", 400],
  ['a trailing comma', '{"a":1,}', 400],
  ['two texts', '{}{}', 400],
  ['a byte order mark', '\ufeff{}', 400, 401, 422],
  ['a string that does not end', '{"a":"', 400],
  ['an escape that does not end', '{"a":"\\', 400],
  ['half an escape', '{"a":"\\u12"}', 400],
  ['a raw line break in a string', '{"a":"\n"}', 400],
  ['NUL bytes', '\0'.repeat(64), 400],
  ['NUL behind it', '{}\0', 400],
  ['XML', '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 400],
  ['YAML', 'username: a\npassword: !!python/object:os.system x', 400],
  ['a form', 'username=a&password=b', 400],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 400],
  ['overlong UTF-8', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]), 400],
  ['a surrogate in UTF-8', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]), 400],
  ['cut-off UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xe2, 0x82, 0x22, 0x7d]), 400],
  ['UTF-8 beyond Unicode', Buffer.from([0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]), 400],
  ['UTF-16', Buffer.from('\ufeff{"username":"a"}', 'utf16le'), 400],
  ['UTF-16 without a mark', Buffer.from('{"username":"a"}', 'utf16le'), 400],
  ['gzip', gzipSync('{}'), 400],
  ['random bytes', Buffer.from(Array.from({ length: 2_000 }, (_, i) => (i * 7_919) % 256)), 400],
];

const TOO_MUCH: readonly Row[] = [
  ['arrays 33 deep', `${'['.repeat(33)}${']'.repeat(33)}`, 422],
  ['arrays 100 000 deep, open', '['.repeat(100_000), 422, 413, 0],
  ['objects 50 000 deep', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, 422, 413, 0],
  ['both in turns, a million deep', '{"a":['.repeat(500_000), 422, 413, 0],
  ['200 000 elements', `[${'1,'.repeat(200_000)}1]`, 422, 413, 0],
  ['200 000 members', `{${Array.from({ length: 200_000 }, (_, i) => `"k${i}":1`).join()}}`, 422, 413, 0],
  ['20 000 members', `{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":1`).join()}}`, 401, 422, 413, 0],
  [
    'a string of 5 MB',
    `{"username":"${'x'.repeat(5_000_000)}","password":"b","refresh_token":"a","armState":"b"}`,
    401,
    422,
    413,
    0,
  ],
  ['5 MB of white space', `${' '.repeat(5_000_000)}{}`, 401, 422, 413, 0],
  [
    '5 MB of escapes',
    `{"username":"${'\\u0041'.repeat(800_000)}","refresh_token":5,"armState":9}`,
    422,
    413,
    0,
  ],
  ['5 MB of backslashes', `{"refresh_token":5,"armState":9,"a":"${'\\\\'.repeat(2_500_000)}"}`, 422, 413, 0],
  ['a number of a million digits', `{"armState":${'9'.repeat(1_000_000)},"refresh_token":1}`, 422, 413, 0],
  ['11 MB', ' '.repeat(11 * 1024 * 1024), 413, 0],
];

const WRONG: readonly Row[] = [
  ['null', 'null', 422],
  ['true', 'true', 422],
  ['a number', '1e999', 422],
  ['a string', '"x"', 422],
  ['an array', '[]', 422],
  ['an array of the right thing', '[{"username":"a","password":"b","armState":0}]', 422],
  ['__proto__', '{"__proto__":{"username":"a","password":"b","armState":0,"refresh_token":"x"}}', 401, 422],
  ['constructor', '{"constructor":{"prototype":{"armState":0}},"toString":1,"hasOwnProperty":1}', 401, 422],
  ['__proto__ twice', '{"__proto__":{"a":1},"\\u005f_proto__":{"armState":0}}', 400],
  [
    'a prototype in the middle',
    '{"username":{"__proto__":{"toString":0}},"armState":{"__proto__":1},"refresh_token":{}}',
    422,
  ],
  [
    'members twice',
    '{"username":"a","username":["b"],"armState":0,"armState":{},"refresh_token":"a","refresh_token":[]}',
    400,
  ],
  [
    'operators of a database',
    '{"username":{"$ne":null},"password":{"$gt":""},"armState":{"$in":[0]},"refresh_token":{"$ne":1}}',
    422,
  ],
  ['members that are null', '{"username":null,"password":null,"armState":null,"refresh_token":5}', 422],
  [
    'members that are arrays',
    '{"username":["a"],"password":["b"],"armState":[0],"refresh_token":["x"]}',
    422,
  ],
  [
    'members that are objects',
    '{"username":{},"password":{},"armState":{"valueOf":0},"refresh_token":{}}',
    422,
  ],
  [
    'members that are booleans',
    '{"username":true,"password":true,"armState":false,"refresh_token":false}',
    422,
  ],
  ['numbers as text', '{"username":1,"password":2,"armState":"one","refresh_token":3}', 422],
  ['a number too large', '{"armState":1e400,"username":1,"password":2,"refresh_token":1}', 422],
  ['a number too small', '{"armState":-1,"username":-1,"password":2,"refresh_token":-1}', 422],
  ['a state that is partial', '{"armState":3,"username":3,"refresh_token":3}', 422],
  ['a fraction', '{"armState":0.5,"username":0.5,"refresh_token":0.5}', 422],
  ['functions', '{"username":"function(){}","password":1,"armState":"0;","refresh_token":0}', 422],
  [
    'a lone surrogate',
    '{"username":"\\ud800","password":"x","armState":"\\ud800","refresh_token":"\\ud800"}',
    401,
    422,
  ],
  [
    'NUL in strings',
    '{"username":"a\\u0000b@c.d","password":"x","armState":"0\\u0000","refresh_token":"\\u0000"}',
    401,
    422,
  ],
  [
    'line breaks in strings',
    '{"username":"a\\r\\nSet-Cookie: x=y","password":"x","armState":"0\\r\\n","refresh_token":"a\\r\\nb"}',
    401,
    422,
  ],
  ['an empty object', '{}', 401, 422],
  ['empty strings', '{"username":"","password":"","armState":"","refresh_token":""}', 401, 422],
];

/** Never asked upstream: a name with such a character is no e-mail, and the others say they are wrong. */
const NAMES: readonly (readonly [name: string, username: string])[] = [
  ['NUL', 'a\\u0000b@c.d'],
  ['an escape sequence', '\\u001b[31m@c.d'],
  ['a reversed surrogate pair', '\\udc00\\ud800'],
  ['a line break', 'a@b.c\\r\\nBcc: x@y.z'],
  ['65 characters', 'x'.repeat(65)],
  ['50 000 characters', 'x'.repeat(50_000)],
  ['white space only', ' \\t '],
];

/** Wrong in ways only Ajax could tell: refused as credentials, each from an address of its own. */
const CREDENTIALS: readonly (readonly [name: string, username: string, password: string])[] = [
  ['SQL', "' or 1=1; drop table accounts; --", 'x'],
  ['a template', '{{7*7}}<%= 7*7 %>', 'x'],
  ['bidi overrides', '\\u202e\\u2066x', 'x'],
  ['an emoji of many parts', '👩‍👩‍👧‍👦', 'x'],
  ['__proto__', '__proto__', '__proto__'],
  ['LDAP', '*)(uid=*))(|(uid=*', 'x'],
  ['a password of NUL', 'nobody@example.com', 'a\\u0000b'],
  ['the longest password', 'nobody2@example.com', 'x'.repeat(1_024)],
];

const TYPES = [
  'text/plain',
  'text/xml',
  'application/jsonp',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'application/octet-stream',
  ';',
  'x',
  'application/json,text/plain',
];

const LENIENT_TYPES = [
  'application/json;charset=utf-7',
  'APPLICATION/JSON',
  'application/problem+json',
  'application/json; charset="utf-8',
];

const addresses = addressesFrom(20);

/** One address of this machine after another: each is a client of its own. */
function* addressesFrom(block: number): Generator<string, never> {
  for (let i = 1; ; i++) yield `127.${block}.${i >> 8}.${i & 255}`;
}

export const bodies: Table = {
  name: 'a body',
  cases: ({ hubId, token }) => {
    const routes = [
      { path: '/api/v1/auth/token' },
      { path: '/api/v1/auth/refresh' },
      { path: `/api/v1/ajax/hubs/${hubId}/arm-state`, token },
    ];
    const to = (path: string) => path.replace(hubId, '{hub_id}');
    const rows = (table: readonly Row[]) =>
      table.flatMap(([name, body, ...statuses]) =>
        routes.map(
          (route): Case => ({
            name: `${name} to ${to(route.path)}`,
            send: message({ ...route, body }),
            expect: statuses,
          }),
        ),
      );
    return [
      ...rows(NO_JSON),
      ...rows(TOO_MUCH),
      ...rows(WRONG),
      ...TYPES.flatMap((type) =>
        routes.map(
          (route): Case => ({
            name: `called ${type} to ${to(route.path)}`,
            send: message({ ...route, body: '{}', type }),
            expect: [400, 401, 415, 422],
          }),
        ),
      ),
      ...LENIENT_TYPES.map(
        (type): Case => ({
          name: `called ${type}`,
          send: message({ path: '/api/v1/auth/refresh', body: '{}', type }),
          expect: [400, 401, 415],
        }),
      ),
      ...['/health', '/api/v1/nothing', '/api/v1/auth/logout', '/api/v1/auth/me'].map(
        (path): Case => ({
          name: `too deep for ${path}, where nobody reads it`,
          send: message({ method: 'POST', path, body: '['.repeat(1_000) }),
          expect: [422],
        }),
      ),
      {
        name: 'nothing, called JSON',
        send: message({ path: '/api/v1/auth/refresh', body: '' }),
        expect: [401],
      },
      ...NAMES.map(
        ([name, username]): Case => ({
          name: `a name with ${name}`,
          send: message({ path: '/api/v1/auth/token', body: `{"username":"${username}","password":"x"}` }),
          expect: [422],
        }),
      ),
      ...CREDENTIALS.map(
        ([name, username, password]): Case => ({
          name: `credentials of ${name}`,
          send: message({
            path: '/api/v1/auth/token',
            body: `{"username":"${username}","password":"${password}"}`,
          }),
          expect: [401, 422],
          mayAsk: true,
          from: addresses.next().value,
        }),
      ),
    ];
  },
};
