import { describe, expect, it } from 'vitest';
import { underPrefix } from '../../../src/compose.ts';
import { ConfigError, type Environment, parseConfig } from '../../../src/config.ts';

const SECRET_KEY = 'a-secret-key-of-at-least-32-characters';
const problemsOf = (env: Environment) => {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ variable }) => variable);
    throw error;
  }
};

describe('variables of an older installation', () => {
  it.each(['postgresql+asyncpg', 'postgresql+psycopg2', 'postgres', 'postgresql'])(
    'name the database as %s:// too',
    (scheme) => {
      const DATABASE_URL = `${scheme}://user:p%40ss@db:5432/gateway`;
      const { databaseUrl } = parseConfig({ AJAX_API_KEY: 'k', SECRET_KEY, DATABASE_URL });
      expect(databaseUrl).toMatch(/^postgres(ql)?:\/\/user:p%40ss@db:5432\/gateway$/);
    },
  );

  it.each([
    ['True', true],
    ['1', true],
    ['0', false],
    ['No', false],
    ['Auto', 'auto'],
  ])('spell COOKIE_SECURE as %s', (spelling, expected) => {
    expect(parseConfig({ COOKIE_SECURE: spelling }).cookies.secure).toBe(expected);
  });

  it.each([
    ['t', true],
    ['Y', true],
    ['OFF', false],
    ['n', false],
  ])('spell a flag as %s', (spelling, expected) => {
    expect(parseConfig({ ENABLE_DEVELOPER_MODE: spelling }).plans.developerMode).toBe(expected);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('never mean a flag by %s', (value) => {
    expect(problemsOf({ ENABLE_DEVELOPER_MODE: value })).toEqual(['ENABLE_DEVELOPER_MODE']);
  });

  it.each(['[]', ',', '[""]'])('keep their AJAX_API_KEY beside an AJAX_API_KEYS of %s', (list) => {
    const config = parseConfig({ AJAX_API_KEYS: list, AJAX_API_KEY: 'k' });
    expect(config.coordinator.apiKeys).toEqual(['k']);
  });

  it.each(['1', '0x7f.1', '10.1', '10.0.0.0/99', 'fe80::1%eth0'])(
    'never trust a proxy called %s',
    (range) => {
      expect(problemsOf({ TRUSTED_PROXIES: range })).toEqual(['TRUSTED_PROXIES']);
    },
  );
});

describe('a second prefix', () => {
  const pathUnder = (prefix: string, path: string) =>
    new URL(underPrefix(prefix, new Request(`http://gateway.test${path}`)).url).pathname;

  it.each([
    ['/v2', '/v2/auth/me', '/api/v1/auth/me'],
    ['/v2', '/v2', '/api/v1'],
    ['/v2', '/v22/auth/me', '/v22/auth/me'],
    ['/api', '/api/auth/me', '/api/v1/auth/me'],
    ['/api', '/api/v1/auth/me', '/api/v1/auth/me'],
    ['/api/v1/old', '/api/v1/old/auth/me', '/api/v1/auth/me'],
    ['/api/v1/old', '/api/v1/auth/me', '/api/v1/auth/me'],
  ])('%s: %s is %s, and the first prefix keeps working', (prefix, path, expected) => {
    expect(pathUnder(prefix, path)).toBe(expected);
  });
});
