import { expect, it } from 'vitest';
import { writeMoney } from '../../../src/kernel/minor-units.ts';

it.each([
  [1_050, 'EUR', '€10.50'],
  [-500, 'usd', '-US$5.00'],
  [1_000, 'JPY', 'JP¥1,000'],
  [1_500, 'KWD', 'KWD 1.500'],
  // Written without digits, but counted in hundredths.
  [150_000, 'HUF', 'HUF 1,500'],
  [5_000_000, 'COP', 'COP 50,000'],
  [9_900_000, 'IDR', 'IDR 99,000'],
  [50_000, 'ISK', 'ISK 500'],
])('%i of %s are %s', (minor, currency, text) => {
  expect(writeMoney(minor, currency, 'en-GB').replaceAll('\u00a0', ' ')).toBe(text);
});
