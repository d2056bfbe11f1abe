/** Requests on real sockets: written once, or not at all. */
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { createFetchOnce, createSender, NOT_WRITTEN } from '../../../src/kernel/send-once.undici.ts';
import { ok, type React, serveTcp } from '../../runtime/send-once-server.ts';

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function serve(react: React) {
  const server = await serveTcp(react);
  open.push(server);
  return server;
}

function sender(origin: string, timeoutMs = 2_000, maxBodyBytes = 1_000) {
  const made = createSender({ origin, timeoutMs, maxBodyBytes });
  open.push(made);
  return made.send;
}

const request = (method: string, more = {}) => ({
  method,
  path: '/api/x',
  headers: { 'content-type': 'application/json' },
  ...(method === 'GET' ? {} : { body: '{"a":1}' }),
  ...more,
});

describe('a server that reads a request and then closes sees each request once', () => {
  test.each(['GET', 'PUT', 'POST'])('%s, on a new connection', async (method) => {
    const server = await serve((_request, socket) => socket.destroy());
    const result = await sender(server.origin)(request(method));
    expect(result).toMatchObject({ kind: 'unanswered', reason: 'connection' });
    expect(server.requests).toHaveLength(1);
  });

  test.each(['GET', 'PUT', 'POST'])('%s, on a connection that served before', async (method) => {
    const server = await serve((_request, socket, number) => (number === 1 ? ok(socket) : socket.destroy()));
    const send = sender(server.origin);
    expect(await send(request(method))).toMatchObject({ kind: 'answered', status: 200 });
    expect(await send(request(method))).toMatchObject({ kind: 'unanswered' });
    expect(server.requests).toHaveLength(2);
  });

  test.each([
    'HTTP/1.1 421 Misdirected\r\ncontent-length: 0\r\n\r\n',
    'HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n',
  ])('also after %j: it is answered, not repeated and not followed', async (answer) => {
    const server = await serve((_request, socket) => socket.write(answer));
    expect(await sender(server.origin)(request('GET'))).toMatchObject({ kind: 'answered' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('the check before writing', () => {
  test('keeps every byte from being written, and leaves the connection usable', async () => {
    const server = await serve((_request, socket) => ok(socket));
    const send = sender(server.origin);
    expect(await send(request('PUT', { mayWrite: () => false }))).toMatchObject({
      kind: 'unwritten',
      reason: 'refused',
    });
    expect(await send(request('PUT', { mayWrite: () => true }))).toMatchObject({ kind: 'answered' });
    expect(server.requests).toHaveLength(1);
  });

  test('is made once per request, when the connection stands', async () => {
    const server = await serve((_request, socket) => ok(socket));
    let asked = 0;
    await sender(server.origin)(
      request('GET', {
        mayWrite() {
          asked++;
          return server.requests.length === 0;
        },
      }),
    );
    expect(asked).toBe(1);
  });
});

describe('how an exchange ends', () => {
  test('nobody listens: not written', async () => {
    const server = await serve(() => {});
    const { origin } = server;
    await open.pop()?.close();
    expect(await sender(origin)(request('PUT'))).toMatchObject({ kind: 'unwritten', reason: 'connection' });
  });

  test('no answer in time: written, unanswered', async () => {
    const server = await serve(() => {});
    expect(await sender(server.origin, 50)(request('PUT'))).toMatchObject({
      kind: 'unanswered',
      reason: 'timeout',
    });
  });

  test('an interim answer (1xx) is not the answer', async () => {
    const statuses: number[] = [];
    const server = await serve((_request, socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\n\r\n');
      ok(socket);
    });
    const result = await sender(server.origin)(
      request('GET', { onStatus: (status: number) => statuses.push(status) }),
    );
    expect(result).toMatchObject({ kind: 'answered', status: 200 });
    expect(statuses).toEqual([200]);
  });

  test('an answer that breaks off is none, though its status was seen', async () => {
    const statuses: number[] = [];
    const server = await serve((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{');
      setImmediate(() => socket.destroy());
    });
    const result = await sender(server.origin)(
      request('GET', { onStatus: (status: number) => statuses.push(status) }),
    );
    expect(result.kind).toBe('unanswered');
    expect(statuses).toEqual([200]);
  });

  test('a body beyond the limit is not kept', async () => {
    const server = await serve((_request, socket) => ok(socket, 'x'.repeat(2_000)));
    expect(await sender(server.origin)(request('GET'))).toMatchObject({
      kind: 'unanswered',
      reason: 'too_large',
    });
  });

  test('a path with a line break is refused, not written', async () => {
    const server = await serve((_request, socket) => ok(socket));
    const result = await sender(server.origin)(request('GET', { path: '/a\r\nx: y' }));
    expect(result).toMatchObject({ kind: 'unwritten' });
    expect(server.requests).toHaveLength(0);
  });

  test('bodies are asked for uncompressed', async () => {
    const server = await serve((_request, socket) => ok(socket));
    await sender(server.origin)(request('GET'));
    expect(server.requests[0]).toMatch(/accept-encoding: identity/i);
  });
});

describe('fetch to one origin', () => {
  test('carries method, body, status and headers', async () => {
    const server = await serve((_request, socket) => ok(socket, '{"b":2}', 'x-y: z\r\n'));
    const remote = createFetchOnce({ origin: server.origin, timeoutMs: 2_000 });
    open.push(remote);
    const response = await remote.fetch(
      new Request(`${server.origin}/p?q=1`, {
        method: 'PUT',
        body: '{"a":1}',
        headers: { authorization: 'Bearer s' },
      }),
    );
    expect([response.status, response.headers.get('x-y'), await response.json()]).toEqual([
      200,
      'z',
      { b: 2 },
    ]);
    expect(server.requests[0]).toMatch(/^PUT \/p\?q=1 HTTP\/1.1\r\n/);
    expect(server.requests[0]).toMatch(/authorization: Bearer s/);
    expect(server.requests[0]).toMatch(/\{"a":1\}$/);
  });

  test('an abort ends the exchange, so that the peer sees its caller leave', async () => {
    let seen: Promise<unknown> = Promise.resolve();
    const leaving = new AbortController();
    const server = await serve((_request, socket) => {
      seen = once(socket, 'close');
      leaving.abort();
    });
    const remote = createFetchOnce({ origin: server.origin, timeoutMs: 2_000 });
    open.push(remote);
    await expect(remote.fetch(new Request(server.origin, { signal: leaving.signal }))).rejects.toThrow(
      'aborted',
    );
    await seen;
  });

  test('says when nothing was written', async () => {
    const server = await serve(() => {});
    await open.pop()?.close();
    const remote = createFetchOnce({ origin: server.origin, timeoutMs: 2_000 });
    open.push(remote);
    await expect(remote.fetch(new Request(server.origin))).rejects.toMatchObject({ code: NOT_WRITTEN });
  });
});
