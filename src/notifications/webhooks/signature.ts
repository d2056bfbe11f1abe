/** Signatures as https://www.standardwebhooks.com has them, version v1. */
import { hmacBase64, randomKey } from '../../kernel/crypto.ts';

const PREFIX = 'whsec_';

/** 256 bits; the specification asks for 192 to 512. */
export const newSecret = (): string => PREFIX + Buffer.from(randomKey(32)).toString('base64');

/** @param timestamp seconds since 1970 */
export function signatureHeaders(secret: string, id: string, timestamp: number, body: string) {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${hmacBase64(key, `${id}.${timestamp}.${body}`)}`,
  };
}
