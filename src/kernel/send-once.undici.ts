/**
 * HTTP/1.1 requests that are written at most once, on Node and on Deno, by an undici Pool.
 * Not the global fetch: Deno's repeats a request whose connection closes before the answer, Node's repeats on 421,
 * and both follow redirects. A repetition the budget does not know of breaks promises P1 and P6.
 */
import { type Dispatcher, Pool } from 'undici';
import { type Clock, systemClock } from './clock.ts';

export interface OutgoingRequest {
  readonly method: string;
  /** Path and query, encoded, starting with a slash. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Asked synchronously right before the first byte is written; `false` keeps the request unwritten. */
  readonly mayWrite?: () => boolean;
  /** Told when a final status line (not 1xx) has been seen, before the body is read. */
  readonly onStatus?: (status: number) => void;
  /** Do not use a connection that has been idle for long: its peer may be closing it just now. */
  readonly fresh?: boolean;
  /** Ends the exchange whether it was written or not; the result tells which. */
  readonly signal?: AbortSignal;
}

export type SendResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Headers;
      readonly body: Uint8Array;
    }
  /** Written, in part or whole, and no complete answer: whether it was executed is unknown. */
  | { readonly kind: 'unanswered'; readonly reason: UnansweredReason; readonly error: unknown }
  /** Not a byte was written, and none will be. */
  | { readonly kind: 'unwritten'; readonly reason: UnwrittenReason; readonly error: unknown };

export type UnansweredReason = 'timeout' | 'connection' | 'aborted' | 'too_large';
export type UnwrittenReason = 'refused' | 'timeout' | 'connection' | 'aborted';

/** Never rejects. */
export type SendOnce = (request: OutgoingRequest) => Promise<SendResult>;

export interface SendOnceOptions {
  /** Scheme, host and port; requests can go nowhere else. */
  readonly origin: string;
  /** From writing to the end of the body, and as long again for connecting before that. */
  readonly timeoutMs: number;
  /** Largest body of an answer, default 10 MB. */
  readonly maxBodyBytes?: number;
  readonly clock?: Clock;
}

export interface Sender {
  readonly send: SendOnce;
  /** Lets requests in flight end, then closes the connections. */
  close(): Promise<void>;
}

export const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** undici's timers are exact only up to 1 s, and it takes a longer hint from the server unless capped. */
const FRESH_IDLE_MS = 1_000;
const IDLE_MS = 4_000;

export function createSender(options: SendOnceOptions): Sender {
  const { origin, timeoutMs, maxBodyBytes = MAX_BODY_BYTES, clock = systemClock } = options;
  const pool = (idleMs: number) =>
    new Pool(origin, {
      pipelining: 1,
      allowH2: false,
      connectTimeout: timeoutMs,
      // Own timers watch the exchange; undici's are too coarse.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: idleMs,
    });
  const usual = pool(IDLE_MS);
  const fresh = pool(FRESH_IDLE_MS);
  return {
    send: (request) => exchange(request.fresh ? fresh : usual, request, { timeoutMs, maxBodyBytes, clock }),
    async close() {
      await Promise.all([usual.close(), fresh.close()]);
    },
  };
}

interface Limits {
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  readonly clock: Clock;
}

function exchange(pool: Pool, request: OutgoingRequest, limits: Limits): Promise<SendResult> {
  return new Promise((resolve) => {
    const { method, path, headers, body, signal } = request;
    const chunks: Uint8Array[] = [];
    let length = 0;
    let written = false;
    let ended = false;
    let answer: { status: number; headers: Headers } | undefined;
    let controller: Dispatcher.DispatchController | undefined;
    let cancelTimer = limits.clock.after(limits.timeoutMs, () => stop('timeout'));

    const end = (result: SendResult) => {
      if (ended) return;
      ended = true;
      cancelTimer();
      signal?.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const stop = (reason: UnansweredReason & UnwrittenReason, error: unknown = new Error(reason)) => {
      end({ kind: written ? 'unanswered' : 'unwritten', reason, error });
      // Not yet at a connection: there is nothing to abort, and the start hook refuses to write.
      controller?.abort(error instanceof Error ? error : new Error(reason));
    };
    const onAbort = () => stop('aborted', signal?.reason);
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });

    const handler: Dispatcher.DispatchHandler = {
      // Nothing is awaited between this hook and the write. Throwing here leaves the connection untouched and
      // writes nothing (undici client-h1.js, writeH1). undici may start a request again after a connection failed
      // under it; a second start is refused.
      onRequestStart(started) {
        if (ended || written) throw new Error('This request must not be written again');
        if (request.mayWrite?.() === false) {
          end({ kind: 'unwritten', reason: 'refused', error: undefined });
          throw new Error('This request may not be written now');
        }
        controller = started;
        written = true;
        cancelTimer();
        cancelTimer = limits.clock.after(limits.timeoutMs, () => stop('timeout'));
      },
      onResponseStart(_controller, status, fields) {
        if (status < 200 || ended) return;
        answer = { status, headers: toHeaders(fields) };
        request.onStatus?.(status);
      },
      onResponseData(_controller, chunk) {
        length += chunk.length;
        if (length <= limits.maxBodyBytes) chunks.push(chunk);
        else {
          const error = new Error(`The answer is larger than ${limits.maxBodyBytes} bytes`);
          end({ kind: 'unanswered', reason: 'too_large', error });
          controller?.abort(error);
        }
      },
      onResponseEnd() {
        if (answer) end({ kind: 'answered', ...answer, body: Buffer.concat(chunks) });
        else stop('connection');
      },
      onResponseError(_controller, error) {
        stop('connection', error);
      },
    };
    pool.dispatch(
      {
        method,
        path,
        headers: { 'accept-encoding': 'identity', ...headers },
        ...(body === undefined ? {} : { body }),
      },
      handler,
    );
  });
}

function toHeaders(fields: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    for (const item of Array.isArray(value) ? value : [value ?? '']) headers.append(name, item);
  }
  return headers;
}

/** Set as `code` on the error of a request of which nothing was written, so that callers can say so (P6). */
export const NOT_WRITTEN = 'ERR_NOT_WRITTEN';

export interface FetchOnce {
  /**
   * Like fetch, to one origin, written at most once and without redirects. Aborting the request's signal ends the
   * exchange at once, so that the peer sees its caller leave.
   * @throws Error when there is no answer; its `code` is `ERR_NOT_WRITTEN` when nothing was written.
   */
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

/** Statuses whose responses have no body (Fetch standard, "null body status"). */
const NULL_BODY_STATUSES = new Set([204, 205, 304]);

export function createFetchOnce(options: SendOnceOptions): FetchOnce {
  const sender = createSender(options);
  return {
    close: () => sender.close(),
    async fetch(request) {
      const url = new URL(request.url);
      const result = await sender.send({
        method: request.method,
        path: `${url.pathname}${url.search}`,
        headers: Object.fromEntries(request.headers),
        ...(request.body === null ? {} : { body: new Uint8Array(await request.arrayBuffer()) }),
        signal: request.signal,
        fresh: request.method !== 'GET',
      });
      if (result.kind !== 'answered') {
        const error = new Error(`No answer from ${options.origin}: ${result.reason}`, {
          cause: result.error,
        });
        throw Object.assign(error, result.kind === 'unwritten' ? { code: NOT_WRITTEN } : {});
      }
      const { status, headers, body } = result;
      return new Response(NULL_BODY_STATUSES.has(status) ? null : (body as Uint8Array<ArrayBuffer>), {
        status,
        headers,
      });
    },
  };
}
