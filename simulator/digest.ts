/** Password hashes and one-time codes, on Web Crypto so that every runtime has them. */

const hexOfBytes = (bytes: ArrayBuffer) =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Lowercase hex SHA-256, the form `passwordHash` must have. */
export async function passwordHashOf(password: string): Promise<string> {
  return hexOfBytes(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(password)));
}

/** Lowercase hex SHA-256. */
export async function sha256Of(bytes: ArrayBuffer): Promise<string> {
  return hexOfBytes(await crypto.subtle.digest('SHA-256', bytes));
}

/** An unguessable token of 64 hex digits. */
export function randomToken(): string {
  return hexOfBytes(crypto.getRandomValues(new Uint8Array(32)).buffer);
}

const TOTP_STEP_MS = 30_000;

/**
 * Six-digit code of RFC 6238 (HMAC-SHA-1, 30 s).
 * @param secret base32 (RFC 4648), as shown to users.
 */
export async function totpCode(secret: string, atMs: number): Promise<string> {
  const key = await crypto.subtle.importKey(
    'raw',
    fromBase32(secret),
    { name: 'HMAC', hash: 'SHA-1' },
    false,
    ['sign'],
  );
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(atMs / TOTP_STEP_MS)));
  const digest = new DataView(await crypto.subtle.sign('HMAC', key, counter.buffer));
  const offset = digest.getUint8(19) & 0x0f;
  return ((digest.getUint32(offset) & 0x7fffffff) % 1_000_000).toString().padStart(6, '0');
}

/** Accepts the code of the step before and after too, as RFC 6238 section 5.2 recommends. */
export async function totpMatches(secret: string, code: string, atMs: number): Promise<boolean> {
  const steps = [atMs - TOTP_STEP_MS, atMs, atMs + TOTP_STEP_MS];
  return (await Promise.all(steps.map((step) => totpCode(secret, step)))).includes(code);
}

function fromBase32(text: string): Uint8Array<ArrayBuffer> {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...text]
    .map((character) => alphabet.indexOf(character).toString(2).padStart(5, '0'))
    .join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}
