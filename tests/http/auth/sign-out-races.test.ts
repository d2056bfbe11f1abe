/** Signing out while somebody signs in with the same account: what is ended is what was asked to end. */
import { sql as raw } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CoordinatorFetch } from '../../../coordinator/contract/client.ts';
import { createTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
/** While it is set, sign-outs wait for it before they reach the coordinator. */
let gate: Promise<void> | undefined;
let reached = () => {};
/** How far the clock of the gateway is ahead of the coordinator's. */
let skewMs = 0;

/** A sign-out as a gateway with that clock sends it. */
function skewed(request: Request): Request {
  const url = new URL(request.url);
  const at = url.searchParams.get('unless_signed_in_after');
  if (at === null) return request;
  url.searchParams.set('unless_signed_in_after', String(Number(at) + skewMs));
  return new Request(url, request);
}

const slowForget = (next: CoordinatorFetch): CoordinatorFetch => {
  return async (request) => {
    if (
      request.method === 'DELETE' &&
      new URL(request.url).pathname.endsWith('/session') &&
      gate !== undefined
    ) {
      reached();
      await gate;
    }
    return next(skewed(request));
  };
};

beforeAll(async () => {
  gateway = await createTestGateway({
    coordinatorFetch: slowForget,
    env: { ADMIN_EMAILS: 'demo@ajaxsecurflow.dev' },
  });
});
afterAll(() => gateway.close());

describe('a sign-in that overtakes the sign-out of the last other session', () => {
  it.each([0, -5_000, 5_000])('keeps its connection to Ajax, with clocks %i ms apart', async (apart) => {
    skewMs = apart;
    const old = await gateway.signIn();
    const { promise, resolve: open } = Promise.withResolvers<void>();
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    gate = promise;
    reached = resolve;
    const leaving = old.fetch('/api/v1/auth/logout', { method: 'POST' });
    await arrived;
    const fresh = await gateway.signIn();
    gate = undefined;
    open();
    expect((await leaving).status).toBe(200);
    expect((await fresh.fetch('/api/v1/ajax/hubs')).status).toBe(200);
    await fresh.fetch('/api/v1/auth/logout', { method: 'POST' });
  });

  it.each([0, -5_000, 5_000])(
    'that is none: the connection is forgotten, with clocks %i ms apart',
    async (apart) => {
      skewMs = apart;
      gate = undefined;
      const operator = await gateway.signIn();
      const connections = async () =>
        (await operator.json<{ sessions: number }>('/api/v1/admin/coordinator')).sessions;
      const before = await connections();
      const only = await gateway.signIn(1);
      expect(await connections()).toBe(before + 1);
      expect((await only.fetch('/api/v1/ajax/hubs')).status).toBe(200);
      expect((await only.fetch('/api/v1/auth/logout', { method: 'POST' })).status).toBe(200);
      expect(await connections()).toBe(before);
    },
  );

  it('of several sessions the last to end forgets it, whichever of them signed in last', async () => {
    skewMs = 0;
    const operator = await gateway.signIn();
    const connections = async () =>
      (await operator.json<{ sessions: number }>('/api/v1/admin/coordinator')).sessions;
    const before = await connections();
    const first = await gateway.signIn(1);
    const second = await gateway.signIn(1);
    await second.fetch('/api/v1/auth/logout', { method: 'POST' });
    expect(await connections()).toBe(before + 1);
    await first.fetch('/api/v1/auth/logout', { method: 'POST' });
    expect(await connections()).toBe(before);
  });

  it('is told by time for sessions from before there were marks', async () => {
    skewMs = 0;
    const operator = await gateway.signIn();
    const connections = async () =>
      (await operator.json<{ sessions: number }>('/api/v1/admin/coordinator')).sessions;
    const before = await connections();
    const old = await gateway.signIn(1);
    await gateway.database.run((sql) => sql.execute(raw`update sessions set upstream_mark = null`));
    gateway.clock.skip(10);
    await old.fetch('/api/v1/auth/logout', { method: 'POST' });
    expect(await connections()).toBe(before);
  });
});
