/**
 * Codes of vouchers: AJAX-XXXX-XXXX-XXXX. New ones avoid letters that look like digits and end with a check character;
 * those of the first gateway use all of A-Z and 0-9 and have none, so it is only asked when a code is unknown.
 */

/** Crockford's base 32: no I, L, O and U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 12;

/** @param random that many uniformly random bytes */
export function newCode(random: (bytes: number) => Uint8Array): string {
  const values = [...random(LENGTH - 1)].map((byte) => byte % ALPHABET.length);
  return written([...values, checkOf(values)].map((value) => ALPHABET[value]).join(''));
}

const written = (letters: string) => `AJAX-${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8)}`;

/**
 * How a code may be stored, whatever its case, spaces and hyphens: as it was typed, and with O, I and L taken for the
 * digits they look like. Empty when it cannot be a code.
 */
export function spellingsOf(typed: string): readonly string[] {
  const letters = typed
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replace(/^AJAX(?=.{12}$)/, '');
  if (!/^[A-Z0-9]{12}$/.test(letters)) return [];
  const likely = letters.replaceAll('O', '0').replace(/[IL]/g, '1');
  return [...new Set([letters, likely])].map(written);
}

/** Whether a code could be one of ours; false for every code with one wrong character or two that changed places. */
export function isWellFormed(code: string): boolean {
  const values = [...code.replace(/^AJAX/, '').replaceAll('-', '')].map((letter) => ALPHABET.indexOf(letter));
  return values.length === LENGTH && !values.includes(-1) && checkOf(values.slice(0, -1)) === values.at(-1);
}

/**
 * The sum of the values times different powers of a generator of GF(32): a change of one value, or an exchange of two,
 * changes it.
 */
function checkOf(values: readonly number[]): number {
  return values.reduce((sum, value) => doubled(sum ^ value), 0);
}

/** Times x modulo x^5 + x^2 + 1, which is primitive. */
const doubled = (value: number) => (value & 16 ? ((value << 1) ^ 0b100101) & 31 : value << 1);
