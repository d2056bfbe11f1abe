/** HTTP/1.1 by hand: what is sent is exactly what stands in a case, and what comes back is read to its end. */
import { connect } from 'node:net';

export interface Answer {
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Everything that came, as Latin-1. */
  readonly raw: string;
  /** Whether the other side closed the connection. */
  readonly isClosed: boolean;
}

export interface Sending {
  /** Address of this side; every 127.x.y.z is a client of its own. */
  readonly from?: string | undefined;
  /** Waits until the other side closes the connection, instead of leaving once the answer is complete. */
  readonly untilClosed?: boolean | undefined;
  /** Ends this side after the last byte. */
  readonly halfClose?: boolean | undefined;
  /** More pieces, each sent this long after the one before. */
  readonly drip?: { readonly pieces: readonly string[]; readonly everyMs: number } | undefined;
  readonly timeoutMs?: number;
}

/** @param bytes text is sent as Latin-1 */
export async function exchange(port: number, bytes: string | Buffer, sending: Sending = {}): Promise<Answer> {
  const { from, untilClosed, halfClose, drip, timeoutMs = 30_000 } = sending;
  const socket = connect({
    port,
    host: '127.0.0.1',
    allowHalfOpen: true,
    ...(from === undefined ? {} : { localAddress: from }),
  });
  const chunks: Buffer[] = [];
  const method = /^[A-Z]+/.exec(bytes.slice(0, 10).toString('latin1'))?.[0];
  const { promise: over, resolve: end } = Promise.withResolvers<boolean>();
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    if (!untilClosed && isComplete(Buffer.concat(chunks), method)) end(false);
  });
  // A peer that resets the connection has closed it.
  socket.on('error', () => {});
  socket.on('end', () => end(true));
  socket.on('close', () => end(true));
  const timer = setTimeout(() => end(false), timeoutMs);
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  const pieces = [...(drip?.pieces ?? [])];
  const dripping = setInterval(() => {
    const piece = pieces.shift();
    if (piece !== undefined && socket.writable) socket.write(piece, 'latin1');
  }, drip?.everyMs ?? 1_000);
  if (halfClose) socket.end();
  const isClosed = await over;
  clearTimeout(timer);
  clearInterval(dripping);
  socket.destroy();
  return { ...parse(Buffer.concat(chunks)), isClosed };
}

/** Whether the first final answer is there to its last byte. */
function isComplete(bytes: Buffer, method: string | undefined): boolean {
  const head = headOf(bytes);
  if (head === undefined) return false;
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return true;
  const body = bytes.subarray(head.length);
  if (head.headers['transfer-encoding'] !== undefined) return body.toString('latin1').endsWith('0\r\n\r\n');
  const length = head.headers['content-length'];
  return length !== undefined && body.length >= Number(length);
}

function headOf(all: Buffer) {
  let start = 0;
  for (;;) {
    const end = all.indexOf('\r\n\r\n', start);
    if (end === -1) return undefined;
    const [first = '', ...lines] = all.subarray(start, end).toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(`${first} `)?.[1] ?? Number.NaN);
    // Interim answers (100 Continue) come before the one that counts.
    if (status >= 100 && status < 200) {
      start = end + 4;
      continue;
    }
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      headers[name] = headers[name] === undefined ? value : `${headers[name]}\n${value}`;
    }
    return { status, headers, length: end + 4 };
  }
}

function parse(bytes: Buffer) {
  const raw = bytes.toString('latin1');
  const head = headOf(bytes);
  if (head === undefined) return { status: bytes.length === 0 ? 0 : Number.NaN, headers: {}, body: '', raw };
  const body = bytes.subarray(head.length).toString('utf8');
  return { status: head.status, headers: head.headers, body, raw };
}

export interface Message {
  readonly method?: string;
  readonly path: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly type?: string | null;
}

export const USER_AGENT = 'hostile/1.0';

/** A well-formed request, for cases whose malice is in what they say. */
export function message({ method, path, token, headers, body, type = 'application/json' }: Message): Buffer {
  const bytes = body === undefined ? undefined : Buffer.from(body as string);
  const fields: Record<string, string> = {
    host: 'localhost',
    'user-agent': USER_AGENT,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(bytes === undefined ? {} : { 'content-length': String(bytes.length) }),
    ...(bytes === undefined || type === null ? {} : { 'content-type': type }),
    ...headers,
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const start = `${method ?? (bytes === undefined ? 'GET' : 'POST')} ${path} HTTP/1.1\r\n${head.join('')}\r\n`;
  return Buffer.concat([Buffer.from(start, 'latin1'), bytes ?? Buffer.alloc(0)]);
}
