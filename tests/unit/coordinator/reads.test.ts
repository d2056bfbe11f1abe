import { describe, expect, test } from 'vitest';
import type { SendOnce } from '../../../src/kernel/send-once.undici.ts';
import {
  ACCOUNT,
  CREDENTIALS,
  codeOf,
  context,
  createFakeAjax,
  createSignedInWorld,
  createTestClock,
  get,
  put,
  type Reply,
  sessionBody,
  type World,
} from './world.ts';

const HUB = ['hubs', '002A'];
const calls = (world: World) => world.ajax.arrivals.filter(({ path }) => path.includes('/user/')).length;

/** Every answer carries its number, so that a test sees where data comes from. */
async function countingWorld() {
  const world = await createSignedInWorld();
  let number = 0;
  world.ajax.behave(({ path }): Reply | undefined => {
    if (/login|refresh/.test(path)) return undefined;
    return { status: 200, body: path.endsWith('/hubs') ? [{ hubId: '002A' }] : { number: ++number } };
  });
  return world;
}

describe('cache', () => {
  test.each<[string, string[], number]>([
    ['the hub list', ['hubs'], 1_800],
    ['a hub', HUB, 30],
    ['its groups', [...HUB, 'groups'], 30],
    ['its devices', [...HUB, 'devices'], 30],
    ['a device', [...HUB, 'devices', 'D1'], 30],
    ['its rooms', [...HUB, 'rooms'], 600],
    ['the profile', [], 600],
  ])('%s (%j) is kept for %i s', async (_name, path, seconds) => {
    const world = await countingWorld();
    expect((await get(world, path)).cache).toMatchObject({
      state: 'MISS',
      ageSeconds: 0,
      ttlSeconds: seconds,
    });
    await world.clock.advance((seconds - 1) * 1_000);
    expect((await get(world, path)).cache).toMatchObject({
      state: 'HIT',
      ageSeconds: seconds - 1,
      ttlSeconds: 1,
    });
    await world.clock.advance(1_000);
    expect((await get(world, path)).cache?.state).toBe('MISS');
  });

  test('grows old while the machine sleeps, and the monotonic clock with it', async () => {
    const clock = createTestClock();
    let sleptMs = 0;
    const own = { ...clock, now: () => clock.now() + sleptMs };
    const world = await createSignedInWorld({ clock: own, ajax: createFakeAjax(own) });
    world.ajax.behave(() => ({ status: 200, body: { state: 'ARMED' } }));
    await get(world, HUB);
    sleptMs = 20_000;
    expect((await get(world, HUB)).cache?.state).toBe('HIT');
    sleptMs = 31_000;
    expect((await get(world, HUB)).cache?.state).toBe('MISS');
    // Nor is it served in the place of none for longer than it may.
    sleptMs += 301_000;
    world.ajax.behave(() => 'reset');
    expect(await codeOf(get(world, HUB))).toBe('upstream_error');
  });

  test('what is not named is not kept', async () => {
    const world = await countingWorld();
    await get(world, [...HUB, 'logs']);
    expect((await get(world, [...HUB, 'logs'])).cache).toMatchObject({
      state: 'MISS',
      ageSeconds: 0,
      ttlSeconds: 0,
    });
  });

  test('queries are different reads', async () => {
    const world = await countingWorld();
    const read = (query: Record<string, string>) =>
      world.client.read({
        account: ACCOUNT,
        path: HUB,
        query,
        lane: 'interactive',
        ...context(),
      });
    await read({ enrich: 'true' });
    expect((await read({ enrich: 'false' })).cache?.state).toBe('MISS');
    expect(world.ajax.arrivals.at(-1)?.path).toContain('?enrich=false');
  });

  test('no-cache takes nothing older than 2 s', async () => {
    const world = await countingWorld();
    await get(world, HUB);
    await world.clock.advance(1_900);
    expect((await get(world, HUB, { noCache: true })).cache?.state).toBe('HIT');
    await world.clock.advance(100);
    expect((await get(world, HUB, { noCache: true })).cache?.state).toBe('MISS');
  });

  test('no byte of one account reaches another (P7)', async () => {
    const world = await countingWorld();
    const mine = await get(world, HUB);
    world.ajax.behave(({ path }) =>
      path.includes('/login')
        ? { status: 200, body: sessionBody(9, 'beef') }
        : { status: 200, body: { number: 99 } },
    );
    await world.client.login({ ...CREDENTIALS, login: 'other@example.com' }, context());
    const theirs = await get(world, HUB, { account: 'beef' });
    expect([mine.body, theirs.body]).toEqual([{ number: 1 }, { number: 99 }]);
    expect((await get(world, HUB)).body).toEqual({ number: 1 });
  });

  test('errors are not kept', async () => {
    const world = await countingWorld();
    world.ajax.behave(() => ({ status: 503, body: { message: 'maintenance' } }));
    expect(await get(world, HUB)).toMatchObject({ status: 503, body: { message: 'maintenance' } });
    world.ajax.behave(() => ({ status: 200, body: {} }));
    expect((await get(world, HUB)).status).toBe(200);
  });

  test.each<[string, Buffer]>([
    ['is no JSON', Buffer.from('<html>maintenance</html>')],
    ['is empty', Buffer.from('')],
  ])('a 200 whose body %s is not kept', async (_name, body) => {
    const clock = createTestClock();
    const ajax = createFakeAjax(clock);
    let isBroken = false;
    const send: SendOnce = async (request) => {
      const result = await ajax.send(request);
      return isBroken && result.kind === 'answered' ? { ...result, body } : result;
    };
    const world = await createSignedInWorld({ clock, ajax: { ...ajax, send } });
    isBroken = true;
    await codeOf(get(world, ['hubs']));
    isBroken = false;
    expect((await get(world, ['hubs'])).body).toEqual({});
  });

  test('a read on its way when its account signs out is not kept', async () => {
    const world = await countingWorld();
    const release = world.ajax.hold();
    const read = get(world, HUB);
    await world.clock.settle();
    await world.client.forget(ACCOUNT, context());
    release();
    await read;
    expect((await world.client.status(context())).cache.entries).toBe(0);
  });

  test('a sign-out drops what was kept', async () => {
    const world = await countingWorld();
    await get(world, HUB);
    await world.client.forget(ACCOUNT, context());
    expect(await codeOf(get(world, HUB))).toBe('upstream_login_required');
    expect((await world.client.status(context())).cache.entries).toBe(0);
  });
});

describe('coalescing', () => {
  test('100 identical reads make one call', async () => {
    const world = await countingWorld();
    const release = world.ajax.hold();
    const reads = Promise.all(Array.from({ length: 100 }, () => get(world, [...HUB, 'logs'])));
    await world.clock.settle();
    release();
    expect(new Set((await reads).map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(calls(world)).toBe(1);
    expect((await world.client.status(context())).cache).toMatchObject({ coalesced: 99, misses: 1 });
  });

  test('a caller that leaves does not fail the others', async () => {
    const world = await countingWorld();
    const release = world.ajax.hold();
    const leaving = new AbortController();
    const gone = codeOf(get(world, HUB, { signal: leaving.signal }));
    const staying = get(world, HUB);
    await world.clock.settle();
    leaving.abort();
    expect(await gone).not.toBe('none');
    release();
    expect((await staying).body).toEqual({ number: 1 });
    expect(calls(world)).toBe(1);
  });

  test('a read that was sent serves those who ask again after its last caller left', async () => {
    const world = await countingWorld();
    const release = world.ajax.hold();
    const leaving = new AbortController();
    const gone = codeOf(get(world, HUB, { signal: leaving.signal }));
    await world.clock.settle();
    leaving.abort();
    await gone;
    const again = get(world, HUB);
    await world.clock.settle();
    release();
    expect((await again).body).toEqual({ number: 1 });
    expect(calls(world)).toBe(1);
  });

  test('a read whose last caller leaves before it is written is not written', async () => {
    const clock = createTestClock();
    const ajax = createFakeAjax(clock);
    let connect = () => {};
    const send: SendOnce = async (request) => {
      if (request.path.includes('/user/')) await new Promise<void>((resolve) => (connect = resolve));
      return ajax.send(request);
    };
    const world = await createSignedInWorld({ clock, ajax: { ...ajax, send } });
    const leaving = new AbortController();
    const gone = codeOf(get(world, HUB, { signal: leaving.signal }));
    await clock.settle();
    leaving.abort();
    await gone;
    connect();
    await clock.settle();
    expect(calls(world)).toBe(0);
    expect((await world.client.budget(ACCOUNT, context())).mine.used).toBe(0);
  });

  test('a command does not wait for a read in a slower lane (P3)', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 4, windowMs: 15_000, reserve: 2 } },
    });
    await get(world, [...HUB, 'logs']);
    const slow = get(world, HUB);
    await world.clock.settle();
    const urgent = world.client.read({
      account: ACCOUNT,
      path: HUB,
      lane: 'command',
      ...context(),
    });
    await world.clock.settle();
    expect((await urgent).status).toBe(200);
    expect(world.clock.monotonic()).toBe(0);
    await world.clock.advance(16_000);
    await slow;
  });

  test('a failure is shared, and the next read tries again', async () => {
    const world = await countingWorld();
    world.ajax.behave(() => 'reset');
    const codes = await Promise.all([codeOf(get(world, HUB)), codeOf(get(world, HUB))]);
    expect(codes).toEqual(['upstream_error', 'upstream_error']);
    world.ajax.behave(() => ({ status: 200, body: {} }));
    expect((await get(world, HUB)).status).toBe(200);
  });
});

describe('freshness (P8)', () => {
  const arm = (world: World, more: { account?: string } = {}) =>
    put(world, [...HUB, 'commands', 'arming'], { command: 'ARM' }, more);

  test('a read after a command is not answered from before it', async () => {
    const world = await countingWorld();
    await get(world, HUB);
    await arm(world);
    expect((await get(world, HUB)).cache?.state).toBe('MISS');
  });

  test('a read in flight when a command is sent is not given to later readers', async () => {
    const world = await countingWorld();
    const release = world.ajax.hold();
    const early = get(world, HUB);
    await world.clock.settle();
    const command = arm(world);
    await world.clock.settle();
    const late = get(world, HUB);
    await world.clock.settle();
    release();
    await command;
    expect(await early).toMatchObject({ body: { number: 1 }, cache: { ttlSeconds: 0 } });
    expect((await late).body).toEqual({ number: 3 });
    expect((await get(world, HUB)).body).not.toEqual({ number: 1 });
  });

  test('a read between the sending of a command and its answer does not serve those after the answer', async () => {
    const world = await countingWorld();
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    world.ajax.behave(async ({ path }) => {
      if (path.includes('/commands/')) await answered;
      return undefined;
    });
    const command = arm(world);
    await world.clock.advance(1);
    expect((await get(world, HUB)).cache?.state).toBe('MISS');
    expect((await get(world, HUB)).cache?.state).toBe('HIT');
    await world.clock.advance(1);
    answer();
    await command;
    expect((await get(world, HUB)).cache?.state).toBe('MISS');
  });

  test('while a hub is dirty nothing is kept beyond 1 s; 10 s after the end all is as before', async () => {
    const world = await countingWorld();
    await arm(world);
    await world.clock.advance(500);
    expect((await get(world, HUB)).cache?.ttlSeconds).toBe(1);
    await world.clock.advance(900);
    expect((await get(world, HUB)).cache?.state).toBe('HIT');
    await world.clock.advance(100);
    expect((await get(world, HUB)).cache?.state).toBe('MISS');
    await world.clock.advance(8_500);
    expect((await get(world, HUB)).cache).toMatchObject({ state: 'MISS', ttlSeconds: 30 });
  });

  test('what was fetched from a dirty hub is not kept longer, nor joined, because it arrives when the hub is clean', async () => {
    const world = await countingWorld();
    await arm(world);
    await world.clock.advance(9_800);
    const release = world.ajax.hold();
    const early = get(world, HUB);
    await world.clock.advance(400);
    const late = get(world, HUB);
    await world.clock.settle();
    release();
    expect((await early).cache?.ttlSeconds).toBe(0);
    expect((await late).body).not.toEqual((await early).body);
  });

  test.each([502, 504])(
    'a command that a proxy gave up on (%i) keeps its hub dirty like one without an answer',
    async (status) => {
      const world = await countingWorld();
      world.ajax.behave(() => ({ status }));
      await codeOf(arm(world));
      world.ajax.behave(() => undefined);
      await world.clock.advance(39_000);
      expect((await get(world, HUB)).cache?.ttlSeconds).toBe(1);
    },
  );

  test('a command that was refused for sure does not', async () => {
    const world = await countingWorld();
    world.ajax.behave(({ path }) => (path.includes('/user/') ? { status: 401 } : { status: 503 }));
    expect(await codeOf(arm(world))).toBe('command_not_executed');
    world.ajax.behave(() => undefined);
    await world.clock.advance(10_000);
    expect((await get(world, HUB)).cache?.ttlSeconds).toBe(30);
  });

  test('a change by one account shows to every account that shares the hub, however the id is written', async () => {
    const world = await countingWorld();
    await get(world, HUB);
    world.ajax.behave(({ path }) =>
      path.includes('/login') ? { status: 200, body: sessionBody(9, 'beef') } : undefined,
    );
    await world.client.login({ ...CREDENTIALS, login: 'other@example.com' }, context());
    await put(world, ['hubs', '002a', 'commands', 'arming'], {}, { account: 'beef' });
    expect((await get(world, HUB)).cache?.state).toBe('MISS');
  });

  test('other hubs are not touched', async () => {
    const world = await countingWorld();
    await get(world, ['hubs', 'FFFF']);
    await arm(world);
    expect((await get(world, ['hubs', 'FFFF'])).cache?.state).toBe('HIT');
  });

  test('a mutation without a hub in its path makes every hub of its caller dirty', async () => {
    const world = await countingWorld();
    await get(world, ['hubs']);
    await get(world, HUB);
    await put(world, ['spaces', 'S1', 'arming']);
    expect((await get(world, HUB)).cache?.state).toBe('MISS');
    expect((await get(world, ['hubs'])).cache?.state).toBe('MISS');
  });

  test('a command whose outcome is unknown keeps its hub dirty for as long as it may still arrive', async () => {
    const world = await countingWorld();
    world.ajax.behave(() => 'reset');
    expect(await codeOf(arm(world))).toBe('command_outcome_unknown');
    world.ajax.behave(() => ({ status: 200, body: {} }));
    await world.clock.advance(39_000);
    expect((await get(world, HUB)).cache?.ttlSeconds).toBe(1);
    await world.clock.advance(1_001);
    expect((await get(world, HUB)).cache?.ttlSeconds).toBe(30);
  });

  test('polls of a two-stage arming keep the hub dirty until after the last', async () => {
    const world = await countingWorld();
    await arm(world);
    await world.clock.advance(9_000);
    await get(world, [...HUB, 'commands', 'arming']);
    await world.clock.advance(9_000);
    expect((await get(world, HUB)).cache?.ttlSeconds).toBe(1);
  });
});
