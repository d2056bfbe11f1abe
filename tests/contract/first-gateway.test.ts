/** What clients of the first gateway rely on, one test per promise. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createTestGateway,
  post,
  type SignedInClient,
  type TestGateway,
  USER_AGENT,
} from '../support/gateway.ts';

type Json = Record<string, unknown>;

let gateway: TestGateway;
let client: SignedInClient;
let home: string;
let shop: string;
beforeAll(async () => {
  gateway = await createTestGateway({ env: { BACKEND_CORS_ORIGINS: '["https://panel.example"]' } });
  client = await gateway.signIn();
  const hubs = await client.json<{ id: string }[]>('/api/v1/ajax/hubs');
  [home = '', shop = ''] = hubs.map(({ id }) => id);
});
afterAll(async () => {
  expect(gateway.logged.filter((line) => line.includes('unhandled error'))).toEqual([]);
  await gateway.close();
});

const hub = (rest = '') => `/api/v1/ajax/hubs/${home}${rest}`;
const get = (path: string, headers: Record<string, string> = {}) => gateway.fetch(path, { headers });
const jsonOf = async (response: Response) => (await response.json()) as Json;
const first = async (path: string) => (await client.json<Json[]>(path))[0] ?? {};
const account = () => {
  const [found] = gateway.simulator.accounts;
  if (!found) throw new Error('No account');
  return found;
};
const credentials = () => ({ username: account().login, password: account().password });

describe('outside the prefix', () => {
  it('GET /health answers ok and the name of the project', async () => {
    const response = await get('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'ok', project: expect.any(String) });
  });

  it('GET / answers a message to clients that ask for JSON', async () => {
    const response = await get('/', { accept: 'application/json, text/plain, */*' });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ message: expect.stringContaining('/api/v1') });
  });

  it('GET / of a browser is for the dashboard', async () => {
    // There is none in this test: nobody else answers in its place.
    for (const accept of ['text/html,application/xhtml+xml,application/json', '*/*']) {
      expect((await get('/', { accept })).status).toBe(404);
    }
  });

  it.each([
    ['/openapi.json', '/api/v1/openapi.json'],
    ['/redoc', '/docs'],
  ])('GET %s leads to %s', async (from, to) => {
    const response = await get(from);
    expect(response.status).toBe(308);
    expect(response.headers.get('location')).toBe(to);
  });
});

describe('authentication', () => {
  const asMe = async (headers: Record<string, string>) => (await get('/api/v1/auth/me', headers)).status;

  it('takes the token with Bearer, in any case, and without it', async () => {
    for (const authorization of [
      `Bearer ${client.accessToken}`,
      `bearer ${client.accessToken}`,
      client.accessToken,
    ]) {
      expect(await asMe({ authorization })).toBe(200);
    }
  });

  it('takes the cookie access_token when there is no header, and the header first when there is', async () => {
    expect(client.cookies).toMatch(/^access_token=.+; refresh_token=/);
    expect(await asMe({ cookie: client.cookies })).toBe(200);
    expect(await asMe({ cookie: client.cookies, authorization: 'Bearer nonsense' })).toBe(401);
  });

  it.each([
    ['no token', {}],
    ['nonsense', { authorization: 'Bearer nonsense' }],
    ['an empty one', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
  ])('answers %s with 401 and one and the same detail', async (_name, headers) => {
    const response = await get('/api/v1/auth/me', headers);
    expect(response.status).toBe(401);
    expect((await jsonOf(response)).detail).toBe('Invalid credentials');
  });

  it('refuses a token that comes from another User-Agent, and takes one from another address', async () => {
    const authorization = `Bearer ${client.accessToken}`;
    expect(await asMe({ authorization, 'user-agent': 'another/1.0' })).toBe(401);
    const moved = await gateway.fetch('/api/v1/auth/me', {
      headers: { authorization },
      from: '198.51.100.8',
    });
    expect(moved.status).toBe(200);
  });

  it('issues HS256 tokens with the claims of old', () => {
    const claimsOf = (token: string) =>
      token
        .split('.')
        .slice(0, 2)
        .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Json);
    const [header, access] = claimsOf(client.accessToken);
    expect(header).toMatchObject({ alg: 'HS256' });
    expect(access).toMatchObject({
      sub: account().login,
      type: 'access',
      exp: expect.any(Number),
      jti: expect.any(String),
      uah: expect.stringMatching(/^[0-9a-f]{64}$/),
      uip: '203.0.113.5',
    });
    expect(claimsOf(client.refreshToken)[1]).toMatchObject({ sub: account().login, type: 'refresh' });
  });
});

describe.each(['/api/v1/auth', '/api/v1/users'])('under %s', (mount) => {
  it('POST /token answers tokens, userId and cookies of the lifetimes of old', async () => {
    const response = await gateway.fetch(`${mount}/token`, post(credentials()));
    expect(response.status).toBe(200);
    expect(Object.keys(await jsonOf(response)).sort()).toEqual([
      'access_token',
      'refresh_token',
      'token_type',
      'userId',
    ]);
    const [access, refresh] = response.headers.getSetCookie();
    expect(access).toMatch(/^access_token=[^;]+; Max-Age=1800; Path=\/; HttpOnly/);
    expect(refresh).toMatch(/^refresh_token=[^;]+; Max-Age=604800; Path=\/; HttpOnly/);
  });

  it('POST /token answers a wrong password with 401, the words of old and WWW-Authenticate', async () => {
    const body = { username: 'someone@example.com', password: 'wrong' };
    const response = await gateway.fetch(`${mount}/token`, post(body));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect((await jsonOf(response)).detail).toBe('Incorrect Ajax email or password');
  });

  it('POST /refresh takes the token from the body or the cookie, and each only once', async () => {
    const one = await gateway.signIn();
    const byBody = await gateway.fetch(`${mount}/refresh`, post({ refresh_token: one.refreshToken }));
    expect(Object.keys(await jsonOf(byBody)).sort()).toEqual([
      'access_token',
      'refresh_token',
      'token_type',
      'userId',
    ]);
    const again = await gateway.fetch(`${mount}/refresh`, post({ refresh_token: one.refreshToken }));
    expect(again.status).toBe(401);
    const two = await gateway.signIn();
    const byCookie = await gateway.fetch(`${mount}/refresh`, {
      method: 'POST',
      headers: { cookie: two.cookies, 'content-type': 'application/json' },
    });
    expect(byCookie.status).toBe(200);
    expect(byCookie.headers.getSetCookie()).toHaveLength(2);
  });

  it.each(['', '{}', '{"refresh_token":null}', '{"refresh_token":"nonsense"}'])(
    'POST /refresh with the body %j and no cookie is 401',
    async (body) => {
      const response = await gateway.fetch(`${mount}/refresh`, { method: 'POST', body });
      expect(response.status).toBe(401);
    },
  );

  it('POST /logout answers JSON, deletes the cookies and ends both tokens', async () => {
    const user = await gateway.signIn();
    const response = await user.fetch(`${mount}/logout`, { method: 'POST' });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ detail: 'Successfully logged out' });
    expect(response.headers.getSetCookie().map((cookie) => /^[a-z_]+=;.*Max-Age=0/.test(cookie))).toEqual([
      true,
      true,
    ]);
    expect((await user.fetch(`${mount}/me`)).status).toBe(401);
    const refresh = await gateway.fetch(`${mount}/refresh`, post({ refresh_token: user.refreshToken }));
    expect(refresh.status).toBe(401);
  });

  it('GET /me answers the account, its subscription and its Ajax profile', async () => {
    expect(await client.json(`${mount}/me`)).toMatchObject({
      id: expect.any(String),
      email: account().login,
      is_active: true,
      subscription_plan: expect.any(String),
      subscription_status: expect.any(String),
      subscription_expires_at: null,
      subscription_active: expect.any(Boolean),
      subscription_id: null,
      billing_status: expect.any(String),
      ajax_info: {
        id: account().userId.toLowerCase(),
        phone: expect.any(String),
        firstName: expect.any(String),
        lastName: expect.toBeOneOf([expect.any(String), null]),
        language: expect.any(String),
        login: account().login,
        imageUrls: expect.toBeOneOf([expect.any(Object), null]),
      },
    });
  });

  it('GET /me answers without the profile when Ajax cannot be read', async () => {
    const user = await gateway.signIn(2);
    const path = new RegExp(`/user/${gateway.simulator.accounts[2]?.userId}$`, 'i');
    gateway.simulator.faults.push({ match: { path }, outcome: { status: 500, body: {} } });
    try {
      expect(await user.json(`${mount}/me`)).toMatchObject({ is_active: true, ajax_info: null });
    } finally {
      gateway.simulator.faults.clear();
    }
  });
});

describe('shapes', () => {
  it('HubDetail, of the list and by itself: every name, nulls for what is absent', async () => {
    const names = [
      ...['id', 'name', 'role', 'online', 'state', 'hub_subtype', 'timeZone', 'color', 'externallyPowered'],
      ...['tampered', 'firmware', 'ethernet', 'battery', 'gsm', 'jeweller'],
    ];
    for (const found of [await first('/api/v1/ajax/hubs'), await client.json<Json>(hub())]) {
      for (const name of names) expect(found).toHaveProperty(name);
      expect(Object.values(found)).not.toContain(undefined);
      expect(found).toMatchObject({
        role: 'MASTER',
        online: expect.any(Boolean),
        firmware: {
          version: expect.anything(),
          newVersionAvailable: expect.anything(),
          latestAvailableVersion: expect.toBeOneOf([expect.any(String), null]),
          autoupdateEnabled: expect.anything(),
        },
        battery: { chargeLevelPercentage: expect.any(Number), state: expect.any(String) },
        jeweller: {
          detectorPingIntervalSeconds: expect.any(Number),
          lostHeartbeatsThreshold: expect.any(Number),
        },
      });
      expect(Object.keys(found.ethernet as Json).sort()).toEqual([
        'dhcp',
        'dns',
        'enabled',
        'gate',
        'ip',
        'mask',
      ]);
      expect(Object.keys(found.gsm as Json).sort()).toEqual(
        ['activeSimCard', 'gprsEnabled', 'networkStatus', 'signalLevel', 'simCardState'].sort(),
      );
    }
  });

  it('a partly armed hub never reads as disarmed, and the exact state is there as well', async () => {
    gateway.simulator.control.setHubState(shop, 'PARTIALLY_ARMED_NIGHT_MODE_OFF');
    gateway.clock.skip(60_000);
    expect(await client.json(`/api/v1/ajax/hubs/${shop}`)).toMatchObject({
      state: 'ARMED',
      exact_state: 'PARTIALLY_ARMED_NIGHT_MODE_OFF',
    });
  });

  it('DeviceListItem: both spellings, and no level that is not known', async () => {
    const devices = await client.json<Json[]>(hub('/devices'));
    for (const device of devices) {
      for (const name of ['id', 'hubId', 'name', 'deviceType', 'roomId', 'groupId', 'online']) {
        expect(device).toHaveProperty(name);
      }
      expect([device.device_type, device.room_id, device.group_id, device.hub_id]).toEqual([
        device.deviceType,
        device.roomId,
        device.groupId,
        device.hubId,
      ]);
      expect(device.online).toBeTypeOf('boolean');
      for (const name of ['battery_level', 'signal_level']) {
        if (name in device) expect(device[name]).not.toBeNull();
      }
    }
    expect(devices.some((device) => !('battery_level' in device))).toBe(true);
  });

  it('DeviceDetail: every name, nulls for what it lacks', async () => {
    const { id } = await first(hub('/devices'));
    const detail = await client.json<Json>(hub(`/devices/${id}`));
    const names = [
      ...[
        'id',
        'hubId',
        'name',
        'deviceType',
        'roomId',
        'groupId',
        'online',
        'state',
        'color',
        'battery_level',
      ],
      ...['firmware_version', 'temperature', 'signal_level', 'tampered', 'night_mode_arm', 'arm_delay'],
      ...['alarm_delay', 'cms_index', 'bypassState', 'malfunctions'],
    ];
    for (const name of names) expect(detail).toHaveProperty(name);
  });

  it('Room and Group', async () => {
    const room = await first(hub('/rooms'));
    expect(Object.keys(room).sort()).toEqual(['id', 'imageUrls', 'roomName']);
    expect(await client.json(hub(`/rooms/${room.id}`))).toEqual(room);
    expect(await first(`/api/v1/ajax/hubs/${shop}/groups`)).toMatchObject({
      id: expect.any(String),
      hub_id: shop,
      name: expect.any(String),
      state: expect.stringMatching(/^(ARMED|DISARMED)$/),
    });
  });

  it('EventLogResponse: the names of old, an integer count, milliseconds and never an empty text', async () => {
    const { logs, total_count } = await client.json<{ logs: Json[]; total_count: number }>(hub('/logs'));
    expect(logs).toHaveLength(20);
    expect(Number.isInteger(total_count)).toBe(true);
    for (const entry of logs) {
      expect(Object.keys(entry).sort()).toEqual(
        [
          ...[
            'id',
            'hub_id',
            'timestamp',
            'event_code',
            'event_desc',
            'user_name',
            'device_name',
            'transition',
          ],
          ...['eventTag', 'sourceObjectType', 'sourceObjectId', 'sourceRoomName', 'additionalData'],
          'additionalDataV2',
        ].sort(),
      );
      expect(entry.timestamp).toBeGreaterThan(1e12);
      expect(entry.event_desc).toEqual(expect.stringMatching(/./));
    }
  });

  it.each([{ armState: 0 }, { arm_state: 0 }, { armState: 0, groupId: null }])(
    'arm-state takes %j and answers success and a message',
    async (body) => {
      const response = await client.fetch(hub('/arm-state'), post(body));
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ success: true, message: expect.any(String) });
    },
  );

  it('arm-state takes a group in both spellings', async () => {
    const { id } = await first(`/api/v1/ajax/hubs/${shop}/groups`);
    for (const name of ['groupId', 'group_id']) {
      const body = { armState: 0, [name]: id };
      const response = await client.fetch(`/api/v1/ajax/hubs/${shop}/arm-state`, post(body));
      expect(response.status).toBe(200);
    }
  });

  it('arm-state 3 is 422', async () => {
    expect((await client.fetch(hub('/arm-state'), post({ armState: 3 }))).status).toBe(422);
  });
});

describe('plan refusals, word by word', () => {
  let planned: TestGateway;
  let user: SignedInClient;
  beforeAll(async () => {
    planned = await createTestGateway({ env: { DEFAULT_PLAN: 'free' } });
    user = await planned.signIn();
    planned.simulator.journal.clear();
  });
  afterAll(() => planned.close());

  it.each([
    ['GET', '/devices', 'Device access not included in your plan'],
    ['GET', '/devices/00A1B2C3', 'Device access not included in your plan'],
    ['GET', '/rooms', 'Room access not included in your plan'],
    ['GET', '/rooms/00A1B2C3', 'Room access not included in your plan'],
    ['GET', '/groups', 'Group access not included in your plan'],
    ['GET', '/logs', 'Logs access not included in your plan'],
    ['POST', '/arm-state', 'Command execution not included in your plan'],
  ])('%s %s: %s', async (method, path, detail) => {
    const init = method === 'POST' ? post({ armState: 1 }) : {};
    const response = await user.fetch(`/api/v1/ajax/hubs/00A1B2C3${path}`, init);
    expect(response.status).toBe(403);
    expect((await jsonOf(response)).detail).toBe(detail);
    expect(planned.simulator.journal.count()).toBe(0);
  });

  it('hubs are for everybody', async () => {
    expect((await user.fetch('/api/v1/ajax/hubs')).status).toBe(200);
  });
});

describe('habits of the first dashboard', () => {
  const paths = () => ['/api/v1/auth/me', '/api/v1/ajax/hubs', hub(), hub('/devices'), hub('/logs?limit=10')];

  it('GET with a JSON content type and no body is no error, and every answer is JSON', async () => {
    for (const path of paths()) {
      const response = await client.fetch(path, { headers: { 'content-type': 'application/json' } });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('application/json');
      expect(await response.json()).toBeTruthy();
    }
  });

  it('is preflighted for every call, and errors carry the CORS headers too', async () => {
    const origin = 'https://panel.example';
    for (const path of paths()) {
      const preflight = await gateway.fetch(path, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'content-type',
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('content-type');
      const refused = await get(path, { origin, 'content-type': 'application/json' });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
      expect(refused.headers.get('access-control-allow-credentials')).toBe('true');
    }
  });

  it.each([
    ['POST', '/api/v1/auth/token', '{', 400],
    ['POST', '/api/v1/auth/token', '{}', 422],
    ['GET', '/api/v1/auth/me', undefined, 401],
    ['GET', '/api/v1/nothing', undefined, 404],
  ])('%s %s with %j: detail is text', async (method, path, body, status) => {
    const response = await gateway.fetch(path, { method, ...(body === undefined ? {} : { body }) });
    expect(response.status).toBe(status);
    expect((await jsonOf(response)).detail).toBeTypeOf('string');
  });

  it('validation errors list type, loc and msg of each field', async () => {
    const { errors } = await jsonOf(await gateway.fetch('/api/v1/auth/token', post({})));
    expect(errors).toEqual(
      expect.arrayContaining([
        { type: expect.any(String), loc: ['body', 'username'], msg: expect.any(String) },
        { type: expect.any(String), loc: ['body', 'password'], msg: expect.any(String) },
      ]),
    );
  });

  it('headers of old are on every answer', async () => {
    const id = 'client-correlation-1';
    for (const path of ['/health', '/api/v1/auth/me', '/api/v1/nothing']) {
      const { headers } = await get(path, { 'x-correlation-id': id, 'user-agent': USER_AGENT });
      expect(headers.get('x-correlation-id')).toBe(id);
      expect(headers.get('x-request-latency-ms')).toMatch(/^\d/);
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin');
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
      expect(headers.get('content-security-policy')).toBeTruthy();
    }
  });

  it.each([
    [{ status: 503, body: { message: 'Service unavailable' } }, 503],
    [{ status: 500, body: { message: 'Oops' } }, 502],
    [{ status: 504, body: { message: 'Timeout' } }, 504],
  ])('an outage at sign-in (%j) is %i in words that do not blame the password', async (outcome, status) => {
    gateway.simulator.faults.push({ match: { path: '/api/login' }, times: 1, outcome });
    const response = await gateway.fetch('/api/v1/auth/token', post(credentials()));
    expect(response.status).toBe(status);
    expect(String((await jsonOf(response)).detail).toLowerCase()).not.toContain('password');
  });

  it('sign-in is 403 with a text once it is locked', async () => {
    const body = { username: 'forgetful@example.com', password: 'wrong' };
    for (let n = 0; n < 5; n++) {
      expect((await gateway.fetch('/api/v1/auth/token', { ...post(body), from: '192.0.2.50' })).status).toBe(
        401,
      );
    }
    const locked = await gateway.fetch('/api/v1/auth/token', { ...post(body), from: '192.0.2.50' });
    expect(locked.status).toBe(403);
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await jsonOf(locked)).detail).toMatch(/UTC/);
  });

  it('a lost connection to Ajax is 502 with a text', async () => {
    const user = await gateway.signIn(2);
    gateway.simulator.control.revokeSessions(gateway.simulator.accounts[2]?.login);
    gateway.clock.skip(60_000);
    const response = await user.fetch('/api/v1/ajax/hubs', { headers: { 'cache-control': 'no-cache' } });
    expect(response.status).toBe(502);
    expect(await jsonOf(response)).toMatchObject({
      code: 'upstream_login_required',
      detail: expect.any(String),
    });
  });

  it('the audit trail has the names of old', async () => {
    expect(Object.keys(await first('/api/v1/security/audit-logs'))).toEqual(
      expect.arrayContaining([
        ...['id', 'user_id', 'endpoint', 'method', 'action', 'payload', 'status_code', 'ip_address'],
        ...['user_agent', 'severity', 'resource_id', 'latency_ms', 'correlation_id', 'timestamp'],
      ]),
    );
  });
});
