/**
 * What Ajax is sent it may repeat, in an error for instance, and its words go to clients, into receipts and jobs.
 * The secrets of a request end here (promise P9).
 */
import { REDACTED } from '../../src/kernel/redact.ts';

/** Shorter ones are found in innocent texts. */
const SHORTEST = 8;

/** The body with every secret in it replaced; the same object when there is none. */
export function withoutSecrets(body: Uint8Array, secrets: readonly string[]): Uint8Array {
  if (body.length === 0) return body;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const present = secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    .filter((form) => bytes.includes(form));
  if (present.length === 0) return body;
  // Byte for byte, so that what is no UTF-8 stays what it is.
  const clean = present.reduce(
    (text, form) => text.replaceAll(Buffer.from(form).toString('latin1'), REDACTED),
    bytes.toString('latin1'),
  );
  return Buffer.from(clean, 'latin1');
}
