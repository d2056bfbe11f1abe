import { describe, expect, test } from 'vitest';
import { passwordHashOf, totpCode } from '../../../simulator/simulator.ts';
import { simulatorAt } from './client.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe('the API key', () => {
  test.each([
    ['POST', '/login'],
    ['POST', '/refresh'],
    ['GET', '/user/1/hubs'],
    ['GET', '/nowhere'],
  ])('is required for %s %s', async (method, path) => {
    const { send } = simulatorAt();
    for (const key of ['', 'wrong-key']) {
      const answer = await send(method, path, method === 'GET' ? undefined : {}, { 'x-api-key': key });
      expect(answer.status).toBe(401);
      expect(answer.body.message).toContain('not authorized');
    }
  });
});

describe('login', () => {
  test('gives a session that reads the own hubs', async () => {
    const { as, account } = simulatorAt();
    const demo = await as('demo');
    const { status, body } = await demo('GET', '/hubs');
    expect(status).toBe(200);
    expect(body.map(({ hubId }: { hubId: string }) => hubId)).toEqual(account('demo').hubIds);
  });

  test('refuses a wrong password, a plain password and an unknown login alike', async () => {
    const { send } = simulatorAt();
    const right = await passwordHashOf('demo-1234');
    const attempts = [
      { login: 'demo@ajaxsecurflow.dev', passwordHash: await passwordHashOf('wrong') },
      { login: 'demo@ajaxsecurflow.dev', passwordHash: 'demo-1234' },
      { login: 'demo@ajaxsecurflow.dev', passwordHash: right.toUpperCase() },
      { login: 'nobody@ajaxsecurflow.dev', passwordHash: right },
    ];
    for (const attempt of attempts) {
      const answer = await send('POST', '/login', attempt);
      expect(answer.status).toBe(401);
      expect(answer.body.message).toContain('Wrong login or password');
    }
  });

  test('names what is missing with 422, and calls malformed JSON 400', async () => {
    const { send } = simulatorAt();
    const missing = await send('POST', '/login', { login: 'demo@ajaxsecurflow.dev' });
    expect(missing.status).toBe(422);
    expect(missing.body.errors[0]).toMatchObject({ field: 'passwordHash', code: 'missing_field' });
    expect((await send('POST', '/login', '{"login":')).status).toBe(400);
    expect((await send('POST', '/login', '')).status).toBe(422);
  });

  test('as PRO is refused with a message that says so', async () => {
    const { send } = simulatorAt();
    const answer = await send('POST', '/login', {
      login: 'demo@ajaxsecurflow.dev',
      passwordHash: await passwordHashOf('demo-1234'),
      userRole: 'PRO',
    });
    expect(answer.status).toBe(401);
    expect(answer.body.message).toContain('PRO');
  });

  test('leaves earlier sessions of the account alive', async () => {
    const { as } = simulatorAt();
    const first = await as('demo');
    await as('demo');
    expect((await first('GET', '/hubs')).status).toBe(200);
  });
});

describe('a one-time code', () => {
  test('is computed as in RFC 6238, appendix B', async () => {
    const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
    expect(await totpCode(secret, 59_000)).toBe('287082');
    expect(await totpCode(secret, 1_111_111_109_000)).toBe('081804');
    expect(await totpCode(secret, 20_000_000_000_000)).toBe('353130');
  });

  test('missing or wrong looks like a wrong password', async () => {
    const { send, account } = simulatorAt();
    const { login, password } = account('secure');
    const passwordHash = await passwordHashOf(password);
    for (const totp of [undefined, '000000', '']) {
      const answer = await send('POST', '/login', { login, passwordHash, totp });
      expect(answer.status).toBe(401);
      expect(answer.body.message).toContain('Wrong login or password');
    }
  });

  test('gives a refresh token of a year, through rotation too', async () => {
    const { login, send, advance } = simulatorAt();
    const first = await login('secure');
    expect(first.status).toBe(200);
    advance(300 * DAY_MS);
    const second = await send('POST', '/refresh', first.body);
    expect(second.status).toBe(200);
    advance(300 * DAY_MS);
    expect((await send('POST', '/refresh', second.body)).status).toBe(200);
  });
});

describe('a session', () => {
  test('ends after 15 minutes and not before', async () => {
    const { as, advance } = simulatorAt();
    const demo = await as('demo');
    advance(15 * MINUTE_MS - 1);
    expect((await demo('GET', '/hubs')).status).toBe(200);
    advance(1);
    expect((await demo('GET', '/hubs')).status).toBe(401);
  });

  test('is refreshed for 7 days, and not after', async () => {
    const { login, send, advance } = simulatorAt();
    const early = await login('demo');
    const late = await login('demo');
    advance(7 * DAY_MS - 1);
    expect((await send('POST', '/refresh', early.body)).status).toBe(200);
    advance(1);
    expect((await send('POST', '/refresh', late.body)).status).toBe(401);
  });

  test('dies with its refresh token the moment it is rotated', async () => {
    const { login, send } = simulatorAt();
    const { body: old } = await login('demo');
    const { status, body: fresh } = await send('POST', '/refresh', old);
    expect(status).toBe(200);
    const hubs = (sessionToken: string) =>
      send('GET', `/user/${old.userId}/hubs`, undefined, { 'x-session-token': sessionToken });
    expect((await hubs(old.sessionToken)).status).toBe(401);
    expect((await hubs(fresh.sessionToken)).status).toBe(200);
    expect((await send('POST', '/refresh', old)).status).toBe(401);
  });

  test('refreshed twice at once survives for one caller only', async () => {
    const { login, send } = simulatorAt();
    const { body } = await login('demo');
    const answers = await Promise.all([send('POST', '/refresh', body), send('POST', '/refresh', body)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test('is not refreshed in the name of another user', async () => {
    const { login, send, account } = simulatorAt();
    const { body } = await login('demo');
    const answer = await send('POST', '/refresh', { ...body, userId: account('guest').userId });
    expect(answer.status).toBe(401);
  });

  test('expired by control needs a refresh, revoked by control a login', async () => {
    const { login, send, control } = simulatorAt();
    const { body } = await login('demo');
    const { body: bystander } = await login('office');
    const hubs = ({ userId, sessionToken }: { userId: string; sessionToken: string }) =>
      send('GET', `/user/${userId}/hubs`, undefined, { 'x-session-token': sessionToken });
    control.expireSessions('demo@ajaxsecurflow.dev');
    expect((await hubs(body)).status).toBe(401);
    expect((await hubs(bystander)).status).toBe(200);
    const { body: fresh } = await send('POST', '/refresh', body);
    expect((await hubs(fresh)).status).toBe(200);
    control.revokeSessions();
    expect((await send('POST', '/refresh', fresh)).status).toBe(401);
  });
});
