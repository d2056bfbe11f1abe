/** A UUID of version 7 (RFC 9562 section 5.7): sorts by time, so indexes stay local. */
export function newId(nowMs: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setUint16(0, Math.floor(nowMs / 2 ** 32));
  new DataView(bytes.buffer).setUint32(2, nowMs % 2 ** 32);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const CORRELATION_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** A client's correlation id is taken over only when it is harmless in logs and headers. */
export function isCorrelationId(value: string | undefined | null): value is string {
  return typeof value === 'string' && CORRELATION_ID.test(value);
}
