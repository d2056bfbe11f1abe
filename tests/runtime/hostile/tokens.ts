/** Tokens nobody was given: unsigned, signed by others or for something else, altered, expired, ended. */
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { deriveBytes } from '../../../src/kernel/crypto.ts';
import type { Case, Table, World } from './case.ts';
import { message } from './wire.ts';

type Claims = Record<string, unknown>;

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;

/** Signed by hand, so that nothing keeps the header and the claims from being anything. */
function hmac(header: unknown, claims: unknown, key: Uint8Array | string, hash = 'sha256'): string {
  const input = `${part(header)}.${typeof claims === 'string' ? claims : part(claims)}`;
  return `${input}.${createHmac(hash, key).update(input).digest('base64url')}`;
}

const HS256 = { alg: 'HS256', typ: 'JWT' };

/** With the server's own key: what is wrong is what they say. */
function wrongClaims(claims: Claims, now: number): readonly (readonly [name: string, claims: unknown])[] {
  const { exp: _exp, sid: _sid, jti: _jti, sub: _sub, uah: _uah, uip: _uip, type: _type, ...rest } = claims;
  const all = { ...claims };
  const without = (name: string) => Object.fromEntries(Object.entries(all).filter(([key]) => key !== name));
  return [
    ['expired an hour ago', { ...claims, exp: now - 3_600 }],
    ['expired a second ago', { ...claims, exp: now - 1 }],
    ['expired in 1970', { ...claims, exp: 0 }],
    ['expired before 1970', { ...claims, exp: -1 }],
    ['that never expires', without('exp')],
    ['whose expiry is text', { ...claims, exp: String(now + 3_600) }],
    ['whose expiry is null', { ...claims, exp: null }],
    ['whose expiry is a list', { ...claims, exp: [now + 3_600] }],
    ['not valid yet', { ...claims, nbf: now + 3_600 }],
    ['whose beginning is text', { ...claims, nbf: 'now' }],
    ['of no type', without('type')],
    ['of the type refresh', { ...claims, type: 'refresh' }],
    ['of two types', { ...claims, type: ['access', 'refresh'] }],
    ['of a type in capitals', { ...claims, type: 'ACCESS' }],
    ['of no session', without('sid')],
    ['of a session nobody has', { ...claims, sid: '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e' }],
    ['of a session that is SQL', { ...claims, sid: `' or 1=1 --` }],
    ['of a session that is a list', { ...claims, sid: [claims.sid] }],
    ['of a session that is null', { ...claims, sid: null }],
    ['without an id', without('jti')],
    ['without a subject', without('sub')],
    ['whose subject is an object', { ...claims, sub: { $ne: null } }],
    ['without a User-Agent', without('uah')],
    ['of another User-Agent', { ...claims, uah: '0'.repeat(64) }],
    ['whose User-Agent is a list', { ...claims, uah: [claims.uah] }],
    ['that says nothing', {}],
    ['that says only what nobody asked', rest],
    ['that is null', null],
    ['that is a list', [claims]],
    ['that is text', 'InRleHQi'],
    ['that is no JSON', Buffer.from('{"sub":').toString('base64url')],
    ['that is no base64', '!!!!'],
    [
      'whose claims are in __proto__',
      Buffer.from(`{"__proto__":${JSON.stringify(claims)}}`).toString('base64url'),
    ],
  ];
}

async function forged(world: World): Promise<(readonly [name: string, token: string])[]> {
  const { token, refreshToken, victim, secretKey } = world;
  const claims = claimsOf(token);
  const [header = '', body = '', signature = ''] = token.split('.');
  const now = Math.floor(Date.now() / 1_000);
  const key = await deriveBytes(secretKey, 'gateway:tokens', 64);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ed = generateKeyPairSync('ed25519');
  const jwk = (pair: typeof rsa) => pair.publicKey.export({ format: 'jwk' }) as never;
  const sign = (alg: string, pair: typeof rsa, extra: object = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT', ...extra }).sign(pair.privateKey);
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const otherPurposes = ['gateway:token', 'gateway:sessions', 'coordinator:sessions', 'demo:api-key', ''];
  const flipped = (text: string, at: number) =>
    `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
  return [
    ...['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [
      [`with the algorithm ${alg || 'nothing'}`, `${part({ alg, typ: 'JWT' })}.${body}.`] as const,
      [
        `with the algorithm ${alg || 'nothing'} and a signature`,
        `${part({ alg, typ: 'JWT' })}.${body}.${signature}`,
      ] as const,
    ]),
    ['without an algorithm', hmac({ typ: 'JWT' }, claims, key)],
    ['whose algorithm is an object', hmac({ alg: { toString: 'HS256' } }, claims, key)],
    ['whose algorithm is a list', hmac({ alg: ['HS256'] }, claims, key)],
    ['whose algorithm is __proto__', hmac({ alg: '__proto__' }, claims, key)],
    ['whose algorithm is in small letters', hmac({ alg: 'hs256' }, claims, key)],
    ['without its signature', `${header}.${body}.`],
    ['without its last point', `${header}.${body}`],
    ['with the signature of another', `${header}.${body}.${victim.token.split('.')[2]}`],
    ['with the claims of another', `${header}.${victim.token.split('.')[1]}.${signature}`],
    ['with half its signature', `${header}.${body}.${signature.slice(0, 20)}`],
    ['with a signature of zeros', `${header}.${body}.${'A'.repeat(43)}`],
    ['with one bit of its signature turned', `${header}.${body}.${flipped(signature, 5)}`],
    ['with one letter of its claims turned', `${header}.${flipped(body, 20)}.${signature}`],
    ['with another header', `${part({ ...HS256, x: 1 })}.${body}.${signature}`],
    ['signed with a key of chance', hmac(HS256, claims, randomBytes(64))],
    ['signed with no key', hmac(HS256, claims, '')],
    ['signed with the word secret', hmac(HS256, claims, 'secret')],
    ['signed with the whole secret instead of its derivation', hmac(HS256, claims, secretKey)],
    ...(await Promise.all(
      otherPurposes.map(
        async (purpose) =>
          [
            `signed with the key of "${purpose}"`,
            hmac(HS256, claims, await deriveBytes(secretKey, purpose, 64)),
          ] as const,
      ),
    )),
    ['signed with a longer hash', hmac({ alg: 'HS512', typ: 'JWT' }, claims, key, 'sha512')],
    ['signed with HS384', hmac({ alg: 'HS384', typ: 'JWT' }, claims, key, 'sha384')],
    ['signed with one hash and named after another', hmac(HS256, claims, key, 'sha512')],
    ['signed with RSA', await sign('RS256', rsa)],
    ['signed with RSA-PSS', await sign('PS256', rsa)],
    ['signed with a curve', await sign('ES256', ec as never)],
    ['signed with Ed25519', await sign('EdDSA', ed as never)],
    ['that brings its own RSA key', await sign('RS256', rsa, { jwk: jwk(rsa) })],
    ['that brings its own curve', await sign('ES256', ec as never, { jwk: jwk(ec as never) })],
    [
      'that brings a key for the hash',
      hmac({ ...HS256, jwk: { kty: 'oct', k: 'c2VjcmV0' } }, claims, 'secret'),
    ],
    [
      'that names an address of keys',
      hmac({ ...HS256, jku: 'http://evil.example/jwks.json' }, claims, 'secret'),
    ],
    [
      'that names an address of certificates',
      hmac({ ...HS256, x5u: 'http://evil.example/x.pem' }, claims, 'secret'),
    ],
    ['that brings a certificate', hmac({ ...HS256, x5c: ['MIIB'] }, claims, 'secret')],
    ['whose key is a file', hmac({ ...HS256, kid: '../../../../dev/null' }, claims, '')],
    ['whose key is SQL', hmac({ ...HS256, kid: `x' union select 'secret` }, claims, 'secret')],
    ['whose key is a public one', hmac(HS256, claims, pem)],
    ['with a critical extension', hmac({ ...HS256, crit: ['x'], x: 1 }, claims, key)],
    ['with a body that is not encoded', hmac({ ...HS256, b64: false, crit: ['b64'] }, claims, key)],
    [
      'that is a token inside a token',
      hmac({ ...HS256, cty: 'JWT' }, Buffer.from(token).toString('base64url'), key),
    ],
    ['encrypted', `${part({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`],
    [
      'encrypted with a password of 10 million rounds',
      `${part({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 10_000_000, p2s: 'AAAA' })}.AAAA.AAAA.AAAA.AAAA`,
    ],
    ['of four parts', `${token}.x`],
    ['of points only', '..'],
    ['of many points', '.'.repeat(5_000)],
    ['of 20 000 letters', 'a'.repeat(20_000)],
    ['as JSON', JSON.stringify({ protected: header, payload: body, signature })],
    ['with padding', `${header}=.${body}==.${signature}=`],
    ['with a space inside', `${header}. ${body}.${signature}`],
    ['twice', `${token} ${token}`],
    ['in quotes', `"${token}"`],
    ['with a percent sign', token.replaceAll('.', '%2e')],
    ['for refreshing', refreshToken],
    ['of a session that has ended', world.ended.token],
    ['for refreshing a session that has ended', world.ended.refreshToken],
    ...wrongClaims(claims, now).map(([name, wrong]) => [name, hmac(HS256, wrong, key)] as const),
  ];
}

/** Refused as refresh tokens as well: those are of another type, and used once. */
async function forgedRefresh(world: World): Promise<(readonly [name: string, token: string])[]> {
  const claims = claimsOf(world.refreshToken);
  const key = await deriveBytes(world.secretKey, 'gateway:tokens', 64);
  const now = Math.floor(Date.now() / 1_000);
  const [, body = '', signature = ''] = world.refreshToken.split('.');
  return [
    ['an access token', world.token],
    ['of no algorithm', `${part({ alg: 'none' })}.${body}.`],
    ['of another type', hmac(HS256, { ...claims, type: 'access' }, key)],
    ['expired', hmac(HS256, { ...claims, exp: now - 1 }, key)],
    ['that never expires', hmac(HS256, { ...claims, exp: undefined }, key)],
    ['of another key', hmac(HS256, claims, randomBytes(64))],
    ['of a longer hash', hmac({ alg: 'HS512' }, claims, key, 'sha512')],
    ['of an unknown session', hmac(HS256, { ...claims, sid: '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e' }, key)],
    ['with the claims of another', `${part(HS256)}.${world.victim.refreshToken.split('.')[1]}.${signature}`],
    ['of a session that has ended', world.ended.refreshToken],
    ['that is empty', ''],
    ['that is points', '..'],
    ['that is NUL', '\0'],
    ['of 4 096 letters', 'a'.repeat(4_096)],
  ];
}

export const tokens: Table = {
  name: 'a token',
  async cases(world) {
    const access = await forged(world);
    const refreshing = await forgedRefresh(world);
    return [
      ...access.map(
        ([name, token]): Case => ({
          name: `${name}, as a bearer token`,
          send: message({ path: '/api/v1/auth/me', token }),
          expect: [401],
        }),
      ),
      ...access
        .filter((_, index) => index % 4 === 0)
        .map(
          ([name, token]): Case => ({
            name: `${name}, as a cookie`,
            send: message({ path: '/api/v1/ajax/hubs', headers: { cookie: `access_token=${token}` } }),
            expect: [401],
          }),
        ),
      ...refreshing.map(
        ([name, token]): Case => ({
          name: `for refreshing, ${name}`,
          send: message({ path: '/api/v1/auth/refresh', body: JSON.stringify({ refresh_token: token }) }),
          expect: [401],
        }),
      ),
      {
        name: 'of another, from another program',
        send: message({
          path: '/api/v1/auth/me',
          token: world.victim.token,
          headers: { 'user-agent': 'stolen/1.0' },
        }),
        expect: [401],
      },
    ];
  },
};
