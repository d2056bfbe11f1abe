/**
 * A slice of a hub's log, by limit and offset, out of the numbered pages Ajax has. How many entries a page holds is
 * documented nowhere; it is taken to be the same for all and learnt from what comes.
 */
import type { Clock } from '../kernel/clock.ts';

/** What is known of the size of a full page. */
export interface PageSize {
  /** Proven: a page of this size was followed by another. undefined: not known yet. */
  proven(): number | undefined;
  /** No full page is smaller: a smaller one is the last. */
  atLeast(): number;
  /** A page of this length was seen; `isFull` when something came after it. */
  learn(length: number, isFull: boolean): void;
}

/** Ajax may change it some day: what was learnt is doubted after that time. */
const BELIEVED_MS = 60 * 60_000;

export function createPageSize(clock: Clock): PageSize {
  let largest = 0;
  let isProven = false;
  let learntAt = Number.NEGATIVE_INFINITY;
  const doubt = () => {
    if (clock.monotonic() - learntAt < BELIEVED_MS) return;
    largest = 0;
    isProven = false;
  };
  return {
    proven() {
      doubt();
      return isProven ? largest : undefined;
    },
    atLeast() {
      doubt();
      return largest;
    },
    learn(length, isFull) {
      doubt();
      if (length < largest || (length === largest && (isProven || !isFull))) return;
      if (largest === 0) learntAt = clock.monotonic();
      largest = length;
      isProven = isFull;
    },
  };
}

/** Ajax has no more pages than these. */
const LAST_PAGE = 50;
/** Of one request, whatever the size of a page: it may answer fewer entries than asked for, and says that more follow. */
const MOST_PAGES = 6;

export interface Slice<T> {
  readonly entries: readonly T[];
  /** Entries known to exist. */
  readonly total: number;
  /** Whether there are no others. */
  readonly isTotalExact: boolean;
  /** Whether older entries may follow; false is certain. */
  readonly hasMore: boolean;
}

export interface SliceRequest<T> {
  /** 1 to 100. */
  readonly limit: number;
  /** Entries to skip, the newest first. */
  readonly offset: number;
  /** @param page 1 to 50 */
  readonly readPage: (page: number) => Promise<readonly T[]>;
  /** The same for the same entry, which is on the next page as well once a new one pushes it there. */
  readonly idOf: (entry: T) => string | null | undefined;
  readonly size: PageSize;
}

/** Reads the pages it needs, one after the other, and goes to the first of them at once when their size is known. */
export async function readSlice<T>(request: SliceRequest<T>): Promise<Slice<T>> {
  const { limit, offset, readPage, idOf, size } = request;
  const known = size.proven();
  // What the first page holds tells where the others begin.
  const first = known === undefined ? await readPage(1) : undefined;
  const pageSize = known ?? first?.length ?? 0;
  if (first !== undefined) size.learn(first.length, false);
  if (pageSize === 0) return { entries: [], total: 0, isTotalExact: true, hasMore: false };

  const start = Math.floor(offset / pageSize) + 1;
  const skip = offset % pageSize;
  const isLast = (page: readonly T[]) => page.length < size.atLeast();
  if (start > LAST_PAGE || (start > 1 && first !== undefined && isLast(first))) {
    const isWhole = first !== undefined && isLast(first);
    return { entries: [], total: first?.length ?? 0, isTotalExact: isWhole, hasMore: false };
  }

  const collected = new Map<string, T>();
  let nameless = 0;
  let reads = first === undefined ? 0 : 1;
  let before = first?.length;
  for (let page = start; ; page++) {
    const entries = page === 1 && first !== undefined ? first : await readPage(page);
    if (entries !== first) reads++;
    if (entries.length > pageSize && known !== undefined && page > 1) {
      // Pages have become larger: all but the first begin elsewhere.
      size.learn(entries.length, false);
      return readSlice(request);
    }
    if (entries !== first && before !== undefined && entries.length > 0) size.learn(before, true);
    for (const entry of entries) {
      const id = idOf(entry) ?? `nameless ${nameless++}`;
      if (!collected.has(id)) collected.set(id, entry);
    }
    const isEnd = entries.length === 0 || isLast(entries);
    const isEnough = collected.size >= skip + limit;
    if (!isEnough && !isEnd && page < LAST_PAGE && reads < MOST_PAGES) {
      before = entries.length;
      continue;
    }
    const counted = (start - 1) * pageSize + collected.size;
    // Of a page beyond the end, nothing is known about those between.
    const isBeyond = entries.length === 0 && page === start && start > (first === undefined ? 1 : 2);
    return {
      entries: [...collected.values()].slice(skip, skip + limit),
      total: isBeyond ? (first?.length ?? 0) : counted,
      isTotalExact: isEnd && !isBeyond,
      hasMore: collected.size > skip + limit || (!isEnd && page < LAST_PAGE),
    };
  }
}
