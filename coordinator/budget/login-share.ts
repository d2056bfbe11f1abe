/**
 * Logins need no account, so anybody can ask for them. Together they hold at most a tenth of the tokens; here one
 * address is kept from taking that tenth alone, so that nobody can lock everybody else out (docs/coordinator.md).
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import { networkOf } from '../../src/kernel/network.ts';
import { type Bounds, loginTokens } from './bounds.ts';

export interface LoginShare {
  /**
   * Counts a login of this address until one window after its end.
   * @param address of the client; undefined for a login that no client asked for, which is not counted
   * @throws GatewayError budget_exhausted when the address has its share already; nothing is counted then
   */
  enter(address: string | undefined): Visit;
}

export interface Visit {
  /** The login is over. One that sent nothing counts no longer. */
  leave(wasSent: boolean): void;
}

/** Addresses beyond it are looked through for those that count no longer. */
const SWEEP_AT = 1_000;

export function createLoginShare(bounds: Bounds, clock: Clock): LoginShare {
  const total = loginTokens(bounds.requests);
  // A fifth, at least one, is left to others; where there is only one token, nothing can be left.
  const limit = Math.max(1, total - Math.max(1, Math.floor(total / 5)));
  const visits = new Map<string, Set<{ until: number }>>();

  function prune(key: string, now: number): Set<{ until: number }> {
    const own = visits.get(key) ?? new Set();
    for (const visit of own) if (visit.until <= now) own.delete(visit);
    if (own.size === 0) visits.delete(key);
    return own;
  }

  return {
    enter(address) {
      if (address === undefined) return { leave() {} };
      const now = clock.monotonic();
      if (visits.size > SWEEP_AT) for (const key of visits.keys()) prune(key, now);
      const key = networkOf(address);
      const own = prune(key, now);
      if (own.size >= limit) {
        const first = Math.min(...[...own].map((visit) => visit.until));
        const waitMs = Number.isFinite(first) ? first - now : bounds.returnAfterMs;
        throw new GatewayError('budget_exhausted', {
          detail: 'Too many sign-ins from this address',
          retryAfterSeconds: Math.ceil(waitMs / 1_000),
        });
      }
      const visit = { until: Number.POSITIVE_INFINITY };
      own.add(visit);
      visits.set(key, own);
      return {
        leave(wasSent) {
          if (wasSent) visit.until = clock.monotonic() + bounds.returnAfterMs;
          else own.delete(visit);
        },
      };
    },
  };
}
