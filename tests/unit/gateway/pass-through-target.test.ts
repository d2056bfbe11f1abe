/** The target of a pass-through cannot be influenced, whatever is sent as its path. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { userPath } from '../../../coordinator/upstream/path.ts';
import { passThroughTarget } from '../../../src/ajax/pass-through-target.ts';

const ME = 'a1b2c3d4';
const target = (rawPath: string, method = 'GET') => passThroughTarget({ method, rawPath, ownId: ME });
const segmentsOf = (rawPath: string, method = 'GET') => {
  const result = target(rawPath, method);
  return 'segments' in result ? result.segments : result.refusal;
};
/** What leaves for it, or undefined. */
function leaving(rawPath: string): string | undefined {
  const result = target(rawPath);
  return 'segments' in result ? userPath('A1B2C3D4', result.segments, '') : undefined;
}

describe('what is below the own user', () => {
  it.each<[string, string[]]>([
    ['user/a1b2c3d4', []],
    ['user/A1B2C3D4', []],
    ['%75ser/%41%31b2c3d4/hubs', ['hubs']],
    ['user/a1b2c3d4/hubs/00AA/commands/arming', ['hubs', '00AA', 'commands', 'arming']],
    ['user/a1b2c3d4/spaces/1/rooms', ['spaces', '1', 'rooms']],
    ['user/a1b2c3d4/image', ['image']],
    ['user/a1b2c3d4/hubs/1/devices/2/command', ['hubs', '1', 'devices', '2', 'command']],
    ['user/a1b2c3d4/hubs/1/logs', ['hubs', '1', 'logs']],
    ['user/a1b2c3d4/x/onvif/users/ann%40home', ['x', 'onvif', 'users', 'ann@home']],
    ['user/a1b2c3d4/caf%C3%A9%20x', ['café x']],
    ['user/a1b2c3d4/a..b/...', ['a..b', '...']],
    ['user/a1b2c3d4/50%25', ['50%']],
    ['user/a1b2c3d4/50%25zz', ['50%zz']],
    ['user/a1b2c3d4/a?b#c', ['a?b#c']],
    ['user/a1b2c3d4/http:', ['http:']],
    ['user/a1b2c3d4/hubs/1/users/login', ['hubs', '1', 'users', 'login']],
    ['user/a1b2c3d4/hubs/1/rooms;x/a.json', ['hubs', '1', 'rooms;x', 'a.json']],
  ])('%s passes, decoded once', (rawPath, segments) => {
    expect(segmentsOf(rawPath)).toEqual(segments);
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('%s passes', (method) => {
    expect(segmentsOf('user/a1b2c3d4/hubs/1/rooms/2', method)).toEqual(['hubs', '1', 'rooms', '2']);
  });
});

describe('another host, base path or user', () => {
  it.each([
    '',
    '/',
    '//',
    '//evil.test',
    '//evil.test/user/a1b2c3d4',
    'http://evil.test/user/a1b2c3d4',
    'https:/evil.test',
    'https:%2F%2Fevil.test/user/a1b2c3d4',
    'http%3A%2F%2Fevil.test',
    '@evil.test',
    '@evil.test/user/a1b2c3d4',
    ':80/user/a1b2c3d4',
    'user',
    'user/',
    'user@evil.test/a1b2c3d4',
    'user/a1b2c3d4@evil.test/hubs',
    'user:a1b2c3d4/hubs',
    'user/%20a1b2c3d4/hubs',
    'user/a1b2c3d40',
    'user/a1b2c3d',
    'user/b2c3d4e5/hubs',
    'user/*/hubs',
    'user/null',
    'user/a1b2c3d4,b2c3d4e5/hubs',
    'user/a1b2c3d4%00/hubs',
    'user/a1b2c3d4;x=1/hubs',
    'USER/a1b2c3d4',
    'users/a1b2c3d4',
    'company',
    'company/c1/hubs',
    'COMPANY/c1/hubs',
    'c%6Fmpany/c1',
    'pro',
    'pro/contactInfoConfirmation',
    'swagger/v2/api-docs',
    'login',
    'refresh',
    'api/user/a1b2c3d4',
    '../user/a1b2c3d4',
    '%2e%2e/user/a1b2c3d4',
    'constructor/a1b2c3d4',
    '__proto__/a1b2c3d4',
    'hasOwnProperty',
    'user/contactInfoConfirmation',
    'user/resetPassword',
    'user/resetPassword/confirm',
    'user/RESETPASSWORD/confirm',
  ])('%j is refused', (rawPath) => {
    expect(leaving(rawPath)).toBeUndefined();
  });
});

describe('ways out of the own user', () => {
  const dots = [
    '.',
    '..',
    '%2e',
    '%2E%2e',
    '.%2e',
    '%252e%252e',
    '%25252e%25252e',
    '%2525252e',
    '..;',
    '..;x=1',
  ];
  const others = [
    '',
    '%20',
    'a%2Fb',
    '%2f',
    'a%252Fb',
    'a%25252Fb',
    '..%2f..%2fcompany',
    '..%252f..%252fcompany',
    'a%5Cb',
    'a\\b',
    '..\\..\\company',
    'a%255Cb',
    'a%00',
    'a\0b',
    'a%2500b',
    'a%0d%0aX-Api-Key:%20x',
    'a%250d%250ab',
    'a\r\nb',
    'a%09b',
    'a%7f',
    'a%C2%85b',
    'a%E2%80%A8b',
    '%EF%BC%8E%EF%BC%8E',
    '．．',
    'a%EF%BC%8Fb',
    'a％2fb／c',
    '%E2%80%A5',
    '%c0%ae%c0%ae',
    '%c0%af',
    '%25c0%25ae',
    '%zz',
    '%2',
    '%',
    '%252%65',
    'a%252Db',
    '%25u002e%25u002e',
    '％２ｅ',
    '%252e%25zz',
    '%u002e%u002e',
    '\ud800',
    'a%ED%A0%80',
    '%25252525252525252541',
  ];

  it.each([...dots, ...others])('a segment %j is refused wherever it stands', (segment) => {
    for (const rawPath of [
      `user/a1b2c3d4/${segment}`,
      `user/a1b2c3d4/${segment}/hubs`,
      `user/a1b2c3d4/hubs/${segment}/devices`,
      `user/${segment}/a1b2c3d4`,
      `${segment}/user/a1b2c3d4`,
    ]) {
      expect(leaving(rawPath), rawPath).toBeUndefined();
    }
  });

  it('however often a dot or a slash is encoded, it is refused', () => {
    let [dot, slash, backslash, nul] = ['%2e', '%2f', '%5c', '%00'];
    for (let times = 0; times < 12; times++) {
      for (const part of [`${dot}${dot}`, `a${slash}b`, `a${backslash}b`, `a${nul}`]) {
        expect(leaving(`user/a1b2c3d4/${part}/x`), part).toBeUndefined();
      }
      [dot, slash, backslash, nul] = [dot, slash, backslash, nul].map((text) =>
        text.replaceAll('%', '%25'),
      ) as [string, string, string, string];
    }
  });

  it('a text made to be decoded for ever is refused in no time', () => {
    const startedAt = performance.now();
    expect(leaving(`user/a1b2c3d4/%${'25'.repeat(200_000)}41`)).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('operations that are not for a shared gateway', () => {
  it.each<[string, string]>([
    ['PUT', 'login'],
    ['PUT', 'LOGIN'],
    ['PUT', 'l%6Fgin'],
    ['PUT', 'phone'],
    ['PUT', 'passwordHash'],
    ['POST', 'passwordhash'],
    ['PUT', 'login/confirm'],
    ['DELETE', 'hubs/1/logs'],
    ['DELETE', 'hubs/1/LOGS'],
    ['DELETE', 'hubs/1/logs/2'],
    ['POST', 'hubs/1/logs'],
    ['DELETE', 'hubs/1/%6cogs'],
    ['DELETE', 'hubs/1/%256cogs'],
    ['DELETE', 'HUBS/1/logs'],
    ['GET', 'Hubs/1'],
    // Servers that cut a segment at a semicolon, or an ending off, or normalise it, find the same operation in these.
    ['PUT', 'login;x'],
    ['PUT', 'login%3Bx=1/confirm'],
    ['PUT', 'phone%20'],
    ['PUT', 'passwordHash.json'],
    ['PUT', '%EF%BD%8Cogin'],
    ['DELETE', 'hubs/1/logs;x'],
    ['DELETE', 'hubs/1/logs%3Bx/2'],
    ['DELETE', 'hubs/1/logs.json'],
    ['DELETE', 'hubs/1/%EF%BD%8Cogs'],
    ['DELETE', 'hubs/1/%20logs'],
    ['DELETE', 'hubs;x/1/logs'],
    ['GET', 'hubs;x/1'],
    ['PUT', '%EF%BD%88ubs/1/commands/arming'],
  ])('%s %s is refused', (method, path) => {
    expect(target(`user/a1b2c3d4/${path}`, method)).toHaveProperty('refusal');
  });

  it.each([
    ['company/1', /user accounts only/],
    ['user/b2c3d4e5', /userId/],
    ['user/a1b2c3d4/%2e%2e', /encoded once/],
    ['login', /auth\/token/],
    ['user/resetPassword', /Ajax app/],
    ['elsewhere', /user\/\{id\}/],
  ])('%s: the refusal says what to do instead', (rawPath, words) => {
    expect(target(rawPath)).toEqual({ refusal: expect.stringMatching(words) });
  });
});

/** Whether a server that decodes as often as it likes still reads it as a name. */
function staysAName(segment: string): boolean {
  let text = segment;
  for (let times = 0; times < 10; times++) {
    if (/[/\\\0\r\n]/.test(text) || ['', '.', '..'].includes(text)) return false;
    const next = text.replace(/%[0-9a-f]{2}/gi, (code) => {
      return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    });
    if (next === text) return true;
    text = next;
  }
  return false;
}

describe('for any path', () => {
  const hostile = fc.constantFrom(
    ...[
      '/',
      '\\',
      '.',
      '..',
      '%',
      '%2e',
      '%2f',
      '%5c',
      '%00',
      '%25',
      '25',
      '2e',
      '@',
      ':',
      '//',
      '?',
      '#',
      ';',
    ],
    ...[
      'user',
      ME,
      ME.toUpperCase(),
      'company',
      'http://evil.test',
      'hubs',
      'login',
      '．',
      '／',
      '\r\n',
      '\ud800',
    ],
  );
  const rawPaths = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc
      .array(fc.oneof(hostile, fc.string({ maxLength: 4 })), { maxLength: 12 })
      .map((parts) => parts.join('')),
    fc
      .array(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 8 })
      .map((parts) => `user/${ME}/${parts.join('')}`),
    fc.array(fc.webSegment(), { maxLength: 6 }).map((parts) => ['user', ME, ...parts].join('/')),
  );

  it('nothing leaves, or exactly {base}/user/{own}/... on the configured origin, segment for segment', () => {
    let passed = 0;
    fc.assert(
      fc.property(rawPaths, (rawPath) => {
        const path = leaving(rawPath);
        if (path === undefined) return;
        passed++;
        const url = new URL(`/api/${path}`, 'https://api.ajax.test');
        expect(url.origin).toBe('https://api.ajax.test');
        expect([url.search, url.hash, url.username]).toEqual(['', '', '']);
        // Nothing in it that a URL parser would resolve, and nothing that was not in the path.
        expect(url.pathname).toBe(`/api/${path}`);
        expect(path).toMatch(/^user\/A1B2C3D4(\/|$)/);
        const raw = rawPath.split('/');
        const left = path.split('/');
        expect(left).toHaveLength(raw.length);
        for (const [index, segment] of left.entries()) {
          if (index === 1) continue;
          expect(decodeURIComponent(segment)).toBe(decodeURIComponent(raw[index] ?? ''));
          expect(staysAName(decodeURIComponent(segment)), segment).toBe(true);
        }
      }),
      { numRuns: 20_000 },
    );
    // The property must not hold because everything is refused.
    expect(passed).toBeGreaterThan(1_000);
  }, 60_000);
});
