/** When tokens are expected back: monotonic ms in ascending order, and how long work in a line waits for them. */
export interface Returns {
  size(): number;
  add(at: number): void;
  /** @param at a time that was added */
  remove(at: number): void;
  /** The one at this place in the order, from 0. */
  at(index: number): number | undefined;
  /** How many are due by then. */
  dueBy(time: number): number;
}

export function createReturns(): Returns {
  const times: number[] = [];

  /** Index of the first time that is later, or also of one that is equal. */
  function search(time: number, isEqualLater: boolean): number {
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = times[middle] ?? 0;
      if (at > time || (isEqualLater && at === time)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  return {
    size: () => times.length,
    add(at) {
      // Nearly always at the end: a token comes back a window after its reply, whoever's it is.
      times.splice(search(at, false), 0, at);
    },
    remove(at) {
      times.splice(search(at, true), 1);
    },
    at: (index) => times[index],
    dueBy: (time) => search(time, false),
  };
}

/** Tokens that others will take again as soon as they come back: `most` of those in `returns`. */
export interface Reclaimed {
  readonly returns: Returns;
  readonly most: number;
}

export interface Wait {
  /** Tokens there are. */
  readonly limit: number;
  /** Those that are out. */
  readonly returns: Returns;
  /** Work that takes a token first. */
  readonly ahead: number;
  readonly reclaimed: readonly Reclaimed[];
  /** Monotonic ms before which nothing starts. */
  readonly from: number;
  /** Ms after which a token taken comes back, at the soonest. */
  readonly cycleMs: number;
}

/** Monotonic ms at which work can probably start. */
export function expectedStart({ limit, returns, ahead, reclaimed, from, cycleMs }: Wait): number {
  const free = limit - returns.size();
  // Each token serves one after another, once per cycle; those out beyond the limit come back for nobody in this line.
  const perCycle = Math.max(1, limit);
  let left = reclaimed;
  let before = ahead;
  for (let passedMs = 0; ; passedMs += cycleMs) {
    const kept = left.reduce((sum, { returns: own, most }) => sum + Math.min(most, own.size()), 0);
    if (before < perCycle - kept) {
      const turn = before - free;
      return Math.max(from, turn < 0 ? from : nthReturn(returns, turn, left)) + passedMs;
    }
    before -= Math.max(0, perCycle - kept);
    left = left
      .map(({ returns: own, most }) => ({ returns: own, most: most - own.size() }))
      .filter(({ most, returns: own }) => most > 0 && own.size() > 0);
  }
}

/** The n-th of the times, from 0, when those reclaimed are left out. */
function nthReturn(returns: Returns, n: number, reclaimed: readonly Reclaimed[]): number {
  const left = (time: number) =>
    returns.dueBy(time) -
    reclaimed.reduce((sum, { returns: own, most }) => sum + Math.min(most, own.dueBy(time)), 0);
  let low = 0;
  let high = returns.size() - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (left(returns.at(middle) ?? 0) > n) high = middle;
    else low = middle + 1;
  }
  return returns.at(low) ?? 0;
}
