/** The same suite on Node and on Deno (promise P13): the product as a process, with the simulator as its upstream. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, type Product, type Runtime, startProduct, stop } from '../support/product.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** A client like curl: keeps its token, sends it as a bearer token. */
async function signIn(product: Product, index = 0) {
  const account = product.simulator.accounts[index];
  const response = await fetch(`${product.url}/api/v1/auth/token`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify({ username: account?.login, password: account?.password }),
  });
  expect(response.status).toBe(200);
  const { access_token } = (await response.json()) as { access_token: string };
  return (path: string, init: RequestInit = {}) =>
    fetch(`${product.url}/api/v1${path}`, {
      ...init,
      headers: { ...JSON_TYPE, ...init.headers, authorization: `Bearer ${access_token}` },
    });
}

const json = async <T>(response: Promise<Response>) => (await response).json() as Promise<T>;
interface Hub {
  id: string;
  state: string;
}

describe.each<Runtime>(['node', 'deno'])('the product on %s', { timeout: 120_000 }, (runtime) => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ runtime, simulator: { living: false } });
  }, 120_000);
  afterAll(() => product.close());

  it('names the runtime and where the data is', () => {
    expect(product.output()).toContain(`on ${runtime}`);
    expect(product.output()).toContain(product.dataDirectory);
  });

  it('signs in, lists hubs and devices, arms, and shows the change', async () => {
    const call = await signIn(product);
    const [home] = await json<Hub[]>(call('/ajax/hubs'));
    expect(home?.state).toBe('DISARMED');
    const devices = await json<unknown[]>(call(`/ajax/hubs/${home?.id}/devices`));
    expect(devices.length).toBeGreaterThan(10);
    const body = JSON.stringify({ armState: 1, ignoreProblems: true });
    const armed = await call(`/ajax/hubs/${home?.id}/arm-state`, { method: 'POST', body });
    expect(armed.status).toBe(200);
    expect(await json(call(`/ajax/hubs/${home?.id}`))).toMatchObject({ state: 'ARMED' });
    expect(await json(call('/security/audit-logs?limit=1'))).toMatchObject([
      { action: 'hub.arm', outcome: 'done', ip_address: '127.0.0.1' },
    ]);
  });

  it('uploads a photo through the pass-through: what arrives is what was sent', async () => {
    const account = product.simulator.accounts[0];
    const call = await signIn(product);
    const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
    const picture = Uint8Array.from(
      { length: 1_000_000 },
      (_, index) => signature[index] ?? (index * 73) % 256,
    );
    const form = new FormData();
    form.set('image', new Blob([picture], { type: 'image/png' }), 'front door ü.png');
    // Written out once, so that its bytes are known.
    const upload = new Response(form);
    const body = new Uint8Array(await upload.arrayBuffer());
    const headers = { 'content-type': upload.headers.get('content-type') ?? '' };
    const path = `/ajax/user/${account?.userId}/image`;
    const response = await call(path, { method: 'POST', body, headers: { ...headers } });
    expect([response.status, await response.text()]).toEqual([204, '']);
    const [arrival] = product.simulator.journal.arrivals({ method: 'POST', path: '/image' });
    expect(arrival).toMatchObject({
      contentType: headers['content-type'],
      bodySha256: createHash('sha256').update(body).digest('hex'),
      status: 204,
    });
    const profile = await json<{ imageUrls: object }>(call(`/ajax/user/${account?.userId}`));
    expect(profile.imageUrls).toMatchObject({ small: expect.stringContaining('https://') });
    expect(await json(call(`/commands/${response.headers.get('x-command-id')}`))).toMatchObject({
      outcome: 'done',
      method: 'POST',
    });
    expect(await json(call('/security/audit-logs?limit=1'))).toMatchObject([
      { action: 'ajax.post', outcome: 'done', payload: { size: body.length, sha256: arrival?.bodySha256 } },
    ]);
  });

  it('makes one upstream call of 100 identical concurrent reads', async () => {
    const call = await signIn(product, 2);
    const [hub] = await json<Hub[]>(call('/ajax/hubs'));
    const rooms = `/ajax/hubs/${hub?.id}/rooms`;
    const answers = await Promise.all(Array.from({ length: 100 }, () => call(rooms)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const arrivals = product.simulator.journal.arrivals().filter(({ path }) => path.endsWith('/rooms'));
    expect(arrivals).toHaveLength(1);
  });

  it('serves the dashboard: the page is revalidated, hashed files are kept for a year', async () => {
    const page = await fetch(`${product.url}/hubs/some/deep/link`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const asset = /\/assets\/[^"]+\.js/.exec(await page.text())?.[0];
    const script = await fetch(`${product.url}${asset}`);
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(script.headers.get('content-type')).toContain('javascript');
    const missing = await fetch(`${product.url}/assets/missing.js`);
    expect(missing.status).toBe(404);
  });

  it('refuses a second process on the same data directory and names the PID of the first', async () => {
    const second = launch(runtime, { DATA_DIR: product.dataDirectory, DEMO: 'true' });
    await expect(second.address).rejects.toThrow(`PID ${product.process.pid}`);
    expect((await fetch(`${product.url}/health`)).status).toBe(200);
  });

  it('keeps sessions, hubs and the audit trail over a kill and a restart', async () => {
    const call = await signIn(product);
    const before = await json<{ id: number }[]>(call('/security/audit-logs?limit=5'));
    product = await product.restart('SIGKILL');
    const account = product.simulator.accounts[0];
    const again = await signIn(product);
    const after = await json<{ id: number }[]>(again('/security/audit-logs?limit=6'));
    expect(after.slice(1).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(existsSync(join(product.dataDirectory, 'secret.key'))).toBe(true);
    expect(account?.login).toContain('@');
  });
});

describe.each<Runtime>(['node', 'deno'])('the budget on %s (promise P1)', { timeout: 120_000 }, (runtime) => {
  const LIMIT = 20;
  const WINDOW_MS = 2_000;

  it('is never exceeded in any window, through a flood, a SIGKILL in its middle and the restart', async () => {
    let product = await startProduct({
      runtime,
      simulator: {
        living: false,
        extraAccounts: 3,
        latencyMs: [5, 80],
        budget: { limit: LIMIT, windowMs: WINDOW_MS },
      },
      env: {
        AJAX_BUDGET_REQUESTS: String(LIMIT),
        AJAX_BUDGET_WINDOW_MS: String(WINDOW_MS),
        AJAX_REQUEST_TIMEOUT_MS: '1000',
      },
    });
    try {
      const flood = async () => {
        const call = await signIn(product, 0);
        const [hub] = await json<Hub[]>(call('/ajax/hubs'));
        // Unique paths: neither cache nor coalescing helps.
        const reads = Array.from({ length: 70 }, (_, index) =>
          call(`/ajax/hubs/${hub?.id}/devices/${index.toString(16).padStart(8, '0')}`).then(
            (response) => response.status,
            () => 0,
          ),
        );
        return Promise.all(reads);
      };
      const cut = flood();
      await expect.poll(() => product.simulator.journal.count(), { timeout: 20_000 }).toBeGreaterThan(LIMIT);
      product = await product.restart('SIGKILL');
      await cut.catch(() => {});
      const statuses = await flood();
      expect(statuses.filter((status) => status === 404).length).toBeGreaterThan(LIMIT);
      for (const status of statuses) expect([404, 429]).toContain(status);
      expect(product.simulator.journal.largestWindow(WINDOW_MS)).toBeLessThanOrEqual(LIMIT);
      expect(product.simulator.journal.arrivals().some(({ status }) => status === 429)).toBe(false);
    } finally {
      await product.close();
    }
  });
});

describe('a start that configuration forbids', () => {
  it('exits with 78 and names every problem at once', async () => {
    const started = launch('node', {
      PORT: 'eighty',
      AJAX_BUDGET_REQUESTS: '0',
      SECRET_KEY: 'short',
      DEMO: 'true',
    });
    await expect(started.address).rejects.toThrow('code 78');
    for (const part of ['PORT="eighty"', 'AJAX_BUDGET_REQUESTS="0"', 'SECRET_KEY', 'at least 32']) {
      expect(started.output()).toContain(part);
    }
    expect(started.output()).not.toContain('short');
  });

  it.each([
    [{ DATA_DIR: '/etc/hostname' }, 'code 78', 'DATA_DIR'],
    [{ HOST: 'not a host' }, 'code 78', 'HOST'],
    [{ AJAX_API_KEYS: '[]' }, 'code 78', 'AJAX_API_KEYS'],
    [{ AJAX_API_KEYS: ',' }, 'code 78', 'AJAX_API_KEYS'],
    [
      { AJAX_API_KEYS: 'k', SECRET_KEY: 'x'.repeat(40), DATABASE_URL: 'postgres://u:hidden@127.0.0.1:1/x' },
      'code 1',
      'PostgreSQL at 127.0.0.1:1/x cannot be used (ECONNREFUSED)',
    ],
  ])('says in a sentence what is wrong with %j', async (env, code, sentence) => {
    const started = launch('node', env);
    await expect(started.address).rejects.toThrow(code);
    expect(started.output()).toContain(sentence);
    expect(started.output()).not.toMatch(/hidden|\n +at /);
  });

  it('is half configured: REDIS_URL without a key does not become a demo', async () => {
    const started = launch('node', { REDIS_URL: 'redis://localhost:6379' });
    await expect(started.address).rejects.toThrow('AJAX_API_KEYS');
  });

  it('never hides real accounts behind the simulator', { timeout: 120_000 }, async () => {
    const product = await startProduct({ simulator: { living: false } });
    try {
      await signIn(product);
      await stop(product.process, 'SIGTERM');
      const demo = launch('node', { DATA_DIR: product.dataDirectory });
      await expect(demo.address).rejects.toThrow('real account');
    } finally {
      await product.close();
    }
  });
});
