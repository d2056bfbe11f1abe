import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createGateway } from '../../../web/src/api/gateway.ts';

const NOW_MS = Date.UTC(2026, 7, 1, 9, 30);
beforeAll(() => vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] }));
afterAll(() => void vi.useRealTimers());

const read = (headers: Record<string, string>) => {
  const fetch = async () => Response.json([], { headers });
  return createGateway({ fetch, fetchOnce: fetch }).hubs();
};

describe('a reading', () => {
  it.each([
    ['from the cache', { 'x-cache': 'HIT', age: '25' }, { readAtMs: NOW_MS - 25_000, isStale: false }],
    ['while Ajax is busy', { 'x-cache': 'STALE', age: '90' }, { readAtMs: NOW_MS - 90_000, isStale: true }],
    ['just fetched', { 'x-cache': 'MISS', age: '0' }, { readAtMs: NOW_MS, isStale: false }],
    ['that did not come from Ajax', {}, { readAtMs: NOW_MS, isStale: false }],
    ['with an age that is none', { age: 'x' }, { readAtMs: NOW_MS, isStale: false }],
    ['with an age of the future', { age: '-5' }, { readAtMs: NOW_MS, isStale: false }],
  ])('%s is as old as it says', async (_what, headers, expected) => {
    expect(await read(headers)).toMatchObject(expected);
  });
});
