import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Token } from '../../../coordinator/budget/budget.ts';
import { createWorkQueue } from '../../../coordinator/queue/queue.ts';
import { createBudgetRig, createRig, REPLY_MS } from './queue-rig.ts';
import { codeOf } from './world.ts';

/** W + G of the rig: when a token comes back after its reply. */
const RETURN_MS = 60_060;
const LATER = { withinMs: 15 * 60_000 };

describe('the shares of the budget (P3)', () => {
  test('while others wait, one tenant takes a quarter of the tokens for urgent work, and goes on with its own', async () => {
    const rig = createRig({ requests: 20, reserve: 0 });
    rig.flood(20, 'interactive', 'reader', LATER);
    await rig.clock.advance(1_000);
    rig.flood(40, 'interactive', 'reader', LATER);
    rig.flood(12, 'command', 'flood', LATER);
    await rig.clock.advance(RETURN_MS);
    expect(rig.started('flood')).toBe(5);
    expect(rig.started('reader')).toBe(20 + 15);
    // Its tokens and those of the reader come back together: it is first, and has its quarter again.
    await rig.clock.advance(RETURN_MS + REPLY_MS);
    expect(rig.started('flood')).toBe(10);
    expect(rig.started('reader')).toBe(20 + 15 + 15);
  });

  test('while others wait, one tenant takes a third of the reserve, rounded up', async () => {
    const rig = createRig();
    rig.flood(100, 'interactive', 'reader', LATER);
    rig.flood(9, 'command', 'flood', LATER);
    await rig.clock.advance(0);
    expect(rig.started('reader')).toBe(95);
    expect(rig.started('flood')).toBe(2);
    rig.flood(9, 'refresh', 'other', LATER);
    await rig.clock.advance(0);
    expect(rig.started('other')).toBe(2);
    rig.flood(9, 'command', 'third', LATER);
    await rig.clock.advance(0);
    expect(rig.started('third')).toBe(1);
    expect(rig.budget.used()).toBe(100);
  });

  test('a tenant held at its share goes on as soon as nobody else waits', async () => {
    const rig = createRig();
    const leaving = new AbortController();
    rig.flood(95, 'interactive', 'reader', LATER);
    rig.submit('interactive', 'reader', { ...LATER, signal: leaving.signal });
    rig.flood(9, 'command', 'flood', LATER);
    await rig.clock.advance(5_000);
    expect(rig.started('flood')).toBe(2);
    leaving.abort(new Error('gone'));
    await rig.clock.settle();
    expect(rig.started('flood')).toBe(5);
  });

  test('a tenant held at its share of the reserve goes on when others let go of their tokens', async () => {
    const rig = createRig();
    const ended: (() => void)[] = [];
    const unsent = async (token: Token) => {
      await new Promise<void>((resolve) => ended.push(resolve));
      token.release();
      // Its slot is still held, as by the rest of a chain of work.
      await new Promise(() => {});
    };
    rig.flood(3, 'interactive', 'reader', { ...LATER, work: unsent });
    rig.flood(96, 'interactive', 'reader', LATER);
    rig.flood(9, 'command', 'flood', LATER);
    await rig.clock.advance(5_000);
    expect(rig.started('flood')).toBe(2);
    for (const end of ended) end();
    await rig.clock.settle();
    // Two of the three fill up the reserve again; one is open to all lanes, of which its own is the first.
    expect(rig.started('flood')).toBe(3);
  });

  test('alone, a tenant takes all tokens; with background work all but the reserve', async () => {
    const rig = createRig();
    rig.flood(150, 'command', 'one', LATER);
    await rig.clock.advance(0);
    expect(rig.started('one')).toBe(100);
    const other = createRig();
    other.flood(150, 'background', 'one', LATER);
    await other.clock.advance(0);
    expect(other.started('one')).toBe(95);
  });

  test('tenants that are all at their share leave no token unused that others may not have either (P2)', async () => {
    const rig = createRig({ closedForMs: 1_000 });
    for (const account of ['a', 'b']) rig.flood(100, 'command', account, LATER);
    await rig.clock.advance(1_000);
    expect(rig.budget.used()).toBe(99);
    expect(Math.abs(rig.started('a') - rig.started('b'))).toBeLessThanOrEqual(1);
  });

  test('logins never touch the reserve, hold at most a tenth, and hold nobody else up', async () => {
    const rig = createRig();
    rig.flood(12, 'login', 'a', LATER);
    await rig.clock.advance(0);
    expect(rig.started('a')).toBe(10);
    rig.flood(60, 'command', 'b', LATER);
    await rig.clock.advance(0);
    expect(rig.started('b')).toBe(60);
    expect(rig.queue.predictWait({ urgency: 'command', account: 'b' })).toBe(0);
    rig.flood(25, 'interactive', 'c', LATER);
    rig.submit('login', 'd', LATER);
    await rig.clock.advance(0);
    expect(rig.started('c')).toBe(25);
    expect(rig.started('d')).toBe(0);

    const full = createRig();
    full.flood(95, 'interactive', 'reader', LATER);
    full.submit('login', 'a', LATER);
    await full.clock.advance(5_000);
    expect(full.started('a')).toBe(0);
  });

  test('background work yields to everything', async () => {
    const rig = createRig({ requests: 10, reserve: 1 });
    rig.flood(9, 'interactive', 'a', LATER);
    await rig.clock.advance(1_000);
    rig.flood(9, 'background', 'b', LATER);
    await rig.clock.advance(1_000);
    rig.flood(9, 'interactive', 'a', LATER);
    await rig.clock.advance(RETURN_MS);
    expect(rig.started('b')).toBe(0);
    expect(rig.started('a')).toBe(18);
  });
});

describe('waking', () => {
  const tight = { requests: 4, reserve: 0 };

  test('a token that comes back while its work still runs is used at once', async () => {
    const rig = createRig(tight);
    const endless = async (token: Token) => {
      await token.book();
      await rig.wait(REPLY_MS);
      token.settle();
      await new Promise(() => {});
    };
    rig.flood(4, 'interactive', 'a', { ...LATER, work: endless });
    rig.submit('interactive', 'b', LATER);
    await rig.clock.advance(RETURN_MS + REPLY_MS - 1);
    expect(rig.started('b')).toBe(0);
    await rig.clock.advance(1);
    expect(rig.started('b')).toBe(1);
  });

  test('a booking that failed gives its token back at once', async () => {
    let fail = (_: Error) => {};
    const rig = createRig({
      ...tight,
      ledger: {
        book: () =>
          new Promise((_, reject) => {
            fail = reject;
          }),
      },
    });
    const stuck = (token: Token) => codeOf(token.book()).then(() => new Promise<void>(() => {}));
    rig.flood(4, 'interactive', 'a', { ...LATER, work: stuck });
    rig.submit('interactive', 'b', { ...LATER, work: stuck });
    await rig.clock.settle();
    fail(new Error('down'));
    await rig.clock.settle();
    expect(rig.started('b')).toBe(1);
  });

  test('a request of which nothing was heard gives its token back at the end of its booking', async () => {
    const rig = createRig(tight);
    const lost = async (token: Token) => {
      await token.book();
      await rig.wait(15_000);
      token.abandon();
    };
    rig.flood(4, 'interactive', 'a', { ...LATER, work: lost });
    rig.submit('interactive', 'b', LATER);
    await rig.clock.advance(15_000);
    expect(rig.queue.predictWait({ urgency: 'interactive', account: 'c' })).toBe(
      rig.bounds.bookedForMs - 15_000,
    );
    await rig.clock.advance(rig.bounds.bookedForMs - 15_001);
    expect(rig.started('b')).toBe(0);
    await rig.clock.advance(1);
    expect(rig.started('b')).toBe(1);
  });

  test('a request that never ends gives its token back at the end of its booking, too', async () => {
    const rig = createRig(tight);
    const endless = async (token: Token) => {
      await rig.wait(500);
      await token.book();
      await new Promise(() => {});
    };
    rig.flood(4, 'interactive', 'a', { ...LATER, work: endless });
    rig.submit('interactive', 'b', LATER);
    await rig.clock.advance(500 + rig.bounds.bookedForMs - 1);
    expect(rig.started('b')).toBe(0);
    await rig.clock.advance(1);
    expect(rig.started('b')).toBe(1);
  });

  test('a timer that fires early is no reason to sleep on', async () => {
    const rig = createRig({ ...tight, earlyMs: 2 });
    rig.flood(5, 'interactive', 'a', LATER);
    await rig.clock.advance(RETURN_MS + REPLY_MS + 5);
    expect(rig.started('a')).toBe(5);
  });

  test('work waits for the end of a closure, and starts then', async () => {
    const rig = createRig({ closedForMs: 10_000 });
    rig.submit('command', 'a');
    await rig.clock.advance(9_999);
    expect(rig.started('a')).toBe(0);
    await rig.clock.advance(1);
    expect(rig.started('a')).toBe(1);
  });

  test('a closure that comes while work waits moves its start', async () => {
    const rig = createRig(tight);
    rig.flood(5, 'interactive', 'a', LATER);
    await rig.clock.advance(1_000);
    rig.budget.close(100_000);
    await rig.clock.advance(99_999);
    expect(rig.started('a')).toBe(4);
    await rig.clock.advance(1);
    expect(rig.started('a')).toBe(5);
  });
});

describe('admission', () => {
  test('what cannot make its deadline is refused at once, and told when to come back', async () => {
    const rig = createRig();
    rig.flood(95, 'interactive', 'a');
    await rig.clock.advance(10_000);
    const refused = rig.queue.run(
      { urgency: 'interactive', account: 'b', owner: 'b', deadlineAt: 30_000, signal: undefined },
      async () => {},
    );
    await expect(refused).rejects.toMatchObject({
      code: 'budget_exhausted',
      extras: { retryAfterSeconds: Math.ceil((RETURN_MS + REPLY_MS - 10_000) / 1_000) },
    });
    expect(rig.queue.waiting()).toBe(0);
  });

  test('the predicted wait is the wait, for each place in the line', async () => {
    const rig = createRig({ requests: 10, reserve: 2 });
    for (let n = 0; n < 8; n++) {
      rig.submit('interactive', 'early');
      await rig.clock.advance(1_000);
    }
    const predicted: number[] = [];
    for (let n = 0; n < 20; n++) {
      predicted.push(rig.queue.predictWait({ urgency: 'interactive', account: 'late' }));
      rig.submit('interactive', 'late', LATER);
    }
    expect(predicted[0]).toBe(RETURN_MS + REPLY_MS - 8_000);
    await rig.clock.advance(4 * RETURN_MS);
    const waited = rig.starts.filter(({ account }) => account === 'late').map(({ waitedMs }) => waitedMs);
    expect(waited).toHaveLength(20);
    for (const [index, waitedMs] of waited.entries()) {
      // Each further round takes one reply more.
      expect(waitedMs - (predicted[index] ?? 0)).toBeGreaterThanOrEqual(0);
      expect(waitedMs - (predicted[index] ?? 0)).toBeLessThanOrEqual(2 * REPLY_MS);
    }
  });

  test('no command, refresh or read is refused that would have started in time, nor waits in vain', async () => {
    const lanes = ['command', 'refresh', 'interactive'] as const;
    const step = fc.record({
      urgency: fc.constantFrom(...lanes, 'background' as const, 'interactive' as const),
      account: fc.constantFrom('a', 'b', 'c'),
      passMs: fc.oneof(fc.constant(0), fc.nat(4_000)),
    });
    const probe = fc.record({
      urgency: fc.constantFrom(...lanes),
      account: fc.constantFrom('a', 'b', 'new'),
    });
    const steps = fc.array(step, { minLength: 10, maxLength: 50, size: 'max' });
    let waited = 0;
    await fc.assert(
      fc.asyncProperty(steps, probe, async (all, { urgency, account }) => {
        const rig = createRig({ requests: 16, reserve: 3 });
        for (const each of all) {
          rig.submit(each.urgency, each.account, LATER);
          await rig.clock.advance(each.passMs);
        }
        const askedAt = rig.clock.monotonic();
        const predictedMs = rig.queue.predictWait({ urgency, account });
        let startedAt = Number.POSITIVE_INFINITY;
        rig.submit(urgency, account, {
          ...LATER,
          async work(token) {
            startedAt = rig.clock.monotonic();
            token.release();
          },
        });
        await rig.clock.advance(25_000);
        const waitedMs = startedAt - askedAt;
        if (predictedMs > 0 && waitedMs < 20_000) waited++;
        if (predictedMs < 20_000) expect(waitedMs).toBeLessThanOrEqual(predictedMs + 2_000);
        if (waitedMs < 20_000) expect(predictedMs).toBeLessThanOrEqual(waitedMs + 2_000);
      }),
      // An estimate: one seed, so that a rare miss of more is no failure.
      { numRuns: 100, seed: 1 },
    );
    expect(waited).toBeGreaterThan(0);
  });

  test('tokens that are back belong to those who wait, also before they have started', async () => {
    let now = 0;
    const clock = { now: () => now, monotonic: () => now, after: () => () => {} };
    const { budget } = createBudgetRig(clock, { requests: 4, reserve: 0 });
    const queue = createWorkQueue(budget, clock);
    const ticket = { urgency: 'interactive', account: 'a', owner: 'a', signal: undefined } as const;
    for (let n = 0; n < 10; n++)
      void queue.run({ ...ticket, deadlineAt: LATER.withinMs }, async (token) => token.settle());
    now = RETURN_MS;
    expect(budget.used()).toBe(0);
    expect(queue.predictWait(ticket)).toBe(RETURN_MS);
  });

  test('the predicted wait knows that nothing starts before a closure ends, nor more at once than there are tokens', () => {
    const rig = createRig({ requests: 10, reserve: 0, closedForMs: 5_000 });
    rig.flood(10, 'interactive', 'a', LATER);
    expect(rig.queue.predictWait({ urgency: 'command', account: 'b' })).toBe(5_000);
    expect(rig.queue.predictWait({ urgency: 'interactive', account: 'a' })).toBe(5_000 + RETURN_MS);
    expect(rig.queue.predictWait({ urgency: 'interactive', account: 'b' })).toBe(5_000);
  });

  test('a tenant at its share is told the wait for its own tokens, others are not told its wait', async () => {
    const rig = createRig({ requests: 20, reserve: 0 });
    rig.flood(15, 'interactive', 'reader', LATER);
    await rig.clock.advance(2_000);
    rig.flood(5, 'command', 'flood', LATER);
    await rig.clock.advance(1_000);
    rig.submit('interactive', 'reader', LATER);
    const own = RETURN_MS + REPLY_MS - 1_000;
    const first = RETURN_MS + REPLY_MS - 3_000;
    expect(rig.queue.predictWait({ urgency: 'command', account: 'flood' })).toBe(own);
    expect(rig.queue.predictWait({ urgency: 'command', account: 'other' })).toBe(first);
    rig.flood(200, 'command', 'flood', LATER);
    expect(rig.queue.predictWait({ urgency: 'command', account: 'other' })).toBe(first);
    expect(rig.queue.predictWait({ urgency: 'interactive', account: 'other' })).toBe(first);
    expect(rig.queue.predictWait({ urgency: 'command', account: 'flood' })).toBeGreaterThan(LATER.withinMs);
  });

  test('a tenant at its share of the reserve is told the wait for a token of its own or of the others', async () => {
    const rig = createRig();
    rig.flood(2, 'interactive', 'reader', LATER);
    await rig.clock.advance(3_000);
    rig.flood(93, 'interactive', 'reader', LATER);
    rig.submit('interactive', 'reader', LATER);
    rig.flood(2, 'command', 'flood', LATER);
    await rig.clock.advance(1_000);
    // Two tokens are out beyond those that are not in the reserve: the third to come back is open to it.
    expect(rig.queue.predictWait({ urgency: 'command', account: 'flood' })).toBe(
      RETURN_MS + REPLY_MS - 1_000,
    );
    expect(rig.queue.predictWait({ urgency: 'command', account: 'other' })).toBe(0);
    rig.flood(20, 'command', 'flood', LATER);
    expect(rig.queue.predictWait({ urgency: 'command', account: 'other' })).toBe(0);
  });

  test('logins beyond their tenth are told the wait for a login, and delay nobody', async () => {
    const rig = createRig();
    rig.flood(10, 'login', 'a', LATER);
    await rig.clock.advance(1_000);
    const wait = RETURN_MS + REPLY_MS - 1_000;
    expect(rig.queue.predictWait({ urgency: 'login', account: 'b' })).toBe(wait);
    rig.flood(85, 'interactive', 'c', LATER);
    rig.flood(100, 'login', 'd', LATER);
    await rig.clock.advance(1_000);
    rig.flood(5, 'interactive', 'c', LATER);
    const reads = RETURN_MS + REPLY_MS - 1_000;
    expect(rig.queue.predictWait({ urgency: 'interactive', account: 'e' })).toBe(reads);
    expect(rig.queue.predictWait({ urgency: 'login', account: 'e' })).toBe(wait - 1_000);
    expect(rig.queue.predictWait({ urgency: 'login', account: 'd' })).toBe(10 * RETURN_MS + wait - 1_000);
  });

  test('work that may wait for long delays others by no more than its turns', async () => {
    const rig = createRig();
    rig.flood(95, 'interactive', 'a');
    await rig.clock.advance(50_000);
    rig.flood(250, 'interactive', 'patient', LATER);
    expect(rig.queue.predictWait({ urgency: 'interactive', account: 'b' })).toBe(
      RETURN_MS + REPLY_MS - 50_000,
    );
    const mine = rig.flood(40, 'interactive', 'b');
    await rig.clock.advance(20_000);
    expect(await Promise.all(mine)).toEqual(Array(40).fill('none'));
  });

  test('one tenant waits 250 times in a lane, a lane holds 1000, and every account has 10 places in it', async () => {
    const rig = createRig({ closedForMs: 1_000 });
    const codes = async (count: number, account: string, owner: string | undefined = account) => {
      const before = rig.queue.waiting(account);
      const all = rig.flood(count, 'interactive', account, { ...LATER, owner });
      await rig.clock.settle();
      const refused = all.length - (rig.queue.waiting(account) - before);
      return refused;
    };
    for (const account of ['a', 'b', 'c', 'd']) expect(await codes(260, account)).toBe(10);
    expect(rig.queue.waiting()).toBe(1_000);
    expect(await codes(20, 'e')).toBe(10);
    expect(await codes(20, 'f')).toBe(10);
    expect(rig.queue.lanes().interactive.waiting).toBe(1_020);
    const made = rig.submit('interactive', 'made up', { ...LATER, owner: undefined });
    expect(await made).toBe('budget_exhausted');
    // Another lane has places of its own.
    expect(await rig.submit('command', 'a', { withinMs: 500 })).toBe('budget_exhausted');
    rig.submit('command', 'a');
    expect(rig.queue.lanes().command.waiting).toBe(1);
  });

  test('work leaves the line at its deadline, and when its caller goes', async () => {
    const rig = createRig({ requests: 4, reserve: 0 });
    const caller = new AbortController();
    rig.flood(4, 'interactive', 'a');
    await rig.clock.advance(50_000);
    const late = rig.submit('interactive', 'b', { withinMs: 15_000 });
    const gone = rig.submit('interactive', 'c', { signal: caller.signal });
    rig.budget.close(60_000);
    caller.abort(Object.assign(new Error('gone'), { code: 'gone' }));
    expect(await gone).toBe('gone');
    await rig.clock.advance(15_000);
    expect(await late).toBe('budget_exhausted');
    expect(rig.queue.waiting()).toBe(0);
    expect(rig.started('b') + rig.started('c')).toBe(0);
  });

  test('a weight out of range is refused', async () => {
    const rig = createRig();
    await expect(
      rig.queue.run(
        { urgency: 'command', account: 'a', owner: 'a', weight: 0, deadlineAt: 1_000, signal: undefined },
        async () => {},
      ),
    ).rejects.toThrow(RangeError);
  });

  test('a queue that closes refuses what waits and what comes, and lets what runs end', async () => {
    const rig = createRig({ requests: 4, reserve: 0 });
    const running = rig.flood(4, 'interactive', 'a', LATER);
    const waiting = rig.flood(3, 'interactive', 'b', LATER);
    await rig.clock.settle();
    const closed = rig.queue.close(10_000);
    expect(await Promise.all(waiting)).toEqual(Array(3).fill('coordinator_unavailable'));
    expect(await rig.submit('command', 'c')).toBe('coordinator_unavailable');
    await rig.clock.advance(REPLY_MS);
    await closed;
    expect(await Promise.all(running)).toEqual(Array(4).fill('none'));
  });
});

describe('what an operator sees', () => {
  test('waiting work per lane, and for how long the oldest has waited', async () => {
    const rig = createRig({ closedForMs: 60_000 });
    rig.submit('interactive', 'a', LATER);
    await rig.clock.advance(3_000);
    rig.submit('interactive', 'b', LATER);
    rig.submit('background', 'b', LATER);
    await rig.clock.advance(1_500);
    expect(rig.queue.lanes()).toEqual({
      command: { waiting: 0, oldestMs: 0 },
      refresh: { waiting: 0, oldestMs: 0 },
      login: { waiting: 0, oldestMs: 0 },
      interactive: { waiting: 2, oldestMs: 4_500 },
      background: { waiting: 1, oldestMs: 1_500 },
    });
    expect(rig.queue.waiting()).toBe(3);
    expect(rig.queue.waiting('b')).toBe(2);
  });

  test('how long work has waited, when it starts', async () => {
    const seen: [string, number][] = [];
    const rig = createRig({ closedForMs: 4_000, onStart: (...args) => void seen.push(args) });
    rig.submit('interactive', 'a', LATER);
    await rig.clock.advance(1_000);
    rig.submit('command', 'a', LATER);
    await rig.clock.advance(3_000);
    rig.submit('interactive', 'a', LATER);
    await rig.clock.settle();
    expect(seen).toEqual([
      ['command', 3_000],
      ['interactive', 4_000],
      ['interactive', 0],
    ]);
  });
});
