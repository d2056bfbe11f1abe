import { expect, it } from 'vitest';
import { preferredLanguage } from '../../../src/kernel/accept-language.ts';

it.each([
  [undefined, 'en'],
  ['', 'en'],
  ['es', 'es'],
  ['ES-mx', 'es'],
  ['de, fr;q=0.9', 'en'],
  ['de, es;q=0.4, en;q=0.3', 'es'],
  ['en;q=0.3, es;q=0.4', 'es'],
  ['en, es', 'en'],
  ['es;q=0', 'en'],
  ['es;q=0, en;q=0', 'en'],
  ['es;q=nonsense', 'en'],
  ['es;q=9', 'en'],
  ['*', 'en'],
  ['estonian', 'en'],
  [';;;,,,;q=1,es;q=', 'en'],
  [`${'x,'.repeat(40)}es`, 'en'],
])('Accept-Language %j means %s', (header, expected) => {
  expect(preferredLanguage(header, ['en', 'es'])).toBe(expected);
});
