/** Bodies of any type, both ways, with every guarantee that JSON has (P6, P8). */
import { describe, expect, test } from 'vitest';
import type { ContentAnswer } from '../../../coordinator/contract/client.ts';
import type { Content } from '../../../coordinator/contract/content.ts';
import { newId } from '../../../src/kernel/ids.ts';
import {
  ACCOUNT,
  type CommandExtras,
  CREDENTIALS,
  codeOf,
  context,
  createFakeAjax,
  createSignedInWorld,
  createTestClock,
  createWorld,
  get,
  put,
  sessionBody,
  type World,
} from './world.ts';

const BYTES = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
const PHOTO: Content = { type: 'multipart/form-data; boundary=x', bytes: BYTES };
const IMAGE = ['hubs', '1', 'image'];
const JSON_OBJECT: Content = { type: 'application/json', bytes: Buffer.from('{"a":1}') };

const read = (world: World, path: string[], more: { noCache?: boolean; query?: string } = {}) =>
  world.client.readContent({ account: ACCOUNT, path, lane: 'interactive', ...more, ...context() });

async function upload(world: World, content: Content | undefined, more: CommandExtras = {}, path = IMAGE) {
  const { commandId = newId(), account = ACCOUNT, lane = 'command', signal, ...rest } = more;
  const call = { account, method: 'POST' as const, path, content, commandId, lane };
  const result = await world.client.commandContent({ ...call, ...rest, ...context(signal) });
  return result.kind === 'answered' ? { ...result, ...shown(result.answer) } : result;
}

const shown = ({ status, type, bytes }: ContentAnswer) => ({ status, type, bytes: [...bytes] });
const uploads = (world: World) => world.ajax.arrivals.filter(({ method }) => method === 'POST').slice(1);

describe('a command of any type', () => {
  test('is written byte for byte, with its type', async () => {
    const world = await createSignedInWorld();
    await upload(world, PHOTO);
    const [sent] = uploads(world);
    expect(sent?.headers['content-type']).toBe(PHOTO.type);
    expect([...(sent?.bytes ?? [])]).toEqual([...BYTES]);
  });

  test('without a body names no type', async () => {
    const world = await createSignedInWorld();
    await upload(world, undefined);
    expect(uploads(world)[0]?.headers).not.toHaveProperty('content-type');
    expect(uploads(world)[0]?.body).toBeUndefined();
  });

  test('is answered byte for byte, with the type of Ajax or none', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => ({ status: 201, body: BYTES, headers: { 'content-type': 'image/png' } }));
    expect(await upload(world, PHOTO)).toMatchObject({ status: 201, type: 'image/png', bytes: [...BYTES] });
    world.ajax.behave(() => ({ status: 200, body: BYTES }));
    expect(await upload(world, PHOTO)).toMatchObject({ type: undefined, bytes: [...BYTES] });
    world.ajax.behave(() => ({ status: 204, headers: { 'content-type': 'image/png' } }));
    expect(await upload(world, PHOTO)).toMatchObject({ status: 204, type: undefined, bytes: [] });
  });

  test('is sent again with the same bytes after a 401, and only then', async () => {
    const world = await createSignedInWorld();
    let refused = 0;
    world.ajax.behave(({ path }) => {
      if (path.endsWith('/refresh')) return { status: 200, body: sessionBody(9) };
      return refused++ === 0 ? { status: 401 } : { status: 204 };
    });
    expect(await upload(world, PHOTO)).toMatchObject({ status: 204 });
    const sent = uploads(world).filter(({ path }) => path.endsWith('/image'));
    expect(sent.map(({ bytes }) => [...bytes])).toEqual([[...BYTES], [...BYTES]]);
  });

  test('whose answer is lost is unknown, and the identical one joins it instead of being sent', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => 'reset');
    expect(await codeOf(upload(world, PHOTO))).toBe('command_outcome_unknown');
    expect(await codeOf(upload(world, PHOTO))).toBe('command_outcome_unknown');
    expect(uploads(world)).toHaveLength(1);
    const other = {
      ...PHOTO,
      bytes: Uint8Array.from(BYTES, (byte, index) => (index === 299 ? byte ^ 1 : byte)),
    };
    await codeOf(upload(world, other));
    await codeOf(upload(world, { ...PHOTO, type: 'multipart/form-data; boundary=y' }));
    expect(uploads(world)).toHaveLength(3);
  });

  test('answers its key with the same bytes and type, also in the next life', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => ({ status: 200, body: BYTES, headers: { 'content-type': 'image/png' } }));
    const key = { idempotencyKey: 'photo-1' };
    const first = await upload(world, PHOTO, key);
    const expected = { status: 200, type: 'image/png', bytes: [...BYTES], replayed: true };
    expect(await upload(world, PHOTO, key)).toMatchObject(expected);
    await world.clock.settle();
    const next = await createWorld({ clock: world.clock, storage: world.storage, ajax: world.ajax });
    const again = await upload(next, PHOTO, key);
    expect(again).toMatchObject(expected);
    expect('commandId' in again && 'commandId' in first && again.commandId === first.commandId).toBe(true);
    expect(await codeOf(upload(next, { ...PHOTO, type: 'image/png' }, key))).toBe('idempotency_key_reused');
    expect(uploads(world)).toHaveLength(1);
  });

  test('is not asynchronous unless it is JSON', async () => {
    const world = await createSignedInWorld();
    const release = world.ajax.hold();
    const waiting = upload(world, PHOTO, { respondAsync: true });
    expect((await upload(world, JSON_OBJECT, { respondAsync: true }, ['hubs', '2', 'rooms'])).kind).toBe(
      'accepted',
    );
    let isAnswered = false;
    waiting.then(() => {
      isAnswered = true;
    });
    await world.clock.settle();
    expect(isAnswered).toBe(false);
    release();
    expect((await waiting).kind).toBe('answered');
  });

  test('whose JSON is none is refused, and so is a body without a type', async () => {
    const world = await createSignedInWorld();
    expect(await codeOf(upload(world, { ...JSON_OBJECT, bytes: Buffer.from('{') }))).toBe('malformed_json');
    expect(await codeOf(upload(world, { ...PHOTO, type: '' }))).toBe('unsupported_media_type');
    expect(uploads(world)).toHaveLength(0);
  });

  test('arms like any other: its word is in the receipt, its second stage is followed', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method, path }) => {
      if (method === 'GET') return { status: 200, body: { status: 'SUCCESS', state: 'ARMED' } };
      return path.endsWith('/arming') ? { status: 202, body: { token: 't' } } : undefined;
    });
    const commandId = newId();
    const content = { type: 'application/json; charset=utf-8', bytes: Buffer.from('{"command":"ARM"}') };
    await upload(world, content, { commandId }, ['hubs', '1', 'commands', 'arming']);
    const receipt = () => world.client.receipt(ACCOUNT, commandId, context());
    expect(await receipt()).toMatchObject({ command: 'ARM', outcome: 'in_progress' });
    await world.clock.advance(3_000);
    expect(await receipt()).toMatchObject({ outcome: 'done' });
  });

  test('that asks for JSON does not get anything else', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => ({ status: 200, body: BYTES, headers: { 'content-type': 'image/png' } }));
    expect(await put(world, IMAGE)).toMatchObject({ status: 200, body: undefined });
  });
});

describe('a read of any type', () => {
  const page = { status: 200, body: Buffer.from('<html>'), headers: { 'content-type': 'text/html' } };

  test('is answered as it is, and not kept in the place of data', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => page);
    expect(shown(await read(world, ['hubs', '1']))).toEqual({
      status: 200,
      type: 'text/html',
      bytes: [...page.body],
    });
    world.ajax.behave(() => ({ status: 200, body: { id: '1' } }));
    expect(await get(world, ['hubs', '1'])).toMatchObject({ body: { id: '1' }, cache: { state: 'MISS' } });
  });

  test('shares its request with one of JSON, and each gets what it takes', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => page);
    const before = world.ajax.arrivals.length;
    const release = world.ajax.hold();
    const both = Promise.all([read(world, ['hubs', '1']), codeOf(get(world, ['hubs', '1']))]);
    await world.clock.settle();
    release();
    const [any, json] = await both;
    expect(any.type).toBe('text/html');
    expect(json).toBe('upstream_error');
    expect(world.ajax.arrivals).toHaveLength(before + 1);
  });

  test('does not keep one of JSON from an older answer, marked as such', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => ({ status: 200, body: { id: '1' } }));
    await get(world, ['hubs', '1']);
    await world.clock.advance(60_000);
    world.ajax.behave(() => page);
    expect((await get(world, ['hubs', '1'])).cache?.state).toBe('STALE');
    expect((await read(world, ['hubs', '1'])).type).toBe('text/html');
  });

  test('keeps the type of JSON in the cache, also in the next life', async () => {
    const world = await createSignedInWorld();
    const headers = { 'content-type': 'application/json;charset=UTF-8' };
    const body = Buffer.from(' {"id" : "1"}\n');
    world.ajax.behave(() => ({ status: 200, body, headers }));
    const expected = { status: 200, type: headers['content-type'], bytes: [...body] };
    expect(shown(await read(world, ['hubs', '1']))).toEqual(expected);
    const hit = await read(world, ['hubs', '1']);
    expect([hit.cache?.state, shown(hit)]).toEqual(['HIT', expected]);
    await world.clock.advance(10);
    const next = await createWorld({ clock: world.clock, storage: world.storage, ajax: world.ajax });
    const warm = await read(next, ['hubs', '1']);
    expect([warm.cache?.state, shown(warm)]).toEqual(['HIT', expected]);
  });

  test('keeps its query as it is; another order is another request', async () => {
    const world = await createSignedInWorld();
    const query = 'b=2&a=%20+&a=%2F&empty=&flag';
    await read(world, ['spaces'], { query });
    expect(world.ajax.arrivals.at(-1)?.path).toBe(`/api/user/A1B2C3D4/spaces?${query}`);
  });
});

describe('what a mutation changes (P8)', () => {
  const hubsOf = (...ids: string[]) => ({ status: 200, body: ids.map((hubId) => ({ hubId })) });
  const isHit = async (world: World, path: string[], account = ACCOUNT) =>
    (await get(world, path, { account })).cache?.state === 'HIT';
  const OTHER = 'b2c3d4e5';

  async function twoAccounts() {
    const ajax = createFakeAjax(createTestClock());
    const clock = createTestClock();
    const world = await createWorld({ clock, ajax });
    const behave = () =>
      ajax.behave(({ path, body }) => {
        if (path.endsWith('/login'))
          return { status: 200, body: sessionBody(1, body?.includes('other') ? OTHER : ACCOUNT) };
        if (path.endsWith(`${OTHER}/hubs`)) return hubsOf('9');
        return path.endsWith('/hubs') ? hubsOf('1', '2') : undefined;
      });
    behave();
    await world.client.login(CREDENTIALS, context());
    await world.client.login({ ...CREDENTIALS, login: 'other@example.com' }, context());
    return world;
  }

  test('without a hub in its path are the hubs of the list, known from an answer of an earlier life too', async () => {
    const world = await twoAccounts();
    await get(world, ['hubs']);
    await world.clock.advance(10);
    const next = await createWorld({ clock: world.clock, storage: world.storage, ajax: world.ajax });
    await get(next, ['hubs', '9'], { account: OTHER });
    await get(next, ['hubs', '2']);
    expect(await isHit(next, ['hubs'])).toBe(true);
    await put(next, []);
    expect(await isHit(next, ['hubs', '9'], OTHER)).toBe(true);
    expect(await isHit(next, ['hubs', '2'])).toBe(false);
  });

  test.each([
    ['removing a hub', ['hubs', '1']],
    ['removing a person', ['hubs', '1', 'users', 'a1b2c3d4']],
    ['an invitation', ['hubs', '1', 'invites']],
  ])('by %s is the list of hubs and the hub, and no hub of others', async (_name, path) => {
    const world = await twoAccounts();
    await get(world, ['hubs']);
    await get(world, ['hubs', '1'], { account: OTHER });
    await get(world, ['hubs', '9'], { account: OTHER });
    await put(world, path);
    expect(await isHit(world, ['hubs'])).toBe(false);
    expect(await isHit(world, ['hubs', '1'], OTHER)).toBe(false);
    expect(await isHit(world, ['hubs', '9'], OTHER)).toBe(true);
  });

  test('by a room is the hub, and not the list', async () => {
    const world = await twoAccounts();
    await get(world, ['hubs']);
    await put(world, ['hubs', '1', 'rooms', '2']);
    expect(await isHit(world, ['hubs'])).toBe(true);
  });
});
