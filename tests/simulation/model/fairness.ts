/**
 * P4: nobody's flood delays others. While two tenants have reads waiting, their shares of what is served differ by no
 * more than start-time fair queueing allows (Goyal, Vin, Cheng: 1/w + 1/w', and what is on its way to the wire), and
 * over a longer time Jain's index of served / weight is at least 0.99.
 */
import type { Call } from './call.ts';
import type { Check, Facts } from './facts.ts';

export interface FairnessOptions {
  readonly weights: ReadonlyMap<string, number>;
}

interface Tenant {
  readonly weight: number;
  /** Reads under way, and when they were asked for. */
  readonly waiting: Map<string, number>;
  /** Served / weight. */
  share: number;
}

interface Pair {
  least: number;
  most: number;
  servedSince: number;
}

/** Asked for that long ago, a read has reached its place in the line. */
const REACHED_MS = 100;
/** Reads that are between the line and the wire are not waiting any more. */
const ON_THE_WAY = 3;
const LEAST_ROUNDS = 25;
const LEAST_INDEX = 0.99;

export function watchFairness(facts: Facts, { weights }: FairnessOptions): Check & { comparisons(): number } {
  const { now, broken } = facts;
  const tenants = new Map<string, Tenant>();
  const pairs = new Map<string, Pair>();
  const ownerOf = new Map<string, Tenant>();
  let comparisons = 0;

  for (const [account, weight] of weights) tenants.set(account, { weight, waiting: new Map(), share: 0 });
  const all = [...tenants.entries()];

  function isWaiting({ waiting }: Tenant): boolean {
    if (waiting.size <= ON_THE_WAY) return false;
    let reached = 0;
    for (const at of waiting.values()) {
      if (now() - at < REACHED_MS) break;
      if (++reached > ON_THE_WAY) return true;
    }
    return false;
  }

  function compare(served: string): void {
    const mine = tenants.get(served) as Tenant;
    const waits = isWaiting(mine);
    for (const [account, other] of all) {
      if (account === served) continue;
      const name = served < account ? `${served} ${account}` : `${account} ${served}`;
      if (!waits || !isWaiting(other)) {
        pairs.delete(name);
        continue;
      }
      const difference = served < account ? mine.share - other.share : other.share - mine.share;
      const pair = pairs.get(name) ?? { least: difference, most: difference, servedSince: 0 };
      pairs.set(name, pair);
      pair.least = Math.min(pair.least, difference);
      pair.most = Math.max(pair.most, difference);
      pair.servedSince += 1 / mine.weight;
      comparisons++;
      const allowed = (1 + ON_THE_WAY) * (1 / mine.weight + 1 / other.weight);
      if (pair.most - pair.least > allowed) {
        broken('P4', `${name}: shares moved apart by ${(pair.most - pair.least).toFixed(2)} turns`);
      }
      if (pair.servedSince > 2 * LEAST_ROUNDS) {
        const apart = pair.most - pair.least;
        const [x, y] = [pair.servedSince / 2 - apart / 2, pair.servedSince / 2 + apart / 2];
        const index = (x + y) ** 2 / (2 * (x ** 2 + y ** 2));
        if (index < LEAST_INDEX) broken('P4', `${name}: Jain's index is ${index.toFixed(4)}`);
      }
    }
  }

  function leave(call: Call): void {
    const tenant = tenants.get(call.account);
    if (call.unique === undefined || !tenant?.waiting.delete(call.unique)) return;
    ownerOf.delete(call.unique);
    if (!isWaiting(tenant)) forget(call.account);
  }

  function forget(account: string): void {
    for (const name of pairs.keys()) if (name.includes(account)) pairs.delete(name);
  }

  return {
    comparisons: () => comparisons,
    submitted(call) {
      const tenant = tenants.get(call.account);
      if (call.unique === undefined || tenant === undefined) return;
      tenant.waiting.set(call.unique, now());
      ownerOf.set(call.unique, tenant);
    },
    told: leave,
    checked({ query, segments }) {
      const unique = query.get('n') ?? '';
      const tenant = ownerOf.get(unique);
      if (!tenant?.waiting.delete(unique)) return;
      tenant.share += 1 / tenant.weight;
      if (facts.calmSince() > now() - 5_000) pairs.clear();
      else compare(segments[1]?.toLowerCase() ?? '');
    },
    died: () => pairs.clear(),
    opened: () => pairs.clear(),
  };
}
