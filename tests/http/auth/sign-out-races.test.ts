/** Signing out while somebody signs in with the same account: what is ended is what was asked to end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CoordinatorFetch } from '../../../coordinator/contract/client.ts';
import { createTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
/** While it is set, sign-outs wait for it before they reach the coordinator. */
let gate: Promise<void> | undefined;
let reached = () => {};

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
    return next(request);
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
  it('keeps its connection to Ajax', async () => {
    const old = await gateway.signIn();
    const { promise, resolve: open } = Promise.withResolvers<void>();
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    gate = promise;
    reached = resolve;
    const leaving = old.fetch('/api/v1/auth/logout', { method: 'POST' });
    await arrived;
    gateway.clock.skip(10);
    const fresh = await gateway.signIn();
    gate = undefined;
    open();
    expect((await leaving).status).toBe(200);
    expect((await fresh.fetch('/api/v1/ajax/hubs')).status).toBe(200);
  });

  it('and a sign-out that nothing overtakes forgets the connection', async () => {
    gate = undefined;
    const operator = await gateway.signIn();
    const connections = async () =>
      (await operator.json<{ sessions: number }>('/api/v1/admin/coordinator')).sessions;
    const before = await connections();
    const only = await gateway.signIn(1);
    expect(await connections()).toBe(before + 1);
    expect((await only.fetch('/api/v1/ajax/hubs')).status).toBe(200);
    // In another millisecond.
    gateway.clock.skip(10);
    expect((await only.fetch('/api/v1/auth/logout', { method: 'POST' })).status).toBe(200);
    expect(await connections()).toBe(before);
  });
});
