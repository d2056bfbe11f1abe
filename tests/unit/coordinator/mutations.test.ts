/** Every row of what the caller of a command sees (P5, P6). */
import { describe, expect, test } from 'vitest';
import {
  ACCOUNT,
  CREDENTIALS,
  codeOf,
  config,
  context,
  createSignedInWorld,
  get,
  put,
  type Reply,
  send,
  type World,
} from './world.ts';

const ARMING = ['hubs', '1', 'commands', 'arming'];
const OTHER_ARMING = ['hubs', '2', 'commands', 'arming'];
const sent = (world: World) => world.ajax.arrivals.filter(({ path }) => path.includes('/commands/')).length;

describe('a command', () => {
  test.each([200, 201, 202, 204, 400, 403, 404, 409, 412, 422, 500, 501, 503])(
    'answered with %i: the words of Ajax are passed on',
    async (status) => {
      const world = await createSignedInWorld();
      const body = status === 204 ? undefined : { message: 'as it is', rejectionReasons: [] };
      world.ajax.behave(() => ({ status, body }));
      expect(await put(world, ARMING)).toMatchObject({ status, body });
      expect(sent(world)).toBe(1);
    },
  );

  test.each<[string, Reply]>([
    ['reset', 'reset'],
    ['504', { status: 504, body: { message: 'backend' } }],
    ['502', { status: 502 }],
  ])(
    'after which nobody can tell (%s) has an unknown outcome, and is not sent again',
    async (_name, reply) => {
      const world = await createSignedInWorld();
      world.ajax.behave(() => reply);
      expect(await codeOf(put(world, ARMING))).toBe('command_outcome_unknown');
      expect(sent(world)).toBe(1);
    },
  );

  test('that is not answered in time has an unknown outcome', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => 'hang');
    const command = codeOf(put(world, ARMING));
    await world.clock.advance(15_000);
    expect(await command).toBe('command_outcome_unknown');
    expect(sent(world)).toBe(1);
  });

  test('that could not be written was not executed', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => 'refuse');
    expect(await codeOf(put(world, ARMING))).toBe('command_not_executed');
  });

  test.each<[string, Reply]>([
    ['a reset', 'reset'],
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['429', { status: 429 }],
  ])('whose session could not be renewed (%s) was not executed', async (_name, reply) => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ path }) => (path.includes('/user/') ? { status: 401 } : reply));
    expect(await codeOf(put(world, ARMING))).toBe('command_not_executed');
    expect(sent(world)).toBe(1);
  });

  test('whose renewal after a 401 takes longer than its caller is held was not executed, and never is', async () => {
    const world = await createSignedInWorld();
    const wait = (ms: number) => new Promise<void>((resolve) => void world.clock.after(ms, resolve));
    world.ajax.behave(async ({ path }) => {
      if (!path.includes('/user/')) return 'hang';
      await wait(14_000);
      return { status: 401 };
    });
    const command = codeOf(put(world, ARMING));
    await world.clock.advance(25_000);
    expect(await command).toBe('command_not_executed');
    await world.clock.advance(60_000);
    expect(sent(world)).toBe(1);
  });

  test('says to the audit trail what is known of it when its caller leaves', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 2, windowMs: 10_000, reserve: 0 } },
    });
    const release = world.ajax.hold();
    const leaving = new AbortController();
    const written = send(world, ARMING, {}, { signal: leaving.signal });
    await world.clock.settle();
    const waiting = codeOf(put(world, OTHER_ARMING, {}, { signal: leaving.signal }));
    await world.clock.settle();
    leaving.abort();
    expect(await written).toMatchObject({ kind: 'accepted', receipt: { state: 'sent', outcome: 'pending' } });
    expect(await waiting).toBe('command_not_executed');
    const gone = codeOf(put(world, OTHER_ARMING, {}, { signal: AbortSignal.abort() }));
    expect(await gone).toBe('command_not_executed');
    release();
  });

  test('waits for a token, and is never sent after its deadline', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 3, windowMs: 10_000, reserve: 0 } },
    });
    world.ajax.behave(() => 'hang');
    const first = codeOf(put(world, ARMING));
    const second = codeOf(put(world, OTHER_ARMING));
    await world.clock.advance(9_000);
    // Expected to start a window after the sign-in; but nothing is answered, so no token comes back for it.
    const third = codeOf(put(world, ['hubs', '3', 'commands', 'arming']));
    const fourth = codeOf(put(world, ['hubs', '4', 'commands', 'arming']));
    await world.clock.advance(60_000);
    expect([await first, await second]).toEqual(['command_outcome_unknown', 'command_outcome_unknown']);
    expect([await third, await fourth].sort()).toEqual(['command_not_executed', 'command_outcome_unknown']);
    expect(sent(world)).toBe(3);
  });

  test('whose caller leaves before it was sent is never sent; after that it goes on', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 2, windowMs: 10_000, reserve: 0 } },
    });
    await put(world, ARMING);
    const leaving = new AbortController();
    const gone = codeOf(put(world, ARMING, {}, { signal: leaving.signal }));
    await world.clock.settle();
    expect((await world.client.budget(ACCOUNT, context())).waiting).toBe(1);
    leaving.abort();
    expect(await gone).not.toBe('none');
    expect((await world.client.budget(ACCOUNT, context())).waiting).toBe(0);
    await world.clock.advance(30_000);
    expect(sent(world)).toBe(1);

    const release = world.ajax.hold();
    const later = new AbortController();
    const left = codeOf(put(world, ARMING, {}, { signal: later.signal }));
    await world.clock.settle();
    later.abort();
    await left;
    release();
    await world.clock.settle();
    const [last] = await world.client.receipts(ACCOUNT, 1, context());
    expect(last).toMatchObject({ outcome: 'done' });
  });

  test('goes before waiting reads, and before a flood of another account (P3)', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 20, windowMs: 10_000, reserve: 5 } },
    });
    for (let n = 0; n < 40; n++) get(world, ['hubs', '1', 'logs', String(n)]).catch(() => {});
    await world.clock.settle();
    const before = world.clock.monotonic();
    for (let n = 0; n < 5; n++) await put(world, ARMING);
    expect(world.clock.monotonic() - before).toBeLessThanOrEqual(250);
    expect(world.ajax.arrivals).toHaveLength(20);
  });
});

describe('a read', () => {
  test('that is not answered ends in upstream_timeout or upstream_error', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => 'hang');
    const read = codeOf(get(world, ['hubs']));
    await world.clock.advance(15_000);
    expect(await read).toBe('upstream_timeout');
    world.ajax.behave(() => 'reset');
    expect(await codeOf(get(world, ['hubs']))).toBe('upstream_error');
  });

  test('whose predicted wait is beyond its deadline is refused at once, with the time to wait', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 3, windowMs: 60_000, reserve: 1 } },
    });
    await get(world, ['hubs', '1', 'logs', '1']);
    await expect(get(world, ['hubs', '1', 'logs', '2'])).rejects.toMatchObject({
      code: 'budget_exhausted',
      extras: { retryAfterSeconds: 61 },
    });
    expect((await world.client.budget(ACCOUNT, context())).predictedWaitMs).toBe(60_060);
  });

  test('holds nobody longer than 25 s', async () => {
    const world = await createSignedInWorld({
      config: { ...config, budget: { requests: 2, windowMs: 15_000, reserve: 0 }, requestTimeoutMs: 20_000 },
    });
    await get(world, ['hubs', '1', 'logs', '1']);
    let forever = false;
    world.ajax.behave(() => (forever ? 'hang' : undefined));
    forever = true;
    const asked = world.clock.monotonic();
    let held = 0;
    const read = codeOf(get(world, ['hubs', '1', 'logs', '2'])).then((code) => {
      held = world.clock.monotonic() - asked;
      return code;
    });
    await world.clock.advance(60_000);
    expect(await read).toBe('upstream_timeout');
    expect(held).toBe(25_000);
  });

  test('of one account cannot fill the line, nor keep a command out of it (P4)', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 100, windowMs: 1_000, reserve: 5 } },
    });
    const release = world.ajax.hold();
    const codes: string[] = [];
    for (let n = 0; n < 400; n++) {
      codeOf(get(world, ['hubs', '1', 'logs', String(n)])).then((code) => codes.push(code));
    }
    while (codes.length < 56) await world.clock.settle();
    expect(new Set(codes)).toEqual(new Set(['budget_exhausted']));
    expect((await world.client.budget(ACCOUNT, context())).waiting).toBe(250);
    release();
    expect((await put(world, ARMING)).status).toBe(200);
    expect(world.clock.monotonic()).toBe(0);
  });

  test('accounts take turns: a flood of one does not delay the other (P4)', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 11, windowMs: 10_000, reserve: 1 } },
    });
    for (let n = 0; n < 9; n++) await get(world, ['hubs', '1', 'logs', String(n)]);
    for (let n = 0; n < 9; n++) get(world, ['hubs', '1', 'logs', `flood-${n}`]).catch(() => {});
    await world.clock.settle();
    world.ajax.behave(({ path }) =>
      path.includes('/login')
        ? { status: 200, body: { userId: 'BEEF', sessionToken: 's', refreshToken: 'r' } }
        : undefined,
    );
    const login = world.client.login({ login: 'other@example.com', passwordHash: 'b'.repeat(64) }, context());
    await world.clock.advance(10_011);
    await login;
    const before = world.ajax.arrivals.length;
    const mine = get(world, ['hubs', '1', 'logs'], { account: 'beef' });
    await world.clock.advance(10_011);
    await mine;
    const order = world.ajax.arrivals.slice(before).map(({ path }) => path.includes('/BEEF/'));
    expect(order.indexOf(true)).toBeLessThanOrEqual(1);
  });
});

test('a login that was sent and takes too long is a time-out, not a lack of tokens', async () => {
  const world = await createSignedInWorld({
    config: { budget: { requests: 10, windowMs: 15_000, reserve: 0 }, requestTimeoutMs: 20_000 },
  });
  world.ajax.behave(() => new Promise(() => {}));
  const login = codeOf(world.client.login(CREDENTIALS, context()));
  await world.clock.advance(60_000);
  expect(await login).toBe('upstream_timeout');
});

test('closing refuses what waits, lets what was sent end, and takes nothing new', async () => {
  const world = await createSignedInWorld({
    config: { budget: { requests: 3, windowMs: 10_000, reserve: 0 } },
  });
  const release = world.ajax.hold();
  const running = [get(world, ['hubs', '1', 'logs', '1']), get(world, ['hubs', '1', 'logs', '2'])];
  const waiting = codeOf(get(world, ['hubs', '1', 'logs', '3']));
  await world.clock.settle();
  const closed = world.coordinator.close();
  expect(await waiting).toBe('coordinator_unavailable');
  release();
  await closed;
  expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
  expect(await codeOf(get(world, ['hubs']))).toBe('coordinator_unavailable');
});
