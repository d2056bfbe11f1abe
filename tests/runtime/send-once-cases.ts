/**
 * What the sender does on real sockets, as data: run as a script it prints one JSON object, so that the same cases
 * are held against the same expectations on every runtime.
 */
import process from 'node:process';
import { createSender, type OutgoingRequest, type SendOnce } from '../../src/kernel/send-once.undici.ts';
import { ok, type React, serveTcp, type TcpServer } from './send-once-server.ts';

const METHODS = ['GET', 'PUT', 'POST'];
const TIMEOUT_MS = 300;

const request = (method: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
  method,
  path: '/api/x',
  headers: { 'content-type': 'application/json' },
  ...(method === 'GET' ? {} : { body: '{"a":1}', fresh: true }),
  ...more,
});

/** Sends what `work` says to a server that reacts so; tells how each ended, and what the server saw. */
async function observe(
  react: React,
  work: (send: (request: OutgoingRequest) => Promise<void>, server: TcpServer) => Promise<void>,
) {
  const server = await serveTcp(react);
  const sender = createSender({ origin: server.origin, timeoutMs: TIMEOUT_MS, maxBodyBytes: 1_000 });
  const ends: string[] = [];
  try {
    await work(async (outgoing) => {
      ends.push(await describe(sender.send, outgoing));
    }, server);
    return { ends, seen: server.requests.length, silent: server.bytes() === 0 };
  } finally {
    await sender.close();
    server.close();
  }
}

async function describe(send: SendOnce, outgoing: OutgoingRequest): Promise<string> {
  const result = await send(outgoing);
  return result.kind === 'answered'
    ? `answered ${result.status} ${Buffer.from(result.body)}`.trimEnd()
    : `${result.kind}: ${result.reason}`;
}

const raw =
  (text: string): React =>
  (_request, socket) =>
    void socket.write(text);

/** A peer that closes a connection just when it is used again: the result must be true whichever comes first. */
async function raceWithIdleClose(method: string) {
  const lies: string[] = [];
  for (let round = 0; round < 60; round++) {
    const server = await serveTcp((_request, socket, number) => {
      ok(socket);
      const close = () => (round % 2 === 0 ? socket.end() : socket.destroy());
      if (number > 1) return;
      if (round % 3 === 0) setImmediate(close);
      else setTimeout(close, round % 4);
    });
    const sender = createSender({ origin: server.origin, timeoutMs: TIMEOUT_MS });
    await sender.send(request(method));
    if (round % 5 > 0) await new Promise((resolve) => setTimeout(resolve, round % 5));
    const { kind } = await sender.send(request(method));
    await sender.close();
    const seen = server.requests.length - 1;
    const isTrue = kind === 'answered' ? seen === 1 : kind === 'unwritten' ? seen === 0 : seen <= 1;
    if (!isTrue) lies.push(`${kind}, seen ${seen} times`);
    server.close();
  }
  return lies;
}

const results: Record<string, unknown> = {};

for (const method of METHODS) {
  results[`${method}: read, then closed`] = await observe(
    (_request, socket) => socket.destroy(),
    (send) => send(request(method)),
  );
  results[`${method}: read, then closed, on a connection that served before`] = await observe(
    (_request, socket, number) => (number === 1 ? ok(socket) : socket.destroy()),
    async (send) => {
      await send(request(method));
      await send(request(method));
    },
  );
  results[`${method}: refused before writing`] = await observe(
    (_request, socket) => ok(socket),
    (send) => send(request(method, { mayWrite: () => false })),
  );
  results[`${method}: refused, then allowed`] = await observe(
    (_request, socket) => ok(socket),
    async (send) => {
      await send(request(method, { mayWrite: () => false }));
      await send(request(method, { mayWrite: () => true }));
    },
  );
  results[`${method}: redirected`] = await observe(
    raw('HTTP/1.1 302 Found\r\nlocation: /y\r\ncontent-length: 0\r\n\r\n'),
    (send) => send(request(method)),
  );
  results[`${method}: misdirected`] = await observe(
    raw('HTTP/1.1 421 Misdirected\r\ncontent-length: 0\r\n\r\n'),
    (send) => send(request(method)),
  );
  results[`${method}: never answered`] = await observe(
    () => {},
    (send) => send(request(method)),
  );
  results[`${method}: aborted once it was read`] = await (async () => {
    const leaving = new AbortController();
    return observe(
      () => leaving.abort(),
      (send) => send(request(method, { signal: leaving.signal })),
    );
  })();
  results[`${method}: aborted before`] = await observe(
    (_request, socket) => ok(socket),
    (send) => send(request(method, { signal: AbortSignal.abort() })),
  );
  results[`${method}: nobody listens`] = await observe(
    () => {},
    async (send, server) => {
      server.close();
      await send(request(method));
    },
  );
  results[`${method}: lies when an idle connection closes`] = await raceWithIdleClose(method);
}

results['interim answer'] = await observe(
  raw('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'),
  (send) => send(request('PUT')),
);
results['a 204 with a body, twice'] = await observe(
  raw('HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n{}'),
  async (send) => {
    await send(request('PUT'));
    await send(request('PUT'));
  },
);
results['body shorter than announced'] = await observe(
  raw('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}'),
  (send) => send(request('PUT')),
);
results['body that breaks off'] = await observe(
  (_request, socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}'),
  (send) => send(request('PUT')),
);
results['too large'] = await observe(
  (_request, socket) => ok(socket, 'x'.repeat(2_000)),
  (send) => send(request('GET')),
);
results['not HTTP'] = await observe(raw('hello\r\n\r\n'), (send) => send(request('PUT')));

process.stdout.write(JSON.stringify(results));
