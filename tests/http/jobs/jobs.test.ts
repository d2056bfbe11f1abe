import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';
import { own, scriptedCoordinator, scriptedJobs, upstream } from '../scripted-coordinator.ts';

interface Job {
  id: string;
  state: string;
  reads: number;
  answered: number;
  result?: { status: number; headers: Record<string, string>; body: unknown };
}

const coordinator = scriptedCoordinator();
let jobs = scriptedJobs();
let gateway: TestGateway;
let client: SignedInClient;
let account: string;
let hubs: { id: string }[];

beforeAll(async () => {
  gateway = await createTestGateway({ coordinatorFetch: coordinator.wrap });
  client = await gateway.signIn();
  hubs = await client.json<{ id: string }[]>('/api/v1/ajax/hubs');
  account =
    coordinator.seen.map(({ path }) => /^\/v1\/accounts\/([^/]+)\//.exec(path)?.[1]).find(Boolean) ?? '';
});
beforeEach(() => {
  jobs = scriptedJobs();
  coordinator.on(jobs.handler);
});
afterEach(() => {
  coordinator.clear();
  gateway.simulator.faults.clear();
});
afterAll(async () => {
  expect(gateway.logged.filter((line) => line.includes('unhandled error'))).toEqual([]);
  await gateway.close();
});

const asynchronously = (path: string, headers: Record<string, string> = {}, who = client) =>
  who.fetch(path, { headers: { prefer: 'respond-async', ...headers } });
const poll = async (id: string, who = client) => {
  const response = await who.fetch(`/api/v1/jobs/${id}`);
  return { response, job: (await response.json()) as Job };
};
/** As `poll`, once its reads are there: what they ask for in turn may be at hand a little later. */
const ended = async (id: string, who = client) => {
  let last = await poll(id, who);
  for (let tries = 0; last.job.state === 'waiting' && tries < 20; tries++) last = await poll(id, who);
  return last;
};
const start = async (path: string) => {
  const response = await asynchronously(path);
  expect(response.status).toBe(202);
  return ((await response.json()) as Job).id;
};

describe('GET /ajax 202', () => {
  it('with Prefer: respond-async is the job, where it is and when to look', async () => {
    const path = `/api/v1/ajax/hubs/${hubs[0]?.id}/rooms?a=%20b`;
    const response = await asynchronously(path);
    expect(response.status).toBe(202);
    const job = (await response.json()) as Job;
    expect(job).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      state: 'waiting',
      request: { method: 'GET', path },
      reads: 1,
      answered: 0,
      created_at: '2026-08-01T09:30:00.000Z',
      expires_at: '2026-08-01T09:45:00.000Z',
    });
    expect(response.headers.get('location')).toBe(`/api/v1/jobs/${job.id}`);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(response.headers.get('preference-applied')).toBe('respond-async');
  });
});

describe('GET /ajax 200', () => {
  it('with Prefer: respond-async is the answer itself when it is at hand', async () => {
    coordinator.on((request) => (request.headers.has('coordinator-job') ? upstream([]) : undefined));
    const response = await asynchronously('/api/v1/ajax/hubs');
    expect(response.status).toBe(200);
    expect(response.headers.get('preference-applied')).toBeNull();
    expect(await response.json()).toEqual([]);
  });

  it.each(['', 'wait=5', 'respond-async=no', '"respond-async"', ',;=', 'x'.repeat(20_000)])(
    'with Prefer: %s waits, as without',
    async (prefer) => {
      const response = await client.fetch('/api/v1/ajax/hubs', { headers: { prefer } });
      expect(response.status).toBe(200);
      expect(jobs.ids()).toEqual([]);
    },
  );

  it('waits for a request too long for a job', async () => {
    const response = await asynchronously(`/api/v1/ajax/hubs?x=${'x'.repeat(2_000)}`);
    expect(response.status).toBe(200);
    expect(jobs.ids()).toEqual([]);
  });
});

describe('what can become a job', () => {
  it.each(['/api/v1/auth/me', '/api/v1/budget', '/api/v1/info', '/health', '/api/v1/security/audit-logs'])(
    'is a read of Ajax, not %s',
    async (path) => {
      expect((await asynchronously(path)).status).toBe(200);
      expect(jobs.ids()).toEqual([]);
    },
  );

  it('is never made by headers of the protocol that a client forges', async () => {
    const forged = '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e';
    const response = await client.fetch('/api/v1/ajax/hubs', {
      headers: { 'coordinator-job': `${forged} /api/v1/ajax/hubs`, 'x-job-id': forged, jobid: forged },
    });
    expect(response.status).toBe(200);
    expect(jobs.ids()).toEqual([]);
  });
});

describe('GET /jobs/{id} 200', () => {
  it('waits, then has the list first and every hub after it, asked for together', async () => {
    const id = await start('/api/v1/ajax/hubs');
    const waiting = await poll(id);
    expect(waiting.job).toMatchObject({ state: 'waiting', reads: 1, answered: 0 });
    expect(waiting.response.headers.get('retry-after')).toBe('2');

    jobs.answer(id);
    const again = await ended(id);
    expect(again.response.status).toBe(200);
    expect(again.response.headers.get('retry-after')).toBe('2');
    expect(again.job).toMatchObject({ id, state: 'waiting', reads: 1 + hubs.length, answered: 1 });
    expect(jobs.readsOf(id)).toHaveLength(1 + hubs.length);

    jobs.answer(id);
    const done = await ended(id);
    expect(done.response.headers.get('retry-after')).toBeNull();
    expect(done.job).toMatchObject({
      state: 'done',
      result: {
        status: 200,
        headers: {
          'content-type': 'application/json',
          'x-cache': expect.any(String),
          age: expect.any(String),
        },
        body: hubs.map(({ id: hubId }) => ({ id: hubId })),
      },
    });
    expect(jobs.ids()).toEqual([id]);
  });

  it('looks for a hub that the list did not name, as without a job', async () => {
    const id = await start('/api/v1/ajax/hubs/00000000');
    jobs.answer(id);
    const { job } = await ended(id);
    expect(job).toMatchObject({
      state: 'failed',
      result: { status: 404, body: { code: 'upstream_not_found', status: 404 } },
    });
  });

  it('hands over what went wrong, with its Retry-After', async () => {
    const id = await start('/api/v1/ajax/hubs');
    jobs.answer(id);
    coordinator.on((request) =>
      request.headers.has('coordinator-job')
        ? own({ code: 'budget_exhausted', detail: 'later' }, 429, { 'retry-after': '9' })
        : undefined,
    );
    const { response, job } = await ended(id);
    expect(response.status).toBe(200);
    expect(job).toMatchObject({
      state: 'failed',
      result: {
        status: 429,
        headers: { 'content-type': 'application/problem+json', 'retry-after': '9' },
        body: { code: 'budget_exhausted' },
      },
    });
  });

  it('keeps the correlation id and repeats only what belongs to the request', async () => {
    const id = await start('/api/v1/ajax/hubs');
    jobs.answer(id);
    coordinator.seen.length = 0;
    await client.fetch(`/api/v1/jobs/${id}`, {
      headers: { 'x-correlation-id': 'poll-0001', 'cache-control': 'no-cache', prefer: 'respond-async' },
    });
    const reads = coordinator.seen.filter(({ path }) => path.includes('/ajax/'));
    expect(reads.length).toBeGreaterThan(0);
    for (const { headers } of reads) {
      expect(headers.get('x-correlation-id')).toBe('poll-0001');
      expect(headers.get('cache-control')).toBeNull();
      expect(headers.get('coordinator-job')).toBe(`${id} /api/v1/ajax/hubs`);
    }
  });

  it('asks with the plan the caller has now', async () => {
    const id = await start(`/api/v1/ajax/hubs/${hubs[0]?.id}/devices`);
    jobs.answer(id);
    const poorer = await createTestGateway({
      env: { DEFAULT_PLAN: 'free' },
      coordinatorFetch: coordinator.wrap,
    });
    try {
      const { job } = await ended(id, await poorer.signIn());
      expect(job).toMatchObject({
        state: 'failed',
        result: { status: 403, body: { code: 'plan_required' } },
      });
    } finally {
      await poorer.close();
    }
  });
});

describe('GET /jobs/{id} 404', () => {
  it('for a job of somebody else, however it is asked for', async () => {
    const id = await start('/api/v1/ajax/hubs');
    const other = await gateway.signIn(2);
    for (const method of ['GET', 'DELETE']) {
      const response = await other.fetch(`/api/v1/jobs/${id}`, { method });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'job_not_found' });
    }
    expect((await poll(id)).job.state).toBe('waiting');
  });

  it.each([
    '/api/v1/security/audit-logs',
    '/api/v1/auth/me',
    '/api/v1/ajax/../auth/me',
    '/api/v1/ajax/%2e%2e/admin/coordinator',
    '//evil.example/api/v1/ajax/hubs/../../auth/me',
    'http://evil.example/x',
    'http://evil.example/api/v1/ajax/hubs',
    'http://[',
    '/api/v1/ajax',
    '',
  ])('for a job that stands for %j: nothing outside the reads of Ajax is repeated', async (path) => {
    const id = '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e';
    jobs.plant(id, account, path);
    const { response, job } = await poll(id);
    expect(response.status).toBe(404);
    expect(job).toMatchObject({ code: 'job_not_found' });
  });
});

describe('GET /jobs/{id} 422', () => {
  it.each(['x', '01a5b3f0', '%20', '__proto__', 'x'.repeat(5_000)])('refuses the id %j', async (id) => {
    coordinator.seen.length = 0;
    for (const method of ['GET', 'DELETE']) {
      expect((await client.fetch(`/api/v1/jobs/${id}`, { method })).status).toBe(422);
    }
    expect(coordinator.seen).toEqual([]);
  });
});

describe('GET /jobs/{id} 401', () => {
  it('without a session, however the id is known', async () => {
    const id = await start('/api/v1/ajax/hubs');
    expect((await gateway.fetch(`/api/v1/jobs/${id}`)).status).toBe(401);
  });
});

describe('DELETE /jobs/{id} 200', () => {
  it('cancels the job, which says so from then on', async () => {
    const id = await start('/api/v1/ajax/hubs');
    const response = await client.fetch(`/api/v1/jobs/${id}`, { method: 'DELETE' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id, state: 'cancelled' });
    const { response: later, job } = await poll(id);
    expect(job).toMatchObject({ id, state: 'cancelled' });
    expect(later.headers.get('retry-after')).toBeNull();
  });
});
