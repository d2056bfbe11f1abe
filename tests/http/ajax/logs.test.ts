import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

interface Entry {
  id: string;
  event_desc: string;
  eventTag: string | null;
}
interface Log {
  logs: Entry[];
  total_count: number;
  total_is_exact: boolean;
  has_more: boolean;
}

let gateway: TestGateway;
let client: SignedInClient;
let home: string;
let path: string;
beforeAll(async () => {
  // As long as two requests of one moment may be apart.
  gateway = await createTestGateway({ simulator: { latencyMs: 50 } });
  client = await gateway.signIn();
  home = (await client.json<{ id: string }[]>('/api/v1/ajax/hubs'))[0]?.id ?? '';
  path = `/api/v1/ajax/hubs/${home}/logs`;
});
afterEach(() => {
  gateway.simulator.faults.clear();
  gateway.simulator.journal.clear();
});
afterAll(async () => {
  expect(gateway.logged.filter((line) => line.includes('unhandled error'))).toEqual([]);
  await gateway.close();
});

const pagesAsked = () =>
  gateway.simulator.journal.arrivals().filter(({ path: asked }) => asked.endsWith('/logs')).length;
const answerPage = (body: unknown, status = 200) =>
  gateway.simulator.faults.push({ match: { path: /\/logs$/ }, outcome: { status, body } });

describe('GET /ajax/hubs/{id}/logs 200', () => {
  it('answers 20 entries in the contract shape when nothing is asked for', async () => {
    const [newest] = gateway.simulator.control.log(home);
    const { logs, ...rest } = await client.json<Log>(path);
    expect(logs).toHaveLength(20);
    expect(rest).toEqual({ total_count: 50, total_is_exact: false, has_more: true });
    expect(logs[0]).toEqual({
      id: newest?.eventId,
      hub_id: home,
      timestamp: newest?.timestamp,
      event_code: newest?.eventCode,
      event_desc: expect.any(String),
      user_name: newest?.sourceObjectName,
      device_name: newest?.sourceObjectName,
      transition: newest?.transition,
      eventTag: newest?.eventTag,
      sourceObjectType: newest?.sourceObjectType,
      sourceObjectId: newest?.sourceObjectId,
      sourceRoomName: newest?.sourceRoomName ?? null,
      additionalData: null,
      additionalDataV2: [],
    });
  });

  it('gives what limit and offset name, across pages of Ajax', async () => {
    const all = gateway.simulator.control.log(home).map(({ eventId }) => eventId);
    for (const [limit, offset] of [
      [7, 0],
      [100, 0],
      [10, 45],
      [5, all.length - 3],
      [5, all.length],
    ] as const) {
      const { logs } = await client.json<Log>(`${path}?limit=${limit}&offset=${offset}`);
      expect(logs.map(({ id }) => id)).toEqual(all.slice(offset, offset + limit));
    }
    const last = await client.json<Log>(`${path}?limit=5&offset=${all.length - 3}`);
    expect(last).toMatchObject({ total_count: all.length, total_is_exact: true, has_more: false });
  });

  it('asks Ajax once when 10 and 50 are wanted at the same moment', async () => {
    const [ten, fifty] = await Promise.all(
      [10, 50].map((limit) => client.json<Log>(`${path}?limit=${limit}`)),
    );
    expect([ten?.logs.length, fifty?.logs.length]).toEqual([10, 50]);
    expect(pagesAsked()).toBe(1);
  });

  it('is never out of a cache: the next read sees what has happened', async () => {
    await client.json<Log>(path);
    gateway.simulator.control.setHubPower(home, false);
    const response = await client.fetch(`${path}?limit=1`);
    expect(response.headers.get('x-cache')).toBe('MISS');
    expect(((await response.json()) as Log).logs[0]).toMatchObject({ eventTag: 'ExternalPowerDisconnected' });
  });

  it.each([
    [undefined, 'Mains power lost'],
    ['es-ES,es;q=0.9,en;q=0.5', 'Corte de corriente'],
    ['de', 'Mains power lost'],
  ])('describes events in words, with Accept-Language %j', async (language, words) => {
    gateway.simulator.control.setHubPower(home, true);
    gateway.simulator.control.setHubPower(home, false);
    const headers: HeadersInit = language === undefined ? {} : { 'accept-language': language };
    const response = await client.fetch(`${path}?limit=1`, { headers });
    expect(response.headers.get('vary')).toContain('Accept-Language');
    expect(((await response.json()) as Log).logs[0]?.event_desc).toBe(words);
  });

  it.each([
    ['Motion', 'Movimiento detectado'],
    ['Arm', 'Sistema armado'],
    ['Disarm', 'Sistema desarmado'],
    ['Alarm', 'Alarma'],
    ['SOS', 'Botón de pánico'],
    ['PowerLoss', 'Corte de corriente'],
    ['BatteryLow', 'Batería baja'],
    ['SomethingNew', 'SomethingNew'],
    ['constructor', 'constructor'],
  ])('has Spanish words for the tag %s of old, and leaves unknown ones alone', async (eventTag, words) => {
    answerPage([{ eventTag }]);
    const { logs } = await client.json<Log>(path, { headers: { 'accept-language': 'es' } });
    expect(logs[0]).toMatchObject({ event_desc: words, eventTag });
  });

  it('never answers an empty description, whatever Ajax leaves out', async () => {
    answerPage([{}, { eventTag: null, eventCode: 'M_01_20' }, { eventTag: '' }]);
    const { logs } = await client.json<Log>(path);
    expect(logs.map((entry) => entry.event_desc)).toEqual(['Event', 'M_01_20', 'Event']);
    expect(logs[0]).toMatchObject({ id: null, hub_id: home, timestamp: null, user_name: null });
  });

  it.each(['logs', 'events'])('reads pages that come wrapped in `%s` too', async (key) => {
    answerPage({ [key]: [{ eventId: 'a', eventTag: 'Arm' }], totalCount: 1 });
    expect((await client.json<Log>(`${path}?limit=1`)).logs).toMatchObject([
      { id: 'a', event_desc: 'Armed' },
    ]);
  });

  it('can be followed as a job', async () => {
    const response = await client.fetch(`${path}?limit=60`, { headers: { prefer: 'respond-async' } });
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { id: string };
    await expect
      .poll(() => client.json<{ state: string }>(`/api/v1/jobs/${id}`), { timeout: 10_000 })
      .toMatchObject({
        state: 'done',
        result: { status: 200, body: { logs: expect.objectContaining({ length: 60 }) } },
      });
  });
});

describe('GET /ajax/hubs/{id}/logs errors', () => {
  it.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=ten',
    'offset=-1',
    'offset=x',
    'offset=1e400',
  ])('422 for %s', async (query) => {
    const response = await client.fetch(`${path}?${query}`);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid_request', detail: expect.any(String) });
  });

  it('404 for the hub of somebody else, and for a 404 of Ajax: never an empty list', async () => {
    const stranger = await gateway.signIn(2);
    const [foreign] = await stranger.json<{ id: string }[]>('/api/v1/ajax/hubs');
    expect((await client.fetch(`/api/v1/ajax/hubs/${foreign?.id}/logs`)).status).toBe(404);
    answerPage({ message: 'Not found' }, 404);
    const response = await client.fetch(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'upstream_not_found' });
  });

  it('502 for a page that is none', async () => {
    answerPage({ message: 'hello' });
    const response = await client.fetch(path);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'upstream_error' });
  });

  it('403 without the plan, in the words of old and without an upstream call', async () => {
    const planned = await createTestGateway({ env: { DEFAULT_PLAN: 'free' } });
    try {
      const user = await planned.signIn();
      planned.simulator.journal.clear();
      const response = await user.fetch(path);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({
        code: 'plan_required',
        detail: 'Logs access not included in your plan',
        required_plan: 'basic',
      });
      expect(planned.simulator.journal.count()).toBe(0);
    } finally {
      await planned.close();
    }
  });
});

describe('GET /ajax/hubs/{id}/rooms/{room}', () => {
  it('answers the room out of the list, without an upstream call of its own', async () => {
    const rooms = await client.json<{ id: string }[]>(`/api/v1/ajax/hubs/${home}/rooms`);
    gateway.simulator.journal.clear();
    for (const room of rooms) {
      expect(await client.json(`/api/v1/ajax/hubs/${home}/rooms/${room.id.toLowerCase()}`)).toEqual(room);
    }
    expect(gateway.simulator.journal.count()).toBe(0);
  });

  it('is 404 for an unknown room and for a room of another hub, 422 for no id', async () => {
    const [, shop] = await client.json<{ id: string }[]>('/api/v1/ajax/hubs');
    const [other] = await client.json<{ id: string }[]>(`/api/v1/ajax/hubs/${shop?.id}/rooms`);
    for (const id of ['00000000', other?.id]) {
      const response = await client.fetch(`/api/v1/ajax/hubs/${home}/rooms/${id}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'upstream_not_found' });
    }
    expect((await client.fetch(`/api/v1/ajax/hubs/${home}/rooms/a%20b`)).status).toBe(422);
  });
});
