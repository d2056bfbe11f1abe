import { expect, it } from 'vitest';
import { createJournal } from '../../../simulator/journal.ts';

it('a journal with a capacity stays bounded and keeps the newest arrivals', () => {
  const journal = createJournal(100);
  for (let at = 0; at < 1_000; at++) journal.arrive({ at, method: 'GET', path: '/api', apiKey: 'k' });
  expect(journal.count()).toBeLessThanOrEqual(100);
  expect(journal.count()).toBeGreaterThanOrEqual(50);
  expect(journal.arrivals().at(-1)?.at).toBe(999);
});
