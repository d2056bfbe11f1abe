import { describe, expect, test } from 'vitest';
import { jain } from './fairness.ts';
import { createRig, REPLY_MS } from './queue-rig.ts';
import {
  ACCOUNT,
  CREDENTIALS,
  context,
  createFakeAjax,
  createTestClock,
  createWorld,
  get,
  put,
  sessionBody,
} from './world.ts';

const CYCLE_MS = 60_060 + REPLY_MS;
const LATER = { withinMs: 15 * 60_000 };

describe("nobody's flood delays others (P4)", () => {
  test.each(['first', 'interleaved'])(
    'with the flooder %s, tenants with work waiting have equal shares',
    async (how) => {
      const rig = createRig();
      const modest = ['a', 'b', 'c', 'd'];
      if (how === 'first') rig.flood(250, 'interactive', 'flood', LATER);
      for (let n = 0; n < 190; n++) {
        if (how === 'interleaved') rig.submit('interactive', 'flood', LATER);
        for (const account of modest) rig.submit('interactive', account, LATER);
      }
      await rig.clock.settle();
      const before = new Map([...modest, 'flood'].map((account) => [account, rig.started(account)]));
      await rig.clock.advance(5 * CYCLE_MS);
      const shares = [...before].map(([account, earlier]) => rig.started(account) - earlier);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(5 * 95);
      expect(jain(shares)).toBeGreaterThanOrEqual(0.99);
    },
  );

  test('plans weigh shares, and starve nobody', async () => {
    const rig = createRig({ closedForMs: 1_000 });
    rig.flood(200, 'interactive', 'free', { ...LATER, weight: 1 });
    rig.flood(200, 'interactive', 'paid', { ...LATER, weight: 4 });
    await rig.clock.advance(1_000 + CYCLE_MS);
    expect(rig.started('free')).toBe(38);
    expect(rig.started('paid')).toBe(152);
  });

  test('four tenants that fill a lane keep nobody out of it', async () => {
    const rig = createRig();
    for (const account of ['f1', 'f2', 'f3', 'f4']) {
      rig.flood(260, 'interactive', account, LATER);
      rig.flood(260, 'background', account, LATER);
    }
    await rig.clock.advance(1_000);
    rig.flood(5, 'command', 'late');
    rig.flood(10, 'interactive', 'late', LATER);
    await rig.clock.advance(CYCLE_MS);
    // The others held nothing of the reserve, but they wait: two at once, the rest with the first tokens of all.
    expect(rig.started('late', 'command')).toBe(2);
    expect(rig.started('late', 'interactive')).toBe(10);
  });
});

test('with work of every kind waiting, at least 98 % of the tokens are used per W + reply (P2)', async () => {
  const rig = createRig();
  const cycles = 4;
  const endAt = cycles * CYCLE_MS;
  for (let n = 0; rig.clock.monotonic() < endAt; n++) {
    for (const account of ['a', 'b', 'c']) {
      rig.flood(7, 'interactive', account);
      rig.flood(2, 'background', account, LATER);
      rig.flood(n % 3, 'command', account);
    }
    rig.flood(2, 'login', `login ${n}`, { owner: undefined });
    await rig.clock.advance(1_000);
  }
  const used = rig.starts.filter(({ at }) => at < endAt).length;
  expect(used / (cycles * 100)).toBeGreaterThanOrEqual(0.98);
  // And the budget holds (P1).
  for (const { at } of rig.starts) {
    const inWindow = rig.starts.filter((start) => start.at >= at && start.at < at + 60_000);
    expect(inWindow.length).toBeLessThanOrEqual(100);
  }
});

test('under ten-fold overload of reads, `reserve` commands and refreshes per W + reply leave within 250 ms (P3)', async () => {
  const clock = createTestClock();
  const ajax = createFakeAjax(clock, { latencyMs: () => REPLY_MS });
  const world = await createWorld({
    clock,
    ajax,
    config: { budget: { requests: 100, windowMs: 60_000, reserve: 5 } },
  });
  const accounts = ['01', '02', '03', '04', '05'];
  let logins = 0;
  ajax.behave(({ path }) =>
    path === '/api/login'
      ? { status: 200, body: sessionBody(logins, accounts[logins++] ?? ACCOUNT) }
      : undefined,
  );
  for (const account of accounts) {
    const login = world.client.login({ ...CREDENTIALS, login: `${account}@example.com` }, context());
    await clock.advance(2 * REPLY_MS);
    await login;
  }
  const asked = new Map<string, number>();
  const commands: Promise<unknown>[] = [];
  const cycles = 3;
  for (let second = 0; second < (cycles * CYCLE_MS) / 1_000; second++) {
    for (const account of accounts) {
      // 950 reads in each W, of 95 tokens.
      for (let n = 0; n < 4; n++)
        get(world, ['hubs', '1', 'logs', `${second}-${n}`], { account }).catch(() => {});
      // Each sends one command per cycle, at a time of its own.
      const isTurn = (second + 3 + 11 * accounts.indexOf(account)) % Math.ceil(CYCLE_MS / 1_000) === 0;
      if (!isTurn) continue;
      const id = `${account}${second}`;
      asked.set(id, clock.monotonic());
      commands.push(put(world, ['hubs', id, 'commands', 'arming'], {}, { account }));
    }
    await clock.advance(1_000);
  }
  expect((await Promise.all(commands)).length).toBe(cycles * accounts.length);
  const left = ajax.arrivals.filter(({ method }) => method === 'PUT');
  expect(left).toHaveLength(cycles * accounts.length);
  for (const { path, at } of left) {
    const id = path.split('/').find((part) => asked.has(part)) ?? '';
    expect(at - (asked.get(id) ?? Number.NEGATIVE_INFINITY)).toBeLessThanOrEqual(250);
  }
});
