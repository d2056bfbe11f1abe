/**
 * A path in every reading that some server gives it: as sent, decoded, decoded twice. Servers differ in how often they
 * decode, and a probe for one that decodes twice looks harmless to one that decodes once.
 */

const ROUNDS = 2;

/** At most three texts, each no longer than `path`; fewer when decoding changes nothing more. */
export function decodings(path: string): readonly string[] {
  const readings = [path];
  let last = path;
  for (let round = 0; round < ROUNDS && last.includes('%'); round++) {
    const decoded = decodeOnce(last);
    if (decoded === last) break;
    readings.push(decoded);
    last = decoded;
  }
  return readings;
}

/**
 * Every escape by itself, also those that are no UTF-8: what cannot be decoded stays as it is. `%uXXXX` is the spelling
 * of old IIS, C0 AE and C0 AF are the overlong `.` and `/` (RFC 3629 section 10).
 */
function decodeOnce(text: string): string {
  const parts = text.split('%');
  let decoded = parts[0] ?? '';
  for (const part of parts.slice(1)) {
    const isWide = part[0] === 'u' || part[0] === 'U';
    const digits = isWide ? part.slice(1, 5) : part.slice(0, 2);
    const code = hexCode(digits, isWide ? 4 : 2);
    decoded += code === undefined ? `%${part}` : String.fromCharCode(code) + part.slice(isWide ? 5 : 2);
  }
  return decoded.replaceAll('\u00c0\u00ae', '.').replaceAll('\u00c0\u00af', '/');
}

function hexCode(digits: string, length: number): number | undefined {
  if (digits.length !== length) return undefined;
  let code = 0;
  for (const digit of digits.toLowerCase()) {
    const value = '0123456789abcdef'.indexOf(digit);
    if (value === -1) return undefined;
    code = code * 16 + value;
  }
  return code;
}
