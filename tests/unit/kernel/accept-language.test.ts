import { describe, expect, it } from 'vitest';
import { languagesToForward, preferredLanguage } from '../../../src/kernel/accept-language.ts';

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

describe('what goes on to Ajax', () => {
  it.each([
    ['es', 'es'],
    ['ES-mx , en;q=0.5', 'es-mx, en;q=0.5'],
    ['de;\tq=0.123,*;q=0', 'de;q=0.123, *;q=0'],
    [', zh-Hant-TW,,', 'zh-hant-tw'],
  ])('of %j is %j', (header, expected) => {
    expect(languagesToForward(header)).toBe(expected);
  });

  it.each([
    undefined,
    '',
    '*',
    '*;q=0.5',
    'es;q=2',
    'es;level=1',
    'es\r\nX-Api-Key: x',
    'es_MX',
    'toolonglanguage',
    '"es"',
    'es, <script>',
    'x'.repeat(201),
    'en,'.repeat(40),
  ])('of %j is nothing', (header) => {
    expect(languagesToForward(header)).toBeUndefined();
  });
});
