import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/db/client.ts';
import { GatewayError } from '../../../src/kernel/errors.ts';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
let client: SignedInClient;
let isDatabaseDown = false;
let coordinator: 'up' | 'down' | 'nonsense' = 'up';

beforeAll(async () => {
  gateway = await createTestGateway({
    env: { BACKEND_CORS_ORIGINS: '["https://panel.example"]' },
    database: (next): Database => ({
      ...next,
      run: (work, timeoutMs) =>
        isDatabaseDown ? Promise.reject(new GatewayError('database_unavailable')) : next.run(work, timeoutMs),
    }),
    coordinatorFetch: (next) => async (request) => {
      if (coordinator === 'down') throw new TypeError('connection refused');
      if (coordinator === 'nonsense') return new Response('<html>bad gateway</html>', { status: 502 });
      return next(request);
    },
  });
  client = await gateway.signIn();
});
afterAll(() => gateway.close());

describe('every answer', () => {
  it.each(['/health', '/api/v1/nothing', '/api/v1/ajax/hubs', '/api/v1/info'])(
    'of %s carries a correlation id and the security headers',
    async (path) => {
      const { headers } = await gateway.fetch(path);
      expect(headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('x-request-latency-ms')).toMatch(/^\d+\.\d$/);
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin');
      expect(headers.get('strict-transport-security')).toContain('max-age=31536000');
      expect(headers.get('content-security-policy')).not.toMatch(/https?:|unsafe|\*/);
    },
  );

  it('repeats a well-formed correlation id of the client, and replaces any other', async () => {
    const given = async (id: string) =>
      (await gateway.fetch('/health', { headers: { 'x-correlation-id': id } })).headers.get(
        'x-correlation-id',
      );
    expect(await given('client-id.0001')).toBe('client-id.0001');
    expect(await given('bad id; with spaces')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('addresses and methods', () => {
  it('that do not exist are 404 and 405, never 500', async () => {
    const missing = await client.fetch('/api/v1/nothing');
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ code: 'not_found' });
    const wrong = await client.fetch('/api/v1/ajax/hubs', { method: 'PUT' });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toContain('GET');
    expect(await wrong.json()).toMatchObject({ code: 'method_not_allowed' });
    const read = await gateway.fetch('/api/v1/auth/token');
    expect(read.status).toBe(405);
    expect(read.headers.get('allow')).toBe('POST');
  });
});

describe('CORS', () => {
  const preflight = (origin: string) =>
    gateway.fetch('/api/v1/ajax/hubs', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'content-type,authorization',
      },
    });

  it('admits the configured origin with credentials', async () => {
    const response = await preflight('https://panel.example');
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://panel.example');
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
  });

  it('lets its pages see what they follow commands and jobs by', async () => {
    const { headers } = await gateway.fetch('/health', { headers: { origin: 'https://panel.example' } });
    const exposed = headers.get('access-control-expose-headers')?.split(',') ?? [];
    for (const name of ['Location', 'Retry-After', 'Preference-Applied', 'Idempotency-Replayed', 'X-Cache'])
      expect(exposed).toContain(name);
  });

  it('tells caches that answers differ by origin, also where none was named', async () => {
    for (const origin of [undefined, 'https://panel.example']) {
      const headers = new Headers(origin === undefined ? {} : { origin });
      const response = await gateway.fetch('/health', { headers });
      expect(response.headers.get('vary')).toContain('Origin');
    }
  });

  it('admits no other, and errors carry the headers too', async () => {
    const foreign = await preflight('https://panel.example.evil.test');
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    const refused = await gateway.fetch('/api/v1/ajax/hubs', {
      headers: { origin: 'https://panel.example' },
    });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://panel.example');
  });
});

describe('outages', () => {
  it('of the database are a 503, and nothing is sent upstream', async () => {
    await client.fetch('/api/v1/ajax/hubs');
    const [hub] = await client.json<{ id: string }[]>('/api/v1/ajax/hubs');
    const before = gateway.simulator.journal.count();
    isDatabaseDown = true;
    try {
      gateway.clock.skip(1_001);
      const response = await client.fetch(`/api/v1/ajax/hubs/${hub?.id}/arm-state`, {
        method: 'POST',
        body: '{"armState":0}',
      });
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ code: 'database_unavailable', retryable: true });
      expect(gateway.simulator.journal.count()).toBe(before);
      const ready = await gateway.fetch('/ready');
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({ status: 'unavailable', database: 'unavailable' });
      expect((await gateway.fetch('/health')).status).toBe(200);
    } finally {
      isDatabaseDown = false;
    }
  });

  it.each(['down', 'nonsense'] as const)('of the coordinator (%s) are a 503 for reads', async (state) => {
    coordinator = state;
    try {
      const response = await client.fetch('/api/v1/ajax/hubs');
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ code: 'coordinator_unavailable' });
      const ready = await gateway.fetch('/ready');
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({ coordinator: 'unavailable' });
    } finally {
      coordinator = 'up';
    }
  });

  it('recover without a restart', async () => {
    expect((await client.fetch('/api/v1/ajax/hubs')).status).toBe(200);
    expect(await (await gateway.fetch('/ready')).json()).toEqual({
      status: 'ready',
      database: 'ok',
      coordinator: 'ok',
      storage: 'ok',
    });
  });
});

describe('a client that leaves', () => {
  it.each(['before anything is read', 'while Ajax is asked'])('%s is no news for the log', async (when) => {
    const own = await createTestGateway();
    try {
      const user = await own.signIn();
      own.simulator.faults.push({ match: { path: /\/user\// }, outcome: 'hang' });
      own.logged.length = 0;
      const leaving = new AbortController();
      if (when === 'before anything is read') leaving.abort();
      const answer = user.fetch('/api/v1/ajax/hubs', { signal: leaving.signal });
      if (when === 'while Ajax is asked') {
        await expect.poll(() => own.simulator.journal.count()).toBeGreaterThan(1);
        leaving.abort();
      }
      await answer;
      const levels = own.logged.map((line) => JSON.parse(line) as { level: number; msg: string });
      const WARN = 40;
      expect(levels.filter(({ level }) => level >= WARN)).toEqual([]);
      expect(own.logged.join()).not.toContain('stack');
      expect(levels.map(({ msg }) => msg)).toContain('the client left before its answer');
    } finally {
      own.simulator.faults.clear();
      await own.close();
    }
  });
});

describe('deadlines (promise P5)', () => {
  it('are counted from the request: each call of it says how long the caller has been held', async () => {
    const held: number[] = [];
    const slow = await createTestGateway({
      coordinatorFetch: (next) => async (request) => {
        held.push(Number(request.headers.get('coordinator-held-ms')));
        const response = await next(request);
        slow.clock.skip(3_000);
        return response;
      },
    });
    try {
      const user = await slow.signIn();
      const [hub] = await user.json<{ id: string }[]>('/api/v1/ajax/hubs');
      held.length = 0;
      await user.fetch(`/api/v1/ajax/hubs/${hub?.id}/arm-state`, { method: 'POST', body: '{"armState":0}' });
      expect(held).toHaveLength(2);
      expect(held[0]).toBeLessThan(1_000);
      expect(held[1]).toBeGreaterThanOrEqual(3_000);
    } finally {
      await slow.close();
    }
  });
});
