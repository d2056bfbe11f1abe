/** The listener alone, with limits short enough to wait for, on both runtimes. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Launched, launchListener, type Runtime, stop } from '../support/product.ts';
import { exchange } from './hostile/wire.ts';

const HOST = 'Host: localhost\r\n';
const drip = (piece: string, everyMs: number, count = 100) => ({
  pieces: Array.from({ length: count }, () => piece),
  everyMs,
});

describe.each<Runtime>(['node', 'deno'])('the listener on %s', { timeout: 60_000 }, (runtime) => {
  let server: Launched;
  let port: number;
  beforeAll(async () => {
    server = launchListener(runtime);
    port = Number(new URL(await server.address).port);
  }, 60_000);
  afterAll(() => stop(server.process, 'SIGKILL'));

  const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\n${HOST}${fields}\r\n`;
  const post = (path: string, length: number) =>
    `POST ${path} HTTP/1.1\r\n${HOST}Content-Length: ${length}\r\n\r\n`;

  it('hands over the target as it was sent, and the address it came from', async () => {
    const { body } = await exchange(port, get('/a/../b/%2e%2e/c?d=../e'), { from: '127.0.0.7' });
    expect(JSON.parse(body)).toMatchObject({ target: '/a/../b/%2e%2e/c?d=../e', remoteAddress: '127.0.0.7' });
  });

  it('answers requests one after another on one connection, each to its own', async () => {
    const { raw } = await exchange(port, `${get('/1')}${get('/2')}${get('/3', 'Connection: close\r\n')}`, {
      untilClosed: true,
    });
    expect([...raw.matchAll(/"target":"(\/\d)"/g)].map(([, target]) => target)).toEqual(['/1', '/2', '/3']);
  });

  it('answers what came before bytes that are none, and nothing behind them', async () => {
    const { raw } = await exchange(port, `${get('/1')}\0\0\0\r\n\r\n${get('/2')}`, { untilClosed: true });
    expect(raw).not.toContain('"target":"/2"');
    expect(raw.match(/^HTTP\/1\.1 /gm)?.length ?? 0).toBeLessThanOrEqual(2);
  });

  it('answers 400 to a body that ends before its length, and to chunks without an end', async () => {
    const broken = [
      `${post('/', 100)}only this`,
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`,
    ];
    for (const bytes of broken) {
      const { status, isClosed } = await exchange(port, bytes, { halfClose: true, untilClosed: true });
      expect([status, isClosed]).toEqual([400, true]);
    }
    expect((await exchange(port, get('/'))).status).toBe(200);
  });

  it('takes who closes its side behind a whole request for one that has left', async () => {
    const before = JSON.parse((await exchange(port, get('/'))).body).aborted as number;
    await exchange(port, get('/slow'), { halfClose: true, untilClosed: true, timeoutMs: 5_000 });
    const leftNow = async () =>
      (JSON.parse((await exchange(port, get('/'))).body).aborted as number) - before;
    await expect.poll(leftNow, { timeout: 10_000 }).toBeGreaterThan(0);
  });

  it('gives no cut-in answer to somebody who waits for another on the same connection', async () => {
    const { raw } = await exchange(port, `${get('/slow')}\0\0\0\r\n\r\n`, { untilClosed: true });
    expect(raw === '' || raw.includes('"target":"/slow"')).toBe(true);
  });

  it('answers proper requests properly while others send heads that are too large', async () => {
    const oversized = get('/', `A: ${'a'.repeat(2_000_000)}\r\n`);
    const statuses: number[] = [];
    const client = async () => {
      for (let i = 0; i < 25; i++) {
        await exchange(port, oversized, { untilClosed: true });
        statuses.push((await exchange(port, get('/'))).status);
      }
    };
    await Promise.all(Array.from({ length: 16 }, client));
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });

  it('lets a body take its time as long as it keeps the pace', async () => {
    const pieces = drip('x'.repeat(100), 250, 12);
    const { status, body } = await exchange(port, post('/', 1_200), { drip: pieces });
    expect(status).toBe(200);
    expect(JSON.parse(body).body).toHaveLength(1_200);
  });

  it('cuts off a body below the pace, and tells the handler', async () => {
    const { status, isClosed } = await exchange(port, post('/', 10_000), {
      drip: drip('x', 100),
      untilClosed: true,
    });
    expect(status).toBe(408);
    expect(isClosed).toBe(true);
    await expect
      .poll(async () => JSON.parse((await exchange(port, get('/'))).body).aborted, { timeout: 10_000 })
      .toBeGreaterThan(0);
  });

  it('ends a body that keeps the pace for ever', async () => {
    const answer = await exchange(port, post('/', 10_000_000), {
      drip: drip('x'.repeat(50), 100),
      untilClosed: true,
    });
    expect(answer.status).toBe(408);
  });

  it('does not blame a client for a handler that reads late', async () => {
    const length = 1_000_000;
    const { status, body } = await exchange(port, post('/late', length) + 'x'.repeat(length));
    expect(status).toBe(200);
    expect(JSON.parse(body).body).toHaveLength(length);
  });

  it('drops a connection whose client does not read its answer', async () => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.pause();
    socket.on('error', () => {});
    socket.write(get('/large'));
    // Reading begins only once the listener has given up: what comes then is cut short.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(received).toBeLessThan(64 * 1024 * 1024);
  });

  it('says nothing of the inside when its handler throws', async () => {
    const { status, raw } = await exchange(port, get('/throws', 'Connection: close\r\n'), {
      untilClosed: true,
    });
    expect(status).toBe(500);
    expect(raw).not.toMatch(/secret|inside|listener/);
  });

  it('closes: what is under way ends, what hangs is cut off', async () => {
    const underWay = exchange(port, get('/slow'));
    const idle = exchange(port, get('/'), { untilClosed: true });
    const hanging = [
      exchange(port, '', { untilClosed: true }),
      exchange(port, 'GET / HT', { untilClosed: true }),
      exchange(port, `${post('/', 100)}x`, { untilClosed: true }),
    ];
    // Long enough for all of them to arrive, far shorter than the slow answer.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await stop(server.process, 'SIGTERM');
    expect(server.process.exitCode).toBe(0);
    expect((await underWay).status).toBe(200);
    for (const answer of await Promise.all([idle, ...hanging])) expect(answer.isClosed).toBe(true);
  });
});
