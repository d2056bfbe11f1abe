import { lookup } from 'node:dns/promises';
import { Client } from 'undici';
import type { Lookup } from './target.ts';

const LOOKUP_MS = 2_000;

type Ask = (host: string) => Promise<readonly { readonly address: string }[]>;

/**
 * The system's, which cannot be told to stop: nobody waits for it longer than 2 s. It takes a thread of very few for as
 * long as a server of names likes, and what goes to Ajax needs them too: so one at a time.
 */
export function createLookup(
  ask: Ask = (host) => lookup(host, { all: true, verbatim: true }),
  patienceMs = LOOKUP_MS,
): Lookup {
  let last: Promise<unknown> = Promise.resolve();
  return async (host) => {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const over = new Error('The name could not be looked up in time');
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(over);
    }, patienceMs);
    const asked = last.then(() => {
      if (isLate) throw over;
      return ask(host);
    });
    last = asked.catch(() => {});
    try {
      return (await Promise.race([asked, late])).map(({ address }) => address);
    } finally {
      clearTimeout(timer);
    }
  };
}

export interface WebhookRequest {
  readonly url: URL;
  /** Connected to, whatever the name leads to by now. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For everything, connecting included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** As much of an answer as is read; what it says is of no interest. */
const MOST_READ = 16 * 1024;

/**
 * Posts once: no redirect is followed, nothing is repeated.
 * @returns the status
 * @throws whatever goes wrong on the way
 */
export async function sendWebhook(request: WebhookRequest): Promise<number> {
  const { url, address, timeoutMs } = request;
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
  const host = address.includes(':') ? `[${address}]` : address;
  const isName = !/^\[|^[\d.]+$/.test(url.hostname);
  const client = new Client(`${url.protocol}//${host}${url.port === '' ? '' : `:${url.port}`}`, {
    allowH2: false,
    // The certificate is that of the name.
    connect: { timeout: timeoutMs, ...(isName ? { servername: url.hostname } : {}) },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  try {
    const response = await client.request({
      method: 'POST',
      path: url.pathname + url.search,
      headers: { ...request.headers, host: url.host },
      body: request.body,
      signal,
    });
    await readSome(response.body);
    return response.statusCode;
  } finally {
    await client.destroy();
  }
}

async function readSome(body: AsyncIterable<Uint8Array>): Promise<void> {
  let read = 0;
  for await (const chunk of body) {
    read += chunk.byteLength;
    if (read >= MOST_READ) return;
  }
}
