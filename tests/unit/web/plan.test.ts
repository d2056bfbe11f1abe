import { describe, expect, it } from 'vitest';
import { createAction } from '../../../web/src/api/create-action.ts';
import { readQuotaLeft } from '../../../web/src/api/quota-left.ts';
import type { PlanOfAccount } from '../../../web/src/api/types.ts';
import { writeMoney } from '../../../web/src/plan/money.ts';
import { writeWhy } from '../../../web/src/plan/plan-words.ts';
import { writeSale } from '../../../web/src/plan/subscription-words.ts';
import { summariseUsage } from '../../../web/src/plan/usage-words.ts';

describe('what is left of the quotas', () => {
  it('is read from the field, with or without the time until it is whole again', () => {
    expect(readQuotaLeft('"minute";r=9;t=60, "hour";r=97;t=3600')).toEqual([
      { name: 'minute', left: 9, resetMs: 60_000 },
      { name: 'hour', left: 97, resetMs: 3_600_000 },
    ]);
    expect(readQuotaLeft('"hour";t=5;r=0')).toEqual([{ name: 'hour', left: 0, resetMs: 5_000 }]);
    expect(readQuotaLeft('"hour";r=3')).toEqual([{ name: 'hour', left: 3, resetMs: 0 }]);
  });

  it.each([null, '', 'nonsense', '"hour";t=5'])('is nothing when the field says %j', (field) => {
    expect(readQuotaLeft(field)).toEqual([]);
  });
});

describe('an amount', () => {
  it.each([
    [999, 'EUR', 'en-GB', '€9.99'],
    [1000, 'JPY', 'en-GB', 'JP¥1,000'],
    [1234, 'KWD', 'en-GB', 'KWD 1.234'],
    // Two decimals at Stripe, none in ISO 4217.
    [150000, 'ISK', 'en-GB', 'ISK 1,500'],
    [-250, 'USD', 'en-US', '-$2.50'],
  ])('of %i %s is written for %s as %s', (minor, currency, locale, text) => {
    expect(writeMoney(minor, currency, locale).replaceAll('\u00a0', ' ')).toBe(text);
  });
});

describe('a subscription that is not paid for', () => {
  const planOf = (status: string, until: string | null = null) =>
    ({
      ...{ plan: 'pro', source: 'stripe', until, next: null },
      payments: {
        subscription: { id: 'sub_1', status, plan: 'pro', period_end: until, ends_with_period: false },
      },
    }) as unknown as PlanOfAccount;

  it('says until when the plan lasts while Stripe goes on trying', () => {
    expect(writeWhy(planOf('past_due', '2026-08-31T09:30:00.000Z'))).toBe(
      'From your subscription, whose last payment failed. It ends on 31 August 2026, unless that is paid.',
    );
  });

  it('says where to pay what is open, or that the first payment has not come through', () => {
    expect(writeSale(planOf('unpaid'))).toContain(
      'subscription of Pro gives nothing until its invoice is paid',
    );
    expect(writeSale(planOf('incomplete'))).toContain('The first payment of Pro has not come through');
    expect(writeSale({ payments: { subscription: null } } as PlanOfAccount)).toContain('shows the price');
  });
});

describe('a drawing of usage', () => {
  const day = (date: string, requests: number, refused = 0) => ({
    ...{ day: date, requests, refused, fetched: requests, cached: 0, commands: 0 },
  });

  it('has a sentence for who does not see it', () => {
    expect(summariseUsage([day('2026-08-01', 3), day('2026-08-02', 7, 2), day('2026-08-03', 0)])).toBe(
      '10 requests in 3 days, most of them (7) on 2 Aug; 2 were refused.',
    );
    expect(summariseUsage([day('2026-08-01', 0), day('2026-08-02', 0)])).toBe('No requests in 2 days.');
  });
});

describe('an action', () => {
  it('runs once however often it is asked for meanwhile, and again afterwards', async () => {
    let ends: (() => void)[] = [];
    let begun = 0;
    const action = createAction(async () => {
      begun += 1;
      await new Promise<void>((resolve) => ends.push(resolve));
      return begun;
    });
    const first = action.run();
    expect(await action.run()).toBe(false);
    for (const end of ends) end();
    expect(await first).toBe(true);
    ends = [];
    expect(begun).toBe(1);
    const second = action.run();
    for (const end of ends) end();
    await second;
    expect(begun).toBe(2);
  });

  it('that fails keeps why, and never rejects', async () => {
    const why = new Error('on purpose');
    const action = createAction(() => Promise.reject(why));
    expect(await action.run()).toBe(false);
    expect(action.error()).toBe(why);
    expect(action.isBusy()).toBe(false);
  });
});
