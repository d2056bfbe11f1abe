import { describe, expect, it } from 'vitest';
import { createDatabase, type Sql } from '../../../src/db/client.ts';
import { describeError } from '../../../src/kernel/log.ts';

const database = createDatabase({
  kind: 'postgres',
  sql: {} as Sql,
  openStatements: () => {
    throw new Error('Not here');
  },
  close: async () => {},
});
const failure = (code: string) =>
  new Error('Failed query', { cause: Object.assign(new Error('driver'), { code }) });
const run = (code: string) => database.run(() => Promise.reject(failure(code)));

describe('a failed query', () => {
  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOENT',
    'EAI_AGAIN',
    'CONNECT_TIMEOUT',
    'CONNECTION_CLOSED',
    '08006',
    '25006',
    '28P01',
    '3D000',
    '53300',
    '57P03',
    '58030',
  ])('with the code %s is an outage', async (code) => {
    await expect(run(code)).rejects.toMatchObject({ code: 'database_unavailable' });
  });

  it.each(['23505', '22021', '42P01', 'ERR_INVALID_ARG_TYPE'])('with the code %s is not', async (code) => {
    await expect(run(code)).rejects.toThrow('Failed query');
  });
});

describe('an error in the log', () => {
  it('shows no parameter of a query, however many lines they have', () => {
    const error = new Error('Failed query: insert into t values ($1)\nparams: one\ntwo secret,three');
    const text = JSON.stringify(describeError(error));
    expect(text).toContain('insert into t');
    expect(text).toContain('database.test.ts');
    expect(text).not.toMatch(/one|two secret|three/);
  });

  it('shows nothing of a text that is not JSON', () => {
    for (const text of ['{"sessionToken":"top secret" x', 'secret', '"secret', 'a\nsecret\nb']) {
      const error = (() => {
        try {
          return JSON.parse(text) as never;
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(JSON.stringify(describeError(error))).not.toMatch(/secret/);
    }
  });
});
