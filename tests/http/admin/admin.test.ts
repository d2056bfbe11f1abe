import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CoordinatorStatus } from '../../../coordinator/contract/messages.ts';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';
import { own, scriptedCoordinator } from '../scripted-coordinator.ts';

const TOKEN = 'metrics token of a test';
const SECRET = 'admin secret of a test';
const OWNER = 'demo@ajaxsecurflow.dev';

const status: CoordinatorStatus = {
  status: 'degraded',
  startedAt: '2026-08-01T09:00:00.000Z',
  storage: 'ok',
  lease: { epoch: 7, remainingMs: 8_600.5, url: null },
  budget: {
    limit: 100,
    windowMs: 60_000,
    used: 42,
    waiting: 3,
    predictedWaitMs: 12,
    reserve: 5,
    closedUntil: Date.UTC(2026, 7, 1, 9, 31),
  },
  keys: [
    {
      ...{ place: 1, state: 'failing', limit: 100, used: 42, waiting: 3, breaker: 'half_open', sessions: 7 },
      closedUntil: Date.UTC(2026, 7, 1, 9, 31),
    },
  ],
  queue: { waiting: { interactive: 3 }, oldestMs: { interactive: 40 } },
  upstream: {
    sent: 9,
    answered: 8,
    failed: 1,
    throttled: 1,
    refreshes: 2,
    breaker: 'half_open',
    stopped: null,
  },
  cache: { entries: 1, hits: 2, misses: 3, coalesced: 4, stale: 5 },
  commands: { open: 1, kept: 2, joined: 3, replayed: 4 },
  jobs: 6,
  sessions: 7,
};

const coordinator = scriptedCoordinator();
let gateway: TestGateway;
let owner: SignedInClient;
let stranger: SignedInClient;

beforeAll(async () => {
  gateway = await createTestGateway({
    env: { ADMIN_EMAILS: OWNER.toUpperCase(), ADMIN_SECRET_KEY: SECRET, METRICS_TOKEN: TOKEN },
    coordinatorFetch: coordinator.wrap,
  });
  [owner, stranger] = [await gateway.signIn(0), await gateway.signIn(2)];
});
afterEach(() => coordinator.clear());
afterAll(() => gateway.close());

const view = (who: SignedInClient, secret?: string) =>
  who.fetch('/api/v1/admin/coordinator', {
    headers: secret === undefined ? {} : { 'x-admin-secret': secret },
  });
const answerStatus = () => coordinator.on((_request, path) => (path === '/status' ? own(status) : undefined));

describe('GET /auth/me', () => {
  it('tells administrators what they are, whatever the case of the e-mail, and nobody else', async () => {
    expect(await owner.json('/api/v1/auth/me')).toMatchObject({ is_administrator: true });
    expect(await stranger.json('/api/v1/auth/me')).toMatchObject({ is_administrator: false });
  });
});

describe('GET /admin/coordinator 200', () => {
  it('shows an administrator the coordinator, in snake_case', async () => {
    answerStatus();
    const response = await view(owner, SECRET);
    expect(response.status).toBe(200);
    const { startedAt, lease, budget, keys, queue, ...rest } = status;
    expect(await response.json()).toEqual({
      ...rest,
      upstream: { ...status.upstream, stopped: { stopped: false, since: null, reason: null } },
      started_at: startedAt,
      lease: { epoch: 7, remaining_ms: 8_600.5, url: null },
      budget: {
        limit: 100,
        window_ms: 60_000,
        used: 42,
        waiting: 3,
        predicted_wait_ms: 12,
        reserve: 5,
        closed_until: '2026-08-01T09:31:00.000Z',
      },
      keys: keys.map(({ closedUntil, ...key }) => ({ ...key, closed_until: '2026-08-01T09:31:00.000Z' })),
      queue: { waiting: queue.waiting, oldest_ms: queue.oldestMs },
    });
    expect(lease.url).toBeNull();
    expect(budget.limit).toBe(100);
  });

  it('needs no secret where none is configured', async () => {
    const open = await createTestGateway({
      env: { ADMIN_EMAILS: `someone@else.example, ${OWNER}` },
      coordinatorFetch: coordinator.wrap,
    });
    try {
      const client = await open.signIn(0);
      answerStatus();
      expect((await view(client)).status).toBe(200);
    } finally {
      await open.close();
    }
  });
});

describe('GET /admin/coordinator 403', () => {
  it.each([undefined, '', 'wrong', `${SECRET} `.repeat(2), SECRET.slice(0, -1), '\u00ff'.repeat(10_000)])(
    'for an administrator with the secret %j',
    async (secret) => {
      const response = await view(owner, secret);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'administrator_required' });
      expect(coordinator.seen).toEqual([]);
    },
  );

  it('for anybody else, whatever they know', async () => {
    for (const secret of [undefined, SECRET]) {
      const response = await view(stranger, secret);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'administrator_required' });
    }
    expect(coordinator.seen).toEqual([]);
  });
});

describe('GET /admin/coordinator 401 and 503', () => {
  it('needs a session: the secret alone opens nothing', async () => {
    const response = await gateway.fetch('/api/v1/admin/coordinator', {
      headers: { 'x-admin-secret': SECRET },
    });
    expect(response.status).toBe(401);
  });

  it('says that the coordinator cannot be reached', async () => {
    coordinator.on(() => Promise.reject(new Error('refused')));
    const response = await view(owner, SECRET);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'coordinator_unavailable' });
  });
});

const metrics = (authorization?: string, who = gateway) =>
  who.fetch('/metrics', { headers: authorization === undefined ? {} : { authorization } });

describe('GET /metrics 200', () => {
  it("is the coordinator's text, in the content type of Prometheus", async () => {
    const text = '# TYPE x counter\nx{a="é"} 1\n';
    coordinator.on((_request, path) =>
      path === '/metrics'
        ? new Response(text, { headers: { 'coordinator-origin': 'coordinator' } })
        : undefined,
    );
    const response = await metrics(`Bearer ${TOKEN}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    // What the gateway counts itself follows.
    expect(await response.text()).toContain(`${text}# HELP ajaxsecurflow_shield_refused_total`);
  });
});

describe('GET /metrics 401', () => {
  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer wrong',
    TOKEN,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${'x'.repeat(50_000)}`,
  ])('for the authorization %j', async (authorization) => {
    const response = await metrics(authorization);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ code: 'metrics_token_invalid' });
    expect(coordinator.seen).toEqual([]);
  });

  it('for a session: metrics are no page of an account', async () => {
    expect((await owner.fetch('/metrics')).status).toBe(401);
  });
});

describe('a gateway without administrators and without a metrics token', () => {
  it('has no administrators and no metrics, whatever is sent', async () => {
    const plain = await createTestGateway({ coordinatorFetch: coordinator.wrap });
    try {
      expect((await view(await plain.signIn(0))).status).toBe(403);
      for (const authorization of [undefined, 'Bearer ', 'Bearer undefined', `Bearer ${TOKEN}`]) {
        const response = await metrics(authorization, plain);
        expect(response.status).toBe(404);
        expect(await response.json()).toMatchObject({ code: 'not_found' });
      }
    } finally {
      await plain.close();
    }
  });
});

describe('GET /metrics 503', () => {
  it('when the coordinator cannot be reached', async () => {
    coordinator.on(() => Promise.reject(new Error('refused')));
    expect((await metrics(`Bearer ${TOKEN}`)).status).toBe(503);
  });
});
