import { type Accessor, createSignal } from 'solid-js';
import type { Page } from '../api/gateway.ts';
import type { HubEvent, HubLog } from '../api/types.ts';
import { isLasting, nextPauseMs } from '../live/pace.ts';

export interface EventsDeps {
  readonly read: (page: Page) => Promise<HubLog>;
  readonly now: () => number;
}

export interface Events {
  /** Newest first; undefined until the first reading. They stay while later readings fail. */
  readonly entries: Accessor<readonly HubEvent[] | undefined>;
  readonly hasMore: Accessor<boolean>;
  /** Why the last refresh failed. */
  readonly error: Accessor<unknown>;
  /** Why the last look at earlier ones failed. */
  readonly earlierError: Accessor<unknown>;
  readonly isRefreshing: Accessor<boolean>;
  readonly isLoadingEarlier: Accessor<boolean>;
  readonly readAtMs: Accessor<number | undefined>;
  /** When to refresh next, 0 before the first time; undefined after a refusal that asking again cannot change. */
  readonly dueAtMs: Accessor<number | undefined>;
  /** Something has happened that the log will tell: a refresh is due now. */
  readonly expire: () => void;
  /** Never rejects. */
  readonly refresh: () => Promise<void>;
  /** Never rejects. */
  readonly loadEarlier: () => Promise<void>;
}

// A page of Ajax has been seen to hold 50: a slice costs one call of Ajax, or two.
const PAGE_SIZE = 25;
/** The log is never cached: every refresh costs a request of the shared budget. */
const INTERVAL_MS = 60_000;
/** Slices asked for until one goes on where the entries shown end, which events that arrive push down. */
const MOST_LOOKS = 3;

/** The event log of one hub, as far back as somebody asked for it. */
export function createEvents({ read, now }: EventsDeps): Events {
  const [entries, setEntries] = createSignal<readonly HubEvent[]>();
  const [hasMore, setHasMore] = createSignal(false);
  const [error, setError] = createSignal<unknown>();
  const [earlierError, setEarlierError] = createSignal<unknown>();
  const [isRefreshing, setRefreshing] = createSignal(false);
  const [isLoadingEarlier, setLoadingEarlier] = createSignal(false);
  const [readAtMs, setReadAtMs] = createSignal<number>();
  // Told even when it stays 0: what made the log outdated again may have come after the reading that is on its way.
  const [dueAtMs, setDueAtMs] = createSignal<number | undefined>(0, { equals: false });
  let failuresInARow = 0;
  let reading = Promise.resolve();
  let waitingRefresh: Promise<void> | undefined;

  /** One after the other: both say where the entries shown begin and end. */
  function inTurn(task: () => Promise<void>): Promise<void> {
    reading = reading.then(task);
    return reading;
  }

  /** A refresh that has not begun yet sees everything a second one would. */
  function refresh(): Promise<void> {
    waitingRefresh ??= inTurn(() => {
      waitingRefresh = undefined;
      return readNewest();
    });
    return waitingRefresh;
  }

  async function readNewest(): Promise<void> {
    setRefreshing(true);
    let reason: unknown;
    try {
      showNewest(await read({ limit: PAGE_SIZE, offset: 0 }));
      failuresInARow = 0;
      setReadAtMs(now());
    } catch (thrown) {
      reason = thrown;
      failuresInARow += 1;
    }
    setError(reason);
    setRefreshing(false);
    setDueAtMs(
      isLasting(reason)
        ? undefined
        : now() + nextPauseMs({ intervalMs: INTERVAL_MS, failuresInARow, error: reason }),
    );
  }

  function showNewest(page: HubLog): void {
    const shown = entries() ?? [];
    const known = new Map(shown.map((event) => [identify(event), event]));
    // What is known stays the same object: its row stays the same element.
    const newest = distinct(page.logs).map((event) => known.get(identify(event)) ?? event);
    // What is shown goes on below the slice, unless they do not meet: more has happened than it holds. After the last
    // slice there is nothing.
    const met = page.has_more ? newest.findLast((event) => known.has(identify(event))) : undefined;
    const below = met ? shown.slice(shown.indexOf(met) + 1).filter((event) => !newest.includes(event)) : [];
    setEntries([...newest, ...below]);
    if (below.length > 0) return;
    setHasMore(mayFollow(page));
    setEarlierError(undefined);
  }

  async function loadEarlier(): Promise<void> {
    if (isLoadingEarlier()) return;
    setLoadingEarlier(true);
    setEarlierError(undefined);
    await inTurn(async () => {
      try {
        if (hasMore() && !(await readEarlier())) await readNewest();
      } catch (thrown) {
        setEarlierError(thrown);
      }
    });
    setLoadingEarlier(false);
  }

  /**
   * Begins at the last event shown, to know what follows it: events that arrived meanwhile push it further down.
   * @returns false when it was not met
   */
  async function readEarlier(): Promise<boolean> {
    const shown = entries() ?? [];
    const known = new Set(shown.map(identify));
    let offset = Math.max(0, shown.length - 1);
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      const page = await read({ limit: PAGE_SIZE + 1, offset });
      const metAt = page.logs.findLastIndex((event) => known.has(identify(event)));
      const earlier = metAt < 0 ? [] : page.logs.slice(metAt + 1);
      if (earlier.length > 0 || (metAt >= 0 && !page.has_more)) {
        setEntries([...shown, ...distinct(earlier)]);
        setHasMore(page.has_more);
        return true;
      }
      if (!mayFollow(page)) return false;
      offset += Math.max(1, page.logs.length - 1);
    }
    return false;
  }

  return {
    entries,
    hasMore,
    error,
    earlierError,
    isRefreshing,
    isLoadingEarlier,
    readAtMs,
    dueAtMs,
    expire: () => {
      if (dueAtMs() !== undefined) setDueAtMs(0);
    },
    refresh,
    loadEarlier,
  };
}

/** After an empty slice there is nothing to continue from. */
const mayFollow = (page: HubLog): boolean => page.has_more && page.logs.length > 0;

/** Ajax allows events without an id. */
const identify = ({ id, timestamp, event_code, sourceObjectId, transition }: HubEvent): string =>
  id ?? JSON.stringify([timestamp, event_code, sourceObjectId, transition]);

function distinct(events: readonly HubEvent[]): readonly HubEvent[] {
  const seen = new Set<string>();
  return events.filter((event) => {
    const identity = identify(event);
    return !seen.has(identity) && seen.add(identity);
  });
}
