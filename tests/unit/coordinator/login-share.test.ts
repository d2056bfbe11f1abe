import { describe, expect, it } from 'vitest';
import { createBounds } from '../../../coordinator/budget/bounds.ts';
import { createLoginShare } from '../../../coordinator/budget/login-share.ts';
import { GatewayError } from '../../../src/kernel/errors.ts';

function shareOf(requests = 100) {
  let now = 0;
  const clock = { now: () => now, monotonic: () => now, after: () => () => {} };
  const share = createLoginShare(createBounds(requests, 60_000, 15_000), clock);
  const refused = (address: string | undefined): GatewayError | undefined => {
    try {
      share.enter(address).leave(true);
      return undefined;
    } catch (error) {
      if (error instanceof GatewayError) return error;
      throw error;
    }
  };
  const flood = (address: string | undefined, times: number) =>
    Array.from({ length: times }, () => refused(address)).filter((error) => error === undefined).length;
  return {
    share,
    refused,
    flood,
    skip(ms: number) {
      now += ms;
    },
  };
}

describe('the share of one address in the logins', () => {
  it('leaves others room: of ten tokens for logins one address takes eight while it is alone', () => {
    const { flood } = shareOf();
    expect(flood('203.0.113.1', 50)).toBe(8);
  });

  it('is half of them while another address comes too', () => {
    const { flood, skip } = shareOf();
    expect(flood('203.0.113.1', 50)).toBe(8);
    expect(flood('203.0.113.2', 50)).toBe(5);
    skip(60_061);
    // Both were here a window ago, and nobody has been since.
    expect(flood('203.0.113.2', 4)).toBe(4);
    expect(flood('203.0.113.1', 50)).toBe(5);
    expect(flood('203.0.113.2', 50)).toBe(1);
  });

  it('is half of them also while the other gets none: whoever was turned away is waited for', () => {
    const { share, flood, skip, refused } = shareOf();
    expect(flood('203.0.113.1', 8)).toBe(8);
    // No token was left in time.
    share.enter('203.0.113.2').leave(false);
    skip(30_000);
    share.enter('203.0.113.2').leave(false);
    skip(30_061);
    expect(flood('203.0.113.1', 50)).toBe(5);
    skip(60_061);
    expect(flood('203.0.113.1', 50)).toBe(8);
    expect(refused('203.0.113.1')).toBeDefined();
  });

  it('says when there is room again in the half of who had more than that', () => {
    const { share, flood, refused, skip } = shareOf();
    for (let n = 0; n < 8; n++) {
      flood('203.0.113.1', 1);
      skip(1_000);
    }
    const other = share.enter('203.0.113.2');
    // Of the eight, four have to come back: the fourth was sent at 3 s, and now it is 8 s.
    expect(refused('203.0.113.1')?.extras.retryAfterSeconds).toBe(56);
    skip(55_000);
    expect(refused('203.0.113.1')).toBeDefined();
    skip(1_000);
    expect(refused('203.0.113.1')).toBeUndefined();
    other.leave(true);
  });

  it('shares fairly between many: two floods and a latecomer, nobody holds more than half', () => {
    const { share, skip, flood } = shareOf();
    flood('203.0.113.1', 20);
    flood('203.0.113.2', 20);
    for (let minute = 0; minute < 5; minute++) {
      skip(60_061);
      share.enter('203.0.113.3').leave(false);
      expect(flood('203.0.113.1', 20)).toBe(5);
      expect(flood('203.0.113.2', 20)).toBe(5);
    }
  });

  it('is counted until a window after the end of a login, and the refusal says how long', () => {
    const { flood, refused, skip } = shareOf();
    flood('203.0.113.1', 8);
    skip(20_000);
    expect(refused('203.0.113.1')).toMatchObject({
      code: 'budget_exhausted',
      extras: { retryAfterSeconds: 41 },
    });
    skip(40_061);
    expect(refused('203.0.113.1')).toBeUndefined();
  });

  it('counts logins under way, but not those that sent nothing', () => {
    const { share, flood, refused } = shareOf();
    const visits = Array.from({ length: 8 }, () => share.enter('203.0.113.1'));
    expect(refused('203.0.113.1')).toBeDefined();
    for (const visit of visits) visit.leave(false);
    expect(flood('203.0.113.1', 50)).toBe(8);
  });

  it('is that of a household: a /64 of IPv6 is one address, IPv4 inside IPv6 is IPv4', () => {
    const { flood, refused } = shareOf();
    flood('2001:db8:1:2::1', 8);
    expect(refused('2001:db8:1:2:ffff::9')).toBeDefined();
    expect(refused('2001:db8:1:3::1')).toBeUndefined();
    flood('203.0.113.1', 8);
    expect(refused('::ffff:203.0.113.1')).toBeDefined();
  });

  it('is one login where there is but one token for them', () => {
    const { flood } = shareOf(5);
    expect(flood('203.0.113.1', 3)).toBe(1);
  });
});
