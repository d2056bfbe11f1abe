/** Who holds which tokens, counted as they come and go: nothing looks at every token to answer. */
import { createHeap, type HeapItem } from '../queue/heap.ts';
import { createReturns, type Returns } from './returns.ts';

export interface Booked extends HeapItem {
  readonly account: string | undefined;
  readonly isUrgent: boolean;
  readonly isLogin: boolean;
  /** It was one of the last, which are for commands and refreshes. */
  readonly isReserved: boolean;
  /** When it comes back for certain, monotonic ms. */
  until: number;
  /** When it will probably come back. */
  expected: number;
}

/** Of one tenant. */
export interface Holding {
  /** Tokens of all lanes. */
  total: number;
  readonly urgent: Returns;
  readonly reserved: Returns;
}

export interface Holdings {
  readonly all: Returns;
  readonly logins: Returns;
  of(account: string): Holding | undefined;
  /** Puts a token in, or changes when it comes back. */
  hold(token: Booked, until: number, expected: number): void;
  /** Nothing happens when it is back already. */
  drop(token: Booked): void;
  has(token: Booked): boolean;
  /** The first time at which a token comes back for certain; undefined when none is known. */
  earliest(): number | undefined;
  /** Takes back what is due. */
  prune(now: number): void;
}

export function createHoldings(): Holdings {
  const tokens = new Set<Booked>();
  const due = createHeap<Booked>((one, other) => one.until < other.until);
  const all = createReturns();
  const logins = createReturns();
  const holdings = new Map<string, Holding>();

  function listsOf(token: Booked, holding: Holding | undefined): Returns[] {
    const lists = [all];
    if (token.isLogin) lists.push(logins);
    if (holding && token.isUrgent) lists.push(holding.urgent);
    if (holding && token.isReserved) lists.push(holding.reserved);
    return lists;
  }

  function enter(token: Booked): Holding | undefined {
    tokens.add(token);
    if (token.account === undefined) return undefined;
    const holding = holdings.get(token.account) ?? {
      total: 0,
      urgent: createReturns(),
      reserved: createReturns(),
    };
    holding.total++;
    holdings.set(token.account, holding);
    return holding;
  }

  const of = (account: string | undefined) => (account === undefined ? undefined : holdings.get(account));

  function drop(token: Booked): void {
    if (!tokens.delete(token)) return;
    due.remove(token);
    const holding = of(token.account);
    for (const list of listsOf(token, holding)) list.remove(token.expected);
    if (token.account === undefined || holding === undefined) return;
    holding.total--;
    if (holding.total === 0) holdings.delete(token.account);
  }

  return {
    all,
    logins,
    of,
    hold(token, until, expected) {
      const isKnown = tokens.has(token);
      const holding = isKnown ? of(token.account) : enter(token);
      for (const list of listsOf(token, holding)) {
        if (isKnown) list.remove(token.expected);
        list.add(expected);
      }
      token.until = until;
      token.expected = expected;
      due.put(token);
    },
    drop,
    has: (token) => tokens.has(token),
    earliest() {
      const first = due.first()?.until;
      return first === Number.POSITIVE_INFINITY ? undefined : first;
    },
    prune(now) {
      for (let first = due.first(); first && first.until <= now; first = due.first()) drop(first);
    },
  };
}
