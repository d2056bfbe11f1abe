import { beforeAll, describe, expect, test } from 'vitest';
import { coordinatorHeaders } from '../../../coordinator/contract/headers.ts';
import { ACCOUNT, createSignedInWorld, SECRET, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createSignedInWorld();
});

function ask(method: string, path: string, more: { body?: string; headers?: Record<string, string> } = {}) {
  const { body, headers = {} } = more;
  return world.request(`http://coordinator${path}`, {
    method,
    headers: { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body }),
  });
}

const last = () => world.ajax.arrivals.at(-1);

describe('the shared secret', () => {
  test.each(['', 'Bearer wrong', `Basic ${SECRET}`])('%j is refused', async (authorization) => {
    const response = await ask('GET', '/status', { headers: { authorization } });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'coordinator_secret_invalid' });
    expect(response.headers.get(coordinatorHeaders.origin)).toBe('coordinator');
  });

  test('/health needs none', async () => {
    const response = await ask('GET', '/health', { headers: { authorization: '' } });
    expect(await response.json()).toEqual({ status: 'ok', role: 'active' });
  });
});

describe('the path of a call', () => {
  const user = `/api/user/${ACCOUNT.toUpperCase()}`;

  test.each([
    ['', user],
    ['/hubs/1', `${user}/hubs/1`],
    ['/hubs/a%2Fb', `${user}/hubs/a%2Fb`],
    ['/hubs/a%3Fb%23c', `${user}/hubs/a%3Fb%23c`],
    ['/hubs/%252e%252e', `${user}/hubs/%252e%252e`],
    ['/hubs/@evil.test:80', `${user}/hubs/%40evil.test%3A80`],
    ['/hubs/caf%C3%A9%20x', `${user}/hubs/caf%C3%A9%20x`],
    ['/hubs?page=1&x=a%26b', `${user}/hubs?page=1&x=a%26b`],
  ])('%j becomes %j', async (path, expected) => {
    const response = await ask('GET', `/v1/accounts/${ACCOUNT}/ajax${path}`);
    expect(response.status).toBe(200);
    expect(last()?.path).toBe(expected);
  });

  test.each([
    '/hubs//1',
    '/hubs/',
    '/hubs/..%2F..%2Flogin',
    '/hubs/%2F',
    '/hubs/a%5C..%5Cb',
    '/hubs/a%0D%0Ab',
    '/hubs/a%00',
    '/hubs/%zz',
    '/hubs/%ff',
  ])('%j is refused before anything is sent', async (path) => {
    const before = world.ajax.arrivals.length;
    const response = await ask('GET', `/v1/accounts/${ACCOUNT}/ajax${path}`);
    expect(response.status).toBe(422);
    expect(world.ajax.arrivals).toHaveLength(before);
  });

  test.each(['/../../login', '/%2e%2e/%2E%2e/login', '/hubs/../..'])('%j cannot climb', async (path) => {
    const before = world.ajax.arrivals.length;
    const response = await ask('GET', `/v1/accounts/${ACCOUNT}/ajax${path}`);
    expect(response.status).toBe(404);
    expect(world.ajax.arrivals).toHaveLength(before);
  });

  test('an account that is no Ajax id is refused', async () => {
    expect((await ask('GET', '/v1/accounts/nobody/ajax/hubs')).status).toBe(422);
  });
});

describe('what Ajax answers', () => {
  test('reaches the caller as status and JSON; of its headers only Retry-After', async () => {
    world.ajax.behave(() => ({
      status: 503,
      body: { message: 'later' },
      headers: { 'retry-after': '7', 'set-cookie': 'a=b', 'x-session-token': 'secret', server: 'ajax' },
    }));
    const id = '0192f0c4-6a8e-7c11-9d0f-1f0a7b1c2d3e';
    const headers = { [coordinatorHeaders.commandId]: id };
    const response = await ask('PUT', `/v1/accounts/${ACCOUNT}/ajax/hubs/1`, { body: '{}', headers });
    world.ajax.behave(() => undefined);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ message: 'later' });
    expect(Object.fromEntries(response.headers)).toEqual({
      [coordinatorHeaders.origin]: 'upstream',
      'content-type': 'application/json',
      'retry-after': '7',
      [coordinatorHeaders.commandId]: id,
    });
  });

  test('204 stays without a body', async () => {
    world.ajax.behave(() => ({ status: 204 }));
    const response = await ask('DELETE', `/v1/accounts/${ACCOUNT}/ajax/hubs/1/rooms/2`);
    world.ajax.behave(() => undefined);
    expect([response.status, response.body]).toEqual([204, null]);
  });
});

describe('malformed requests', () => {
  test.each<[string, string, string, string | undefined, Record<string, string>, number, string]>([
    ['broken JSON', 'PUT', `/v1/accounts/${ACCOUNT}/ajax/hubs/1`, '{"a":', {}, 400, 'malformed_json'],
    ['broken login', 'POST', '/v1/login', 'hello', {}, 400, 'malformed_json'],
    ['incomplete login', 'POST', '/v1/login', '{"login":"a"}', {}, 422, 'invalid_request'],
    [
      'a body without a type',
      'PUT',
      `/v1/accounts/${ACCOUNT}/ajax/x`,
      'a',
      { 'content-type': '' },
      415,
      'unsupported_media_type',
    ],
    [
      'lane of logins',
      'GET',
      `/v1/accounts/${ACCOUNT}/ajax/x`,
      undefined,
      { [coordinatorHeaders.lane]: 'auth' },
      422,
      'invalid_request',
    ],
    ['no account', 'GET', '/v1/budget', undefined, {}, 422, 'invalid_request'],
    ['nothing there', 'GET', '/v2/x', undefined, {}, 404, 'not_found'],
  ])('%s', async (_name, method, path, body, headers, status, code) => {
    const response = await ask(method, path, { headers, ...(body === undefined ? {} : { body }) });
    expect(response.status).toBe(status);
    const problem = await response.json();
    expect(problem).toMatchObject({ code });
    expect(response.headers.get(coordinatorHeaders.origin)).toBe('coordinator');
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  test('a body beyond 10 MB', async () => {
    const body = JSON.stringify('x'.repeat(10 * 1024 * 1024));
    const response = await ask('PUT', `/v1/accounts/${ACCOUNT}/ajax/hubs/1`, { body });
    expect([response.status, await response.json()]).toMatchObject([413, { code: 'payload_too_large' }]);
  });

  test('a refused login does not repeat its secrets', async () => {
    const body = JSON.stringify({ login: 'x', passwordHash: 'NOT-A-HASH' });
    expect(await (await ask('POST', '/v1/login', { body })).text()).not.toContain('NOT-A-HASH');
  });
});
