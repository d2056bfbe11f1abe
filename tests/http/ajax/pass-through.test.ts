/** The API of Ajax, passed through below the caller's own user. */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/kernel/errors.ts';
import type { OutgoingRequest } from '../../../src/kernel/send-once.undici.ts';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

interface AuditRow {
  action: string;
  outcome: string | null;
  status_code: number | null;
  resource_id: string;
  endpoint: string;
  method: string;
  severity: string;
  payload: Record<string, unknown>;
}
interface Hub {
  id: string;
  state: string;
}

let gateway: TestGateway;
let owner: SignedInClient;
let home: string;
let shop: string;
let me: string;
let isReadOnly = false;
/** All that left for Ajax. */
const left: OutgoingRequest[] = [];

beforeAll(async () => {
  gateway = await createTestGateway({
    database: (next) => ({
      ...next,
      run: (work, timeoutMs) => next.run((sql) => work(isReadOnly ? readOnly(sql) : sql), timeoutMs),
    }),
    send: (next) => (request) => {
      left.push(request);
      return next(request);
    },
  });
  owner = await gateway.signIn(0);
  me = gateway.simulator.accounts[0]?.userId ?? '';
  [home = '', shop = ''] = (await owner.json<Hub[]>('/api/v1/ajax/hubs')).map(({ id }) => id);
});
afterEach(() => gateway.simulator.faults.clear());
afterAll(async () => {
  expect(gateway.logged.filter((line) => line.includes('unhandled error'))).toEqual([]);
  await gateway.close();
});

const call = (path: string, init: RequestInit = {}, client = owner) =>
  client.fetch(`/api/v1/ajax/user/${me}${path}`, init);
const json = (body: unknown, method = 'PUT'): RequestInit => ({ method, body: JSON.stringify(body) });
const lastRow = async (client = owner) => {
  const [row] = await client.json<AuditRow[]>('/api/v1/security/audit-logs?limit=1');
  if (!row) throw new Error('the trail is empty');
  return row;
};
const arrivals = (path: string | RegExp) => gateway.simulator.journal.arrivals({ path });
const count = () => gateway.simulator.journal.count();
/** What Ajax answers next at this path. */
const answer = (path: string, status: number, body: unknown, headers: Record<string, string> = {}) =>
  gateway.simulator.faults.push({
    match: { path },
    times: 1,
    outcome: { status, body: body as string, headers },
  });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

function readOnly<T extends object>(sql: T): T {
  return new Proxy(sql, {
    get(target, name) {
      if (name === 'insert') throw new GatewayError('database_unavailable');
      return Reflect.get(target, name);
    },
  });
}

describe('a read', () => {
  it('is answered as Ajax answers it: fields of its own, status and content type', async () => {
    const response = await call(`/hubs/${home}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toMatchObject({ id: home, hubSubtype: expect.any(String), limits: {} });
    const profile = await call('');
    expect(await profile.json()).toMatchObject({ login: gateway.simulator.accounts[0]?.login });
  });

  it('goes through the cache and shares it with the typed routes', async () => {
    await owner.fetch(`/api/v1/ajax/hubs/${home}/rooms`);
    const before = count();
    const first = await call(`/hubs/${home}/rooms`);
    expect(first.headers.get('x-cache')).toBe('HIT');
    expect(first.headers.get('content-type')).toMatch(/^application\/json/);
    expect(Number(first.headers.get('x-cache-ttl'))).toBeGreaterThan(0);
    expect(Number(first.headers.get('x-suggested-interval'))).toBeGreaterThanOrEqual(30);
    expect(first.headers.get('x-command-id')).toBeNull();
    const fresh = await call(`/hubs/${home}/rooms`, { headers: { 'cache-control': 'no-cache' } });
    expect(fresh.headers.get('x-cache')).toBe('HIT');
    expect(count()).toBe(before);
  });

  it('hands the wished language on, and answers each language with its own', async () => {
    const read = (language: string) =>
      call(`/hubs/${home}/scenarios`, { headers: { 'accept-language': language } });
    const wished = () => left.findLast(({ path }) => path.includes('scenarios'))?.headers['accept-language'];
    const before = count();
    const response = await read('ES-mx, en;q=0.5');
    expect(response.headers.get('vary')).toMatch(/accept-language/i);
    expect(count()).toBeGreaterThan(before);
    expect(wished()).toBe('es-mx, en;q=0.5');
    await read('es"');
    expect(wished()).toBeUndefined();
  });

  it('keeps the query exactly: order, repetitions, encoding and empty values', async () => {
    const query = 'b=2&a=1&a=%20x+y&c=%2Fd%252E&empty=&flag&a%5B%5D=%C3%A9';
    await call(`/spaces?${query}`);
    expect(arrivals('/spaces').at(-1)?.query).toBe(query);
  });

  it('with HEAD has the headers of GET and no body', async () => {
    const response = await call(`/hubs/${home}/rooms`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.text()).toBe('');
    expect(gateway.simulator.journal.count({ method: 'HEAD' })).toBe(0);
  });

  it('that is not JSON is handed through byte for byte, never cached, and nothing a browser would run', async () => {
    const page = '<script>alert(1)</script>\ufeff';
    answer('/groups', 200, page, { 'content-type': 'text/html; charset=utf-8' });
    const response = await call(`/hubs/${shop}/groups`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(Buffer.from(await response.arrayBuffer()).toString()).toBe(page);
    const next = await owner.fetch(`/api/v1/ajax/hubs/${shop}/groups`);
    expect(next.headers.get('x-cache')).toBe('MISS');
    expect(await next.json()).toHaveLength(3);
  });

  it('of the typed routes still refuses what is not JSON', async () => {
    answer('/groups', 200, '<html>proxy</html>', { 'content-type': 'text/html' });
    gateway.clock.skip(3_000);
    const response = await owner.fetch(`/api/v1/ajax/hubs/${shop}/groups`, {
      headers: { 'cache-control': 'no-cache' },
    });
    expect([response.status, await codeOf(response)]).toEqual([502, 'upstream_error']);
  });

  it.each([400, 403, 404, 412, 422, 500, 501])(
    'answered %i by Ajax has its status and words',
    async (status) => {
      answer('/scenarios', status, { message: 'in its words', messageId: 'm-1' });
      const response = await call(`/hubs/${home}/scenarios`);
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).not.toContain('problem');
      expect(await response.json()).toEqual({ message: 'in its words', messageId: 'm-1' });
    },
  );

  it('passes on Retry-After, and no header that says where it came from', async () => {
    answer(
      '/scenarios',
      503,
      { message: 'maintenance' },
      {
        'retry-after': '7',
        'set-cookie': 'session=ajax; Path=/',
        server: 'ajax',
        'x-session-token': 'secret',
        'x-powered-by': 'x',
        'access-control-allow-origin': '*',
        'strict-transport-security': 'max-age=0',
        'www-authenticate': 'Basic',
        location: 'https://evil.test/',
        link: '<https://evil.test/>',
        'clear-site-data': '"*"',
      },
    );
    const response = await call(`/hubs/${home}/scenarios`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('7');
    for (const name of ['set-cookie', 'server', 'x-session-token', 'x-powered-by', 'www-authenticate']) {
      expect(response.headers.get(name), name).toBeNull();
    }
    for (const name of ['access-control-allow-origin', 'location', 'link', 'clear-site-data']) {
      expect(response.headers.get(name), name).toBeNull();
    }
    expect(response.headers.get('strict-transport-security')).toContain('31536000');
  });

  it('never ends in a 401 of Ajax: the session is renewed, or said to be lost', async () => {
    gateway.simulator.faults.push({
      match: { path: '/scenarios' },
      times: 1,
      outcome: { status: 401, body: { message: 'Unauthorized' } },
    });
    expect((await call(`/hubs/${home}/scenarios`)).status).toBe(200);
    gateway.simulator.faults.push({
      match: { path: '/scenarios' },
      times: 5,
      outcome: { status: 401, body: { message: 'Unauthorized' } },
    });
    const lost = await call(`/hubs/${home}/scenarios`);
    expect([lost.status, await codeOf(lost)]).toEqual([502, 'upstream_login_required']);
    gateway.simulator.faults.clear();
    owner = await gateway.signIn(0);
  });

  it('is never data when it says that the limit was exceeded', async () => {
    answer('/scenarios', 200, { message: 'You have exceeded the limit in 100 requests per minute' });
    const response = await call(`/hubs/${home}/scenarios`);
    expect(response.status).not.toBe(200);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    gateway.clock.skip(70_000);
  });

  it('answered with a redirect is not followed, and not passed on', async () => {
    answer('/scenarios', 302, '', { location: 'https://evil.test/' });
    const before = count();
    const response = await call(`/hubs/${home}/scenarios`);
    expect([response.status, await codeOf(response)]).toEqual([502, 'upstream_error']);
    expect(count()).toBe(before + 1);
  });

  it('does not wait in a job: the preference is not applied', async () => {
    const response = await call(`/hubs/${home}/scenarios`, { headers: { prefer: 'respond-async' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('preference-applied')).toBeNull();
  });

  it('names hubs in any spelling, and sends the one of Ajax', async () => {
    await call(`/hubs/${home.toLowerCase()}/scenarios`);
    expect(arrivals('/scenarios').at(-1)?.path).toBe(`/api/user/${me}/hubs/${home}/scenarios`);
  });

  it('of a hub of others costs no request of its own, and looks as if there was none', async () => {
    const theirs = gateway.simulator.accounts[2]?.hubIds[0] ?? '';
    const [foreign, missing] = await Promise.all([call(`/hubs/${theirs}`), call('/hubs/FFFFFFFF')]);
    const [one, other] = [await foreign.json(), await missing.json()] as Record<string, unknown>[];
    expect(foreign.status).toBe(404);
    expect({ ...one, correlation_id: '' }).toEqual({ ...other, correlation_id: '' });
    expect(
      arrivals(theirs).filter(({ account }) => account === gateway.simulator.accounts[0]?.login),
    ).toEqual([]);
  });
});

describe('a mutation', () => {
  it('is sent as it is and answered as Ajax answers, with the id of its receipt', async () => {
    const created = await call(`/hubs/${home}/rooms`, json({ roomName: 'Cellar', more: [1, 'é'] }, 'POST'));
    expect(created.status).toBe(201);
    const room = (await created.json()) as { id: string };
    const sent = left.at(-1);
    expect(Buffer.from((sent?.body ?? '') as Uint8Array).toString()).toBe(
      '{"roomName":"Cellar","more":[1,"é"]}',
    );
    expect(sent?.headers['content-type']).toBe('application/json');
    const id = created.headers.get('x-command-id');
    expect(await owner.json(`/api/v1/commands/${id}`)).toMatchObject({ id, outcome: 'done', method: 'POST' });

    const renamed = await call(`/hubs/${home}/rooms/${room.id}`, json({ roomName: 'Wine cellar' }));
    expect([renamed.status, await renamed.text()]).toEqual([204, '']);
    // The hub has changed: nothing older is answered (promise P8).
    const rooms = await owner.json<{ roomName: string }[]>(`/api/v1/ajax/hubs/${home}/rooms`);
    expect(rooms.map(({ roomName }) => roomName)).toContain('Wine cellar');
    expect((await call(`/hubs/${home}/rooms/${room.id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await lastRow()).toMatchObject({
      action: 'ajax.delete',
      method: 'DELETE',
      severity: 'warning',
      outcome: 'done',
      status_code: 204,
      resource_id: `hubs/${home}/rooms/${room.id}`,
      endpoint: `/api/v1/ajax/user/${me.toLowerCase()}/hubs/${home}/rooms/${room.id}`,
    });
  });

  it.each<[string, string]>([
    ['an array', '[{"a":1},[2],null]'],
    ['a text', '"MAKE_PHOTO"'],
    ['a number', '0'],
    ['false', 'false'],
    ['null', 'null'],
    ['white space that must stay', ' {\n\t"a" : 1e3 }\n'],
  ])('whose body is %s arrives byte for byte', async (_name, body) => {
    const response = await call(`/hubs/${home}/scenarios`, { method: 'PATCH', body });
    expect(response.status).toBe(405);
    expect(arrivals('/scenarios').at(-1)?.bodySha256).toBe(sha256(Buffer.from(body)));
  });

  it('with any type of body keeps bytes and type', async () => {
    const bytes = Uint8Array.from({ length: 4_096 }, (_, index) => (index * 37) % 256);
    const type = 'application/octet-stream; x="a;b"';
    await call(`/hubs/${home}/scenarios`, { method: 'POST', body: bytes, headers: { 'content-type': type } });
    expect(arrivals('/scenarios').at(-1)).toMatchObject({ bodySha256: sha256(bytes), contentType: type });
    expect((await lastRow()).payload).toMatchObject({
      content_type: type,
      size: 4_096,
      sha256: sha256(bytes),
    });
  });

  it('without a body has none at Ajax, whatever type was named for it', async () => {
    await call(`/hubs/${home}/image`, { method: 'DELETE', headers: { 'content-type': 'application/json' } });
    expect(arrivals('/image').at(-1)).toMatchObject({ method: 'DELETE', status: 204 });
    expect(arrivals('/image').at(-1)?.bodySha256).toBeUndefined();
    expect(left.at(-1)?.headers['content-type']).toBeUndefined();
  });

  it('carries nothing of the client’s own headers', async () => {
    const mine = {
      cookie: 'access_token=secret',
      'x-api-key': 'mine',
      'x-session-token': 'mine',
      'x-company-token': 'mine',
      'x-forwarded-for': '198.51.100.1',
      'x-forwarded-host': 'evil.test',
      forwarded: 'for=198.51.100.1',
      'proxy-authorization': 'Basic x',
      te: 'trailers',
      'x-http-method-override': 'DELETE',
      'x-original-url': '/api/company/1',
      'coordinator-content': 'x',
      'coordinator-lane': 'background',
      range: 'bytes=0-1',
      'if-none-match': '"x"',
      origin: 'http://gateway.test',
    };
    for (const init of [{}, json({ roomName: 'x' }, 'POST')]) {
      await call(`/hubs/${home}/scenarios`, { ...init, headers: mine });
      const sent = left.at(-1);
      const expected = [
        'accept',
        'x-api-key',
        'x-session-token',
        ...('body' in init ? ['content-type'] : []),
      ];
      expect(Object.keys(sent?.headers ?? {}).sort()).toEqual(expected.sort());
      expect(sent?.headers['x-api-key']).toBe('test-key');
      expect(sent?.headers['x-session-token']).not.toBe('mine');
      expect(sent?.path).toBe(`/api/user/${me}/hubs/${home}/scenarios`);
    }
  });

  it.each([400, 403, 409, 412, 422, 500, 501, 503])(
    'refused with %i by Ajax has its words and its receipt',
    async (status) => {
      const body = { message: 'in its words', rejectionReasons: [{ code: 'X' }] };
      answer('/commands/panic', status, body);
      const response = await call(`/hubs/${home}/commands/panic`, json({ location: null }));
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual(body);
      const id = response.headers.get('x-command-id');
      expect(await owner.json(`/api/v1/commands/${id}`)).toMatchObject({ outcome: 'failed' });
      expect(await lastRow()).toMatchObject({ action: 'ajax.put', outcome: 'failed', status_code: status });
    },
  );

  it('accepted by Ajax with 202 and no body is that', async () => {
    const response = await call(
      `/hubs/${home}/commands/muteSoundIndication`,
      json({ command: 'MUTE_DEVICE_OFFLINE_SOUND_INDICATIONS' }),
    );
    expect([response.status, await response.text()]).toEqual([202, '']);
    expect(response.headers.get('location')).toBeNull();
    expect(await lastRow()).toMatchObject({ outcome: 'done', status_code: 202 });
  });

  it.each<[string, Parameters<TestGateway['simulator']['faults']['push']>[0]['outcome']]>([
    ['whose answer is lost', 'network-error'],
    ['a proxy gave up on', { status: 504, body: { message: 'backend' } }],
  ])('%s has an unknown outcome, and is sent once', async (name, outcome) => {
    const before = arrivals('/commands/panic').length;
    gateway.simulator.faults.push({ match: { path: '/commands/panic' }, times: 1, outcome, executes: true });
    // A body of its own: an identical one would be the earlier command again.
    const response = await call(`/hubs/${home}/commands/panic`, json({ location: name }));
    expect(response.status).toBe(504);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await response.json()) as { code: string; command_id: string };
    expect(problem.code).toBe('command_outcome_unknown');
    expect(response.headers.get('x-command-id')).toBe(problem.command_id);
    expect(arrivals('/commands/panic')).toHaveLength(before + 1);
    expect(await lastRow()).toMatchObject({ outcome: 'unknown', status_code: 504 });
  });

  it('is in the audit trail before it is sent', async () => {
    const rooms = () => gateway.simulator.journal.count({ method: 'POST', path: '/rooms' });
    const before = rooms();
    isReadOnly = true;
    try {
      const response = await call(`/hubs/${home}/rooms`, json({ roomName: 'x' }, 'POST'));
      expect([response.status, await codeOf(response)]).toEqual([503, 'database_unavailable']);
    } finally {
      isReadOnly = false;
    }
    expect(rooms()).toBe(before);
  });

  it('is recorded without its secrets, whatever characters it has', async () => {
    const body = {
      name: 'nul \0 half \ud800 end',
      'na\0me': 1,
      password: '1234',
      duressPassword: '4321',
      nested: [{ newPassword: '9999', siaEncryptionKey: 'k' }],
      pin: 1111,
    };
    const response = await call(`/hubs/${home}/accessCodes?token=abc&token=d&x=%00`, json(body, 'POST'));
    expect(response.status).toBe(501);
    const { payload } = await lastRow();
    expect(payload).toMatchObject({
      body: {
        name: 'nul \ufffd half \ufffd end',
        password: '[redacted]',
        duressPassword: '[redacted]',
        nested: [{ newPassword: '[redacted]', siaEncryptionKey: '[redacted]' }],
        pin: '[redacted]',
      },
      query: { token: '[redacted]' },
      command_id: expect.any(String),
    });
    expect(JSON.stringify(payload)).not.toMatch(/1234|4321|9999|1111|abc/);
  });

  it('whose body is a bare value or is long is recorded by its size', async () => {
    await call(`/hubs/${home}/accessCodes`, json('4711', 'POST'));
    expect((await lastRow()).payload).toEqual({
      content_type: 'application/json',
      size: 6,
      command_id: expect.any(String),
    });
    const long = json({ text: 'x'.repeat(20_000) }, 'POST');
    await call(`/hubs/${home}/accessCodes`, long);
    expect((await lastRow()).payload).toMatchObject({ size: 20_011, sha256: expect.any(String) });
  });

  it('with an Idempotency-Key is sent once and answered twice, type and bytes included', async () => {
    const bytes = Uint8Array.from([0xff, 0x00, 0x80, 0x0a]);
    gateway.simulator.faults.push({
      match: { path: '/rooms' },
      times: 1,
      outcome: { status: 200, body: 'not JSON at all', headers: { 'content-type': 'text/plain' } },
    });
    const init = {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'application/x-thing', 'idempotency-key': '"thing-1"' },
    };
    const before = gateway.simulator.journal.count({ method: 'POST', path: '/rooms' });
    const [first, again] = [await call(`/hubs/${home}/rooms`, init), await call(`/hubs/${home}/rooms`, init)];
    for (const response of [first, again]) {
      expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
        200,
        'text/plain',
        'not JSON at all',
      ]);
    }
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('x-command-id')).toBe(first.headers.get('x-command-id'));
    expect(gateway.simulator.journal.count({ method: 'POST', path: '/rooms' })).toBe(before + 1);
    expect(await lastRow()).toMatchObject({ outcome: 'replayed' });
    const other = await call(`/hubs/${home}/rooms`, {
      ...init,
      body: Uint8Array.from([0xff, 0x00, 0x80, 0x0b]),
    });
    expect([other.status, await codeOf(other)]).toEqual([422, 'idempotency_key_reused']);
    const retyped = await call(`/hubs/${home}/rooms`, {
      ...init,
      headers: { ...init.headers, 'content-type': 'application/x-other' },
    });
    expect(await codeOf(retyped)).toBe('idempotency_key_reused');
  });

  it('of JSON may be asynchronous; of anything else the preference is not applied', async () => {
    const prefer = { prefer: 'respond-async' };
    const accepted = await call(`/hubs/${home}/commands/searchCancel`, { method: 'PUT', headers: prefer });
    expect(accepted.status).toBe(202);
    const body = (await accepted.json()) as { command_id: string };
    expect(body).toMatchObject({ success: false, outcome: 'accepted' });
    expect(accepted.headers.get('location')).toBe(`/api/v1/commands/${body.command_id}`);
    expect(accepted.headers.get('x-command-id')).toBe(body.command_id);
    expect(accepted.headers.get('preference-applied')).toBe('respond-async');
    const form = new FormData();
    form.set('image', new Blob([PNG]), 'p.png');
    const upload = await call('/image', { method: 'POST', body: form, headers: prefer });
    expect(upload.status).toBe(204);
    expect(upload.headers.get('preference-applied')).toBeNull();
  });
});

/** A signature, and every byte there is. */
const PNG = Uint8Array.from([
  ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  ...Array.from({ length: 256 }, (_, byte) => byte),
]);

describe('a photo', () => {
  const upload = (path: string, bytes: Uint8Array<ArrayBuffer>, field = 'image') => {
    const form = new FormData();
    form.set(field, new Blob([bytes], { type: 'image/png' }), 'photo ü.png');
    return call(path, { method: 'POST', body: form });
  };

  it('reaches Ajax as multipart, and the next read shows it', async () => {
    expect((await upload('/image', PNG)).status).toBe(204);
    const profile = await owner.json<{ imageUrls: { small: string } }>(`/api/v1/ajax/user/${me}`);
    expect(profile.imageUrls.small).toMatch(/^https:/);
    const { payload } = await lastRow();
    expect(payload).toMatchObject({
      content_type: expect.stringMatching(/^multipart\/form-data; boundary=/),
    });
    expect(payload.sha256).toBe(arrivals('/image').at(-1)?.bodySha256);
    expect((await upload(`/hubs/${home}/image`, PNG)).status).toBe(204);
  });

  it('that Ajax refuses is refused in its words', async () => {
    expect((await upload('/image', PNG, 'picture')).status).toBe(422);
    expect((await upload('/image', Uint8Array.from([1, 2, 3]))).status).toBe(422);
    const large = new Uint8Array(8 * 1024 * 1024 + 1);
    large.set(PNG);
    const refused = await upload('/image', large);
    expect([refused.status, await refused.json()]).toMatchObject([413, { message: /8 megabytes/ }]);
  });

  it('beyond 10 MB is refused here', async () => {
    const before = count();
    const refused = await upload('/image', new Uint8Array(10 * 1024 * 1024));
    expect([refused.status, await codeOf(refused)]).toEqual([413, 'payload_too_large']);
    expect(count()).toBe(before);
  });
});

describe('arming', () => {
  const arm = (hub: string, command: string, client = owner, user = me) =>
    client.fetch(
      `/api/v1/ajax/user/${user}/hubs/${hub}/commands/arming`,
      json({ command, ignoreProblems: true }),
    );
  const stateOf = async (hub: string, client = owner) =>
    (await client.json<Hub>(`/api/v1/ajax/hubs/${hub}`)).state;

  it('shows at once, here and to whoever shares the hub, and is recorded with its word', async () => {
    const guest = await gateway.signIn(1);
    expect(await stateOf(home, guest)).toBe('DISARMED');
    const response = await arm(home.toLowerCase(), 'ARM');
    expect(response.status).toBe(204);
    expect(await stateOf(home, guest)).toBe('ARMED');
    expect((await arm(home, 'DISARM')).status).toBe(204);
    expect(await stateOf(home)).toBe('DISARMED');
    expect(await lastRow()).toMatchObject({ severity: 'warning', payload: { body: { command: 'DISARM' } } });
    const id = response.headers.get('x-command-id');
    expect(await owner.json(`/api/v1/commands/${id}`)).toMatchObject({ command: 'ARM', outcome: 'done' });
  });

  it('waits for its turn among the commands of the typed route', async () => {
    const order = () =>
      left
        .filter(({ path }) => path.endsWith('/commands/arming'))
        .map(({ body }) => JSON.parse(Buffer.from(body as Uint8Array).toString()).command);
    const before = order().length;
    await Promise.all([
      arm(home, 'ARM'),
      owner.fetch(`/api/v1/ajax/hubs/${home}/arm-state`, { method: 'POST', body: '{"armState":0}' }),
    ]);
    expect(order().slice(before).sort()).toEqual(['ARM', 'DISARM']);
    const last = order().at(-1) === 'ARM' ? 'ARMED' : 'DISARMED';
    expect(await stateOf(home)).toBe(last);
    await arm(home, 'DISARM');
  });

  it('in two stages is handed through with its token, and followed to its end', async () => {
    const office = await gateway.signIn(2);
    const user = gateway.simulator.accounts[2]?.userId ?? '';
    const [studio] = await office.json<Hub[]>('/api/v1/ajax/hubs');
    const response = await arm(studio?.id ?? '', 'ARM', office, user);
    expect(response.status).toBe(202);
    const { token } = (await response.json()) as { token: string };
    expect(await lastRow(office)).toMatchObject({ outcome: null });
    const poll = `/api/v1/ajax/user/${user}/hubs/${studio?.id}/commands/arming?token=${token}`;
    expect(await office.json(poll)).toMatchObject({ status: 'IN_PROGRESS' });
    gateway.clock.skip(60_000);
    expect(await office.json(poll)).toMatchObject({ status: 'SUCCESS' });
    expect(await stateOf(studio?.id ?? '', office)).toBe('ARMED');
    await expect
      .poll(() => lastRow(office), { timeout: 15_000 })
      .toMatchObject({ outcome: 'done', status_code: 202 });
  }, 20_000);

  it('that Ajax accepted without saying how to follow it has an unknown outcome in the trail', async () => {
    answer('/commands/arming', 202, {});
    expect((await arm(home, 'ARM')).status).toBe(202);
    expect(await lastRow()).toMatchObject({ outcome: 'unknown', status_code: 202 });
  });
});

describe('a refusal', () => {
  it.each<[string, string]>([
    ['GET', '/company/1/hubs'],
    ['POST', '/user'],
    ['POST', '/user/contactInfoConfirmation'],
    ['PUT', '/user/resetPassword'],
    ['PUT', '/user/resetPassword/confirm'],
    ['POST', '/pro'],
    ['GET', '/pro/1'],
    ['GET', '/swagger/v2'],
    ['POST', '/login'],
    ['POST', '/refresh'],
    ['GET', '/nothing'],
    ['GET', '/https://evil.test/'],
    ['GET', '//evil.test/x'],
    ['GET', '/http:%2F%2Fevil.test%2Fx'],
    ['GET', '/@evil.test'],
    ['PUT', '/user/{me}/login'],
    ['PUT', '/user/{me}/phone'],
    ['PUT', '/user/{me}/passwordHash'],
    ['DELETE', '/user/{me}/hubs/{home}/logs'],
    ['GET', '/user/{other}'],
    ['GET', '/user/{other}/hubs'],
    ['PUT', '/user/{other}/image'],
    ['GET', '/user/{me}/hubs/a%252fb/x'],
    ['GET', '/user/{me}/hubs/a%5cb'],
    ['GET', '/user/{me}//hubs'],
    ['GET', '/user/{me}/'],
    ['PROPFIND', '/company/1'],
  ])('%s %s has one code, says what to do, and costs no request', async (method, path) => {
    const other = gateway.simulator.accounts[1]?.userId ?? '';
    const before = left.length;
    const place = path.replace('{me}', me).replace('{home}', home).replace('{other}', other);
    const init = ['GET', 'PROPFIND'].includes(method) ? {} : { body: '{"a":1}' };
    const response = await owner.fetch(`/api/v1/ajax${place}`, { method, ...init });
    expect(response.status).toBe(403);
    const problem = (await response.json()) as { code: string; detail: string };
    // What no honest client sends ends at the shield already.
    expect(['pass_through_refused', 'probe_refused']).toContain(problem.code);
    expect(problem.detail.length).toBeGreaterThan(30);
    expect(left).toHaveLength(before);
  });

  it.each([
    '/user/%2e%2e%2f/hubs',
    '/user/{me}/hubs/%252e%252e/x',
    '/user/{me}/hubs/a%00',
    '/user/{me}/hubs/..;/x',
  ])('of %s comes from the shield, and costs no request', async (path) => {
    const before = left.length;
    const response = await owner.fetch(`/api/v1/ajax${path.replace('{me}', me)}`);
    expect(response.status).toBe(403);
    expect(await codeOf(response)).toBe('probe_refused');
    expect(left).toHaveLength(before);
  });

  it('of a method Ajax does not know names those it does', async () => {
    const response = await call('/hubs', { method: 'PROPFIND' });
    expect([response.status, response.headers.get('allow')]).toEqual([
      405,
      'GET, HEAD, POST, PUT, PATCH, DELETE',
    ]);
    const options = await call('/hubs', { method: 'OPTIONS' });
    expect(options.status).toBeLessThan(500);
    expect(gateway.simulator.journal.count({ method: 'OPTIONS' })).toBe(0);
  });

  it('leaves the typed routes their own 404 and 405', async () => {
    const wrong = await owner.fetch(`/api/v1/ajax/hubs/${home}`, json({ name: 'x' }));
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const nothing = await owner.fetch(`/api/v1/ajax/hubs/${home}/nothing`);
    expect([nothing.status, await codeOf(nothing)]).toEqual([404, 'not_found']);
  });

  it.each<[string, RequestInit, number, string]>([
    ['broken JSON', { body: '{"a":' }, 400, 'malformed_json'],
    ['JSON that is not UTF-8', { body: Uint8Array.from([0x22, 0xff, 0x22]) }, 400, 'malformed_json'],
    [
      'no type',
      { body: Uint8Array.from([1]), headers: { 'content-type': '' } },
      415,
      'unsupported_media_type',
    ],
    ['no real type', { body: 'x', headers: { 'content-type': 'text' } }, 415, 'unsupported_media_type'],
    [
      'a long type',
      { body: 'x', headers: { 'content-type': `a/${'b'.repeat(300)}` } },
      415,
      'unsupported_media_type',
    ],
    ['a coded body', { body: 'x', headers: { 'content-encoding': 'gzip' } }, 415, 'unsupported_media_type'],
    ['an odd key', { body: '{}', headers: { 'idempotency-key': '"' } }, 422, 'invalid_request'],
  ])('of %s comes before anything is recorded or sent', async (_name, init, status, code) => {
    const before = [left.length, (await lastRow()).payload];
    const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string>) };
    const response = await call(`/hubs/${home}/rooms`, { method: 'POST', ...init, headers });
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
    expect([left.length, (await lastRow()).payload]).toEqual(before);
  });

  it('of the plan is in the words of the contract, after that of the place', async () => {
    const poor = await createTestGateway({ env: { DEFAULT_PLAN: 'pro' } });
    try {
      const client = await poor.signIn(0);
      const before = poor.simulator.journal.count();
      const response = await client.fetch(`/api/v1/ajax/user/${me}/hubs`);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({
        code: 'plan_required',
        detail: 'PREMIUM subscription required to access Proxy API.',
        required_plan: 'premium',
      });
      const elsewhere = await client.fetch('/api/v1/ajax/company/1');
      expect(await codeOf(elsewhere)).toBe('pass_through_refused');
      expect(poor.simulator.journal.count()).toBe(before);
    } finally {
      await poor.close();
    }
  }, 120_000);

  it('of those who are not signed in says nothing about the path', async () => {
    for (const path of ['/company/1', `/user/${me}/hubs`]) {
      expect((await gateway.fetch(`/api/v1/ajax${path}`)).status).toBe(401);
    }
  });
});

describe('what a mutation without a hub in its path may have changed (promise P8)', () => {
  it('are the caller’s hubs and nobody else’s, though the caller never read a list', async () => {
    const fresh = await createTestGateway();
    try {
      const office = await fresh.signIn(2);
      const [studio] = await office.json<Hub[]>('/api/v1/ajax/hubs');
      const guest = await fresh.signIn(1);
      const [shared] = await guest.json<Hub[]>('/api/v1/ajax/hubs');
      const user = fresh.simulator.accounts[0]?.userId ?? '';
      const quiet = await fresh.signIn(0);
      const response = await quiet.fetch(`/api/v1/ajax/user/${user}`, json({ firstName: 'Ann' }));
      expect(response.status).toBe(204);
      const cacheOf = async (client: SignedInClient, hub: string | undefined) =>
        (await client.fetch(`/api/v1/ajax/hubs/${hub}`)).headers.get('x-cache');
      expect(await cacheOf(office, studio?.id)).toBe('HIT');
      expect(await cacheOf(guest, shared?.id)).toBe('MISS');
      expect(await (await quiet.fetch(`/api/v1/ajax/user/${user}`)).json()).toMatchObject({
        firstName: 'Ann',
      });
    } finally {
      await fresh.close();
    }
  }, 120_000);

  it('is the list of hubs, when one is added or removed', async () => {
    const lists = () => gateway.simulator.journal.count({ method: 'GET', path: /\/hubs$/ });
    const read = () => owner.fetch('/api/v1/ajax/hubs');
    const changes: (() => Promise<Response>)[] = [
      () => call('/hubs', json({ hubId: 'x' }, 'POST')),
      () => call(`/hubs/${shop}`, { method: 'DELETE' }),
      () => call(`/hubs/${shop}/users/${me}`, { method: 'DELETE' }),
      () => call('/spaces', json({ name: 'x' }, 'POST')),
    ];
    for (const change of changes) {
      gateway.clock.skip(60_000);
      await read();
      const before = lists();
      await read();
      expect(lists()).toBe(before);
      await change();
      const after = lists();
      await read();
      expect(lists()).toBe(after + 1);
    }
  });
});
