/**
 * When hubs changed last, over all accounts (promise P8). A hub is dirty from the sending of a mutation until 10 s
 * after its end; data fetched before its last change is never served again.
 */
import type { Clock } from '../../src/kernel/clock.ts';

/** What a request touches; undefined `hub`: everything the account has. */
export interface Target {
  readonly account: string;
  readonly hub: string | undefined;
}

export interface Changes {
  /** A mutation is being sent. Returns what to call at its end, with the time it may still take effect, in ms. */
  begin(target: Target): (mayLastMs?: number) => void;
  /** Monotonic time of the last change of what `target` covers. */
  changedAt(target: Target): number;
  /**
   * Monotonic time from which the effects of all changes of what `target` covers show; infinite while one is on its
   * way. What is fetched before is dirty, even when it arrives later.
   */
  cleanFrom(target: Target): number;
  /** The hub list of an account as just read. */
  learnHubs(account: string, hubs: readonly string[]): void;
}

/** Effects of a mutation show this long after its answer, at most. */
const SETTLING_MS = 10_000;
/** Larger than the longest TTL: no cached entry is older than a stamp that is dropped. */
const KEPT_MS = 25 * 60 * 60_000;
const SWEEP_ABOVE = 10_000;
const LONGEST_HUB_ID = 64;

interface Stamp {
  changedAt: number;
  running: number;
  dirtyUntil: number;
}

const EVERYTHING = '*';

export function createChanges(clock: Clock): Changes {
  const stamps = new Map<string, Stamp>();
  const hubsOf = new Map<string, ReadonlySet<string>>();

  // Callers choose the text: a cut one may share a stamp with others, which only makes more of them dirty.
  const hubKey = (hub: string) => `hub:${hub.toLowerCase().slice(0, LONGEST_HUB_ID)}`;
  const accountKey = (account: string) => `account:${account}`;
  const covering = ({ account, hub }: Target) =>
    [EVERYTHING, accountKey(account), ...(hub === undefined ? [] : [hubKey(hub)])].flatMap(
      (key) => stamps.get(key) ?? [],
    );

  /** A mutation without a hub in its path may touch every hub of its caller, and other accounts share those. */
  function touched({ account, hub }: Target): string[] {
    if (hub !== undefined) return [hubKey(hub)];
    const hubs = hubsOf.get(account);
    return [accountKey(account), ...(hubs === undefined ? [EVERYTHING] : [...hubs].map(hubKey))];
  }

  function stampOf(key: string): Stamp {
    const known = stamps.get(key);
    if (known) return known;
    const stamp = { changedAt: Number.NEGATIVE_INFINITY, running: 0, dirtyUntil: Number.NEGATIVE_INFINITY };
    stamps.set(key, stamp);
    return stamp;
  }

  function sweep(): void {
    if (stamps.size < SWEEP_ABOVE) return;
    const oldest = clock.monotonic() - KEPT_MS;
    for (const [key, stamp] of stamps) {
      if (stamp.running === 0 && stamp.changedAt < oldest && stamp.dirtyUntil < oldest) stamps.delete(key);
    }
  }

  return {
    begin(target) {
      sweep();
      const touchedStamps = touched(target).map(stampOf);
      for (const stamp of touchedStamps) {
        stamp.running++;
        stamp.changedAt = clock.monotonic();
      }
      let ended = false;
      return (mayLastMs = 0) => {
        if (ended) return;
        ended = true;
        for (const stamp of touchedStamps) {
          stamp.running--;
          stamp.changedAt = clock.monotonic();
          stamp.dirtyUntil = Math.max(stamp.dirtyUntil, clock.monotonic() + mayLastMs + SETTLING_MS);
        }
      };
    },
    changedAt: (target) =>
      Math.max(Number.NEGATIVE_INFINITY, ...covering(target).map((stamp) => stamp.changedAt)),
    cleanFrom: (target) =>
      Math.max(
        Number.NEGATIVE_INFINITY,
        ...covering(target).map((stamp) => (stamp.running > 0 ? Number.POSITIVE_INFINITY : stamp.dirtyUntil)),
      ),
    learnHubs(account, hubs) {
      hubsOf.set(account, new Set(hubs.map((hub) => hub.toLowerCase())));
    },
  };
}
