/**
 * Small cryptography, the same on Node and Deno. Through node:crypto, not WebCrypto: on texts of this size the calls of
 * WebCrypto cost ten times what they compute (docs/benchmarks.md), and every one waits for another thread.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/** Of a text in UTF-8, or of bytes. */
export async function sha256Hex(data: string | Uint8Array): Promise<string> {
  return hash('sha256', data, 'hex');
}

/** Compares with a secret in a time that depends on neither value: both are hashed first, so lengths do not leak. */
export function secretCheck(secret: string): (given: string) => boolean {
  const expected = hash('sha256', secret, 'buffer');
  return (given) => timingSafeEqual(hash('sha256', given, 'buffer'), expected);
}

export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

/** HMAC-SHA-256 of a text, in base64, with a key that others have as well (Standard Webhooks). */
export function hmacBase64(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64');
}

export function randomKey(bytes = 32): Uint8Array {
  return randomBytes(bytes);
}

/** Seals texts for storage (promise P9). */
export interface Sealer {
  /** AES-256-GCM with a fresh 96-bit nonce; `context` is bound as additional data and must be the same to open. */
  seal(text: string, context: string): Promise<string>;
  /** @throws Error when the text was altered, sealed with another key or for another context. */
  open(sealed: string, context: string): Promise<string>;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Derives a sealing key for one purpose from the installation's SECRET_KEY (HKDF-SHA-256, RFC 5869),
 * so no two purposes share a key.
 */
export async function createSealer(secretKey: string, purpose: string): Promise<Sealer> {
  const key = createSecretKey(await deriveBytes(secretKey, purpose));
  return {
    async seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(context));
      const parts = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return `v1.${Buffer.concat(parts).toString('base64url')}`;
    },
    async open(sealed, context) {
      if (!sealed.startsWith('v1.')) throw new Error('Unknown format of a sealed text');
      const bytes = Buffer.from(sealed.slice(3), 'base64url');
      // A tag of its full length: a shorter one is easier to guess.
      if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('A sealed text is too short');
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      // Whole before it is read as text: nothing unproven leaves, and no character is cut in two.
      return Buffer.concat([text, decipher.final()]).toString();
    },
  };
}

/** Raw bytes derived for one purpose, for libraries that take their own key (for instance HS256). */
export async function deriveBytes(secretKey: string, purpose: string, length = 32): Promise<Uint8Array> {
  return new Uint8Array(hkdfSync('sha256', secretKey, new Uint8Array(0), purpose, length));
}

/**
 * A keyed hash (HMAC-SHA-256, hex) for one purpose: the same text is found again, and a stolen database does not tell
 * which text it was.
 */
export async function createKeyedHash(
  secretKey: string,
  purpose: string,
): Promise<(text: string) => Promise<string>> {
  const key = createSecretKey(await deriveBytes(secretKey, purpose));
  return async (text) => createHmac('sha256', key).update(text).digest('hex');
}
