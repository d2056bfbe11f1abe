/**
 * WebCrypto works on other threads: a world would wait for them, and they end in no order. Here the same algorithms run
 * on this thread, and what is random comes from the world's seed. Only for a process of its own: the global is replaced.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, KeyObject } from 'node:crypto';

type Data = ArrayBuffer | ArrayBufferView<ArrayBuffer>;
interface GcmParameters {
  readonly iv: Uint8Array;
  readonly additionalData?: Uint8Array;
}

const TAG_BYTES = 16;
let running = 0;

/** How many operations run on other threads now. */
export const ciphering = () => running;

const bytesOf = (data: Data) =>
  data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const bufferOf = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

const keys = new WeakMap<CryptoKey, KeyObject>();
function keyOf(key: CryptoKey): KeyObject {
  const known = keys.get(key) ?? KeyObject.from(key);
  keys.set(key, known);
  return known;
}

const onThisThread = {
  async digest(_algorithm: string, data: Data) {
    return bufferOf(createHash('sha256').update(bytesOf(data)).digest());
  },
  async sign(_algorithm: string, key: CryptoKey, data: Data) {
    return bufferOf(createHmac('sha256', keyOf(key)).update(bytesOf(data)).digest());
  },
  async encrypt({ iv, additionalData }: GcmParameters, key: CryptoKey, data: Data) {
    const cipher = createCipheriv('aes-256-gcm', keyOf(key), iv);
    if (additionalData) cipher.setAAD(additionalData);
    return bufferOf(Buffer.concat([cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()]));
  },
  async decrypt({ iv, additionalData }: GcmParameters, key: CryptoKey, data: Data) {
    const bytes = bytesOf(data);
    const decipher = createDecipheriv('aes-256-gcm', keyOf(key), iv);
    if (additionalData) decipher.setAAD(additionalData);
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return bufferOf(Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]));
  },
};

const define = (object: object, name: string, value: unknown) =>
  Object.defineProperty(object, name, { value, configurable: true, writable: true });

let isInstalled = false;

/** @param random fills arrays, for nonces and ids */
export function installSameThreadCrypto(random: (into: Uint8Array) => void): void {
  define(crypto, 'getRandomValues', (into: Uint8Array) => {
    random(into);
    return into;
  });
  if (isInstalled) return;
  isInstalled = true;
  for (const [name, work] of Object.entries(onThisThread)) define(crypto.subtle, name, work);
  for (const name of ['importKey', 'deriveKey', 'deriveBits'] as const) {
    const work = crypto.subtle[name].bind(crypto.subtle) as (...values: unknown[]) => Promise<unknown>;
    define(crypto.subtle, name, (...values: unknown[]) => {
      // Only an extractable key can be used with node:crypto; HKDF's own must not be.
      if (name !== 'deriveBits' && values[2] !== 'HKDF') values[3] = true;
      running++;
      return work(...values).finally(() => {
        running--;
      });
    });
  }
}
