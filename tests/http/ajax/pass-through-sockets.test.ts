/** Paths no `Request` can express, over real sockets on both runtimes: what counts is what arrives at Ajax. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Product, type Runtime, startProduct } from '../../support/product.ts';

/** `{me}` and `{other}` are user ids, `{hub}` is a hub of the caller. */
const PATHS: readonly string[] = [
  'http://evil.test/api/v1/ajax/user/{me}',
  'http://evil.test/company/1',
  '//evil.test/api/v1/ajax/user/{me}',
  '/api/v1/ajax/http://evil.test/',
  '/api/v1/ajax//evil.test/user/{me}',
  '/api/v1/ajax/@evil.test/user/{me}',
  '/api/v1/ajax/user@evil.test/{me}',
  '/api/v1/ajax/../ajax/company/1',
  '/api/v1/ajax/user/../company/1',
  '/api/v1/ajax/user/{me}/../{other}',
  '/api/v1/ajax/user/{me}/../../company/1',
  '/api/v1/ajax/user/{me}/%2e%2e/{other}/hubs',
  '/api/v1/ajax/user/{me}/.%2e/%2E./company/1',
  '/api/v1/ajax/user/{me}/%2e%2e%2f{other}',
  '/api/v1/ajax/user/{me}/%252e%252e/{other}',
  '/api/v1/ajax/user/{me}/%252e%252e%252f{other}',
  '/api/v1/ajax/user/{me}/%25252e%25252e/{other}',
  '/api/v1/ajax/user/{me}\\..\\{other}',
  '/api/v1/ajax\\user\\{other}',
  '/api/v1/ajax/user/{me}/..\\..\\company',
  '/api/v1/ajax/user/{me}/%5c..%5c{other}',
  '/api/v1/ajax/user/{me}/hubs/{hub}%00/devices',
  '/api/v1/ajax/user/{me}/hubs/{hub}%0d%0aX-Evil:%201',
  '/api/v1/ajax/user/{me}/hubs/{hub};jsessionid=1/..;/..;/company',
  '/api/v1/ajax/user/{me}/hubs/\xc0\xae\xc0\xae/x',
  '/api/v1/ajax/user/{me}/hubs/%c0%ae%c0%ae/x',
  '/api/v1/ajax/user/{me}/hubs/%uff0e%uff0e/x',
  '/api/v1/ajax/user/{me}#/../{other}',
  '/api/v1/ajax/user/{other}?/user/{me}',
  '/api/v1/ajax/user/{other}/?x=/api/v1/ajax/user/{me}/hubs',
  '/api/v1/ajax/user/{me}/spaces?next=http://evil.test/%0d%0aHost:%20evil.test',
  '/api/v1/ajax/user/{me}/spaces?x="<>`{}|^\\[]#frag',
  '/api/v1/ajax/%75ser/{me}',
  '/%61pi/v1/ajax/company/1',
  '/api/v1/%61jax/user/{other}',
  '/API/v1/ajax/user/{other}',
];
const METHODS = ['GET', 'PUT', 'DELETE'];

describe.each<Runtime>(['node', 'deno'])('hostile paths on %s', { timeout: 120_000 }, (runtime) => {
  let product: Product;
  let token: string;
  let me: string;
  let hub: string;
  let other: string;
  beforeAll(async () => {
    product = await startProduct({
      runtime,
      simulator: { living: false, budget: { limit: 10_000, windowMs: 60_000 } },
      env: { AJAX_BUDGET_REQUESTS: '5000' },
    });
    const [first, second] = product.simulator.accounts;
    [me = '', other = '', hub = ''] = [first?.userId, second?.userId, first?.hubIds[1]];
    const response = await fetch(`${product.url}/api/v1/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'sockets' },
      body: JSON.stringify({ username: first?.login, password: first?.password }),
    });
    token = ((await response.json()) as { access_token: string }).access_token;
  }, 120_000);
  afterAll(async () => {
    expect(product.output()).not.toContain('unhandled error');
    await product.close();
  });

  it.each(PATHS)('%s reaches nothing but the own user', async (path) => {
    const target = path.replaceAll('{me}', me).replaceAll('{other}', other).replaceAll('{hub}', hub);
    for (const method of METHODS) {
      product.simulator.journal.clear();
      const answer = await exchange(method, target);
      expect(answer, method).toMatch(/^HTTP\/1\.[01] [1245]\d\d /);
      expect(answer, method).not.toMatch(/^HTTP\/1\.[01] 50[0234] /);
      expect(answer).not.toMatch(/\bat .+\.(ts|js):\d+|test-api-key/);
      for (const arrival of product.simulator.journal.arrivals()) {
        expect(arrival.path, `${method} ${target}`).toMatch(new RegExp(`^/api/user/${me}(/|$)`));
        expect(arrival.path).not.toMatch(/%|\.\.|[\\;]|evil/);
      }
    }
  });

  it('what is below the own user arrives, with its query as it was sent', async () => {
    product.simulator.journal.clear();
    const answer = await exchange('GET', `/api/v1/ajax/user/${me}/spaces?size=5&x=%252e&x=a+b&y`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(product.simulator.journal.arrivals()).toMatchObject([
      { path: `/api/user/${me}/spaces`, query: 'size=5&x=%252e&x=a+b&y', status: 200 },
    ]);
  });

  async function exchange(method: string, target: string): Promise<string> {
    const socket = connect({
      port: Number(new URL(product.url).port),
      host: '127.0.0.1',
    });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    // A peer that resets the connection has given its answer.
    socket.on('error', () => {});
    socket.setTimeout(10_000, () => socket.destroy());
    const head = `Host: localhost\r\nConnection: close\r\nUser-Agent: sockets\r\nAuthorization: Bearer ${token}\r\n`;
    const body = method === 'PUT' ? 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}' : '\r\n';
    // Open until the answer is there: a client that leaves takes its request out of the line.
    socket.write(`${method} ${target} HTTP/1.1\r\n${head}${body}`, 'latin1');
    await new Promise((resolve) => socket.on('close', resolve));
    return Buffer.concat(chunks).toString('latin1');
  }
});
