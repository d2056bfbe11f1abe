/** What plans cost is told when it is known, and holds nobody up. */
import { expect, it } from 'vitest';
import type { Payments } from '../../../src/billing/stripe/payments.ts';
import { createPriceList } from '../../../src/billing/stripe/price-list.ts';
import type { Clock } from '../../../src/kernel/clock.ts';
import { silentLog } from '../../../src/kernel/log.ts';

const MINUTE = 60_000;
const price = (amount: number | null) => ({
  ...{ unit_amount: amount, currency: 'eur', recurring: { interval: 'month', interval_count: 3 } },
});

function rig() {
  let nowMs = 0;
  let asked = 0;
  let answer: (id: string) => Promise<unknown> = async () => price(1_000);
  const timers: number[] = [];
  const clock: Clock = {
    now: () => nowMs,
    monotonic: () => nowMs,
    after(delayMs, callback) {
      timers.push(delayMs);
      // Whatever is waited for for a short time is over at once.
      if (delayMs < MINUTE / 6) setImmediate(callback);
      return () => {};
    },
  };
  const payments = {
    price(id: string) {
      asked++;
      return answer(id);
    },
    within: () => payments,
  } as unknown as Payments;
  const prices = { basic: ['price_b', 'price_old'], pro: ['price_p'] };
  return {
    list: createPriceList({ payments, prices, clock, log: silentLog }),
    timers,
    asked: () => asked,
    pass: (ms: number) => {
      nowMs += ms;
    },
    answers: (next: typeof answer) => {
      answer = next;
    },
  };
}

it('is asked for once by all, and again after ten minutes', async () => {
  const { list, asked, pass } = rig();
  const [first] = await Promise.all([list.read(), list.read(), list.read()]);
  const pro = { amount: 1_000, currency: 'EUR', interval: 'month', intervalCount: 3 };
  expect(first).toEqual(
    new Map([
      ['basic', pro],
      ['pro', pro],
    ]),
  );
  expect(asked()).toBe(2);
  pass(9 * MINUTE);
  await list.read();
  expect(asked()).toBe(2);
  pass(2 * MINUTE);
  await list.read();
  expect(asked()).toBe(4);
});

it('is kept for a day while Stripe is away, which is asked again every minute at most', async () => {
  const { list, asked, pass, answers } = rig();
  await list.read();
  answers(async () => {
    throw new Error('away');
  });
  pass(23 * 60 * MINUTE);
  expect((await list.read()).size).toBe(2);
  await new Promise(setImmediate);
  expect(asked()).toBe(4);
  expect((await list.read()).size).toBe(2);
  expect(asked()).toBe(4);
  pass(61 * MINUTE);
  expect((await list.read()).size).toBe(0);
});

it('is not waited for when Stripe never answers, by the second one not at all', async () => {
  const { list, pass, timers, answers } = rig();
  answers(() => new Promise(() => {}));
  expect((await list.read()).size).toBe(0);
  expect(timers.at(-1)).toBeLessThanOrEqual(2_000);
  pass(5_000);
  await list.read();
  expect(timers.at(-1)).toBeLessThan(0);
});

it('leaves out what has no amount of its own, or is not there', async () => {
  const { list, answers } = rig();
  answers(async (id) => (id === 'price_b' ? price(null) : undefined));
  expect((await list.read()).size).toBe(0);
});
