/**
 * Listener and signals for Node and Deno: the only file that knows which runtime it is on.
 */
import { type HttpBindings, serve as serveNode } from '@hono/node-server';

/** What is known about the peer besides the request itself. */
export interface Connection {
  /** Address of the TCP peer; undefined when the runtime cannot tell (for instance a Unix socket). */
  readonly remoteAddress: string | undefined;
}

export type ConnectionHandler = (request: Request, connection: Connection) => Response | Promise<Response>;

export interface ListenOptions {
  readonly hostname: string;
  /** 0 picks a free port. */
  readonly port: number;
}

export interface Listener {
  readonly port: number;
  /** Stops accepting, lets requests in flight end, closes idle connections. */
  close(): Promise<void>;
}

interface DenoServer {
  readonly addr: { readonly port: number };
  shutdown(): Promise<void>;
}

interface DenoRuntime {
  serve(
    options: { hostname: string; port: number; onListen: () => void },
    handler: (request: Request, info: { remoteAddr: { hostname?: string } }) => Response | Promise<Response>,
  ): DenoServer;
}

const deno = (globalThis as { Deno?: DenoRuntime }).Deno;

/** Name and version of the runtime, for logs and `/health`. */
export const runtimeName = deno
  ? `deno ${process.versions.deno ?? ''}`.trim()
  : `node ${process.versions.node}`;

/**
 * Listens for HTTP/1.1.
 * @throws the runtime's own error when the address cannot be bound (`code` EADDRINUSE, EACCES, ...).
 */
export function listen(handler: ConnectionHandler, options: ListenOptions): Promise<Listener> {
  return deno ? listenDeno(deno, handler, options) : listenNode(handler, options);
}

async function listenDeno(
  runtime: DenoRuntime,
  handler: ConnectionHandler,
  options: ListenOptions,
): Promise<Listener> {
  const server = runtime.serve({ ...options, onListen: () => {} }, (request, info) =>
    // Deno takes over whatever the Host header says; Node's adapter refuses it with the same answer.
    URL.canParse(request.url)
      ? handler(request, { remoteAddress: info.remoteAddr.hostname })
      : new Response(null, { status: 400 }),
  );
  return { port: server.addr.port, close: () => server.shutdown() };
}

function listenNode(handler: ConnectionHandler, options: ListenOptions): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = serveNode(
      {
        ...options,
        fetch: (request: Request, env: unknown) =>
          handler(request, { remoteAddress: (env as HttpBindings).incoming.socket.remoteAddress }),
      },
      (address) => resolve({ port: address.port, close }),
    );
    server.once('error', reject);
    const close = () =>
      new Promise<void>((done, fail) => {
        server.close((error) => (error ? fail(error) : done()));
        if ('closeIdleConnections' in server) server.closeIdleConnections();
      });
  });
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

/** Leaves half of the ten seconds that Docker grants by default for the closing. */
const LONGEST_WAIT_FOR_START_MS = 5_000;

/**
 * Ends the process on a signal, also while it starts: the first process of a container is not ended by a signal it
 * does not handle. What a start has half opened cannot be closed, so the start is waited for, at most 5 s.
 * A start that fails says why and ends by itself.
 */
export function endOnSignal(started: Promise<unknown>, close: (signal: string) => Promise<void>): void {
  const hasFailed = started.then(
    () => false,
    () => true,
  );
  onShutdown(async (signal) => {
    const isOverdue = new Promise<false>((resolve) => setTimeout(resolve, LONGEST_WAIT_FOR_START_MS, false));
    if (await Promise.race([hasFailed, isOverdue])) return;
    await close(signal);
    process.exit(0);
  });
}
