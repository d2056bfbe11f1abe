/** Bodies that come too slowly: whoever sends one byte at a time holds a connection and memory for nothing. */
import type { IncomingMessage } from 'node:http';

export interface Pace {
  /** How often is looked, in milliseconds. */
  readonly windowMs: number;
  /** What must have come since the last look, unless the body is complete. */
  readonly bytes: number;
}

/** Calls `cut` once if the body of `incoming` falls below `pace`. Data that waits for us to read it is not the client's fault. */
export function watchPace(incoming: IncomingMessage, pace: Pace, cut: () => void): void {
  const { socket, headers } = incoming;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
  let before = socket.bytesRead;
  const timer = setInterval(() => {
    const received = socket.bytesRead;
    const isSlow = received - before < pace.bytes && incoming.readableLength === 0;
    before = received;
    if (incoming.complete || socket.destroyed) return stop();
    if (!isSlow) return;
    stop();
    cut();
  }, pace.windowMs);
  const stop = () => clearInterval(timer);
  incoming.once('end', stop);
  incoming.once('close', stop);
}
