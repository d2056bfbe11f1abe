/** The typed client against a gateway; what it says of types is checked by tsc. */
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { type ApiClient, createApiClient } from '../../../src/api-client.js';
import { demoWorld } from '../../../src/kernel/demo-world.ts';
import { createTestGateway, type TestGateway, USER_AGENT } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await createTestGateway();
});
afterAll(() => gateway.close());

const throughGateway: typeof globalThis.fetch = async (input, init) =>
  gateway.app.fetch(new Request(input, init), { remoteAddress: '203.0.113.5' });
const clientOf = (token?: string | (() => Promise<string>)) =>
  createApiClient('http://gateway.test', { token, userAgent: USER_AGENT, fetch: throughGateway }).api.v1;

async function signIn(): Promise<string> {
  const { login: username, password } = demoWorld;
  const answer = await clientOf().auth.token.$post({ json: { username, password } });
  if (answer.status !== 200) throw new Error(`Signing in answered ${answer.status}`);
  return (await answer.json()).access_token;
}

describe('the typed client', () => {
  it('signs in, reads and arms', async () => {
    const { ajax } = clientOf(await signIn());
    const answer = await ajax.hubs.$get();
    if (answer.status !== 200) throw new Error(`Hubs answered ${answer.status}`);
    const hubs = await answer.json();
    expect(hubs[0]).toMatchObject(demoWorld.hub);
    expectTypeOf(hubs[0]?.state).toEqualTypeOf<'ARMED' | 'NIGHT_MODE' | 'DISARMED' | null | undefined>();

    const armed = await ajax.hubs[':hub_id']['arm-state'].$post(
      { param: { hub_id: demoWorld.hub.id }, json: { armState: 1, ignoreProblems: true } },
      { headers: { 'Idempotency-Key': '"typed-client"' } },
    );
    if (armed.status !== 200) throw new Error(`Arming answered ${armed.status}`);
    const done = await armed.json();
    expect(done).toMatchObject({ success: true, outcome: 'done' });
    expectTypeOf(done.outcome).toEqualTypeOf<'done'>();
  });

  it('tells refusals apart by their code, which is typed', async () => {
    const answer = await clientOf('nonsense').ajax.hubs.$get();
    if (answer.status !== 401) throw new Error(`Hubs answered ${answer.status}`);
    const problem = await answer.json();
    expect(problem).toMatchObject({ code: 'invalid_credentials', retryable: false });
    expectTypeOf(problem.code).toEqualTypeOf<'invalid_credentials'>();
    expectTypeOf(problem.action).toEqualTypeOf<string>();
  });

  it('asks for the token before every request, so that it may be refreshed in between', async () => {
    const tokens = ['nonsense', await signIn()];
    const { budget } = clientOf(async () => tokens.shift() ?? '');
    expect((await budget.$get()).status).toBe(401);
    expect((await budget.$get()).status).toBe(200);
  });

  it('knows every route of the gateway, none of them as any', () => {
    type V1 = ApiClient['api']['v1'];
    expectTypeOf<keyof V1>().toEqualTypeOf<
      | 'auth'
      | 'users'
      | 'ajax'
      | 'billing'
      | 'commands'
      | 'jobs'
      | 'budget'
      | 'security'
      | 'notifications'
      | 'webhooks'
      | 'mail'
      | 'support'
      | 'admin'
      | 'info'
      | 'openapi.json'
    >();
    type Body<T extends (...args: never[]) => Promise<{ json(): Promise<unknown> }>> = Awaited<
      ReturnType<Awaited<ReturnType<T>>['json']>
    >;
    type OfHub = V1['ajax']['hubs'][':hub_id'];
    expectTypeOf<Body<OfHub['devices']['$get']>>().not.toBeAny();
    expectTypeOf<Body<OfHub['devices'][':device_id']['$get']>>().not.toBeAny();
    expectTypeOf<Body<OfHub['rooms']['$get']>>().not.toBeAny();
    expectTypeOf<Body<OfHub['rooms'][':room_id']['$get']>>().not.toBeAny();
    expectTypeOf<Body<OfHub['logs']['$get']>>().not.toBeAny();
    expectTypeOf<Body<OfHub['groups']['$get']>>().not.toBeAny();
    expectTypeOf<Body<V1['commands'][':id']['$delete']>>().not.toBeAny();
    expectTypeOf<Body<V1['jobs'][':id']['$get']>>().not.toBeAny();
    expectTypeOf<Body<V1['security']['audit-logs']['$get']>>().not.toBeAny();
    expectTypeOf<Body<V1['admin']['coordinator']['$get']>>().not.toBeAny();
    expectTypeOf<Body<V1['admin']['upstream']['$put']>>().not.toBeAny();
    expectTypeOf<Body<V1['users']['me']['$get']>>().not.toBeAny();
    expectTypeOf<Body<V1['users']['me']['$get']>>().not.toBeUnknown();
  });
});
