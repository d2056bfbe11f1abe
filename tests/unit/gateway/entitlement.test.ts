import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePlans, featuresOf } from '../../../src/access/index.ts';
import { entitlementAt as at, type Grant, timelineOf } from '../../../src/billing/index.ts';
import { features, grantSources, type Plan, plans } from '../../../src/kernel/caller.ts';

const entitlementAt = (grants: readonly Grant[], nowMs: number, defaultPlan: Plan) =>
  at(timelineOf(grants, defaultPlan), nowMs);

let count = 0;
const grant = (
  plan: Grant['plan'],
  from: number,
  until?: number,
  source: Grant['source'] = 'voucher',
): Grant => ({
  id: `grant-${count++}`,
  plan,
  source,
  from: new Date(from),
  until: until === undefined ? undefined : new Date(until),
});

describe('the effective plan', () => {
  it('is the default plan without a grant in force', () => {
    expect(entitlementAt([grant('pro', 100, 200)], 50, 'free')).toMatchObject({
      plan: 'free',
      source: 'default',
    });
  });

  it('begins with its first millisecond and ends before its last, without any job', () => {
    const grants = [grant('pro', 100, 200)];
    const planAt = (now: number) => entitlementAt(grants, now, 'free').plan;
    expect([99, 100, 199, 200].map(planAt)).toEqual(['free', 'pro', 'pro', 'free']);
  });

  it('is never lowered by a further grant, nor below the default plan', () => {
    const grants = [grant('premium', 0, 1_000), grant('basic', 0, 2_000)];
    expect(entitlementAt(grants, 500, 'free').plan).toBe('premium');
    expect(entitlementAt(grants, 1_500, 'free').plan).toBe('basic');
    expect(entitlementAt(grants, 1_500, 'pro')).toMatchObject({ plan: 'pro', source: 'default' });
  });

  it('shows the longest of equal grants', () => {
    const grants = [grant('pro', 0, 1_000), grant('pro', 0, undefined, 'admin'), grant('pro', 0, 2_000)];
    expect(entitlementAt(grants, 500, 'free')).toMatchObject({ source: 'admin', until: undefined });
  });

  it('does not depend on the order of the grants', () => {
    const anyGrant = fc
      .record({
        plan: fc.constantFrom(...plans),
        source: fc.constantFrom(...grantSources),
        from: fc.integer({ min: 0, max: 100 }),
        length: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
      })
      .map(({ plan, source, from, length }) =>
        grant(plan, from, length === undefined ? undefined : from + length, source),
      );
    const property = fc.property(
      fc.array(anyGrant, { maxLength: 6 }),
      fc.integer({ min: 0, max: 220 }),
      (grants, now) => {
        const forwards = entitlementAt(grants, now, 'free');
        const backwards = entitlementAt([...grants].reverse(), now, 'free');
        expect([backwards.plan, backwards.until]).toEqual([forwards.plan, forwards.until]);
        for (const each of grants) {
          const isInForce = each.from.getTime() <= now && (each.until?.getTime() ?? Infinity) > now;
          if (isInForce) expect(comparePlans(forwards.plan, each.plan)).toBeGreaterThanOrEqual(0);
        }
      },
    );
    fc.assert(property);
  });
});

const DAY = 86_400_000;
const voucher = (plan: Plan, from: number, days: number, endedAt?: number): Grant => ({
  ...grant(plan, from),
  days,
  endedAt: endedAt === undefined ? undefined : new Date(endedAt),
});

describe('the days of a voucher', () => {
  it('run at once where nothing as good is in force, and end to the millisecond', () => {
    const grants = [voucher('pro', 1_000, 30)];
    const planAt = (now: number) => entitlementAt(grants, now, 'basic').plan;
    const end = 1_000 + 30 * DAY;
    expect([999, 1_000, end - 1, end].map(planAt)).toEqual(['basic', 'pro', 'pro', 'basic']);
    expect(entitlementAt(grants, 1_000, 'basic')).toMatchObject({ source: 'voucher', until: new Date(end) });
  });

  it('wait while an equal or better plan is paid for, and are all there afterwards', () => {
    const paid = grant('pro', 0, 10 * DAY, 'stripe');
    for (const plan of ['basic', 'pro'] as const) {
      const grants = [paid, voucher(plan, 2 * DAY, 5)];
      expect(entitlementAt(grants, 3 * DAY, 'free')).toMatchObject({ plan: 'pro', source: 'stripe' });
      expect(entitlementAt(grants, 15 * DAY - 1, 'free')).toMatchObject({ plan, source: 'voucher' });
      expect(entitlementAt(grants, 15 * DAY, 'free').plan).toBe('free');
    }
  });

  it('stop when something better begins, and go on when it ends', () => {
    const grants = [voucher('basic', 0, 4), grant('premium', DAY, 3 * DAY, 'stripe')];
    const planAt = (day: number) => entitlementAt(grants, day * DAY, 'free').plan;
    expect([0.5, 1, 2.9, 3, 5.9, 6].map(planAt)).toEqual([
      ...['basic', 'premium', 'premium', 'basic', 'basic', 'free'],
    ]);
  });

  it('of several vouchers are used one after the other, the best first', () => {
    const grants = [voucher('basic', 0, 2), voucher('pro', DAY, 3), voucher('basic', 0, 1)];
    const planAt = (day: number) => entitlementAt(grants, day * DAY, 'free').plan;
    expect([0, 1, 3.9, 4, 5.9, 6].map(planAt)).toEqual([
      ...['basic', 'pro', 'pro', 'basic', 'basic', 'free'],
    ]);
    // No moment before day 6 is lower than basic.
    expect(entitlementAt(grants, 0, 'free').until).toEqual(new Date(6 * DAY));
  });

  it('that were taken back are gone, whatever was left of them', () => {
    const grants = [voucher('pro', 0, 30, 3 * DAY)];
    expect(entitlementAt(grants, 3 * DAY - 1, 'free').plan).toBe('pro');
    expect(entitlementAt(grants, 3 * DAY, 'free').plan).toBe('free');
  });

  it('never run where the default plan is as good', () => {
    expect(entitlementAt([voucher('pro', 0, 30)], DAY, 'pro')).toEqual({
      ...{ plan: 'pro', source: 'default', until: undefined },
    });
  });

  it.each([
    ['2028-02-28T12:00:00Z', 1, '2028-02-29T12:00:00.000Z'],
    ['2027-02-28T12:00:00Z', 1, '2027-03-01T12:00:00.000Z'],
    ['2028-01-31T23:59:59Z', 30, '2028-03-01T23:59:59.000Z'],
    ['2026-12-31T00:00:00Z', 365, '2027-12-31T00:00:00.000Z'],
  ])('from %s, %i of them, end at %s', (from, days, until) => {
    const grants = [voucher('pro', Date.parse(from), days)];
    expect(entitlementAt(grants, Date.parse(from), 'free').until?.toISOString()).toBe(until);
  });
});

describe('a grant that was taken back', () => {
  it('ends at that moment and hands over to the next best', () => {
    const taken = { ...grant('premium', 0, 1_000, 'admin'), endedAt: new Date(400) };
    const grants = [taken, grant('basic', 0, 800, 'stripe')];
    expect(entitlementAt(grants, 399, 'free')).toMatchObject({ plan: 'premium', until: new Date(400) });
    expect(entitlementAt(grants, 400, 'free')).toMatchObject({ plan: 'basic', source: 'stripe' });
  });

  it('before it began never was', () => {
    const taken = { ...grant('premium', 500, 1_000), endedAt: new Date(100) };
    expect(timelineOf([taken], 'free')).toHaveLength(1);
  });
});

/** The plain reading of the rules, a unit of time after the other. */
function planOfModel(grants: readonly Grant[], nowMs: number, defaultPlan: Plan): Plan {
  const left = new Map(grants.map((each) => [each, (each.days ?? 0) * DAY]));
  let current = defaultPlan;
  for (let at = 0; at <= nowMs; at += DAY) {
    const isAt = (each: Grant) =>
      each.from.getTime() <= at &&
      (each.until?.getTime() ?? Infinity) > at &&
      (each.endedAt?.getTime() ?? Infinity) > at;
    const open = grants.filter(isAt);
    current = open
      .filter(({ days }) => days === undefined)
      .reduce((best, { plan }) => (comparePlans(plan, best) > 0 ? plan : best), defaultPlan);
    const [credit] = open
      .filter((each) => (left.get(each) ?? 0) > 0 && comparePlans(each.plan, current) > 0)
      .sort(
        (a, b) =>
          comparePlans(b.plan, a.plan) ||
          a.from.getTime() - b.from.getTime() ||
          // Of equal ones it matters when one is taken back.
          grantSources.indexOf(a.source) - grantSources.indexOf(b.source) ||
          (a.id < b.id ? -1 : 1),
      );
    if (credit === undefined) continue;
    current = credit.plan;
    left.set(credit, (left.get(credit) ?? 0) - DAY);
  }
  return current;
}

describe('the timeline', () => {
  const anyGrant = fc
    .record({
      plan: fc.constantFrom(...plans),
      source: fc.constantFrom(...grantSources),
      from: fc.integer({ min: 0, max: 20 }),
      length: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
      days: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
      ended: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
    })
    .map(({ plan, source, from, length, days, ended }): Grant => {
      const until = days !== undefined || length === undefined ? undefined : (from + length) * DAY;
      const endedAt = ended === undefined ? undefined : new Date(ended * DAY);
      return { ...grant(plan, from * DAY, until, source), days, endedAt };
    });
  const anyGrants = fc.array(anyGrant, { maxLength: 7 });

  it('says what the rules say, day by day, whatever overlaps and in whatever order', () => {
    const property = fc.property(
      anyGrants,
      fc.constantFrom<Plan>('free', 'basic'),
      fc.integer({ min: 0, max: 80 }),
      (grants, defaultPlan, day) => {
        const expected = planOfModel(grants, day * DAY, defaultPlan);
        expect(entitlementAt(grants, day * DAY, defaultPlan).plan).toBe(expected);
        expect(entitlementAt([...grants].reverse(), day * DAY, defaultPlan).plan).toBe(expected);
      },
    );
    fc.assert(property, { numRuns: 400 });
  });

  it('has no gaps, no overlaps and no two neighbours of one grant', () => {
    const property = fc.property(anyGrants, (grants) => {
      const timeline = timelineOf(grants, 'free');
      expect(timeline[0]?.fromMs).toBe(-Infinity);
      expect(timeline.at(-1)?.untilMs).toBe(Infinity);
      for (const [at, stretch] of timeline.entries()) {
        expect(stretch.untilMs).toBeGreaterThan(stretch.fromMs);
        if (at > 0) expect(timeline[at - 1]?.untilMs).toBe(stretch.fromMs);
        if (at > 0) expect(timeline[at - 1]?.grantId).not.toBe(stretch.grantId);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('is never lower for a period more', () => {
    const property = fc.property(
      anyGrants,
      anyGrant,
      fc.integer({ min: 0, max: 60 }),
      (grants, more, day) => {
        const before = entitlementAt(grants, day * DAY, 'free').plan;
        const credits = [...grants, more].some(({ days }) => days !== undefined);
        const after = entitlementAt([...grants, more], day * DAY, 'free').plan;
        // Days that ran while nothing better was there are used up by then; without days more is never less.
        if (!credits) expect(comparePlans(after, before)).toBeGreaterThanOrEqual(0);
      },
    );
    fc.assert(property);
  });
});

describe('the feature matrix', () => {
  it('is the documented one', () => {
    expect([...featuresOf('free')]).toEqual(['list_hubs']);
    expect([...featuresOf('basic')]).toEqual([
      'list_hubs',
      'read_devices',
      'read_rooms',
      'read_groups',
      'read_telemetry',
      'read_logs',
    ]);
    expect([...featuresOf('pro')]).toEqual([...featuresOf('basic'), 'send_commands']);
    expect([...featuresOf('premium')]).toEqual([...features]);
  });

  it('is open to everybody in developer mode', () => {
    expect(featuresOf('free', true).size).toBe(features.length);
  });
});
