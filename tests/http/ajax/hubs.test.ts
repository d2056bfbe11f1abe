import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

interface Hub {
  id: string;
  name: string;
  state: string;
  exact_state: string;
  online: boolean;
  unavailable: string | null;
}

let gateway: TestGateway;
let client: SignedInClient;
beforeAll(async () => {
  gateway = await createTestGateway({
    simulator: { budget: { limit: 10_000, windowMs: 60_000 } },
    env: { AJAX_BUDGET_REQUESTS: '5000' },
  });
  client = await gateway.signIn();
});
afterEach(() => gateway.simulator.faults.clear());
afterAll(() => gateway.close());

const hubsOf = (who: SignedInClient) => who.json<Hub[]>('/api/v1/ajax/hubs');

describe('GET /ajax/hubs 200', () => {
  it('lists every hub with state, role and the derived online, in the contract shape', async () => {
    const [home, shop] = await hubsOf(client);
    expect(home).toMatchObject({
      name: 'Linden Street 12',
      role: 'MASTER',
      online: true,
      state: 'DISARMED',
      firmware: { version: expect.any(String), newVersionAvailable: expect.any(Boolean) },
      battery: { chargeLevelPercentage: expect.any(Number), state: 'CHARGED' },
      jeweller: {
        detectorPingIntervalSeconds: expect.any(Number),
        lostHeartbeatsThreshold: expect.any(Number),
      },
    });
    expect(shop).toMatchObject({ groups_enabled: true, exact_state: expect.stringContaining('NIGHT_MODE') });
  });

  it('tells whether it came from the cache, and how old it is', async () => {
    await hubsOf(client);
    const response = await client.fetch('/api/v1/ajax/hubs');
    expect(response.headers.get('x-cache')).toBe('HIT');
    expect(Number(response.headers.get('age'))).toBeGreaterThanOrEqual(0);
    expect(Number(response.headers.get('x-cache-ttl'))).toBeLessThanOrEqual(30);
  });

  it('tells when to ask again: the list as soon as its hubs change, never sooner than they do', async () => {
    const [hub] = await hubsOf(client);
    const intervalOf = async (path: string) =>
      Number((await client.fetch(path)).headers.get('x-suggested-interval'));
    expect(await intervalOf('/api/v1/ajax/hubs')).toBe(30);
    expect(await intervalOf(`/api/v1/ajax/hubs/${hub?.id}/devices`)).toBe(30);
    expect(await intervalOf(`/api/v1/ajax/hubs/${hub?.id}/logs`)).toBe(10);
    expect(await intervalOf('/api/v1/budget')).toBe(5);
  });

  it('carries no secret of the hub: no Wi-Fi, no SIM, no address', async () => {
    const text = await (await client.fetch('/api/v1/ajax/hubs')).text();
    expect(text).not.toMatch(/"[^"]*(wifi|password|apn|imei|geofence|address)[^"]*":/i);
  });

  it('keeps a hub in the list whose detail cannot be read, and says why it is empty', async () => {
    const [, shop] = await hubsOf(client);
    gateway.simulator.faults.push({
      match: { path: new RegExp(`/hubs/${shop?.id}$`) },
      outcome: { status: 503, body: { message: 'Hub is offline' } },
    });
    gateway.clock.skip(60_000);
    const [home, dark] = await hubsOf(client);
    expect(home).toMatchObject({ name: 'Linden Street 12', unavailable: null });
    expect(dark).toMatchObject({ id: shop?.id, name: null, state: null, unavailable: 'hub_offline' });
  });

  it('marks what is older than usual while Ajax fails, with its age', async () => {
    const [hub] = await hubsOf(client);
    const paths = ['', `/${hub?.id}`, `/${hub?.id}/devices`].map((path) => `/api/v1/ajax/hubs${path}`);
    for (const path of paths) await client.fetch(path);
    gateway.clock.skip(60_000);
    gateway.simulator.faults.push({ match: { path: /./ }, times: 100, outcome: { status: 500 } });
    for (const path of paths) {
      const response = await client.fetch(path);
      expect([response.status, response.headers.get('x-cache')]).toEqual([200, 'STALE']);
      expect(Number(response.headers.get('age'))).toBeGreaterThanOrEqual(60);
      expect(response.headers.get('x-cache-ttl')).toBe('0');
    }
  });

  it('serves 100 identical concurrent reads with one upstream call', async () => {
    const stranger = await gateway.signIn(2);
    const [hub] = await hubsOf(stranger);
    gateway.clock.skip(60_000);
    gateway.simulator.journal.clear();
    const path = `/api/v1/ajax/hubs/${hub?.id}/rooms`;
    const answers = await Promise.all(Array.from({ length: 100 }, () => stranger.fetch(path)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(100).fill(200));
    const arrivals = gateway.simulator.journal.arrivals().filter(({ path: at }) => at.endsWith('/rooms'));
    expect(arrivals).toHaveLength(1);
  });
});

describe('GET /ajax/hubs/{id} 404', () => {
  it('answers alike for a hub of somebody else and for none at all', async () => {
    const [foreign] = await hubsOf(await gateway.signIn(2));
    const answers = await Promise.all(
      [foreign?.id ?? '', '00000000'].map(async (id) => {
        const response = await client.fetch(`/api/v1/ajax/hubs/${id}`);
        const { correlation_id, ...problem } = (await response.json()) as Record<string, unknown>;
        return { status: response.status, ...problem };
      }),
    );
    expect(answers[0]).toMatchObject({ status: 404, code: 'upstream_not_found' });
    expect(answers[1]).toEqual(answers[0]);
  });

  it('finds a hub whatever the case of its id', async () => {
    const [home] = await hubsOf(client);
    expect(await client.json(`/api/v1/ajax/hubs/${home?.id.toLowerCase()}`)).toMatchObject({ id: home?.id });
  });
});

describe('GET /ajax/hubs/{id} 422', () => {
  it.each(['a b', 'a%2Fb', `${'x'.repeat(65)}`, '%E0%A4%A'])('refuses the id %j', async (id) => {
    const response = await client.fetch(`/api/v1/ajax/hubs/${id}`);
    expect([404, 422]).toContain(response.status);
    expect((await response.json()) as object).toHaveProperty('code');
  });
});

describe('devices, rooms and groups', () => {
  it('come with their telemetry in one upstream call, in both spellings', async () => {
    const [home] = await hubsOf(client);
    gateway.simulator.journal.clear();
    const devices = await client.json<Record<string, unknown>[]>(`/api/v1/ajax/hubs/${home?.id}/devices`);
    expect(gateway.simulator.journal.count()).toBe(1);
    const door = devices.find(({ deviceType }) => deviceType === 'DoorProtectPlus');
    expect(door).toMatchObject({
      hubId: home?.id,
      device_type: 'DoorProtectPlus',
      room_id: door?.roomId,
      battery_level: expect.any(Number),
      temperature: expect.any(Number),
      reed_closed: expect.any(Boolean),
    });
    const siren = devices.find(({ deviceType }) => deviceType === 'Socket');
    expect(siren).not.toHaveProperty('battery_level');
  });

  it('answer one device in the contract shape, with nulls for what it lacks', async () => {
    const [home] = await hubsOf(client);
    const [first] = await client.json<{ id: string }[]>(`/api/v1/ajax/hubs/${home?.id}/devices`);
    expect(await client.json(`/api/v1/ajax/hubs/${home?.id}/devices/${first?.id}`)).toMatchObject({
      id: first?.id,
      firmware_version: expect.any(String),
      night_mode_arm: expect.any(Boolean),
      bypassState: expect.any(Array),
      malfunctions: expect.any(Array),
    });
    const missing = await client.fetch(`/api/v1/ajax/hubs/${home?.id}/devices/00000000`);
    expect(missing.status).toBe(404);
  });

  it('map groups from what Ajax sends: groupName, and no hub id', async () => {
    const [, shop] = await hubsOf(client);
    const groups = await client.json<object[]>(`/api/v1/ajax/hubs/${shop?.id}/groups`);
    expect(groups.length).toBeGreaterThan(1);
    expect(groups[0]).toMatchObject({
      hub_id: shop?.id,
      name: expect.any(String),
      state: expect.any(String),
    });
  });

  it('list rooms', async () => {
    const [home] = await hubsOf(client);
    const rooms = await client.json<object[]>(`/api/v1/ajax/hubs/${home?.id}/rooms`);
    expect(rooms[0]).toMatchObject({ id: expect.any(String), roomName: 'Entrance' });
  });
});

describe('plans', () => {
  it.each([
    ['free', { hubs: 200, devices: 403, arm: 403 }],
    ['basic', { hubs: 200, devices: 200, arm: 403 }],
    ['pro', { hubs: 200, devices: 200, arm: 200 }],
  ])('%s opens what the matrix says, and a refusal costs no upstream call', async (plan, expected) => {
    const planned = await createTestGateway({ env: { DEFAULT_PLAN: plan } });
    try {
      const user = await planned.signIn();
      const [home] = await hubsOf(user);
      const before = planned.simulator.journal.count();
      const devices = await user.fetch(`/api/v1/ajax/hubs/${home?.id}/devices`);
      const arm = await user.fetch(`/api/v1/ajax/hubs/${home?.id}/arm-state`, {
        method: 'POST',
        body: JSON.stringify({ armState: 0 }),
      });
      expect({ hubs: 200, devices: devices.status, arm: arm.status }).toEqual(expected);
      if (plan === 'free') {
        expect(await devices.json()).toMatchObject({
          code: 'plan_required',
          detail: 'Device access not included in your plan',
          required_plan: 'basic',
          plan: 'free',
        });
        expect(planned.simulator.journal.count()).toBe(before);
      }
    } finally {
      await planned.close();
    }
  });
});

describe('GET /budget', () => {
  it('shows the shared budget and the caller share, and costs nothing', async () => {
    gateway.simulator.journal.clear();
    expect(await client.json('/api/v1/budget')).toEqual({
      limit: 5000,
      window_seconds: 60,
      used: expect.any(Number),
      waiting: 0,
      mine: { used: expect.any(Number), waiting: 0 },
      predicted_wait_ms: 0,
    });
    expect(gateway.simulator.journal.count()).toBe(0);
  });
});
