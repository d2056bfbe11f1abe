/** What no `Request` can express, over real sockets, on both runtimes. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Product, type Runtime, startProduct } from '../../support/product.ts';

const HOST = 'Host: localhost\r\nConnection: close\r\n';
const JSON_POST = (path: string, length: string) =>
  `POST ${path} HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n${length}\r\n\r\n`;

/** Sent as Latin-1 and followed by the end of the client's side, so that nothing waits for more. */
const CASES: readonly (readonly [name: string, bytes: string])[] = [
  ['a Host with a space', 'GET /health HTTP/1.1\r\nHost: a b\r\n\r\n'],
  ['a Host with a bracket', 'GET /health HTTP/1.1\r\nHost: exa<mple\r\n\r\n'],
  ['a Host with a port too high', 'GET /health HTTP/1.1\r\nHost: localhost:99999\r\n\r\n'],
  ['two Hosts', 'GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
  ['no Host', 'GET /health HTTP/1.1\r\n\r\n'],
  ['an absolute address of nowhere', `GET http://[::1/health HTTP/1.1\r\n${HOST}\r\n`],
  ['no address', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`],
  ['TRACE', `TRACE /api/v1/info HTTP/1.1\r\n${HOST}\r\n`],
  ['CONNECT', `CONNECT localhost:80 HTTP/1.1\r\n${HOST}\r\n`],
  ['a path of raw bytes', `GET /\xff\xfe.js HTTP/1.1\r\n${HOST}\r\n`],
  ['a way out of the files', `GET /assets/%2e%2e/%2e%2e/package.json HTTP/1.1\r\n${HOST}\r\n`],
  ['NUL in the name of a file', `GET /assets/a%00b.js HTTP/1.1\r\n${HOST}\r\n`],
  ['a name too long for a file', `GET /${'a'.repeat(6_000)}.js HTTP/1.1\r\n${HOST}\r\n`],
  ['NUL in a header', `GET /health HTTP/1.1\r\n${HOST}User-Agent: a\0b\r\n\r\n`],
  ['a header of 70 KB', `GET /health HTTP/1.1\r\n${HOST}User-Agent: ${'u'.repeat(70_000)}\r\n\r\n`],
  ['a body that breaks off', `${JSON_POST('/api/v1/auth/refresh', 'Content-Length: 100')}{"re`],
  ['chunks that break off', `${JSON_POST('/api/v1/auth/refresh', 'Transfer-Encoding: chunked')}2\r\n{}\r\n`],
  ['chunks that are none', `${JSON_POST('/api/v1/auth/token', 'Transfer-Encoding: chunked')}ZZ\r\nabc\r\n`],
  [
    'two lengths',
    `${JSON_POST('/api/v1/auth/token', 'Content-Length: 2\r\nTransfer-Encoding: chunked')}0\r\n\r\n`,
  ],
  ['a negative length', JSON_POST('/api/v1/auth/token', 'Content-Length: -1')],
  ['a length beyond all limits', JSON_POST('/api/v1/auth/token', 'Content-Length: 99999999999')],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
];

describe.each<Runtime>(['node', 'deno'])('hostile bytes on %s', { timeout: 60_000 }, (runtime) => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ runtime });
  }, 60_000);
  afterAll(async () => {
    expect(product.output()).not.toContain('unhandled error');
    await product.close();
  });

  it.each(CASES)('%s: no fault, no stack, and alive afterwards', async (_name, bytes) => {
    const answer = await exchange(Number(new URL(product.url).port), bytes);
    // Nothing at all is an answer too: the connection was closed.
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.[01] [234]\d\d /);
    expect(answer).not.toMatch(/\bat .+\.(ts|js):\d+|node_modules|"dependencies"/);
    expect((await fetch(`${product.url}/health`)).status).toBe(200);
  });
});

async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  // A peer that resets the connection has given its answer.
  socket.on('error', () => {});
  socket.setTimeout(5_000, () => socket.destroy());
  socket.end(bytes, 'latin1');
  await new Promise((resolve) => socket.on('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}
