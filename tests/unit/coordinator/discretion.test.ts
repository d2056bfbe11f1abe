/** Promise P9: what Ajax repeats of a request ends in the coordinator. */
import { describe, expect, it } from 'vitest';
import { withoutSecrets } from '../../../coordinator/upstream/discretion.ts';
import { startTestCoordinator } from '../../support/coordinator.ts';
import {
  CREDENTIALS,
  config,
  context,
  createFakeAjax,
  createTestClock,
  type FakeAjax,
  type Reply,
} from './world.ts';

describe('an answer of Ajax', () => {
  it.each([
    ['as it was sent', 'canary+key/1', 'a canary+key/1 b'],
    ['escaped as JSON', 'canary"key\\1', 'a canary\\"key\\\\1 b'],
    ['percent-encoded', 'canary+key/1', 'a canary%2Bkey%2F1 b'],
  ])('loses a secret that it repeats %s', (_, secret, text) => {
    expect(Buffer.from(withoutSecrets(Buffer.from(text), [secret])).toString()).toBe('a [redacted] b');
  });

  it('keeps every other byte, also those that are no text', () => {
    const noise = Buffer.from(Array.from({ length: 512 }, (_, n) => n % 256));
    const body = Buffer.concat([noise, Buffer.from('canary-key-1'), noise]);
    const clean = withoutSecrets(body, ['canary-key-1']);
    expect(Buffer.from(clean)).toEqual(Buffer.concat([noise, Buffer.from('[redacted]'), noise]));
  });

  it('is the same object when it repeats nothing, or nothing that could be told from innocent text', () => {
    const body = Buffer.from('12345 is a number');
    expect(withoutSecrets(body, ['canary-key-1', '12345', ''])).toBe(body);
  });
});

describe('what comes out of the coordinator', () => {
  const [apiKey = ''] = config.apiKeys;
  const repeating = (status: number): ((arrival: FakeAjax['arrivals'][number]) => Reply | undefined) => {
    return ({ path, headers, body }) => {
      const words = `${JSON.stringify(headers)} ${body}`;
      return path.startsWith('/api/user/')
        ? { status, body: { message: words, messageId: words } }
        : undefined;
    };
  };

  it.each([200, 400, 403, 412, 422])(
    'has neither key nor session of a %i that repeats them',
    async (status) => {
      const clock = createTestClock();
      const ajax = createFakeAjax(clock);
      const { client, host } = await startTestCoordinator({ send: ajax.send, clock });
      const account = (await client.login(CREDENTIALS, context())).account;
      ajax.behave(repeating(status));
      const read = await client.read({ account, path: ['hubs'], lane: 'interactive', ...context() });
      expect(ajax.arrivals.at(-1)?.headers).toMatchObject({
        'x-api-key': apiKey,
        'x-session-token': 'session-1',
      });
      expect(JSON.stringify(read.body)).toContain('[redacted]');
      expect(JSON.stringify(read.body)).not.toMatch(new RegExp(`${apiKey}|session-1`));
      await host.close();
    },
  );

  it.each([200, 503])(
    'has no password hash of a login that is answered %i and repeats it',
    async (status) => {
      const clock = createTestClock();
      const ajax = createFakeAjax(clock);
      const { client, host } = await startTestCoordinator({ send: ajax.send, clock });
      ajax.behave(({ body }) => ({ status, body: { message: body, messageId: body } }));
      const error = await client.login(CREDENTIALS, context()).catch((reason: unknown) => reason);
      expect(JSON.stringify(error)).not.toContain(CREDENTIALS.passwordHash);
      expect(error).toMatchObject({
        extras: { members: { upstream_message_id: expect.stringContaining('[redacted]') } },
      });
      await host.close();
    },
  );

  it.each([200, 503])(
    'has no refresh token of a refresh that is answered %i and repeats it',
    async (status) => {
      const clock = createTestClock();
      const ajax = createFakeAjax(clock);
      const { client, host } = await startTestCoordinator({ send: ajax.send, clock });
      const account = (await client.login(CREDENTIALS, context())).account;
      ajax.behave(({ path, body }) =>
        path === '/api/refresh' ? { status, body: { messageId: body } } : { status: 401 },
      );
      const read = client.read({ account, path: ['hubs'], lane: 'interactive', ...context() });
      const error = await read.catch((reason: unknown) => reason);
      expect(JSON.stringify(error)).not.toContain('refresh-1');
      expect(JSON.stringify(error)).toContain('[redacted]');
      await host.close();
    },
  );

  it('still renews a session whose refresh token Ajax gives back unchanged', async () => {
    const clock = createTestClock();
    const ajax = createFakeAjax(clock);
    const { client, host } = await startTestCoordinator({ send: ajax.send, clock });
    const account = (await client.login(CREDENTIALS, context())).account;
    let generation = 1;
    let accepted = 2;
    ajax.behave(({ path }) => {
      if (path === '/api/refresh') {
        const session = { sessionToken: `session-${++generation}`, refreshToken: 'refresh-1' };
        return { status: 200, body: { userId: account.toUpperCase(), ...session } };
      }
      return generation < accepted ? { status: 401 } : undefined;
    });
    const read = () =>
      client.read({ account, path: ['hubs'], lane: 'interactive', noCache: true, ...context() });
    expect((await read()).status).toBe(200);
    await clock.advance(5_000);
    accepted = 3;
    expect((await read()).status).toBe(200);
    const refreshes = ajax.arrivals.filter(({ path }) => path === '/api/refresh');
    expect(refreshes.map(({ body }) => JSON.parse(body ?? '').refreshToken)).toEqual([
      'refresh-1',
      'refresh-1',
    ]);
    await host.close();
  });
});
