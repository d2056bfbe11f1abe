import { describe, expect, it } from 'vitest';
import { createSealer, deriveBytes, secretCheck, sha256Hex } from '../../../src/kernel/crypto.ts';

const KEY = 'an installation secret of good length';

describe('createSealer', () => {
  it('opens what it sealed, and never seals the same text alike', async () => {
    const sealer = await createSealer(KEY, 'test');
    const [first, second] = [
      await sealer.seal('token', 'account-1'),
      await sealer.seal('token', 'account-1'),
    ];
    expect(first).not.toBe(second);
    expect(first).not.toContain('token');
    expect(await sealer.open(first, 'account-1')).toBe('token');
  });

  it('refuses a text that was altered, moved to another owner or sealed for another purpose', async () => {
    const sealer = await createSealer(KEY, 'test');
    const other = await createSealer(KEY, 'another purpose');
    const sealed = await sealer.seal('token', 'account-1');
    const altered = `${sealed.slice(0, -2)}${sealed.endsWith('A') ? 'B' : 'A'}${sealed.slice(-1)}`;
    await expect(sealer.open(altered, 'account-1')).rejects.toThrow();
    await expect(sealer.open(sealed, 'account-2')).rejects.toThrow();
    await expect(other.open(sealed, 'account-1')).rejects.toThrow();
    await expect(sealer.open('v9.abc', 'account-1')).rejects.toThrow('Unknown format');
  });

  it('refuses a text without its whole tag', async () => {
    const sealer = await createSealer(KEY, 'test');
    const sealed = await sealer.seal('', 'account-1');
    await expect(sealer.open(sealed.slice(0, -4), 'account-1')).rejects.toThrow('too short');
    await expect(sealer.open('v1.', 'account-1')).rejects.toThrow('too short');
  });

  it('opens what another implementation of the same standards sealed', async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const material = await crypto.subtle.importKey('raw', bytes(KEY), 'HKDF', false, ['deriveKey']);
    const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: bytes('test') };
    const target = { name: 'AES-GCM', length: 256 };
    const key = await crypto.subtle.deriveKey(derivation, material, target, false, ['encrypt']);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const algorithm = { name: 'AES-GCM', iv, additionalData: bytes('account-1') };
    const body = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, bytes('geöffnet ☂')));
    const sealed = `v1.${Buffer.concat([iv, body]).toString('base64url')}`;
    const sealer = await createSealer(KEY, 'test');
    expect(await sealer.open(sealed, 'account-1')).toBe('geöffnet ☂');
  });
});

describe('secretCheck', () => {
  it.each([
    ['same', 'same', true],
    ['same', 'samf', false],
    ['same', 'same-and-longer', false],
    ['', '', true],
    ['', 'x', false],
  ])('compares %j with %j', (left, right, expected) => {
    expect(secretCheck(right)(left)).toBe(expected);
  });
});

it('hashes as Ajax expects: lower-case hexadecimal SHA-256 (FIPS 180-4 example)', async () => {
  expect(await sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

it('derives different keys for different purposes', async () => {
  const [a, b] = [await deriveBytes(KEY, 'a'), await deriveBytes(KEY, 'b')];
  expect(a).toHaveLength(32);
  expect(a).not.toEqual(b);
});
