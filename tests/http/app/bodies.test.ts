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
