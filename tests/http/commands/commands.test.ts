import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';
import { COMMAND_ID, own, receipt, refuse, scriptedCoordinator } from '../scripted-coordinator.ts';

const coordinator = scriptedCoordinator();
let gateway: TestGateway;
let client: SignedInClient;
let account: string;

beforeAll(async () => {
  gateway = await createTestGateway({ coordinatorFetch: coordinator.wrap });
  client = await gateway.signIn();
  await client.fetch('/api/v1/ajax/hubs');
  account =
    coordinator.seen.map(({ path }) => /^\/v1\/accounts\/([^/]+)\//.exec(path)?.[1]).find(Boolean) ?? '';
  coordinator.clear();
});
afterEach(() => coordinator.clear());
afterAll(async () => {
  expect(gateway.logged.filter((line) => line.includes('unhandled error'))).toEqual([]);
  await gateway.close();
});

const URL_OF_ONE = `/api/v1/commands/${COMMAND_ID}`;
const cancel = (path = URL_OF_ONE) => client.fetch(path, { method: 'DELETE' });
const lastRow = async () =>
  (await client.json<Record<string, unknown>[]>('/api/v1/security/audit-logs?limit=1'))[0];

describe('GET /commands 200', () => {
  it('lists the receipts of the caller in the order of the coordinator, 20 unless told', async () => {
    const done = receipt({
      id: '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3f',
      state: 'confirmed',
      outcome: 'done',
      status: 204,
      sentAt: Date.UTC(2026, 7, 1, 9, 30, 1),
      answeredAt: Date.UTC(2026, 7, 1, 9, 30, 2),
      confirmedAt: Date.UTC(2026, 7, 1, 9, 30, 3),
    });
    coordinator.on((_request, path) => (path.includes('/commands?') ? own([receipt(), done]) : undefined));
    expect(await client.json('/api/v1/commands')).toEqual([
      {
        id: COMMAND_ID,
        method: 'PUT',
        path: 'hubs/00A1B2C3/commands/arming',
        command: 'ARM',
        hub_id: '00A1B2C3',
        state: 'queued',
        outcome: 'pending',
        status: null,
        code: null,
        message: null,
        rejection_reasons: null,
        created_at: '2026-08-01T09:30:00.000Z',
        sent_at: null,
        answered_at: null,
        confirmed_at: null,
      },
      expect.objectContaining({
        outcome: 'done',
        status: 204,
        sent_at: '2026-08-01T09:30:01.000Z',
        answered_at: '2026-08-01T09:30:02.000Z',
        confirmed_at: '2026-08-01T09:30:03.000Z',
      }),
    ]);
    expect(coordinator.seen.map(({ path }) => path)).toEqual([`/v1/accounts/${account}/commands?limit=20`]);
  });

  it.each([1, 100])('passes the limit %i on', async (limit) => {
    coordinator.on(() => own([]));
    expect(await client.json(`/api/v1/commands?limit=${limit}`)).toEqual([]);
    expect(coordinator.seen[0]?.path).toBe(`/v1/accounts/${account}/commands?limit=${limit}`);
  });
});

describe('GET /commands 422', () => {
  it.each(['-1', '0', '101', '1.5', 'x', '', '1e400', '%00', '1&limit=2', '99999999999999999999'])(
    'refuses limit=%s and asks nobody',
    async (limit) => {
      const response = await client.fetch(`/api/v1/commands?limit=${limit}`);
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({ code: 'invalid_request' });
      expect(coordinator.seen).toEqual([]);
    },
  );

  it.each(['0', '101', '1.5', 'x'])('names the range for limit=%s', async (limit) => {
    const response = await client.fetch(`/api/v1/commands?limit=${limit}`);
    expect(await response.json()).toMatchObject({
      detail: 'query.limit: Expected a whole number from 1 to 100',
    });
  });
});

describe('GET /commands/{id} 200', () => {
  it('tells how the command goes', async () => {
    coordinator.on(() =>
      own(
        receipt({ state: 'answered', outcome: 'failed', status: 412, code: 'arming_refused', message: 'No' }),
      ),
    );
    expect(await client.json(URL_OF_ONE)).toMatchObject({
      id: COMMAND_ID,
      outcome: 'failed',
      status: 412,
      code: 'arming_refused',
      message: 'No',
    });
    expect(coordinator.seen[0]?.path).toBe(`/v1/accounts/${account}/commands/${COMMAND_ID}`);
  });

  it('finds it whatever the case of its id', async () => {
    coordinator.on(() => own(receipt({ hub: null, path: 'me' })));
    expect(await client.json(`/api/v1/commands/${COMMAND_ID.toUpperCase()}`)).toMatchObject({ hub_id: null });
    expect(coordinator.seen[0]?.path).toBe(`/v1/accounts/${account}/commands/${COMMAND_ID}`);
  });

  it('is open to every plan: it is an own command', async () => {
    const planned = await createTestGateway({
      env: { DEFAULT_PLAN: 'free' },
      coordinatorFetch: coordinator.wrap,
    });
    try {
      const free = await planned.signIn();
      coordinator.on((_request, path) => (path.includes('/commands') ? own(receipt()) : undefined));
      expect((await free.fetch(URL_OF_ONE)).status).toBe(200);
      coordinator.seen.length = 0;
      const refused = await free.fetch(URL_OF_ONE, { method: 'DELETE' });
      expect(refused.status).toBe(403);
      expect(await refused.json()).toMatchObject({ code: 'plan_required', feature: 'send_commands' });
      expect(coordinator.seen).toEqual([]);
    } finally {
      await planned.close();
    }
  });
});

describe('a command of somebody else', () => {
  it('is asked for below the own account only, and is not found', async () => {
    const other = await gateway.signIn(2);
    coordinator.on((_request, path) =>
      path.startsWith(`/v1/accounts/${account}/`) ? own(receipt()) : refuse('command_not_found', 404),
    );
    for (const method of ['GET', 'DELETE']) {
      const response = await other.fetch(URL_OF_ONE, { method });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'command_not_found' });
    }
  });
});

const BAD_IDS = [
  'x',
  COMMAND_ID.slice(0, -1),
  `${COMMAND_ID}0`,
  `${COMMAND_ID}%20`,
  `a%2f${COMMAND_ID}`,
  '__proto__',
  "'%20or%201=1--",
  'x'.repeat(5_000),
];

describe.each(['GET', 'DELETE'])('%s /commands/{id} 422', (method) => {
  it.each(BAD_IDS)('refuses the id %j and asks nobody', async (id) => {
    const response = await client.fetch(`/api/v1/commands/${id}`, { method });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid_request' });
    expect(coordinator.seen).toEqual([]);
  });
});

describe('without a session', () => {
  it.each([
    ['GET', '/api/v1/commands'],
    ['GET', URL_OF_ONE],
    ['DELETE', URL_OF_ONE],
  ])('%s %s answers 401', async (method, path) => {
    expect((await gateway.fetch(path, { method })).status).toBe(401);
    expect(coordinator.seen).toEqual([]);
  });
});

describe('DELETE /commands/{id} 200', () => {
  it('cancels a waiting command; its intent is in the trail before the coordinator is asked (promise P10)', async () => {
    let rowsBefore: Record<string, unknown>[] = [];
    coordinator.on(async (request) => {
      if (request.method !== 'DELETE') return own([]);
      rowsBefore = await client.json('/api/v1/security/audit-logs?limit=1');
      return own(receipt({ outcome: 'not_executed', code: 'command_not_executed' }));
    });
    const response = await cancel();
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id: COMMAND_ID, outcome: 'not_executed' });
    expect(rowsBefore).toMatchObject([
      {
        action: 'command.cancel',
        outcome: null,
        resource_id: COMMAND_ID,
        method: 'DELETE',
        endpoint: URL_OF_ONE,
      },
    ]);
    expect(await lastRow()).toMatchObject({ action: 'command.cancel', outcome: 'done', status_code: 200 });
  });

  it('is no command of its own: no id, no key, no lane', async () => {
    coordinator.on(() => own(receipt({ outcome: 'not_executed' })));
    await cancel();
    const { headers } = coordinator.seen.find(({ method }) => method === 'DELETE') ?? {};
    for (const name of ['coordinator-command-id', 'coordinator-lane', 'idempotency-key'])
      expect(headers?.get(name)).toBeNull();
  });
});

describe('DELETE /commands/{id} refused', () => {
  it('answers 409 for a command that has been sent', async () => {
    coordinator.on(() => refuse('command_already_sent', 409));
    const response = await cancel();
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: 'command_already_sent' });
    expect(await lastRow()).toMatchObject({ outcome: 'failed', status_code: 409 });
  });

  it('answers 503 when the coordinator is lost over it, and the trail does not guess', async () => {
    coordinator.on(() => Promise.reject(new Error('reset')));
    const response = await cancel();
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'coordinator_unavailable' });
    expect(await lastRow()).toMatchObject({ outcome: 'unknown', status_code: 503 });
  });
});

describe('other methods', () => {
  it.each(['POST', 'PUT', 'PATCH'])('%s answers 405', async (method) => {
    expect((await client.fetch(URL_OF_ONE, { method })).status).toBe(405);
  });
});
