/** Every arrival at `/api`, in order: what tests and benches judge a client by. */

export interface Arrival {
  /** When the request reached the simulator, by the simulator's clock (epoch milliseconds). */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** Without question mark, as it came. */
  readonly query?: string;
  readonly contentType?: string;
  /** Lowercase hex SHA-256 of the body as it came; undefined without one. */
  readonly bodySha256?: string;
  /** Empty when the request carried none. */
  readonly apiKey: string;
  /** Login of the account, when the request named one. */
  readonly account?: string;
  /** Undefined until answered, and for ever when a fault swallowed the answer. */
  readonly status?: number;
}

export interface ArrivalFilter {
  readonly method?: string;
  /** A string must be contained in the path. */
  readonly path?: string | RegExp;
  readonly account?: string;
  readonly apiKey?: string;
  readonly status?: number;
}

export interface Journal {
  arrivals(filter?: ArrivalFilter): readonly Arrival[];
  count(filter?: ArrivalFilter): number;
  /**
   * The most arrivals of one API key in any window [t, t + windowMs), wherever it starts: two arrivals exactly one
   * window apart do not share one. Without `apiKey`, that of the busiest key.
   */
  largestWindow(windowMs: number, apiKey?: string): number;
  clear(): void;
}

/** What the simulator itself uses to fill the journal. */
export interface JournalWriter {
  arrive(arrival: Omit<Arrival, 'account' | 'status' | 'bodySha256'>): JournalEntry;
}

export interface JournalEntry {
  account?: string;
  status?: number;
  bodySha256?: string;
}

export function matchesPath(path: string, pattern: string | RegExp): boolean {
  return typeof pattern === 'string' ? path.includes(pattern) : path.search(pattern) !== -1;
}

/** @param capacity the oldest arrivals are forgotten beyond it, so that a long life needs bounded memory. */
export function createJournal(capacity = Number.POSITIVE_INFINITY): Journal & JournalWriter {
  const entries: (Arrival & JournalEntry)[] = [];

  const arrivals = (filter: ArrivalFilter = {}) =>
    entries.filter(
      (entry) =>
        (filter.method === undefined || entry.method === filter.method) &&
        (filter.path === undefined || matchesPath(entry.path, filter.path)) &&
        (filter.account === undefined || entry.account === filter.account) &&
        (filter.apiKey === undefined || entry.apiKey === filter.apiKey) &&
        (filter.status === undefined || entry.status === filter.status),
    );

  return {
    arrive(arrival) {
      const entry: Arrival & JournalEntry = { ...arrival };
      entries.push(entry);
      // In large steps: forgetting one at a time would move all the others each time.
      if (entries.length > capacity) entries.splice(0, Math.ceil(capacity / 2));
      return entry;
    },
    arrivals,
    count: (filter) => arrivals(filter).length,
    largestWindow(windowMs, apiKey) {
      const timesByKey = new Map<string, number[]>();
      for (const entry of arrivals({ apiKey })) {
        const times = timesByKey.get(entry.apiKey);
        if (times) times.push(entry.at);
        else timesByKey.set(entry.apiKey, [entry.at]);
      }
      return Math.max(0, ...[...timesByKey.values()].map((times) => largestWindowOf(times, windowMs)));
    },
    clear() {
      entries.length = 0;
    },
  };
}

/** @param times in any order; a clock that was set back must not hide arrivals. */
function largestWindowOf(times: readonly number[], windowMs: number): number {
  const sorted = [...times].sort((one, other) => one - other);
  let largest = 0;
  let first = 0;
  sorted.forEach((last, index) => {
    while ((sorted[first] ?? last) + windowMs <= last) first++;
    largest = Math.max(largest, index - first + 1);
  });
  return largest;
}
