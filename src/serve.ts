/**
 * Listener and signals. Both runtimes listen with node:http, so that what is refused and cut off is the same on both
 * (docs/adr/0014); this is the only file that knows on which of them it runs.
 */
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server';
import { faultOf, type HeadLimits, type Refusal } from './serve.framing.ts';
import { type Pace, watchPace } from './serve.pace.ts';
import { keepParsersApart } from './serve.parsers.ts';

export type { Refusal };

/** What is known about the peer besides the request itself. */
export interface Connection {
  /** Address of the TCP peer; undefined when the runtime cannot tell (for instance a Unix socket). */
  readonly remoteAddress: string | undefined;
  /** The request target as sent: a `Request` has its dots and backslashes resolved. */
  readonly target: string;
}

export type ConnectionHandler = (request: Request, connection: Connection) => Response | Promise<Response>;

export interface ListenLimits extends HeadLimits {
  /** From the first byte, or the opening of the connection, to the end of the headers. Milliseconds. */
  readonly headersMs: number;
  /** From the first byte to the end of the body. Milliseconds. */
  readonly requestMs: number;
  readonly pace: Pace;
  /** How long nothing may move on a connection, for instance because the client does not read. Milliseconds. */
  readonly silenceMs: number;
  /** How long `close` waits for answers under way. Milliseconds. */
  readonly closeMs: number;
}

/** Above what proxies and browsers let through themselves, below what would cost us anything. */
export const usualLimits: ListenLimits = {
  targetChars: 8_192,
  headers: 100,
  headerChars: 32_768,
  headersMs: 10_000,
  requestMs: 120_000,
  pace: { windowMs: 10_000, bytes: 10_240 },
  // Longer than the longest a caller is held (promise P5).
  silenceMs: 60_000,
  closeMs: 30_000,
};

/** Where the parser itself gives up: enough room for `faultOf` to say what is too large. */
const MAX_HEAD_BYTES = 65_536;
/** How long a refused client has for reading the answer before the connection is destroyed. */
const LINGER_MS = 500;

export interface RefusedPeer {
  readonly remoteAddress: string | undefined;
  /** Origin header, where the request could be read as far as that. */
  readonly origin: string | undefined;
}

export interface ListenOptions {
  readonly hostname: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly limits?: Partial<ListenLimits>;
  /** What a refused connection is answered before it is closed. */
  readonly refuse?: (refusal: Refusal, peer: RefusedPeer) => Response | Promise<Response>;
}

export interface Listener {
  readonly port: number;
  /**
   * Stops accepting, lets requests in flight end, closes connections that are idle or have not sent all of their
   * request.
   */
  close(): Promise<void>;
}

/** Name and version of the runtime, for logs and `/health`. */
export const runtimeName =
  process.versions.deno === undefined ? `node ${process.versions.node}` : `deno ${process.versions.deno}`;

const refusalStatus: Readonly<Record<Refusal, number>> = {
  malformed_request: 400,
  request_timeout: 408,
  uri_too_long: 414,
  headers_too_large: 431,
};

/**
 * Listens for HTTP/1.1.
 * @throws the runtime's own error when the address cannot be bound (`code` EADDRINUSE, EACCES, ...).
 */
export function listen(handler: ConnectionHandler, options: ListenOptions): Promise<Listener> {
  keepParsersApart();
  const limits = { ...usualLimits, ...options.limits };
  const refuse = options.refuse ?? ((refusal) => new Response(null, { status: refusalStatus[refusal] }));
  /** Connections, and what they have not been answered yet. */
  const open = new Map<Socket, Set<ServerResponse>>();
  /** Connections that have had their refusal: the parser goes on complaining about whatever else arrives. */
  const refused = new WeakSet<Socket>();
  let isClosing = false;

  const respond = getRequestListener(
    (request, env) => {
      const { incoming } = env as HttpBindings;
      return handler(request, {
        remoteAddress: incoming.socket.remoteAddress,
        target: incoming.url ?? '',
      });
    },
    {
      hostname: options.hostname,
      async errorHandler(error) {
        if (!(error instanceof RequestError)) return new Response(null, { status: 500 });
        return closing(await refuse('malformed_request', nobody));
      },
    },
  );

  const server = createServer(
    {
      maxHeaderSize: MAX_HEAD_BYTES,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
      // Answered by `faultOf`, like everything else.
      requireHostHeader: false,
    },
    onRequest,
  );
  // Node drops headers beyond its own count in silence.
  server.maxHeadersCount = 0;
  server.timeout = limits.silenceMs;
  // Expectations nobody knows may be ignored (RFC 9110 section 10.1.1).
  server.on('checkExpectation', onRequest);
  server.on('connection', (socket: Socket) => {
    open.set(socket, new Set());
    answerBrokenBodies(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('connect', (incoming, socket) => {
    void refuseConnection(socket as Socket, 'malformed_request', peerOf(incoming));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket;
    // Whoever has sent nothing or gone away asked for nothing: browsers open connections in advance.
    if (error.code === 'ECONNRESET' || socket.bytesRead === 0) return socket.destroy();
    void refuseConnection(socket, refusalOf(error.code), { ...nobody, remoteAddress: socket.remoteAddress });
  });

  function onRequest(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming;
    const unanswered = open.get(socket);
    unanswered?.add(outgoing);
    outgoing.once('close', () => {
      unanswered?.delete(outgoing);
      if (isClosing && unanswered?.size === 0) socket.destroySoon();
    });
    const fault = faultOf(
      {
        httpVersion: incoming.httpVersion,
        target: incoming.url ?? '',
        rawHeaders: incoming.rawHeaders,
      },
      limits,
    );
    if (fault !== undefined) return void refuseRequest(incoming, outgoing, fault);
    watchPace(incoming, limits.pace, () => {
      void refuseConnection(socket, 'request_timeout', peerOf(incoming));
    });
    void respond(incoming, outgoing);
  }

  /**
   * Deno (2.9.5) ends a connection whose peer has sent its last byte, in the middle of a body too; Node's parser
   * complains, and the complaint is answered. What is set here lasts while the listeners of this one event run.
   */
  function answerBrokenBodies(socket: Socket): void {
    const broken = () => [...(open.get(socket) ?? [])].find(({ req }) => !req.complete);
    const keepOpen = (is: boolean) => {
      (server as unknown as { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = is;
    };
    socket.prependListener('end', () => keepOpen(broken() !== undefined));
    socket.on('end', () => {
      keepOpen(false);
      const outgoing = broken();
      if (outgoing) void refuseConnection(socket, 'malformed_request', peerOf(outgoing.req));
    });
  }

  /** Answers a request that was read, and closes the connection: what follows on it cannot be trusted. */
  async function refuseRequest(incoming: IncomingMessage, outgoing: ServerResponse, refusal: Refusal) {
    const response = closing(await refuse(refusal, peerOf(incoming)));
    const body = await response.text();
    outgoing.writeHead(response.status, {
      ...Object.fromEntries(response.headers),
      'content-length': Buffer.byteLength(body),
    });
    outgoing.end(body);
    incoming.resume();
  }

  /** Answers a connection whose request cannot be read to its end, if nothing else is being answered on it. */
  async function refuseConnection(socket: Socket, refusal: Refusal, peer: RefusedPeer): Promise<void> {
    if (refused.has(socket)) return;
    refused.add(socket);
    const response = closing(await refuse(refusal, peer));
    const body = await response.text();
    const unanswered = [...(open.get(socket) ?? [])];
    const isFree = unanswered.every(({ headersSent, req }) => !headersSent && !req.complete);
    if (!socket.writable || !isFree || unanswered.length > 1) return void socket.destroy();
    socket.end(rawAnswer(response, body));
    setTimeout(() => socket.destroy(), LINGER_MS);
  }

  function close(): Promise<void> {
    isClosing = true;
    const ended = new Promise<void>((done, fail) => server.close((error) => (error ? fail(error) : done())));
    for (const [socket, unanswered] of open) {
      // Nobody works on a request that is not complete.
      if (![...unanswered].some(({ req }) => req.complete)) socket.destroy();
    }
    const timer = setTimeout(() => {
      for (const socket of open.keys()) socket.destroy();
    }, limits.closeMs);
    return ended.finally(() => clearTimeout(timer));
  }

  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.hostname, () =>
      resolve({ port: (server.address() as AddressInfo).port, close }),
    );
  });
}

const nobody: RefusedPeer = { remoteAddress: undefined, origin: undefined };

function peerOf({ socket, headers }: IncomingMessage): RefusedPeer {
  return { remoteAddress: socket.remoteAddress, origin: headers.origin };
}

function closing(response: Response): Response {
  response.headers.set('connection', 'close');
  return response;
}

function refusalOf(code: string | undefined): Refusal {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  // The parser does not say whether it was still in the target.
  const isOverflow = code === 'HPE_HEADER_OVERFLOW' || code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW';
  return isOverflow ? 'headers_too_large' : 'malformed_request';
}

function rawAnswer(response: Response, body: string): string {
  const head = [`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ''}`];
  for (const [name, value] of response.headers) head.push(`${name}: ${value}`);
  return `${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Calls `stop` once on the first SIGINT or SIGTERM; a second signal exits at once. */
export function onShutdown(stop: (signal: string) => void | Promise<void>): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(130);
      stopping = true;
      void stop(signal);
    });
  }
}
