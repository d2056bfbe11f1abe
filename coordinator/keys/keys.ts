/** Which key an account goes by: the one it signed in on, which was the one with the most room then. */
import type { GatewayError } from '../../src/kernel/errors.ts';
import type { Session } from '../upstream/session-store.ts';
import type { Key } from './key.ts';
import type { Pins } from './pins.ts';
import { keyRefused } from './standing.ts';

export interface Keys {
  /** In the order of the configuration; at least one. */
  readonly all: readonly Key[];
  /** The key of a session; undefined when it is not configured any more. */
  of(session: Pick<Session, 'key'>): Key | undefined;
  /** The key an account goes by, or would if it signed in now. */
  ofAccount(account: string): Key;
  /**
   * The key for a login: the least loaded that can serve it.
   * @param account undefined while the e-mail is unknown
   * @param except keys that have refused it
   * @throws GatewayError operator_key_invalid when Ajax refuses all of them
   */
  forLogin(account: string | undefined, except: ReadonlySet<Key>): Key;
  readonly pins: Pins;
  /** Refuses what waits, on every key. */
  refuse(error: GatewayError): void;
}

export function createKeys(first: Key, others: readonly Key[], pins: Pins): Keys {
  const all = [first, ...others];
  const byName = new Map(all.map((key) => [key.name, key]));

  /** All keys have the same limit, so what is waiting and in use compares as it is. */
  const loadOf = ({ queue, budget }: Key) => queue.waiting() + budget.used();

  /** 0 is best; undefined: not at all. */
  function rankOf({ standing, budget, breaker }: Key): number | undefined {
    const state = standing.state();
    if (state === 'failing') return standing.isOpen('session') ? 3 : undefined;
    if (budget.closedUntil() !== undefined || breaker.state() !== 'closed') return 2;
    return state === 'doubted' ? 1 : 0;
  }

  function choose(account: string | undefined, from: readonly Key[]): Key | undefined {
    const candidates = from.flatMap((key) => {
      const rank = rankOf(key);
      return rank === undefined
        ? []
        : [{ key, rank, load: loadOf(key), pinned: pins.count(key.name, account) }];
    });
    // Stable: of equals the first in the configuration.
    candidates.sort((a, b) => a.rank - b.rank || a.load - b.load || a.pinned - b.pinned);
    return candidates[0]?.key;
  }

  const of = ({ key }: Pick<Session, 'key'>) => (key === undefined ? first : byName.get(key));

  return {
    all,
    of,
    ofAccount(account) {
      if (all.length === 1) return first;
      const pinned = pins.of(account);
      return (pinned === undefined ? undefined : byName.get(pinned)) ?? choose(account, all) ?? first;
    },
    forLogin(account, except) {
      const key = choose(
        account,
        all.filter((each) => !except.has(each)),
      );
      if (key === undefined) throw keyRefused();
      return key;
    },
    pins,
    refuse(error) {
      for (const { queue } of all) queue.refuse(error);
    },
  };
}
