/**
 * P4: nobody's flood delays others. While two tenants have reads waiting, their shares of what is served differ by no
 * more than start-time fair queueing allows (Goyal, Vin, Cheng: 1/w + 1/w'), and over a longer time Jain's index of
 * served / weight is at least 0.99.
 */
import type { Call, Told } from './call.ts';
import type { Check, Facts } from './facts.ts';

export interface FairnessOptions {
  readonly weights: ReadonlyMap<string, number>;
}

interface KeyOptions extends FairnessOptions {
  readonly settledSince: () => number;
  /** Whether an account goes by the API key that is watched. */
  readonly isMine: (account: string) => boolean;
}

interface Tenant {
  readonly account: string;
  readonly weight: number;
  /** Reads under way, and when they were asked for; oldest first. */
  readonly waiting: Map<string, number>;
  /** Served / weight. */
  share: number;
}

interface Pair {
  readonly one: Tenant;
  readonly other: Tenant;
  /** Bounds of the difference of their shares since both have reads waiting. */
  least: number;
  most: number;
  /** Of both, when that began. */
  readonly oneFrom: number;
  readonly otherFrom: number;
}

/** Asked for that long ago, a read has reached its place in the line. */
const REACHED_MS = 100;
/** Connections take different times: what left the line together is compared when nothing is between line and wire. */
const QUIET_MS = 50;
const LEAST_ROUNDS = 25;
const LEAST_INDEX = 0.99;

export function watchFairness(
  facts: Facts,
  { weights, settledSince, isMine }: KeyOptions,
): Check & { comparisons(): number } {
  const { now, broken } = facts;
  const tenants = [...weights].map(
    ([account, weight]): Tenant => ({ account, weight, waiting: new Map(), share: 0 }),
  );
  const byAccount = new Map(tenants.map((tenant) => [tenant.account, tenant]));
  const ownerOf = new Map<string, Tenant>();
  let pairs = new Map<string, Pair>();
  /** Of what is being served now, one after the other without a pause. */
  let burst: { readonly from: number; until: number } | undefined;
  let comparisons = 0;

  function hasWaited({ waiting }: Tenant, since: number): boolean {
    for (const at of waiting.values()) return at < since - REACHED_MS;
    return false;
  }

  function compare(pair: Pair): void {
    const { one, other } = pair;
    const difference = one.share - other.share;
    pair.least = Math.min(pair.least, difference);
    pair.most = Math.max(pair.most, difference);
    comparisons++;
    const apart = pair.most - pair.least;
    const name = `${one.account} and ${other.account}`;
    if (apart > 1.01 * (1 / one.weight + 1 / other.weight)) {
      broken(
        'P4',
        `${name} (${one.weight}:${other.weight}): shares moved apart by ${apart.toFixed(2)} turns`,
      );
    }
    const [x, y] = [one.share - pair.oneFrom, other.share - pair.otherFrom];
    if (x + y < 2 * LEAST_ROUNDS) return;
    const index = (x + y) ** 2 / (2 * (x ** 2 + y ** 2));
    if (index < LEAST_INDEX) broken('P4', `${name}: Jain's index is ${index.toFixed(4)}`);
  }

  /** Those who had reads waiting from before the burst until now had it all the time. */
  function settle(): void {
    if (burst === undefined || now() - burst.until < QUIET_MS) return;
    const { from } = burst;
    burst = undefined;
    const before = pairs;
    pairs = new Map();
    const waited = tenants.filter((tenant) => hasWaited(tenant, from));
    for (const one of waited) {
      for (const other of waited) {
        if (one.account >= other.account) continue;
        const name = `${one.account} ${other.account}`;
        const known = before.get(name);
        const difference = one.share - other.share;
        const begun = {
          ...{ one, other, least: difference, most: difference },
          ...{ oneFrom: one.share, otherFrom: other.share },
        };
        pairs.set(name, known ?? begun);
        if (known) compare(known);
      }
    }
  }

  function forget(tenant: Tenant): void {
    for (const [name, { one, other }] of pairs) if (one === tenant || other === tenant) pairs.delete(name);
  }

  function leave(call: Call, words: Told): void {
    settle();
    const tenant = byAccount.get(call.account);
    if (call.unique === undefined || tenant === undefined) return;
    tenant.waiting.delete(call.unique);
    ownerOf.delete(call.unique);
    // It may have had its turn, and then been too late to be written; or its turn came when nothing waited.
    const wasInLine = words.kind !== 'read' && now() - call.submittedAt > REACHED_MS;
    if (wasInLine || !hasWaited(tenant, now())) forget(tenant);
  }

  return {
    comparisons: () => comparisons,
    submitted(call) {
      settle();
      const tenant = byAccount.get(call.account);
      if (call.unique === undefined || tenant === undefined || !isMine(call.account)) return;
      tenant.waiting.set(call.unique, now());
      ownerOf.set(call.unique, tenant);
    },
    told: leave,
    checked({ query, segments, method }) {
      settle();
      const unique = query.get('n') ?? '';
      ownerOf.get(unique)?.waiting.delete(unique);
      ownerOf.delete(unique);
      // Reads wait for their session while it is renewed, and not in the line.
      if (segments[0] === 'refresh' || settledSince() > now()) pairs.clear();
      // All reads take turns, also those that others could answer.
      const tenant = byAccount.get(segments[1]?.toLowerCase() ?? '');
      if (tenant === undefined || method !== 'GET') return;
      tenant.share += 1 / tenant.weight;
      if (burst) burst.until = now();
      else burst = { from: now(), until: now() };
    },
    moved(account) {
      const tenant = byAccount.get(account);
      if (tenant === undefined) return;
      tenant.waiting.clear();
      forget(tenant);
    },
    died: () => pairs.clear(),
    opened: () => pairs.clear(),
    tick: settle,
  };
}
