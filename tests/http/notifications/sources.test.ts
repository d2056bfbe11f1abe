/** What the gateway tells of by itself: sign-ins, locks, the key, the kill switch. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';
import { until } from '../../support/until.ts';
import { refuse, scriptedCoordinator } from '../scripted-coordinator.ts';

interface Shown {
  kind: string;
  title: string;
  message: string;
  link: string | null;
}

const coordinator = scriptedCoordinator();
let gateway: TestGateway;
let owner: SignedInClient;
let stranger: SignedInClient;

beforeAll(async () => {
  gateway = await createTestGateway({
    env: { ADMIN_EMAILS: 'demo@ajaxsecurflow.dev' },
    coordinatorFetch: coordinator.wrap,
  });
  [owner, stranger] = [await gateway.signIn(0), await gateway.signIn(2)];
});
afterAll(() => gateway.close());

const told = (who: SignedInClient, kind: string) => async () =>
  (await who.json<Shown[]>('/api/v1/notifications')).filter((each) => each.kind === kind);
const signIn = (from: string, password = 'demo-1234', headers = {}) =>
  gateway.fetch('/api/v1/auth/token', {
    method: 'POST',
    body: JSON.stringify({ username: 'Demo@ajaxsecurflow.dev', password }),
    from,
    headers,
  });

describe('security', () => {
  const security = () => told(owner, 'security')();

  it('says nothing of the first sign-in, nor of another at the same place', async () => {
    expect((await signIn('203.0.113.5')).status).toBe(200);
    expect(await security()).toEqual([]);
  });

  it('tells of a sign-in from a new place, once', async () => {
    const browser = { 'user-agent': 'Browser of somebody else', 'accept-language': 'es' };
    expect((await signIn('198.51.100.9', undefined, browser)).status).toBe(200);
    expect((await signIn('198.51.100.9', undefined, browser)).status).toBe(200);
    expect(await security()).toMatchObject([
      { title: 'Sign-in from a new place', message: expect.stringContaining('198.51.100.9'), link: '/audit' },
    ]);
    expect(await told(stranger, 'security')()).toEqual([]);
  });

  it('tells of failed sign-ins once they are locked, and of no account that does not exist', async () => {
    for (let n = 0; n < 6; n++) await signIn('192.0.2.77', 'wrong');
    expect(await security()).toMatchObject([
      { title: 'Too many failed sign-ins', message: expect.stringContaining('192.0.2.77') },
      {},
    ]);
    for (let n = 0; n < 6; n++)
      await gateway.fetch('/api/v1/auth/token', {
        method: 'POST',
        body: JSON.stringify({ username: 'nobody@ajaxsecurflow.dev', password: 'wrong' }),
        from: '192.0.2.78',
      });
    expect(await security()).toHaveLength(2);
  });
});

describe('operator', () => {
  it('hears that the key is refused, once an hour however many requests fail', async () => {
    coordinator.on(() => refuse('operator_key_invalid', 503));
    for (let n = 0; n < 20; n++) await stranger.fetch('/api/v1/ajax/hubs');
    await until(async () => (await told(owner, 'operator')()).length > 0);
    // The memory of the process forgets after a minute, the database after an hour.
    gateway.clock.skip(61_000);
    await stranger.fetch('/api/v1/ajax/hubs');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await told(owner, 'operator')()).toMatchObject([{ title: 'Ajax refuses the API key' }]);
    gateway.clock.skip(60 * 60_000);
    const later = await gateway.signIn(0).catch(() => undefined);
    expect(later).toBeUndefined();
    coordinator.clear();
    const again = await gateway.signIn(0);
    await until(async () => (await told(again, 'operator')()).length === 2);
  });

  it('hears of the kill switch, and nobody else does', async () => {
    const [mine, theirs] = [await gateway.signIn(0), await gateway.signIn(2)];
    const put = (body: unknown) =>
      mine.fetch('/api/v1/admin/upstream', { method: 'PUT', body: JSON.stringify(body) });
    expect((await put({ stopped: true, reason: 'Drill' })).status).toBe(200);
    expect((await put({ stopped: false })).status).toBe(200);
    const shown = await until(async () => {
      const all = await told(mine, 'operator')();
      return all.length >= 4 && all;
    });
    expect(shown.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'Stopped by demo@ajaxsecurflow.dev. Reason: Drill',
        'Resumed by demo@ajaxsecurflow.dev.',
      ]),
    );
    expect(await told(theirs, 'operator')()).toEqual([]);
  });
});
