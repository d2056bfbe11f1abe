/** The kill switch as an administrator uses it, down to what reaches Ajax. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';
import { refuse, scriptedCoordinator } from '../scripted-coordinator.ts';

const coordinator = scriptedCoordinator();
let gateway: TestGateway;
let owner: SignedInClient;
let stranger: SignedInClient;

beforeAll(async () => {
  gateway = await createTestGateway({
    env: { ADMIN_EMAILS: 'demo@ajaxsecurflow.dev' },
    coordinatorFetch: coordinator.wrap,
  });
  [owner, stranger] = [await gateway.signIn(0), await gateway.signIn(2)];
});
afterEach(() => coordinator.clear());
afterAll(() => gateway.close());

const put = (who: Pick<SignedInClient, 'fetch'>, body: unknown) =>
  who.fetch('/api/v1/admin/upstream', { method: 'PUT', body: JSON.stringify(body) });
const arrivals = () => gateway.simulator.journal.arrivals({}).length;

describe('PUT /admin/upstream 200', () => {
  it('stops what would go to Ajax for everybody, says since when and why, and lets it go again', async () => {
    const stopped = await put(owner, { stopped: true, reason: ' key replaced ' });
    expect(stopped.status).toBe(200);
    const state = await stopped.json();
    expect(state).toMatchObject({ stopped: true, reason: 'key replaced' });
    expect(Date.parse((state as { since: string }).since)).not.toBeNaN();

    const before = arrivals();
    for (const who of [owner, stranger]) {
      const response = await who.fetch('/api/v1/ajax/hubs', { headers: { 'cache-control': 'no-cache' } });
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ code: 'upstream_stopped', retryable: true });
    }
    expect(arrivals()).toBe(before);
    const view = await owner.json<{ upstream: { stopped: unknown } }>('/api/v1/admin/coordinator');
    expect(view.upstream.stopped).toEqual(state);

    expect(await (await put(owner, { stopped: false })).json()).toEqual({
      stopped: false,
      since: null,
      reason: null,
    });
    expect((await stranger.fetch('/api/v1/ajax/hubs')).status).toBe(200);
  });

  it('is in the audit trail, as a critical act, with its reason', async () => {
    await put(owner, { stopped: true, reason: 'drill' });
    await put(owner, { stopped: false });
    const rows = await owner.json<readonly Record<string, unknown>[]>('/api/v1/security/audit-logs?limit=2');
    expect(rows).toMatchObject([
      { action: 'upstream.resume', severity: 'critical', outcome: 'done', status_code: 200 },
      { action: 'upstream.stop', payload: { stopped: true, reason: 'drill' }, outcome: 'done' },
    ]);
  });
});

describe('PUT /admin/upstream, refused', () => {
  it('for anybody but an administrator, and nothing is stopped', async () => {
    const response = await put(stranger, { stopped: true });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'administrator_required' });
    expect((await put(gateway, { stopped: true })).status).toBe(401);
    expect((await owner.fetch('/api/v1/ajax/hubs')).status).toBe(200);
  });

  it.each([
    {},
    { stopped: 'true' },
    { stopped: true, reason: '' },
    { stopped: true, reason: 'x'.repeat(201) },
    null,
  ])('for the body %j', async (body) => {
    const response = await put(owner, body);
    expect(response.status).toBe(422);
    expect((await owner.fetch('/api/v1/ajax/hubs')).status).toBe(200);
  });

  it('says unknown in the trail when the coordinator could not write it down', async () => {
    coordinator.on((_request, path) =>
      path === '/v1/upstream' ? refuse('storage_unavailable', 503) : undefined,
    );
    expect((await put(owner, { stopped: true })).status).toBe(503);
    const [row] = await owner.json<readonly unknown[]>('/api/v1/security/audit-logs?limit=1');
    expect(row).toMatchObject({ action: 'upstream.stop', outcome: 'unknown', status_code: 503 });
  });
});
