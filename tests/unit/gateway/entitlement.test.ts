import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePlans, featuresOf } from '../../../src/access/index.ts';
import { entitlementAt, type Grant } from '../../../src/billing/index.ts';
import { features, grantSources, plans } from '../../../src/kernel/caller.ts';

const grant = (
  plan: Grant['plan'],
  from: number,
  until?: number,
  source: Grant['source'] = 'voucher',
): Grant => ({
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
