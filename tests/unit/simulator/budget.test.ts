import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBudget } from '../../../simulator/budget.ts';
import { createJournal } from '../../../simulator/journal.ts';
import { simulatorAt } from './client.ts';

describe('the journal', () => {
  test('largestWindow agrees with counting every window by hand', () => {
    const times = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 60 });
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 120 }), (arrivalTimes, windowMs) => {
        const journal = createJournal();
        for (const at of arrivalTimes) journal.arrive({ at, method: 'GET', path: '/api', apiKey: 'k' });
        const byHand = arrivalTimes.map(
          (start) => arrivalTimes.filter((at) => at >= start && at < start + windowMs).length,
        );
        expect(journal.largestWindow(windowMs)).toBe(Math.max(0, ...byHand));
      }),
    );
  });

  test('keeps keys apart', () => {
    const journal = createJournal();
    for (const apiKey of ['one', 'two', 'two'])
      journal.arrive({ at: 0, method: 'GET', path: '/api', apiKey });
    expect(journal.largestWindow(10)).toBe(2);
    expect(journal.largestWindow(10, 'one')).toBe(1);
    expect(journal.count({ apiKey: 'two' })).toBe(2);
  });

  test('holds every arrival at /api with its status and account, refused ones too', async () => {
    const { login, send, journal } = simulatorAt();
    await login('demo');
    await send('GET', '/nowhere');
    await send('GET', '/user/1/hubs', undefined, { 'x-api-key': 'wrong' });
    expect(journal.arrivals().map(({ path, status, account }) => [path, status, account])).toEqual([
      ['/api/login', 200, 'demo@ajaxsecurflow.dev'],
      ['/api/nowhere', 404, undefined],
      ['/api/user/1/hubs', 401, undefined],
    ]);
  });

  test('does not hold the control surface', async () => {
    const { fetch, journal } = simulatorAt();
    await fetch(new Request('http://ajax.test/_simulator/journal'));
    expect(journal.count()).toBe(0);
  });

  test('clears', async () => {
    const { send, journal } = simulatorAt();
    await send('GET', '/nowhere');
    journal.clear();
    expect(journal.count()).toBe(0);
    expect(journal.largestWindow(1_000)).toBe(0);
  });
});

describe('the budget', () => {
  test('admits exactly the arrivals that keep every window within the limit', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 80 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 8 }), (waits, limit) => {
        const windowMs = 100;
        let now = 0;
        const budget = createBudget({ limit, windowMs }, () => now);
        const arrivals: number[] = [];
        for (const wait of waits) {
          now += wait;
          const others = arrivals.filter((at) => at > now - windowMs).length;
          arrivals.push(now);
          expect(budget.arrive('key').admitted).toBe(others < limit);
        }
      }),
    );
  });

  test('says when to come back, to the millisecond', () => {
    let now = 0;
    const budget = createBudget({ limit: 2, windowMs: 1_000 }, () => now);
    budget.arrive('key');
    now = 300;
    budget.arrive('key');
    now = 500;
    const refused = budget.arrive('key');
    expect(refused).toEqual({ admitted: false, retryAfterMs: 800 });
    now = 1_300;
    expect(budget.arrive('key').admitted).toBe(true);
  });

  test('counts logins, refreshes, refusals and unknown paths alike', async () => {
    const { login, send } = simulatorAt({ budget: { limit: 4, windowMs: 60_000 } });
    await login('demo');
    await send('POST', '/refresh', { userId: 'x', refreshToken: 'y' });
    await send('GET', '/nowhere');
    await send('POST', '/login', '{');
    const answer = await send('GET', '/nowhere');
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('60');
  });

  test('is per API key and opens again one window after the arrivals', async () => {
    const { send, advance } = simulatorAt({
      apiKeys: ['one', 'two'],
      budget: { limit: 1, windowMs: 60_000 },
    });
    const statusWith = async (key: string) =>
      (await send('GET', '/nowhere', undefined, { 'x-api-key': key })).status;
    expect(await statusWith('one')).toBe(404);
    expect(await statusWith('one')).toBe(429);
    expect(await statusWith('two')).toBe(404);
    advance(60_000);
    expect(await statusWith('one')).toBe(404);
  });

  test('of a revoked key is still its own, and other keys go on', async () => {
    const { send, control } = simulatorAt({
      apiKeys: ['one', 'two'],
      budget: { limit: 2, windowMs: 60_000 },
    });
    const statusWith = async (key: string) =>
      (await send('GET', '/nowhere', undefined, { 'x-api-key': key })).status;
    control.setKeyRevoked('one', true);
    expect([await statusWith('one'), await statusWith('two')]).toEqual([401, 404]);
    control.setKeyRevoked('one', false);
    expect([await statusWith('one'), await statusWith('one')]).toEqual([404, 429]);
    expect(() => control.setKeyRevoked('three', true)).toThrow('No such API key');
  });

  test('can be exceeded with 200 and a message, as seen upstream', async () => {
    const { send } = simulatorAt({
      budget: { limit: 1, windowMs: 60_000 },
      throttleAs: 'message-200',
    });
    await send('GET', '/nowhere');
    const answer = await send('GET', '/nowhere');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.body).toEqual({ message: 'You have exceeded the limit in 1 requests per minute' });
  });

  test('executes nothing that exceeds it', async () => {
    const { as, hubId, control } = simulatorAt({ budget: { limit: 1, windowMs: 60_000 } });
    const home = hubId('Linden Street 12');
    const demo = await as('demo');
    const answer = await demo('PUT', `/hubs/${home}/commands/arming`, {
      command: 'ARM',
      ignoreProblems: true,
    });
    expect(answer.status).toBe(429);
    expect(control.hub(home).state).toBe('DISARMED');
  });
});
