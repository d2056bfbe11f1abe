import { describe, expect, test } from 'vitest';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { Commit, CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import {
  ACCOUNT,
  type Arrival,
  CREDENTIALS,
  codeOf,
  context,
  createFakeAjax,
  createSignedInWorld,
  createTestClock,
  createWorld,
  get,
  put,
  type Reply,
  sessionBody,
  type World,
} from './world.ts';

const paths = (world: World) => world.ajax.arrivals.map(({ path }) => path.replace('/api/', ''));
const count = (world: World, path: string) => paths(world).filter((each) => each === path).length;
let reads = 0;
const newRead = (world: World) => get(world, ['hubs', '1', 'logs', String(++reads)]);

/** Ajax that accepts one session token at a time, the newest. */
function strictAjax(options: { refuseRefresh?: Reply } = {}) {
  let generation = 0;
  let isExpired = false;
  const seen = new Set<string>();
  return {
    expire() {
      isExpired = true;
    },
    behave({ path, headers, body }: Arrival): Reply {
      if (path === '/api/login') {
        isExpired = false;
        return { status: 200, body: sessionBody(++generation) };
      }
      if (path === '/api/refresh') {
        if (options.refuseRefresh) return options.refuseRefresh;
        const { refreshToken } = JSON.parse(body ?? '{}');
        if (refreshToken !== `refresh-${generation}` || seen.has(refreshToken))
          return { status: 401, body: {} };
        seen.add(refreshToken);
        isExpired = false;
        return { status: 200, body: sessionBody(++generation) };
      }
      const isValid = !isExpired && headers['x-session-token'] === `session-${generation}`;
      return isValid
        ? { status: 200, body: { by: generation } }
        : { status: 401, body: { message: 'Unauthorized' } };
    },
  };
}

async function strictWorld(options: { refuseRefresh?: Reply } = {}) {
  const clock = createTestClock();
  const ajax = createFakeAjax(clock);
  const strict = strictAjax(options);
  ajax.behave(strict.behave);
  return { world: await createSignedInWorld({ clock, ajax }), strict };
}

describe('login', () => {
  test('sends what Ajax expects and answers the account in lower case; paths use the id as Ajax wrote it', async () => {
    const world = await createWorld();
    // Whose address it is concerns the gateway alone.
    const credentials = { ...CREDENTIALS, totp: '123456', address: '203.0.113.5' };
    const { account } = await world.client.login(credentials, context());
    expect(account).toBe(ACCOUNT);
    expect(JSON.parse(world.ajax.arrivals[0]?.body ?? '')).toEqual({
      ...CREDENTIALS,
      totp: '123456',
      userRole: 'USER',
    });
    expect(world.ajax.arrivals[0]?.headers).toMatchObject({ 'x-api-key': 'the-api-key' });
    await get(world, ['hubs']);
    expect(world.ajax.arrivals[1]?.path).toBe(`/api/user/${ACCOUNT.toUpperCase()}/hubs`);
    expect(world.ajax.arrivals[1]?.headers).toMatchObject({ 'x-session-token': 'session-1' });
  });

  test.each<[string, Reply, string]>([
    ['wrong password', { status: 401, body: { message: 'Wrong login or password' } }, 'login_failed'],
    ['401 without words', { status: 401 }, 'login_failed'],
    ['wrong API key', { status: 401, body: { message: 'User is not authorized' } }, 'operator_key_invalid'],
    ['company account', { status: 401, body: { message: 'Use PRO account' } }, 'account_type_unsupported'],
    ['second factor', { status: 403, body: { requestId: '1' } }, 'login_failed'],
    ['malformed e-mail', { status: 400, body: { message: 'invalid' } }, 'login_failed'],
    ['unknown e-mail', { status: 404, body: { message: 'not found' } }, 'login_failed'],
    ['rejected e-mail', { status: 422, body: { message: 'invalid' } }, 'login_failed'],
    ['throttled', { status: 429 }, 'upstream_throttled'],
    ['internal error', { status: 500, body: { message: 'wrong login or password' } }, 'upstream_error'],
    ['maintenance', { status: 503 }, 'upstream_unavailable'],
    ['backend time-out', { status: 504 }, 'upstream_timeout'],
    ['nonsense', { status: 200, body: { hello: 1 } }, 'upstream_error'],
    ['redirect', { status: 302, headers: { location: 'https://elsewhere.test/' } }, 'upstream_error'],
    ['reset', 'reset', 'upstream_error'],
    ['not reachable', 'refuse', 'upstream_error'],
  ])('%s', async (_name, reply, code) => {
    const world = await createWorld();
    world.ajax.behave(() => reply);
    expect(await codeOf(world.client.login(CREDENTIALS, context()))).toBe(code);
  });

  test('an upstream that hangs is a time-out, never a wrong password', async () => {
    const world = await createWorld();
    world.ajax.behave(() => 'hang');
    const login = codeOf(world.client.login(CREDENTIALS, context()));
    await world.clock.advance(15_000);
    expect(await login).toBe('upstream_timeout');
  });

  test('neither hash nor tokens reach storage or log in clear (P9)', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const lines: string[] = [];
    const write = (fields: object, message: string) =>
      void lines.push(JSON.stringify({ ...fields, message }));
    const world = await createSignedInWorld({
      clock,
      storage,
      log: { debug: write, info: write, warn: write, error: write },
    });
    const query = { token: 'secret-of-a-query' };
    await world.client.read({
      account: ACCOUNT,
      path: ['hubs'],
      query,
      lane: 'interactive',
      ...context(),
    });
    expect(lines.join('\n')).not.toContain(query.token);
    const stored = JSON.stringify(await storage.list('session'));
    expect(stored).toContain('v1.');
    for (const secret of [
      'session-1',
      'refresh-1',
      CREDENTIALS.passwordHash,
      CREDENTIALS.login,
      'the-api-key',
    ]) {
      expect(stored).not.toContain(secret);
      expect(lines.join('\n')).not.toContain(secret);
    }
    expect(lines.join('\n')).toContain('"upstream call"');
  });
});

describe('refresh', () => {
  test('happens shortly before the 15 minutes end, once, for all who ask at the same time', async () => {
    const { world } = await strictWorld();
    await world.clock.advance(14 * 60_000 + 1);
    const answers = await Promise.all(Array.from({ length: 5 }, () => newRead(world)));
    expect(answers.map(({ body }) => body)).toEqual(Array(5).fill({ by: 2 }));
    expect(count(world, 'refresh')).toBe(1);
  });

  test('a 401 refreshes once and repeats the call once, commands too: a 401 proves they were not executed', async () => {
    const { world, strict } = await strictWorld();
    strict.expire();
    expect((await put(world, ['hubs', '1', 'commands', 'arming'])).status).toBe(200);
    expect(paths(world).slice(1)).toEqual([
      `user/${ACCOUNT.toUpperCase()}/hubs/1/commands/arming`,
      'refresh',
      `user/${ACCOUNT.toUpperCase()}/hubs/1/commands/arming`,
    ]);
  });

  test('many calls that fail with 401 together share one refresh', async () => {
    const { world, strict } = await strictWorld();
    strict.expire();
    const answers = await Promise.all(Array.from({ length: 10 }, () => newRead(world)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(count(world, 'refresh')).toBe(1);
  });

  test('a 401 for a token already replaced is just repeated with the new one', async () => {
    const { world } = await strictWorld();
    let answerLate = () => {};
    const signedIn = new Promise<void>((resolve) => {
      answerLate = resolve;
    });
    world.ajax.behave(async ({ path, headers }) => {
      if (path === '/api/login') return { status: 200, body: sessionBody(2) };
      if (headers['x-session-token'] === 'session-2') return { status: 200 };
      await signedIn;
      return { status: 401 };
    });
    const late = newRead(world);
    while (world.ajax.arrivals.length < 2) await world.clock.settle();
    // Signs in again while the read is on its way: its token is the old one when its 401 comes.
    await world.client.login(CREDENTIALS, context());
    answerLate();
    expect((await late).status).toBe(200);
    expect(count(world, 'refresh')).toBe(0);
  });

  test.each([401, 403, 404])(
    'refused with %i: the session is gone and the user must sign in again',
    async (status) => {
      const { world, strict } = await strictWorld({ refuseRefresh: { status, body: {} } });
      strict.expire();
      expect(await codeOf(newRead(world))).toBe('upstream_login_required');
      const before = world.ajax.arrivals.length;
      expect(await codeOf(newRead(world))).toBe('upstream_login_required');
      expect(world.ajax.arrivals).toHaveLength(before);
      expect((await world.client.status(context())).sessions).toBe(0);
    },
  );

  test.each<[Reply, string]>([
    [{ status: 500 }, 'upstream_error'],
    [{ status: 503 }, 'upstream_unavailable'],
    ['reset', 'upstream_error'],
    ['refuse', 'upstream_error'],
  ])('an outage (%j) is not the loss of the session', async (reply, code) => {
    const { world, strict } = await strictWorld({ refuseRefresh: reply });
    strict.expire();
    expect(await codeOf(newRead(world))).toBe(code);
    expect((await world.client.status(context())).sessions).toBe(1);
  });

  test('an outage of the refresh does not matter while the token lives', async () => {
    const { world } = await strictWorld({ refuseRefresh: { status: 503 } });
    await world.clock.advance(14 * 60_000 + 1);
    expect((await newRead(world)).status).toBe(200);
  });

  test('a bad API key ends no session', async () => {
    const { world, strict } = await strictWorld({
      refuseRefresh: { status: 401, body: { message: 'User is not authorized' } },
    });
    // Long after Ajax accepted the key last: the words may be about the key.
    await world.clock.advance(16 * 60_000);
    strict.expire();
    expect(await codeOf(newRead(world))).toBe('operator_key_invalid');
    expect((await world.client.status(context())).sessions).toBe(1);
  });

  test('a 401 that survives refresh and repetition asks for a sign-in, and then costs one token per call', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ path }) => (path.includes('/user/') ? { status: 401 } : undefined));
    expect(await codeOf(newRead(world))).toBe('upstream_login_required');
    expect(world.ajax.arrivals).toHaveLength(4);
    expect(await codeOf(newRead(world))).toBe('upstream_login_required');
    expect(world.ajax.arrivals).toHaveLength(5);
  });
});

describe('login and refresh of one account', () => {
  test('never run at the same time, and the newest login wins', async () => {
    const { world, strict } = await strictWorld();
    strict.expire();
    let running = 0;
    let most = 0;
    world.ajax.behave(async (arrival) => {
      if (arrival.path.includes('/user/')) return strict.behave(arrival);
      most = Math.max(most, ++running);
      await world.clock.settle();
      running--;
      return strict.behave(arrival);
    });
    const read = newRead(world);
    const login = world.client.login(CREDENTIALS, context());
    await login;
    expect((await read).status).toBe(200);
    expect(most).toBe(1);
    expect((await newRead(world)).status).toBe(200);
  });

  test('a sign-out while a renewed session is being written is not undone by it', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    let write: Promise<void> | undefined;
    const slow: CoordinatorStorage = {
      ...storage,
      async commit(commit) {
        if (holdsSession(commit)) await write;
        return storage.commit(commit);
      },
    };
    const ajax = createFakeAjax(clock);
    const strict = strictAjax();
    ajax.behave(strict.behave);
    const world = await createSignedInWorld({ clock, storage: slow, ajax });
    strict.expire();
    let release = () => {};
    write = new Promise((resolve) => {
      release = resolve;
    });
    const read = codeOf(newRead(world));
    await clock.settle();
    expect(count(world, 'refresh')).toBe(1);
    const forgotten = world.client.forget(ACCOUNT, context());
    await clock.settle();
    release();
    await forgotten;
    await read;
    expect(await storage.get('session', ACCOUNT)).toBeUndefined();
    expect(await codeOf(newRead(world))).toBe('upstream_login_required');
  });

  test('two e-mails that changed places do not wait for each other forever', async () => {
    const clock = createTestClock();
    const ajax = createFakeAjax(clock);
    const owners: Record<string, string> = { 'one@example.com': 'aa', 'two@example.com': 'bb' };
    ajax.behave(({ body }) => {
      const { login } = JSON.parse(body ?? '{}');
      return { status: 200, body: sessionBody(ajax.arrivals.length, owners[login] ?? '') };
    });
    const world = await createWorld({ clock, ajax });
    const logins = () =>
      Promise.all(
        Object.keys(owners).map(async (login) => {
          const { account } = await world.client.login({ ...CREDENTIALS, login }, context());
          return account;
        }),
      );
    expect(await logins()).toEqual(['aa', 'bb']);
    Object.assign(owners, { 'one@example.com': 'bb', 'two@example.com': 'aa' });
    const release = ajax.hold();
    const swapped = logins().catch((error: { code?: string }) => error.code);
    await clock.settle();
    release();
    await clock.advance(30_000);
    expect(await swapped).toEqual(['bb', 'aa']);
  });

  test('after a sign-out nothing is left, even when a refresh was on its way', async () => {
    const { world, strict } = await strictWorld();
    strict.expire();
    const release = world.ajax.hold();
    const read = codeOf(newRead(world));
    await world.clock.settle();
    release();
    const again = world.ajax.hold();
    await world.clock.settle();
    await world.client.forget(ACCOUNT, context());
    again();
    expect(await read).toBe('upstream_login_required');
    expect((await world.client.status(context())).sessions).toBe(0);
    expect(await codeOf(newRead(world))).toBe('upstream_login_required');
  });
});

const holdsSession = ({ put }: Commit) => put.some(({ kind }) => kind === 'session');

describe('sessions in storage', () => {
  test('of an earlier life are given back to a storage that lost them', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    await createSignedInWorld({ clock, storage });
    const second = await createWorld({ clock, storage });
    expect((await newRead(second)).status).toBe(200);
    storage.rollBack({ lease: undefined, records: new Map() });
    await clock.advance(1_000);
    const third = await createWorld({ clock, storage });
    expect((await newRead(third)).status).toBe(200);
  });

  test('survive a restart', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    await createSignedInWorld({ clock, storage });
    const second = await createWorld({ clock, storage });
    expect((await newRead(second)).status).toBe(200);
    expect(second.ajax.arrivals[0]?.headers).toMatchObject({ 'x-session-token': 'session-1' });
  });

  test('a renewed token is not used before it is persisted', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    let isDown = false;
    const failing: CoordinatorStorage = {
      ...storage,
      commit: (commit) =>
        isDown && holdsSession(commit) ? Promise.reject(new Error('down')) : storage.commit(commit),
    };
    const ajax = createFakeAjax(clock);
    const strict = strictAjax();
    ajax.behave(strict.behave);
    const world = await createSignedInWorld({ clock, storage: failing, ajax });
    strict.expire();
    isDown = true;
    expect(await codeOf(newRead(world))).toBe('storage_unavailable');
    expect(await codeOf(newRead(world))).toBe('storage_unavailable');
    expect(ajax.arrivals.filter(({ headers }) => headers['x-session-token'] === 'session-2')).toEqual([]);
    isDown = false;
    expect((await newRead(world)).body).toEqual({ by: 2 });
    expect(count(world, 'refresh')).toBe(1);
    const second = await createWorld({ clock, storage, ajax });
    expect((await newRead(second)).body).toEqual({ by: 2 });
  });

  test('nobody waits longer than 2 s for a session that could not be saved, however many ask (P11)', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    let isDown = false;
    const hanging: CoordinatorStorage = {
      ...storage,
      commit: (commit) => (isDown && holdsSession(commit) ? new Promise(() => {}) : storage.commit(commit)),
    };
    const ajax = createFakeAjax(clock);
    const strict = strictAjax();
    ajax.behave(strict.behave);
    const world = await createSignedInWorld({ clock, storage: hanging, ajax });
    strict.expire();
    isDown = true;
    const first = codeOf(newRead(world));
    await clock.advance(2_000);
    expect(await first).toBe('storage_unavailable');
    const others = Promise.all([1, 2, 3].map(() => codeOf(newRead(world))));
    await clock.advance(2_000);
    expect(await Promise.race([others, clock.settle()])).toEqual(Array(3).fill('storage_unavailable'));
  });

  test('sealed with another key they count as lost, not as a fault', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    await createSignedInWorld({ clock, storage });
    const world = await createWorld({ clock, storage, secretKey: 'another-secret-key-of-32-characters' });
    expect(await codeOf(newRead(world))).toBe('upstream_login_required');
  });
});
