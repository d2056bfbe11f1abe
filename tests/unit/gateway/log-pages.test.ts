import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPageSize, type PageSize, readSlice } from '../../../src/ajax/log-pages.ts';
import { movableClock } from '../../support/clock.ts';

/** A log of Ajax: entry 0 is the newest; 50 pages at most. */
function logOf(length: number, pageSize: number, size: PageSize = createPageSize(movableClock())) {
  let entries = Array.from({ length }, (_, index) => `e${index}`);
  const asked: number[] = [];
  return {
    asked,
    size,
    prepend: (...more: string[]) => {
      entries = [...more, ...entries];
    },
    slice: (limit: number, offset: number, before: (page: number) => void = () => {}) =>
      readSlice<string>({
        limit,
        offset,
        size,
        idOf: (entry) => entry,
        readPage: async (page) => {
          if (page < 1 || page > 50) throw new Error(`Ajax has no page ${page}`);
          before(page);
          asked.push(page);
          return entries.slice((page - 1) * pageSize, page * pageSize);
        },
      }),
  };
}

const names = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => `e${from + index}`);

describe('a slice of the log', () => {
  it('is what limit and offset say, whatever a page holds and whatever is known of it', async () => {
    const cases = fc.record({
      length: fc.integer({ min: 0, max: 700 }),
      pageSize: fc.integer({ min: 1, max: 120 }),
      requests: fc.array(
        fc.record({ limit: fc.integer({ min: 1, max: 100 }), offset: fc.integer({ min: 0, max: 800 }) }),
        { minLength: 1, maxLength: 6 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ length, pageSize, requests }) => {
        const log = logOf(length, pageSize);
        const reachable = Math.min(length, 50 * pageSize);
        for (const { limit, offset } of requests) {
          log.asked.length = 0;
          const { entries, hasMore, total, isTotalExact } = await log.slice(limit, offset);
          const expected = names(offset, Math.min(offset + limit, reachable));
          // A prefix of it, and all of it where six pages are enough.
          expect(entries).toEqual(expected.slice(0, entries.length));
          if (pageSize >= 25) expect(entries).toEqual(expected);
          if (expected.length > 0) expect(entries.length).toBeGreaterThan(0);
          expect(log.asked.length).toBeLessThanOrEqual(6);
          expect(new Set(log.asked).size).toBe(log.asked.length);
          const isMoreBehind = offset + entries.length < reachable;
          if (isMoreBehind) expect(hasMore).toBe(true);
          if (isTotalExact) expect(total).toBe(length);
          expect(total).toBeLessThanOrEqual(length);
          expect(total).toBeGreaterThanOrEqual(entries.length === 0 ? 0 : offset + entries.length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('can be walked to the end by offset, without a gap and without a repetition', async () => {
    const log = logOf(230, 50);
    const seen: string[] = [];
    let slice = await log.slice(30, 0);
    seen.push(...slice.entries);
    while (slice.hasMore) {
      slice = await log.slice(30, seen.length);
      seen.push(...slice.entries);
    }
    expect(seen).toEqual(names(0, 230));
    expect(slice).toMatchObject({ total: 230, isTotalExact: true });
  });

  it('costs one page where one is enough, and goes straight to the page once its size is known', async () => {
    const log = logOf(2_000, 50);
    await log.slice(50, 0);
    expect(log.asked).toEqual([1]);
    await log.slice(20, 1_000);
    // The first says how many a page holds.
    expect(log.asked).toEqual([1, 1, 21]);
    log.asked.length = 0;
    await log.slice(20, 1_500);
    expect(log.asked).toEqual([31]);
    log.asked.length = 0;
    await log.slice(100, 1_520);
    expect(log.asked).toEqual([31, 32, 33]);
  });

  it('stops at a short page instead of asking for an empty one', async () => {
    const log = logOf(70, 50);
    expect(await log.slice(100, 0)).toMatchObject({ total: 70, isTotalExact: true, hasMore: false });
    expect(log.asked).toEqual([1, 2]);
    const other = logOf(10, 50, log.size);
    expect(await other.slice(100, 0)).toMatchObject({ total: 10, isTotalExact: true, hasMore: false });
    expect(other.asked).toEqual([1]);
  });

  it('names an entry once that a new one pushed onto the next page, and still has all that was asked for', async () => {
    const log = logOf(300, 50);
    const { entries } = await log.slice(100, 0, (page) => page === 2 && log.prepend('n1', 'n2', 'n3'));
    expect(entries).toEqual(names(0, 100));
    expect(log.asked).toEqual([1, 2, 3]);
  });

  it('ends at page 50 and says that nobody knows what Ajax keeps behind it', async () => {
    const log = logOf(4_000, 50);
    await log.slice(60, 0);
    expect(await log.slice(100, 2_450)).toMatchObject({
      entries: names(2_450, 2_500),
      total: 2_500,
      isTotalExact: false,
      hasMore: false,
    });
    log.asked.length = 0;
    expect(await log.slice(100, 2_500)).toMatchObject({ entries: [], hasMore: false });
    expect(await log.slice(100, Number.MAX_SAFE_INTEGER)).toMatchObject({ entries: [], hasMore: false });
    expect(log.asked).toEqual([]);
  });

  it('notices that pages have become larger', async () => {
    const size = createPageSize(movableClock());
    await logOf(200, 20, size).slice(40, 0);
    expect(size.proven()).toBe(20);
    const log = logOf(500, 50, size);
    expect((await log.slice(10, 130)).entries).toEqual(names(130, 140));
    expect(log.asked).toEqual([7, 1, 3]);
    expect(size.proven()).toBe(50);
  });

  it('doubts after an hour what it learnt, because pages may have become smaller', async () => {
    const clock = movableClock();
    const size = createPageSize(clock);
    await logOf(200, 50, size).slice(60, 0);
    clock.skip(60 * 60_000);
    expect((await logOf(200, 20, size).slice(60, 0)).entries).toEqual(names(0, 60));
    expect(size.proven()).toBe(20);
  });

  it('keeps entries without an id', async () => {
    const slice = await readSlice<{ id?: string }>({
      limit: 10,
      offset: 0,
      idOf: ({ id }) => id,
      size: createPageSize(movableClock()),
      readPage: async (page) => (page === 1 ? [{}, {}, { id: 'a' }, { id: 'a' }] : []),
    });
    expect(slice.entries).toEqual([{}, {}, { id: 'a' }]);
  });
});
