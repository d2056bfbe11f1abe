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
  /** The login is over. One that sent nothing counts no longer, but its address is still waited for. */
  leave(wasSent: boolean): void;
}

/** Addresses beyond it are looked through for those that count no longer. */
const SWEEP_AT = 1_000;

/** Monotonic ms; infinite while a login runs. */
interface Counted {
  until: number;
}

interface Visitor {
  readonly logins: Set<Counted>;
  /** It was here, served or not, within a window before. */
  wantsUntil: number;
}

export function createLoginShare(bounds: Bounds, clock: Clock): LoginShare {
  const total = loginTokens(bounds.requests);
  // Alone: a fifth, at least one, is left for whoever comes; where there is only one token, nothing can be left.
  const alone = Math.max(1, total - Math.max(1, Math.floor(total / 5)));
  // While others come too, or have just been turned away, half is theirs.
  const beside = Math.max(1, Math.min(alone, Math.floor(total / 2)));
  const visitors = new Map<string, Visitor>();

  /** @returns whether it counts for anything still */
  function prune({ logins, wantsUntil }: Visitor, now: number): boolean {
    for (const login of logins) if (login.until <= now) logins.delete(login);
    return logins.size > 0 || wantsUntil > now;
  }

  function visitorAt(key: string, now: number): Visitor {
    const visitor = visitors.get(key) ?? { logins: new Set(), wantsUntil: Number.NEGATIVE_INFINITY };
    prune(visitor, now);
    return visitor;
  }

  function hasOthers(key: string, now: number): boolean {
    for (const [other, visitor] of visitors) {
      if (other === key) continue;
      if (prune(visitor, now)) return true;
      visitors.delete(other);
    }
    return false;
  }

  function sweep(now: number): void {
    if (visitors.size <= SWEEP_AT) return;
    for (const [key, visitor] of visitors) if (!prune(visitor, now)) visitors.delete(key);
  }

  /** When its share is there again: enough of its logins count no longer. */
  function waitMs({ logins }: Visitor, limit: number, now: number): number {
    const ends = [...logins].map(({ until }) => until).sort((one, other) => one - other);
    const due = ends[logins.size - limit] ?? Number.POSITIVE_INFINITY;
    return Number.isFinite(due) ? due - now : bounds.returnAfterMs;
  }

  return {
    enter(address) {
      if (address === undefined) return { leave() {} };
      const now = clock.monotonic();
      sweep(now);
      const key = networkOf(address);
      const visitor = visitorAt(key, now);
      const limit = visitor.logins.size >= beside && hasOthers(key, now) ? beside : alone;
      if (visitor.logins.size >= limit) {
        throw new GatewayError('budget_exhausted', {
          detail: 'Too many sign-ins from this address',
          retryAfterSeconds: Math.ceil(waitMs(visitor, limit, now) / 1_000),
        });
      }
      const login: Counted = { until: Number.POSITIVE_INFINITY };
      visitor.logins.add(login);
      visitor.wantsUntil = Math.max(visitor.wantsUntil, now + bounds.returnAfterMs);
      visitors.set(key, visitor);
      return {
        leave(wasSent) {
          if (wasSent) login.until = clock.monotonic() + bounds.returnAfterMs;
          else visitor.logins.delete(login);
        },
      };
    },
  };
}
