import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Token } from '../../../coordinator/budget/budget.ts';
import type { Others } from '../../../coordinator/queue/place.ts';
import { type Urgency, urgencies } from '../../../coordinator/queue/urgency.ts';
import { createBudgetRig, createRig } from './queue-rig.ts';

describe('a closure', () => {
  test('is told, so that it survives a restart, and a shorter one changes nothing', async () => {
    const told: number[] = [];
    const { budget, clock } = createRig({ onClose: (forMs) => void told.push(forMs) });
    budget.close(30_000);
    budget.close(20_000);
    await clock.advance(5_000);
    budget.close(25_000);
    budget.close(26_000);
    expect(told).toEqual([30_000, 26_000]);
    expect(budget.closedUntil()).toBe(31_000);
  });

  test('of an earlier life goes on, for all lanes', async () => {
    const { budget, clock } = createRig({ closedForMs: 12_000 });
    expect(budget.closedUntil()).toBe(12_000);
    expect(budget.nextChange()).toBe(12_000);
    await clock.advance(11_999);
    expect(urgencies.some(budget.opens)).toBe(false);
    await clock.advance(1);
    expect(urgencies.every(budget.opens)).toBe(true);
    expect(budget.closedUntil()).toBeUndefined();
  });
});

test('bookings of an earlier life count for as long as the storage says (P1)', async () => {
  const loaded = Array.from({ length: 100 }, (_, n) => ({
    id: String(n),
    remainingMs: n < 6 ? 10_000 : 40_000,
  }));
  const { budget, queue, clock } = createRig({ loaded });
  expect(budget.opens('command')).toBe(false);
  expect(queue.predictWait({ urgency: 'interactive', account: 'a' })).toBe(10_000);
  await clock.advance(9_999);
  expect(budget.used()).toBe(100);
  await clock.advance(1);
  expect(budget.used()).toBe(94);
});

test('a thousand questions about 40 000 tokens take no time', () => {
  let now = 0;
  const clock = { now: () => now, monotonic: () => now, after: () => () => {} };
  const { budget } = createBudgetRig(clock, { requests: 100_000, reserve: 5_000 });
  for (let n = 0; n < 40_000; n++) {
    now += 0.5;
    budget.take('interactive', `account ${n % 500}`).settle();
  }
  const startedAt = performance.now();
  for (let n = 0; n < 1_000; n++) {
    now += 0.5;
    budget.allows({ urgency: 'command', account: 'account 1' }, 'waiting');
    budget.predictWait({ urgency: 'interactive', account: 'account 1' }, [], 'waiting');
    budget.nextChange();
    budget.used('account 1');
  }
  // A scan of all tokens takes about 1 ms each.
  expect(performance.now() - startedAt).toBeLessThan(500);
});

/** A token that is out, as a model sees it. */
interface Out {
  readonly token: Token;
  readonly urgency: Urgency;
  readonly account: string;
  readonly isReserved: boolean;
  until: number;
}

interface Limits {
  readonly requests: number;
  readonly reserve: number;
}

/** The rules of docs/coordinator.md by their words: looks at every token. */
function expectAllowed(
  out: readonly Out[],
  { requests, reserve }: Limits,
  ask: { readonly urgency: Urgency; readonly account: string; readonly others: Others },
): boolean {
  const isLast = out.length >= requests - reserve;
  const own = out.filter(({ account }) => account === ask.account);
  const isUrgent = (urgency: Urgency) => ['command', 'refresh', 'login'].includes(urgency);
  const hasQuarter = own.filter(({ urgency }) => isUrgent(urgency)).length >= Math.floor(requests / 4);
  const hasThird = own.filter(({ isReserved }) => isReserved).length >= Math.ceil(reserve / 3);
  const logins = out.filter(({ urgency }) => urgency === 'login').length;
  if (out.length >= requests) return false;
  if (isLast && !['command', 'refresh'].includes(ask.urgency)) return false;
  if (ask.urgency === 'login' && logins >= Math.max(1, Math.floor(requests / 10))) return false;
  if (!isUrgent(ask.urgency) || ask.others === 'absent') return true;
  if (ask.others === 'waiting' && hasQuarter) return false;
  return !(isLast && hasThird);
}

const ask = fc.record({
  kind: fc.constant('ask' as const),
  urgency: fc.constantFrom(...urgencies),
  account: fc.constantFrom('a', 'b', 'c'),
  others: fc.constantFrom<Others>('absent', 'blocked', 'waiting'),
});
const end = fc.record({ kind: fc.constantFrom('settle', 'release', 'abandon'), which: fc.nat() });
const book = fc.record({ kind: fc.constant('book' as const), which: fc.nat() });
const pass = fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(50_000) });
const moves = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: ask },
    { weight: 2, arbitrary: book },
    { weight: 2, arbitrary: end },
    { weight: 1, arbitrary: pass },
  ),
  { maxLength: 150, size: 'max' },
);

test('what is allowed follows from the tokens that are out, and never are more than N (P1, P3)', async () => {
  let fullest = 0;
  const limits = fc
    .record({ requests: fc.integer({ min: 4, max: 24 }), reserve: fc.integer({ min: 0, max: 4 }) })
    .filter(({ requests, reserve }) => reserve < requests);
  await fc.assert(
    fc.asyncProperty(limits, moves, async (limit, all) => {
      let now = 0;
      const clock = { now: () => now, monotonic: () => now, after: () => () => {} };
      const { budget, bounds } = createBudgetRig(clock, limit);
      let out: Out[] = [];
      for (const move of all) {
        if (move.kind === 'pass') now += move.ms;
        out = out.filter(({ until }) => until > now);
        if (move.kind === 'ask') {
          const isReserved = out.length >= limit.requests - limit.reserve;
          const isAllowed = budget.allows(move, move.others);
          expect(isAllowed).toBe(expectAllowed(out, limit, move));
          if (!isAllowed) continue;
          const token = budget.take(move.urgency, move.account);
          out.push({ ...move, token, isReserved, until: Number.POSITIVE_INFINITY });
        } else if (move.kind !== 'pass') {
          const each = out[move.which % Math.max(1, out.length)];
          if (each === undefined) continue;
          const isBooked = each.until !== Number.POSITIVE_INFINITY;
          if (move.kind === 'book') {
            await each.token.book();
            each.until = now + bounds.bookedForMs;
          } else if (move.kind === 'release' || !isBooked) {
            each.token.release();
            out = out.filter((other) => other !== each);
          } else if (move.kind === 'settle') {
            each.token.settle();
            each.until = now + bounds.returnAfterMs;
          } else each.token.abandon();
        }
        expect(budget.used()).toBe(out.length);
        for (const account of ['a', 'b', 'c'])
          expect(budget.used(account)).toBe(out.filter((each) => each.account === account).length);
        const ends = out.map(({ until }) => until - now).filter(Number.isFinite);
        expect(budget.nextChange()).toBe(ends.length === 0 ? undefined : Math.min(...ends));
        fullest = Math.max(fullest, out.length / limit.requests);
      }
    }),
    { numRuns: 400 },
  );
  expect(fullest).toBe(1);
});
