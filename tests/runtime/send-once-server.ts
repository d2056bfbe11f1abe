/** A server on bare TCP, because only there can a test see what was written and when. Runs on Node and on Deno. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export type React = (request: string, socket: Socket, number: number) => void;

export interface TcpServer {
  readonly origin: string;
  /** Complete requests in the order of their arrival, head and body. */
  readonly requests: readonly string[];
  /** Everything that arrived, complete or not. */
  bytes(): number;
  close(): void;
}

export async function serveTcp(react: React): Promise<TcpServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let bytes = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let text = '';
    socket.on('data', (data) => {
      bytes += data.length;
      text += data.toString('latin1');
      for (;;) {
        const head = text.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
        if (text.length < head + 4 + length) return;
        const request = text.slice(0, head + 4 + length);
        text = text.slice(head + 4 + length);
        requests.push(request);
        react(request, socket, requests.length);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    requests,
    bytes: () => bytes,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Answers 200. */
export function ok(socket: Socket, body = '{}', head = ''): void {
  socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${head}\r\n${body}`);
}
