import { describe, expect, test } from 'vitest';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import {
  ACCOUNT,
  CREDENTIALS,
  codeOf,
  config,
  context,
  createFakeAjax,
  createSignedInWorld,
  createTestClock,
  createWorld,
  get,
  put,
  type World,
} from './world.ts';

const small = { budget: { requests: 10, windowMs: 60_000, reserve: 2 } };
let reads = 0;
/** A read nobody has made before, so that neither cache nor coalescing answers it. */
const newRead = (world: World) => get(world, ['hubs', '1', 'logs', String(++reads)]);
const calls = (world: World) => world.ajax.arrivals.filter(({ path }) => path.includes('/user/')).length;

describe('the budget (P1)', () => {
  test('a brand-new installation answers at once', async () => {
    const world = await createWorld({ config: small });
    await world.client.login(CREDENTIALS, context());
    expect(world.clock.monotonic()).toBe(0);
  });

  test('reads leave the reserve alone, commands and refreshes may use it', async () => {
    const world = await createSignedInWorld({ config: small });
    const codes = await Promise.all(Array.from({ length: 12 }, () => codeOf(newRead(world))));
    expect(codes.filter((code) => code === 'none')).toHaveLength(7);
    expect(codes.filter((code) => code === 'budget_exhausted')).toHaveLength(5);
    expect((await put(world, ['hubs', '1', 'commands', 'arming'])).status).toBe(200);
    expect((await put(world, ['hubs', '1', 'commands', 'arming'])).status).toBe(200);
    expect(await codeOf(put(world, ['hubs', '1', 'commands', 'arming']))).toBe('command_not_executed');
    expect(world.ajax.arrivals).toHaveLength(10);
  });

  test('logins together hold at most a tenth of the tokens', async () => {
    const world = await createWorld({ config: { budget: { requests: 20, windowMs: 60_000, reserve: 2 } } });
    const logins = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        codeOf(world.client.login({ ...CREDENTIALS, login: `user${n}@example.com` }, context())),
      ),
    );
    expect(logins).toEqual(['none', 'none', 'budget_exhausted', 'budget_exhausted']);
  });

  test('a token comes back W + G after its response, not before', async () => {
    const world = await createSignedInWorld({ config: small });
    await Promise.all(Array.from({ length: 7 }, () => newRead(world)));
    await world.clock.advance(59_000);
    const last = newRead(world);
    await world.clock.advance(1_000);
    expect(calls(world)).toBe(7);
    await world.clock.advance(60);
    await last;
    expect(calls(world)).toBe(8);
    expect(world.ajax.arrivals.at(-1)?.at).toBe(60_060);
  });

  test('timers that fire early send nothing early', async () => {
    const clock = createTestClock({ earlyMs: 2 });
    const world = await createSignedInWorld({ config: small, clock });
    await Promise.all(Array.from({ length: 7 }, () => newRead(world)));
    await clock.advance(59_000);
    const last = newRead(world);
    await clock.advance(1_070);
    await last;
    expect(world.ajax.arrivals.at(-1)?.at).toBeGreaterThanOrEqual(60_060);
  });

  test.each(['hang', 'reset'] as const)(
    'a request that ends in %s leaves its token booked for S + D + W + G',
    async (reply) => {
      const world = await createSignedInWorld({ config: small });
      world.ajax.behave(() => reply);
      const failed = codeOf(newRead(world));
      await world.clock.advance(15_000);
      expect(await failed).toBe(reply === 'hang' ? 'upstream_timeout' : 'upstream_error');
      // 1 s to write, 30 s to be counted, the window, and 60 ms of drift.
      await world.clock.advance(60_000);
      expect((await world.client.budget(ACCOUNT, context())).mine.used).toBe(1);
      await world.clock.advance(16_060);
      expect((await world.client.budget(ACCOUNT, context())).mine.used).toBe(0);
    },
  );

  test('a request of which nothing was written gives its token back at once', async () => {
    const world = await createSignedInWorld({ config: small });
    world.ajax.behave(() => 'refuse');
    expect(await codeOf(newRead(world))).toBe('upstream_error');
    expect((await world.client.budget(ACCOUNT, context())).mine.used).toBe(0);
  });

  test('a booking older than S protects nothing: it is booked anew before the request is written', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const booked: string[] = [];
    let slow = false;
    const counting: CoordinatorStorage = {
      ...storage,
      async commit(commit) {
        // Settlements are shorter.
        const bookings = commit.put.filter(({ kind, forMs = 0 }) => kind === 'booking' && forMs > 70_000);
        booked.push(...bookings.map(({ key }) => key));
        const outcome = await storage.commit(commit);
        if (slow && bookings.length > 0) {
          slow = false;
          await new Promise<void>((resolve) => void clock.after(1_200, resolve));
        }
        return outcome;
      },
    };
    const world = await createSignedInWorld({ config: small, clock, storage: counting });
    booked.length = 0;
    slow = true;
    const read = newRead(world);
    await clock.advance(1_200);
    await read;
    expect(booked).toHaveLength(2);
    expect(calls(world)).toBe(1);
  });
});

describe('restart (P1)', () => {
  test('a new life counts what an earlier one booked, whether its responses were seen or not', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const first = await createSignedInWorld({ config: small, clock, storage });
    await Promise.all(Array.from({ length: 4 }, () => newRead(first)));
    first.ajax.behave(() => 'hang');
    // Killed while these are on their way.
    for (let n = 0; n < 3; n++) newRead(first).catch(() => {});
    await clock.settle();

    const second = await createWorld({ config: small, clock, storage });
    expect(await codeOf(newRead(second))).toBe('budget_exhausted');
    expect(second.ajax.arrivals).toHaveLength(0);
  });

  test('what an earlier life booked counts 5 s longer, because the clock of the storage may be that much off', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    await createSignedInWorld({ config: small, clock, storage });
    const second = await createWorld({ config: small, clock, storage });
    const used = async () => (await second.client.budget(ACCOUNT, context())).used;
    await clock.advance(60_060 + 4_999);
    expect(await used()).toBe(1);
    await clock.advance(1);
    expect(await used()).toBe(0);
  });

  test('a crash between booking and writing costs a token and sends nothing', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const crashing: CoordinatorStorage = {
      ...storage,
      async commit(commit) {
        const outcome = await storage.commit(commit);
        return crashes ? new Promise(() => {}) : outcome;
      },
    };
    let crashes = false;
    const first = await createWorld({ config: small, clock, storage: crashing });
    crashes = true;
    codeOf(first.client.login(CREDENTIALS, context()));
    await clock.settle();
    expect(first.ajax.arrivals).toHaveLength(0);
    const second = await createWorld({ config: small, clock, storage });
    expect((await second.client.budget(ACCOUNT, context())).used).toBe(1);
  });
});

describe('throttling', () => {
  const message = { message: 'You have exceeded the limit in 100 requests per minute' };

  test.each([
    ['429', { status: 429, body: {} }],
    ['a 200 with nothing but the message', { status: 200, body: message }],
  ])('%s closes the budget for W, is not cached and not taken for data', async (_name, reply) => {
    const world = await createSignedInWorld({ config: small });
    world.ajax.behave(() => reply);
    expect(await codeOf(get(world, ['hubs']))).toBe('upstream_throttled');
    world.ajax.behave(() => undefined);
    expect(await codeOf(get(world, ['hubs']))).toBe('budget_exhausted');
    expect(await codeOf(put(world, ['hubs', '1', 'commands', 'arming']))).toBe('command_not_executed');
    expect((await world.client.status(context())).budget.closedUntil).toBe(world.clock.now() + 60_000);
    await world.clock.advance(60_001);
    expect((await get(world, ['hubs'])).body).toEqual({});
    expect((await world.client.status(context())).upstream.throttled).toBe(1);
  });

  test.each(['soon', '1.5', '-5', ''])(
    'a Retry-After that makes no sense (%j) closes it for W',
    async (value) => {
      const world = await createSignedInWorld({ config: small });
      world.ajax.behave(() => ({ status: 429, headers: { 'retry-after': value } }));
      await codeOf(get(world, ['hubs']));
      expect((await world.client.status(context())).budget.closedUntil).toBe(world.clock.now() + 60_000);
    },
  );

  test('a Retry-After may be a date', async () => {
    const world = await createSignedInWorld({ config: small });
    const date = new Date(world.clock.now() + 30_000).toUTCString();
    world.ajax.behave(() => ({ status: 429, headers: { 'retry-after': date } }));
    await codeOf(get(world, ['hubs']));
    expect((await world.client.status(context())).budget.closedUntil).toBe(world.clock.now() + 30_000);
  });

  test('a login and a refresh that were throttled in the form of a 200 are sent again', async () => {
    const world = await createWorld();
    const throttledOnce = () => {
      let throttles = 1;
      world.ajax.behave(({ path }) => {
        if (!/login|refresh/.test(path) || throttles-- <= 0) return undefined;
        return { status: 200, body: message, headers: { 'retry-after': '3' } };
      });
    };
    throttledOnce();
    const login = world.client.login(CREDENTIALS, context());
    await world.clock.advance(3_000);
    expect(await login).toMatchObject({ account: ACCOUNT });
    await world.clock.advance(14 * 60_000 + 1);
    throttledOnce();
    const read = newRead(world);
    await world.clock.advance(3_000);
    expect((await read).status).toBe(200);
    expect(world.ajax.arrivals.map(({ path }) => path.split('/')[2])).toEqual([
      'login',
      'login',
      'refresh',
      'refresh',
      'user',
    ]);
  });

  test('the shared limit is the shared limit on an operation with a limit of its own, too', async () => {
    const world = await createSignedInWorld({ config: small });
    world.ajax.behave(() => ({ status: 200, body: message }));
    expect(await codeOf(put(world, ['phone'], { phone: '1' }))).toBe('command_not_executed');
    expect((await world.client.status(context())).budget.closedUntil).not.toBeNull();
  });

  test('a command that was throttled is sent again when its deadline allows', async () => {
    const world = await createSignedInWorld({ config: small });
    let throttles = 1;
    world.ajax.behave(() =>
      throttles-- > 0 ? { status: 429, headers: { 'retry-after': '3' } } : { status: 204 },
    );
    const command = put(world, ['hubs', '1', 'commands', 'arming']);
    await world.clock.advance(2_900);
    expect(calls(world)).toBe(1);
    await world.clock.advance(200);
    expect((await command).status).toBe(204);
    expect(calls(world)).toBe(2);
  });

  test('the closure is never longer than 5 minutes', async () => {
    const world = await createSignedInWorld({ config: small });
    world.ajax.behave(() => ({ status: 429, headers: { 'retry-after': '86400' } }));
    await codeOf(get(world, ['hubs']));
    expect((await world.client.status(context())).budget.closedUntil).toBe(world.clock.now() + 300_000);
  });

  test('429 on an operation with a limit of its own is passed on and closes nothing', async () => {
    const world = await createSignedInWorld({ config: small });
    world.ajax.behave(() => ({ status: 429, headers: { 'retry-after': '900' } }));
    const answer = await put(world, ['phone'], { phone: '1' });
    expect(answer).toMatchObject({ status: 429, retryAfterSeconds: 900 });
    expect((await world.client.status(context())).budget.closedUntil).toBeNull();
    // The operation is closed for this account alone, and nothing else is.
    world.ajax.behave(({ path }) => (path === '/api/refresh' ? undefined : { status: 204 }));
    const sent = world.ajax.arrivals.length;
    await expect(put(world, ['phone'], { phone: '2' })).rejects.toMatchObject({
      code: 'command_not_executed',
      extras: { retryAfterSeconds: 900 },
    });
    expect(world.ajax.arrivals).toHaveLength(sent);
    expect((await put(world, ['login'], {})).status).toBe(204);
    world.clock.skip(900_000);
    expect((await put(world, ['phone'], { phone: '2' })).status).toBe(204);
  });
});

describe('a storage that is down (P11)', () => {
  test.each(['fails', 'hangs'])(
    'when it %s: 503 within 2 s, nothing is sent, and it recovers by itself',
    async (how) => {
      const clock = createTestClock();
      const storage = createMemoryStorage(clock);
      let isDown = false;
      const world = await createSignedInWorld({
        config: small,
        clock,
        storage: {
          ...storage,
          async commit(commit) {
            if (isDown && how === 'hangs') return new Promise(() => {});
            if (isDown) throw new Error('down');
            return storage.commit(commit);
          },
        },
      });
      isDown = true;
      const refused = codeOf(newRead(world));
      const command = codeOf(put(world, ['hubs', '1', 'commands', 'arming']));
      await clock.advance(2_000);
      expect(await refused).toBe('storage_unavailable');
      expect(await command).toBe('storage_unavailable');
      expect((await world.client.status(context())).storage).toBe('unavailable');
      expect(calls(world)).toBe(0);
      isDown = false;
      // What hangs is given up first.
      await clock.advance(2_000);
      expect((await newRead(world)).status).toBe(200);
      expect((await world.client.status(context())).status).toBe('ok');
      expect((await world.client.budget(ACCOUNT, context())).used).toBe(2);
    },
  );

  test('a coordinator that cannot load its bookings does not start', async () => {
    const clock = createTestClock();
    const storage = { ...createMemoryStorage(clock), list: () => Promise.reject(new Error('down')) };
    expect(await codeOf(createWorld({ clock, storage }))).toBe('storage_unavailable');
  });
});

test('the status counts what was sent and how it ended', async () => {
  const clock = createTestClock();
  const ajax = createFakeAjax(clock);
  const world = await createSignedInWorld({ clock, ajax, config });
  await newRead(world);
  ajax.behave(() => 'reset');
  await codeOf(newRead(world));
  expect((await world.client.status(context())).upstream).toMatchObject({
    sent: 3,
    answered: 2,
    failed: 1,
    throttled: 0,
    refreshes: 0,
  });
});
