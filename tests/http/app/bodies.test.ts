/** What a client without an account can make the gateway keep in memory. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await createTestGateway();
});

afterAll(() => gateway.close());

const KB = 1024;

/** A body that is sent as long as somebody reads it, up to 9 MB. */
function endless() {
  let read = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (read >= 9 * KB * KB) return controller.close();
        read += 8 * KB;
        controller.enqueue(new Uint8Array(8 * KB).fill(0x20));
      },
    },
    { highWaterMark: 0 },
  );
  return { body, read: () => read };
}

async function post(path: string, headers: Record<string, string> = {}) {
  const { body, read } = endless();
  const response = await gateway.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    duplex: 'half',
  } as RequestInit);
  const { code } = (await response.json()) as { code: string };
  return { status: response.status, code, kilobytes: read() / KB };
}

describe('a large body', () => {
  it.each([
    '/api/v1/auth/token',
    '/api/v1/auth/refresh',
    '/api/v1/users/token',
    '/nothing',
    '/api/v1/nothing',
  ])('to %s is not read beyond what belongs there', async (path) => {
    const { status, code, kilobytes } = await post(path);
    expect([status, code]).toEqual([413, 'payload_too_large']);
    expect(kilobytes).toBeLessThan(100);
    const announced = await post(path, { 'content-length': String(9 * KB * KB) });
    expect(announced).toEqual({ status: 413, code: 'payload_too_large', kilobytes: 0 });
  });

  it.each(['/api/v1/ajax/user/1/image', '/api/v1/ajax/hubs/1/arm-state', '/api/v1/ajax/nothing'])(
    'to %s is not read before its sender is known',
    async (path) => {
      expect(await post(path)).toEqual({ status: 401, code: 'invalid_credentials', kilobytes: 0 });
    },
  );
});

describe('a JSON body', () => {
  it.each(['gzip', 'br', 'deflate', 'identity, gzip', 'x'])(
    'that says it is %s is not read',
    async (coding) => {
      for (const path of ['/api/v1/auth/token', '/api/v1/auth/refresh', '/api/v1/auth/logout']) {
        const headers = { 'content-encoding': coding };
        const response = await gateway.fetch(path, { method: 'POST', headers, body: '{"username":"a"}' });
        expect(response.status).toBe(415);
        expect(response.headers.get('accept-encoding')).toBe('identity');
        expect(await response.json()).toMatchObject({
          code: 'unsupported_media_type',
          detail: 'Send the body without Content-Encoding',
        });
      }
    },
  );

  it('that says it is as it is, is', async () => {
    const headers = { 'content-encoding': ' Identity' };
    const response = await gateway.fetch('/api/v1/auth/refresh', { method: 'POST', headers, body: '{}' });
    expect(await response.json()).toMatchObject({ code: 'invalid_refresh_token' });
  });

  it('with a member twice is refused, also one that goes on to Ajax', async () => {
    const { fetch, json } = await gateway.signIn();
    const [hub] = await json<{ id: string }[]>('/api/v1/ajax/hubs');
    const me = gateway.simulator.accounts[0]?.userId;
    const before = gateway.simulator.journal.count();
    for (const [path, method, body] of [
      [`/api/v1/ajax/hubs/${hub?.id}/arm-state`, 'POST', '{"armState":1,"armState":0}'],
      [
        `/api/v1/ajax/user/${me}/hubs/${hub?.id}/commands/arming`,
        'PUT',
        '{"command":"ARM","comm\\u0061nd":"DISARM"}',
      ],
      ['/api/v1/auth/refresh', 'POST', '{"refresh_token":"a","refresh_token":"b"}'],
    ] as const) {
      const response = await fetch(path, { method, body });
      expect([response.status, await response.json()]).toMatchObject([400, { code: 'json_ambiguous' }]);
    }
    expect(gateway.simulator.journal.count()).toBe(before);
  });
});
