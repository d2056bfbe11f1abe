/** Small cryptography on WebCrypto, the same on Node and Deno. */
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Of a text in UTF-8, or of bytes. */
export async function sha256Hex(data: string | Uint8Array): Promise<string> {
  const bytes = typeof data === 'string' ? encoder.encode(data) : data;
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Buffer.from(digest).toString('hex');
}

/** Compares in a time that depends on neither value: both are hashed first, so lengths do not leak. */
export async function equalSecrets(left: string, right: string): Promise<boolean> {
  const [a, b] = await Promise.all([sha256Bytes(left), sha256Bytes(right)]);
  let difference = 0;
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0);
  return difference === 0;
}

async function sha256Bytes(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
}

export function randomToken(bytes = 32): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64url');
}

/** Seals texts for storage (promise P9). */
export interface Sealer {
  /** AES-256-GCM with a fresh 96-bit nonce; `context` is bound as additional data and must be the same to open. */
  seal(text: string, context: string): Promise<string>;
  /** @throws Error when the text was altered, sealed with another key or for another context. */
  open(sealed: string, context: string): Promise<string>;
}

/**
 * Derives a sealing key for one purpose from the installation's SECRET_KEY (HKDF-SHA-256, RFC 5869),
 * so no two purposes share a key.
 */
export async function createSealer(secretKey: string, purpose: string): Promise<Sealer> {
  const key = await deriveKey(secretKey, purpose, { name: 'AES-GCM', length: 256 }, ['encrypt', 'decrypt']);
  return {
    async seal(text, context) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const algorithm = { name: 'AES-GCM', iv, additionalData: encoder.encode(context) };
      const body = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, encoder.encode(text)));
      return `v1.${Buffer.concat([iv, body]).toString('base64url')}`;
    },
    async open(sealed, context) {
      if (!sealed.startsWith('v1.')) throw new Error('Unknown format of a sealed text');
      const bytes = new Uint8Array(Buffer.from(sealed.slice(3), 'base64url'));
      const algorithm = {
        name: 'AES-GCM',
        iv: bytes.subarray(0, 12),
        additionalData: encoder.encode(context),
      };
      return decoder.decode(await crypto.subtle.decrypt(algorithm, key, bytes.subarray(12)));
    },
  };
}

/** Raw bytes derived for one purpose, for libraries that take their own key (for instance HS256). */
export async function deriveBytes(secretKey: string, purpose: string, length = 32): Promise<Uint8Array> {
  const material = await crypto.subtle.importKey('raw', encoder.encode(secretKey), 'HKDF', false, [
    'deriveBits',
  ]);
  const bits = await crypto.subtle.deriveBits(hkdf(purpose), material, length * 8);
  return new Uint8Array(bits);
}

/**
 * A keyed hash (HMAC-SHA-256, hex) for one purpose: the same text is found again, and a stolen database does not tell
 * which text it was.
 */
export async function createKeyedHash(
  secretKey: string,
  purpose: string,
): Promise<(text: string) => Promise<string>> {
  const bytes = new Uint8Array(await deriveBytes(secretKey, purpose));
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign']);
  return async (text) =>
    Buffer.from(await crypto.subtle.sign('HMAC', key, encoder.encode(text))).toString('hex');
}

async function deriveKey(
  secretKey: string,
  purpose: string,
  algorithm: { name: string; length: number },
  usages: ('encrypt' | 'decrypt')[],
): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', encoder.encode(secretKey), 'HKDF', false, [
    'deriveKey',
  ]);
  return crypto.subtle.deriveKey(hkdf(purpose), material, algorithm, false, usages);
}

function hkdf(purpose: string) {
  return { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: encoder.encode(purpose) };
}
