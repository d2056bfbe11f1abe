/** The gateway's stub means the same in process and over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CoordinatorClient, createCoordinatorClient } from '../../coordinator/contract/client.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { newId } from '../../src/kernel/ids.ts';
import { createFetchOnce } from '../../src/kernel/send-once.undici.ts';
import { listen } from '../../src/serve.ts';
import { startTestCoordinator } from '../support/coordinator.ts';
import {
  ACCOUNT,
  CREDENTIALS,
  codeOf,
  context,
  createFakeAjax,
  type FakeAjax,
} from '../unit/coordinator/world.ts';

const secret = 'shared-secret-of-both';

interface Opened {
  readonly client: CoordinatorClient;
  /** Ends the coordinator under the client. */
  end(): Promise<void>;
  close(): Promise<void>;
}

type Open = (ajax: FakeAjax, clientSecret?: string) => Promise<Opened>;

const transports: Record<string, Open> = {
  async 'in process'(ajax, clientSecret = secret) {
    const { host } = await startTestCoordinator({ send: ajax.send, secret });
    let isUp = true;
    const client = createCoordinatorClient({
      secret: clientSecret,
      fetch: async (request) => {
        if (!isUp) throw new Error('ended');
        return host.fetch(request);
      },
    });
    const end = async () => {
      isUp = false;
    };
    return { client, end, close: () => host.close() };
  },
  async 'over HTTP'(ajax, clientSecret = secret) {
    const { host } = await startTestCoordinator({ send: ajax.send, secret });
    const listener = await listen(host.fetch, { hostname: '127.0.0.1', port: 0 });
    const baseUrl = `http://127.0.0.1:${listener.port}`;
    const remote = createFetchOnce({ origin: baseUrl, timeoutMs: 5_000 });
    const client = createCoordinatorClient({ secret: clientSecret, fetch: remote.fetch, baseUrl });
    let listening = true;
    const end = async () => {
      if (listening) await listener.close();
      listening = false;
    };
    return {
      client,
      end,
      async close() {
        await remote.close();
        await end();
        await host.close();
      },
    };
  },
};

describe.each(Object.entries(transports))('%s', (_name, open) => {
  const ajax = createFakeAjax(systemClock);
  let opened: Opened;
  let client: CoordinatorClient;
  beforeAll(async () => {
    opened = await open(ajax);
    client = opened.client;
    await client.login(CREDENTIALS, context());
  });
  afterAll(() => opened.close());

  const read = (path: string[], signal?: AbortSignal) =>
    client.read({ account: ACCOUNT, path, lane: 'interactive', ...context(signal) });
  const command = (path: string[], commandId: string = newId()) =>
    client.command({
      ...{ account: ACCOUNT, method: 'PUT', path, commandId, lane: 'command' },
      body: { command: 'ARM' },
      ...context(),
    });

  test('answers come through with status, body and cache mark', async () => {
    ajax.behave(() => ({ status: 200, body: { name: 'Überwachung' } }));
    expect(await read(['hubs', '1'])).toEqual({
      status: 200,
      body: { name: 'Überwachung' },
      retryAfterSeconds: undefined,
      cache: {
        state: 'MISS',
        ageSeconds: 0,
        ttlSeconds: expect.any(Number),
        suggestedIntervalSeconds: 30,
      },
    });
    expect((await read(['hubs', '1'])).cache?.state).toBe('HIT');
  });

  test('a command without a body in its answer', async () => {
    ajax.behave(() => ({ status: 204 }));
    const id = newId();
    expect(await command(['hubs', '1', 'commands', 'arming'], id)).toEqual({
      kind: 'answered',
      answer: { status: 204, body: undefined, retryAfterSeconds: undefined, cache: undefined },
      commandId: id,
      replayed: false,
    });
    expect(JSON.parse(ajax.arrivals.at(-1)?.body ?? '')).toEqual({ command: 'ARM' });
  });

  test('bodies of any type go both ways byte for byte, with their type', async () => {
    const bytes = Uint8Array.from({ length: 3 * 1024 * 1024 }, (_, index) => (index * 31) % 256);
    ajax.behave(({ bytes: sent }) => ({
      status: 200,
      body: Uint8Array.from(sent).reverse(),
      headers: { 'content-type': 'image/png' },
    }));
    const commandId = newId();
    const result = await client.commandContent({
      ...{ account: ACCOUNT, method: 'POST', path: ['hubs', '9', 'image'], commandId, lane: 'command' },
      content: { type: 'multipart/form-data; boundary="a b"', bytes },
      ...context(),
    });
    expect(ajax.arrivals.at(-1)?.headers['content-type']).toBe('multipart/form-data; boundary="a b"');
    expect(Buffer.compare(ajax.arrivals.at(-1)?.bytes ?? bytes.slice(1), bytes)).toBe(0);
    if (result.kind !== 'answered') throw new Error(result.kind);
    expect(result).toMatchObject({ commandId, answer: { status: 200, type: 'image/png' } });
    expect(Buffer.compare(result.answer.bytes, bytes.slice().reverse())).toBe(0);

    ajax.behave(() => ({ status: 200, body: bytes, headers: { 'content-type': 'image/jpeg' } }));
    const query = 'b=1&a=%2F&a=+&flag';
    const read = { account: ACCOUNT, path: ['spaces', 'x'], query, lane: 'interactive' as const };
    const answer = await client.readContent({ ...read, ...context() });
    expect([answer.type, Buffer.compare(answer.bytes, bytes)]).toEqual(['image/jpeg', 0]);
    expect(ajax.arrivals.at(-1)?.path).toContain(`/spaces/x?${query}`);
  });

  test('errors keep their code, detail and Retry-After', async () => {
    ajax.behave(() => 'reset');
    expect(await codeOf(command(['hubs', '1', 'commands', 'arming']))).toBe('command_outcome_unknown');
    expect(await codeOf(read(['hubs', '1', 'logs']))).toBe('upstream_error');
    expect(await codeOf(client.budget('not-an-account', context()))).toBe('invalid_request');
  });

  test('segments that would leave their place never leave the stub', async () => {
    const before = ajax.arrivals.length;
    for (const path of [
      ['..', '..', 'status'],
      ['hubs', '.'],
      ['hubs', ''],
    ]) {
      expect(await codeOf(read(path))).toBe('invalid_request');
    }
    expect(ajax.arrivals).toHaveLength(before);
  });

  test('budget and status', async () => {
    const budget = await client.budget(ACCOUNT, context());
    expect(budget).toMatchObject({ limit: 100, windowMs: 60_000, waiting: 0, predictedWaitMs: 0 });
    expect((await client.status(context())).sessions).toBe(1);
  });

  test('a caller that leaves is let go at once, and what was sent goes on', async () => {
    ajax.behave(() => ({ status: 200, body: { left: true } }));
    const release = ajax.hold();
    const leaving = new AbortController();
    const before = ajax.arrivals.length;
    const gone = codeOf(read(['hubs', '77'], leaving.signal));
    while (ajax.arrivals.length === before) await new Promise((resolve) => setImmediate(resolve));
    leaving.abort();
    expect(await gone).not.toBe('none');
    release();
    // Its answer reached the cache.
    while ((await read(['hubs', '77'])).cache?.state !== 'HIT');
    expect(ajax.arrivals).toHaveLength(before + 1);
  });

  test('a sign-out', async () => {
    await client.forget(ACCOUNT, context());
    expect(await codeOf(read(['hubs']))).toBe('upstream_login_required');
  });

  test('another secret is refused', async () => {
    const stranger = await open(ajax, 'another-secret');
    expect(await codeOf(stranger.client.status(context()))).toBe('coordinator_secret_invalid');
    await stranger.close();
  });

  test('a coordinator that is gone', async () => {
    await opened.end();
    expect(await codeOf(read(['hubs']))).toBe('coordinator_unavailable');
  });
});
