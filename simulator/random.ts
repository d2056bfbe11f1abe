/** Deterministic randomness: the same seed gives the same world. Not for secrets. */

/** Uniform numbers in [0, 1); mulberry32 (public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 32-bit FNV-1a of the parts, for values that must not depend on the order they are asked in. */
export function hashOf(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of parts.join('|')) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash;
}

/** A number in [0, 1) that depends on the parts only. */
export function fractionOf(...parts: readonly (string | number)[]): number {
  return seededRandom(hashOf(...parts))();
}

/** `digits` uppercase hex digits that depend on the parts only. */
export function hexOf(digits: number, ...parts: readonly (string | number)[]): string {
  let hex = '';
  for (let block = 0; hex.length < digits; block++) {
    const mixed = Math.floor(fractionOf(block, ...parts) * 2 ** 32);
    hex += mixed.toString(16).padStart(8, '0');
  }
  return hex.slice(0, digits).toUpperCase();
}
