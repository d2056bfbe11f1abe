/** What replaces WebCrypto in a simulated world is the same cryptography. */
import { expect, test } from 'vitest';
import { createSealer, sha256Hex } from '../../src/kernel/crypto.ts';
import { installSameThreadCrypto } from './world/same-thread-crypto.ts';

test('opens what WebCrypto sealed, digests and signs as it does, and takes its randomness from the seed', async () => {
  const key = 'a-secret-key-of-the-installation-0001';
  const sign = async () => {
    const bytes = new TextEncoder().encode(key);
    const hmac = { name: 'HMAC', hash: 'SHA-256' };
    const imported = await crypto.subtle.importKey('raw', bytes, hmac, false, ['sign']);
    return Buffer.from(await crypto.subtle.sign('HMAC', imported, bytes)).toString('hex');
  };
  const before = await createSealer(key, 'test');
  const sealed = await before.seal('a text', 'context');
  const [digest, signature] = [await sha256Hex('a text'), await sign()];

  installSameThreadCrypto((into) => into.fill(7));
  const after = await createSealer(key, 'test');
  expect(await after.open(sealed, 'context')).toBe('a text');
  await expect(after.open(sealed, 'another context')).rejects.toThrow();
  expect([await sha256Hex('a text'), await sign()]).toEqual([digest, signature]);
  expect(crypto.getRandomValues(new Uint8Array(2))).toEqual(Uint8Array.of(7, 7));
});
