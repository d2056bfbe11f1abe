import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWellFormed, newCode, spellingsOf } from '../../../src/billing/vouchers/code.ts';

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
const anyCode = fc.uint8Array({ minLength: 11, maxLength: 11 }).map((bytes) => newCode(() => bytes));
const places = [5, 6, 7, 8, 10, 11, 12, 13, 15, 16, 17, 18];
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

describe('a new code', () => {
  it('has the form clients know, without letters that look like digits, and a check that fits', () => {
    const property = fc.property(anyCode, (code) => {
      expect(code).toMatch(/^AJAX(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
      expect(isWellFormed(code)).toBe(true);
      expect(spellingsOf(code)).toEqual([code]);
    });
    fc.assert(property);
  });

  it('is hard to guess: 55 bits of chance, all of which are used', () => {
    const codes = Array.from({ length: 4_000 }, () => newCode(random));
    expect(new Set(codes).size).toBe(codes.length);
    for (const place of places)
      expect(new Set(codes.map((code) => code[place])).size, `place ${place}`).toBe(32);
  });

  it('shows every single wrong character', () => {
    const property = fc.property(
      anyCode,
      fc.constantFrom(...places),
      fc.constantFrom(...ALPHABET),
      (code, place, letter) => {
        const wrong = code.slice(0, place) + letter + code.slice(place + 1);
        expect(isWellFormed(wrong)).toBe(wrong === code);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it('shows every two characters that changed places', () => {
    const property = fc.property(
      anyCode,
      fc.constantFrom(...places),
      fc.constantFrom(...places),
      (code, a, b) => {
        const letters = [...code];
        [letters[a], letters[b]] = [letters[b] ?? '', letters[a] ?? ''];
        expect(isWellFormed(letters.join(''))).toBe(letters.join('') === code);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
});

describe('a code as people type it', () => {
  it.each([
    'AJAX-7K3M-9QXZ-4T2X',
    'ajax-7k3m-9qxz-4t2x',
    '7K3M-9QXZ-4T2X',
    ' ajax 7k3m 9qxz 4t2x ',
    'AJAX7K3M9QXZ4T2X',
    'AJAX\u20137K3M\u20139QXZ\u20134T2X',
    '7k3m9qxz4t2x',
  ])('is read whatever its case, spaces and hyphens: %j', (typed) => {
    expect(spellingsOf(typed)).toEqual(['AJAX-7K3M-9QXZ-4T2X']);
  });

  it('is looked for as typed first, and with digits for the letters that look like them', () => {
    expect(spellingsOf('AJAX-OIL0-AAAA-BBBB')).toEqual(['AJAX-OIL0-AAAA-BBBB', 'AJAX-0110-AAAA-BBBB']);
  });

  it('may itself begin with AJAX', () => {
    expect(spellingsOf('AJAX-AJAX-AAAA-BBBB')).toEqual(['AJAX-AJAX-AAAA-BBBB']);
    expect(spellingsOf('ajaxaaaabbbb')).toEqual(['AJAX-AJAX-AAAA-BBBB']);
  });

  it.each([
    '',
    'AJAX',
    'AJAX-1234',
    'AJAX-1234-5678-9ABC-D',
    '漢字-1234',
    "' or 1=1 --",
    'AJAX-12\u00004-5678-9ABC',
  ])('is none when it cannot be one: %j', (typed) => {
    expect(spellingsOf(typed)).toEqual([]);
  });
});
