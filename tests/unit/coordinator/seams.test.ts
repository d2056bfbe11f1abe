/** The promises at their seams: take-overs, repetitions, slow storage, floods. */
import { describe, expect, test, vi } from 'vitest';
import { type JobOfRead, JobWaiting } from '../../../coordinator/contract/client.ts';
import { openJournal } from '../../../coordinator/journal/journal.ts';
import { createForward } from '../../../coordinator/lease/forward.ts';
import { createMemoryStorage, type MemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { Commit, CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import { openRecords, type Records } from '../../../coordinator/storage/records.ts';
import { createSealer } from '../../../src/kernel/crypto.ts';
import { newId } from '../../../src/kernel/ids.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { COORDINATOR_SECRET_KEY } from '../../support/coordinator.ts';
import {
  ACCOUNT,
  CREDENTIALS,
  codeOf,
  context,
  createFakeAjax,
  createSignedInWorld,
  createTestClock,
  createWorld,
  get,
  put,
  send,
  sessionBody,
  type World,
} from './world.ts';

const ARMING = ['hubs', '1', 'commands', 'arming'];
const ARM = { command: 'ARM', ignoreProblems: false };
const DISARM = { command: 'DISARM', ignoreProblems: false };
const OTHER = 'b2c3d4e5';
const A = 'http://a.test:8001';
const B = 'http://b.test:8001';

const sent = (world: Pick<World, 'ajax'>) =>
  world.ajax.arrivals
    .filter(({ method, path }) => method === 'PUT' && path.includes('/commands/'))
    .map(({ body }) => JSON.parse(body ?? '{}').command);
const receipt = (world: World, id: string, account = ACCOUNT) => world.client.receipt(account, id, context());
const newJob = (): JobOfRead => ({ id: newId(), request: { path: '/api/v1/ajax/hubs' } });

async function readJob(world: Pick<World, 'client'>, job: JobOfRead, path: string[], account = ACCOUNT) {
  try {
    return await world.client.read({ account, path, lane: 'interactive', job, ...context() });
  } catch (error) {
    if (error instanceof JobWaiting) return error.job;
    throw error;
  }
}

/** Wraps a storage; what `on` returns for a call replaces its result. */
function wrapped(
  storage: MemoryStorage,
  on: (name: keyof CoordinatorStorage, args: unknown[]) => Promise<unknown> | undefined,
): CoordinatorStorage {
  return new Proxy(storage as CoordinatorStorage, {
    get(target, name: keyof CoordinatorStorage) {
      return (...args: unknown[]) =>
        on(name, args) ?? (target[name] as (...all: unknown[]) => Promise<unknown>)(...args);
    },
  });
}

async function signInOther(world: World) {
  world.ajax.behave(({ path }) =>
    path.endsWith('/login') ? { status: 200, body: sessionBody(99, OTHER.toUpperCase()) } : undefined,
  );
  await world.client.login({ ...CREDENTIALS, login: 'other@example.com' }, context());
}

describe('a life that could not begin', () => {
  test('does nothing any more: it neither sends nor holds the lease (P1, P6)', async () => {
    const clock = createTestClock();
    const memory = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const first = await createSignedInWorld({ clock, storage: memory, ajax, url: A, isAlone: false });
    ajax.behave(({ method, path }) => {
      if (method === 'PUT') return { status: 202, body: { token: 't-1' } };
      return path.includes('token=') ? { status: 200, body: { status: 'IN_PROGRESS' } } : undefined;
    });
    await put(first, ARMING, ARM);
    // The next process takes over; its storage fails between the loading and the first commit, and comes back.
    let commits = 0;
    let isDown = false;
    const flaky = wrapped(memory, (name) => {
      if (name === 'commit' && ++commits === 1) isDown = true;
      if (isDown && (name === 'commit' || name === 'release')) return Promise.reject(new Error('down'));
      return undefined;
    });
    const second = await createWorld({ clock, storage: flaky, ajax, url: B, isAlone: false });
    expect(second.host.role()).toBe('standby');
    await first.host.close();
    await clock.advance(700);
    expect(second.host.role()).toBe('standby');
    isDown = false;
    const before = ajax.arrivals.length;
    await clock.advance(7_000);
    // A lease lasts 3 s, and nobody else is there to take it.
    expect(second.host.role()).toBe('active');
    const polls = ajax.arrivals.slice(before).filter(({ path }) => path.includes('token='));
    expect(polls.length).toBeLessThanOrEqual(2);
  });
});

describe('a fenced process', () => {
  test('passes requests on to the new owner at once, also while a request of its own hangs (P11)', async () => {
    const clock = createTestClock();
    const memory = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const hosts = new Map<string, World>();
    const forward = createForward({
      random: () => 0,
      async fetch(request) {
        const world = hosts.get(new URL(request.url).origin);
        if (world === undefined) throw Object.assign(new Error('no route'), { code: 'ERR_NOT_WRITTEN' });
        return world.host.fetch(request);
      },
    });
    let isCut = false;
    const cut = wrapped(memory, () => (isCut ? Promise.reject(new Error('cut')) : undefined));
    const first = await createWorld({ clock, storage: cut, ajax, forward, url: A, isAlone: false });
    hosts.set(A, first);
    const second = await createWorld({ clock, storage: memory, ajax, forward, url: B, isAlone: false });
    hosts.set(B, second);
    await first.client.login(CREDENTIALS, context());
    isCut = true;
    await clock.advance(2_500);
    ajax.behave(({ path }) => (path.includes('rooms') ? 'hang' : undefined));
    isCut = false;
    await first.client.login(CREDENTIALS, context()).catch(() => {});
    void get(first, ['hubs', '1', 'rooms']).catch(() => {});
    await clock.settle();
    isCut = true;
    await clock.advance(4_000);
    expect(second.host.role()).toBe('active');
    isCut = false;
    await clock.advance(1_500);
    expect(first.host.role()).toBe('standby');
    await clock.advance(1_500);
    expect(await codeOf(get(first, ['hubs']))).toBe('none');
  });
});

describe('an asynchronous command', () => {
  test('whose receipt says done has been answered: the same command again is meant anew (section 4)', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method }) => (method === 'PUT' ? { status: 204 } : undefined));
    const id = newId();
    await send(world, ARMING, ARM, { respondAsync: true, commandId: id });
    await world.clock.settle();
    expect(await receipt(world, id)).toMatchObject({ outcome: 'done' });
    await send(world, ARMING, ARM, { respondAsync: true });
    await world.clock.settle();
    expect(sent(world)).toEqual(['ARM', 'ARM']);
  });

  test('that joins one in flight is answered with the receipt at once too', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method }) => (method === 'PUT' ? 'hang' : undefined));
    void codeOf(put(world, ARMING, ARM));
    await world.clock.settle();
    let kind = 'waiting';
    void send(world, ARMING, ARM, { respondAsync: true }).then(
      (answer) => {
        kind = answer.kind;
      },
      () => {},
    );
    await world.clock.settle();
    expect(kind).toBe('accepted');
    await world.clock.advance(20_000);
  });
});

describe('the deadline of a command', () => {
  test('counts from its arrival, also for the repetition after a 401 (P5)', async () => {
    const world = await createSignedInWorld({ ajax: undefined });
    const { clock, ajax } = world;
    const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
    let puts = 0;
    ajax.behave(async ({ method }) => {
      if (method !== 'PUT') return undefined;
      puts++;
      if (puts === 1) {
        await wait(12_000);
        return { status: 204 };
      }
      if (puts === 2) {
        await wait(9_000);
        return { status: 401 };
      }
      return { status: 204 };
    });
    const first = put(world, ARMING, ARM);
    const id = newId();
    const second = codeOf(send(world, ARMING, DISARM, { commandId: id }));
    const arrivedAt = clock.monotonic();
    await clock.advance(40_000);
    await Promise.all([first, second]);
    const last = ajax.arrivals.filter(({ method }) => method === 'PUT').at(-1);
    expect((last?.at ?? 0) - arrivedAt).toBeLessThanOrEqual(20_000);
  });

  test('counts from its arrival however slow the storage is (P5)', async () => {
    const clock = createTestClock();
    const memory = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const first = await createSignedInWorld({ clock, storage: memory, ajax });
    await first.host.close();
    let isSlow = false;
    const slow = wrapped(memory, (name, args) => {
      const kinds = name === 'commit' ? (args[0] as Commit).put.map(({ kind }) => kind) : [];
      const holdsQueued = kinds.includes('command') && !kinds.includes('booking');
      if (!isSlow || (name !== 'list' && !holdsQueued)) return undefined;
      return new Promise<void>((resolve) => void clock.after(1_900, resolve)).then(() =>
        (memory[name as 'list'] as (...all: unknown[]) => Promise<unknown>)(...args),
      );
    });
    const second = await createWorld({ clock, storage: slow, ajax });
    isSlow = true;
    await get(second, ['hubs']);
    ajax.behave(({ method }) =>
      method === 'PUT' ? { status: 429, headers: { 'retry-after': '19' } } : undefined,
    );
    const arrivedAt = clock.monotonic();
    let answeredAt: number | undefined;
    void codeOf(put(second, ARMING, ARM)).then(() => {
      answeredAt = clock.monotonic();
    });
    await clock.advance(40_000);
    const late = ajax.arrivals.filter(({ method, at }) => method === 'PUT' && at > arrivedAt + 20_000);
    expect(late).toEqual([]);
    expect((answeredAt ?? Infinity) - arrivedAt).toBeLessThanOrEqual(25_000);
  });

  test('holds nobody longer than 25 s, also while receipts of an earlier life are being loaded (P5)', async () => {
    const clock = createTestClock();
    const memory = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock, { timeoutMs: 60_000 });
    const first = await createSignedInWorld({ clock, storage: memory, ajax });
    await first.host.close();
    const slow = wrapped(memory, (name, args) =>
      name === 'list' && args[0] === 'receipt'
        ? new Promise<void>((resolve) => void clock.after(1_900, resolve)).then(() => memory.list('receipt'))
        : undefined,
    );
    const second = await createWorld({ clock, storage: slow, ajax });
    ajax.behave(({ method }) => (method === 'PUT' ? 'hang' : undefined));
    const arrivedAt = clock.monotonic();
    let answeredAt: number | undefined;
    void send(second, ARMING, ARM).then(() => {
      answeredAt = clock.monotonic();
    });
    await clock.advance(30_000);
    expect((answeredAt ?? Infinity) - arrivedAt).toBeLessThanOrEqual(25_000);
    await clock.advance(60_000);
  });
});

describe('a command of a life that was fenced', () => {
  test('has one outcome: its caller is not told more than its receipt says (P6)', async () => {
    const clock = createTestClock();
    const memory = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    let isCut = false;
    const cut = wrapped(memory, () => (isCut ? Promise.reject(new Error('cut')) : undefined));
    const first = await createSignedInWorld({ clock, storage: cut, ajax, url: A, isAlone: false });
    const second = await createWorld({ clock, storage: memory, ajax, url: B, isAlone: false });
    const release = ajax.hold();
    ajax.behave(() => ({ status: 204 }));
    const id = newId();
    const told = send(first, ARMING, ARM, { commandId: id }).then(
      ({ kind }) => kind,
      (error) => error.code,
    );
    await clock.settle();
    isCut = true;
    await clock.advance(5_000);
    expect(second.host.role()).toBe('active');
    release();
    await clock.advance(3_000);
    expect(await receipt(second, id)).toMatchObject({ outcome: 'unknown' });
    expect(await told).toBe('command_outcome_unknown');
  });
});

describe('a process that is cut off from its storage', () => {
  test('answers no receipt once another has taken over: it would contradict the owner (P6)', async () => {
    const clock = createTestClock();
    const memory = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    let isCut = false;
    const cut = wrapped(memory, () => (isCut ? Promise.reject(new Error('cut')) : undefined));
    const first = await createSignedInWorld({ clock, storage: cut, ajax, url: A, isAlone: false });
    const second = await createWorld({ clock, storage: memory, ajax, url: B, isAlone: false });
    ajax.behave(({ method }) => (method === 'PUT' ? 'hang' : undefined));
    const id = newId();
    const told = codeOf(send(first, ARMING, ARM, { commandId: id }));
    await clock.settle();
    isCut = true;
    await clock.advance(5_000);
    expect(await receipt(second, id)).toMatchObject({ outcome: 'unknown' });
    const stale = await receipt(first, id).catch(() => undefined);
    await clock.advance(20_000);
    await told;
    expect(stale?.outcome).not.toBe('pending');
  });
});

describe('the answer of a proxy that gave up', () => {
  test.each([520, 522, 524])('%i says nothing about a command: unknown (P6)', async (status) => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method }) => (method === 'PUT' ? { status } : undefined));
    const id = newId();
    await codeOf(send(world, ARMING, ARM, { commandId: id }));
    expect((await receipt(world, id)).outcome).toBe('unknown');
  });
});

describe('a record of another version', () => {
  test.each(['job', 'command', 'change', 'receipt'] as const)(
    '(%s) keeps nothing from working',
    async (kind) => {
      const clock = createTestClock();
      const storage = createMemoryStorage(clock);
      const ajax = createFakeAjax(clock);
      const first = await createSignedInWorld({ clock, storage, ajax });
      await first.host.close();
      const lease = { holder: 'future', url: undefined, forMs: 3_000 };
      const acquisition = await storage.acquire({ ...lease, force: true });
      if (!acquisition.acquired) throw new Error('not acquired');
      const sealer = await createSealer(COORDINATOR_SECRET_KEY, 'coordinator:records');
      const records = openRecords({
        ...{ storage, acquisition, lease, sealer, clock, log: silentLog },
        acquiredAt: clock.monotonic(),
        onFenced() {},
      });
      records.put({ kind, key: newId(), value: '{"version":2}', untilAt: clock.monotonic() + 1e6 });
      await records.close();
      const second = await createWorld({ clock, storage, ajax });
      expect(await codeOf(put(second, ARMING, ARM))).toBe('none');
    },
  );
});

describe('two-stage arming', () => {
  test('whose token cannot be read is not told to be done (P6)', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method }) =>
      method === 'PUT' ? { status: 202, body: { started: true } } : undefined,
    );
    const id = newId();
    await codeOf(send(world, ARMING, ARM, { commandId: id }));
    expect((await receipt(world, id)).outcome).not.toBe('done');
  });
});

describe('turns of a hub', () => {
  test('a command that was cancelled holds up nobody else’s', async () => {
    const world = await createSignedInWorld();
    await signInOther(world);
    await world.clock.advance(14 * 60_000 + 56_000);
    // The session of the first has to be renewed, and that hangs; the other has a fresh one.
    await world.client.login({ ...CREDENTIALS, login: 'other@example.com' }, context());
    world.ajax.behave(({ path }) => (path.endsWith('/refresh') ? 'hang' : { status: 204 }));
    const id = newId();
    const first = codeOf(put(world, ARMING, ARM, { commandId: id }));
    await world.clock.settle();
    await world.client.cancelCommand(ACCOUNT, id, context());
    expect(await first).toBe('command_not_executed');
    const second = codeOf(put(world, ARMING, DISARM, { account: OTHER }));
    await world.clock.settle();
    expect(sent(world)).toEqual(['DISARM']);
    await world.clock.advance(40_000);
    await second;
  });

  test('commands of one target are sent in the order they came, whatever their size', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => ({ status: 204 }));
    const big = { ...ARM, note: 'x'.repeat(4_000_000) };
    await Promise.all([put(world, ARMING, big), put(world, ARMING, DISARM)]);
    expect(sent(world)).toEqual(['ARM', 'DISARM']);
  });
});

describe('the change stamp', () => {
  test('is committed anew with each sending: a second attempt cut off by a crash keeps the hub dirty (P8)', async () => {
    const clock = createTestClock();
    const memory = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    let isDead = false;
    const storage = wrapped(memory, () => (isDead ? new Promise(() => {}) : undefined));
    const first = await createSignedInWorld({ clock, storage, ajax });
    let puts = 0;
    ajax.behave(({ method }) => {
      if (method !== 'PUT') return undefined;
      if (++puts === 1) return { status: 429, headers: { 'retry-after': '15' } };
      // Killed right after the writing.
      isDead = true;
      return 'hang';
    });
    void codeOf(put(first, ARMING, ARM));
    await clock.advance(15_100);
    expect(puts).toBe(2);
    const writtenAt = clock.monotonic();
    const second = await createWorld({ clock, storage: memory, ajax });
    ajax.behave(({ method }) => (method === 'GET' ? { status: 200, body: { id: '1' } } : undefined));
    await clock.advance(writtenAt + 30_000 - clock.monotonic());
    // It may take effect up to 30 s after its writing, and show 10 s later.
    expect((await get(second, ['hubs', '1'])).cache?.ttlSeconds).toBeLessThanOrEqual(1);
  });
});

describe('records', () => {
  test('have keys that every storage takes, whatever a caller writes into a path', async () => {
    const clock = createTestClock();
    const memory = createMemoryStorage(clock);
    const keys: string[] = [];
    const world = await createSignedInWorld({
      clock,
      storage: wrapped(memory, (name, args) => {
        if (name === 'commit') keys.push(...(args[0] as Commit).put.map(({ key }) => key));
        return undefined;
      }),
    });
    await codeOf(put(world, ['hubs', `${'a'.repeat(63)}\u{1F600}`, 'commands', 'arming'], ARM));
    expect(keys.filter((key) => !key.isWellFormed())).toEqual([]);
  });

  test('have keys that fit into an index, whatever a caller writes into a query', async () => {
    const clock = createTestClock();
    const memory = createMemoryStorage(clock);
    const keys: string[] = [];
    const world = await createSignedInWorld({
      clock,
      storage: wrapped(memory, (name, args) => {
        if (name === 'commit') keys.push(...(args[0] as Commit).put.map(({ key }) => key));
        return undefined;
      }),
    });
    const q = Array.from({ length: 500 }, (_, n) => ((n * 2_654_435_761) % 4_294_967_296).toString(36)).join(
      '',
    );
    await world.client.read({
      account: ACCOUNT,
      path: ['hubs', '1'],
      query: { q },
      lane: 'interactive',
      ...context(),
    });
    await world.clock.advance(1_500);
    // A B-tree of PostgreSQL takes 2704 bytes; one that does not fit fails its commit, and all that come after.
    expect(keys.filter((key) => Buffer.byteLength(key) > 2_500)).toEqual([]);
  });

  test('closed ones commit nothing more', async () => {
    const clock = createTestClock();
    const memory = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    let commits = 0;
    const storage = wrapped(memory, (name) => {
      if (name === 'commit') commits++;
      return undefined;
    });
    const world = await createSignedInWorld({ clock, storage, ajax });
    await world.host.close();
    const before = commits;
    await codeOf(get(world, ['hubs']));
    expect(commits).toBe(before);
  });

  test('of sessions read from an earlier life are given to a storage that lost them', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const empty = storage.snapshot();
    await createSignedInWorld({ clock, storage, ajax });
    const second = await createWorld({ clock, storage, ajax });
    expect(await codeOf(get(second, ['hubs', '1']))).toBe('none');
    storage.rollBack(empty);
    await clock.advance(2_000);
    const third = await createWorld({ clock, storage, ajax });
    expect(await codeOf(get(third, ['hubs', '2']))).toBe('none');
  });
});

describe('the journal', () => {
  test('keeps no more receipts in storage than in memory', async () => {
    const clock = createTestClock();
    const held = new Set<string>();
    const records = {
      put: ({ kind, key }: { kind: string; key: string }) => void held.add(`${kind} ${key}`),
      delete: ({ kind, key }: { kind: string; key: string }) => void held.delete(`${kind} ${key}`),
      load: async () => [],
      get: async () => undefined,
    } as unknown as Records;
    const journal = await openJournal(records, clock);
    await journal.ready();
    for (let n = 0; n < 20_100; n++) {
      journal.write({
        ...{ id: String(n), account: ACCOUNT, method: 'PUT', segments: ['hubs', '1'], hub: '1' },
        ...{ fingerprint: '', idempotencyKey: null, weight: 1, state: 'queued', outcome: 'not_executed' },
        ...{ code: null, answer: null, message: null, arming: null, createdAt: clock.now() },
        ...{ sentAt: null, answeredAt: null, confirmedAt: null },
      });
    }
    expect(held.size).toBeLessThanOrEqual(journal.counts().kept);
  });

  test('a flood of one account does not make the keys of another forgotten (P6, P7)', async () => {
    const clock = createTestClock();
    const records = {
      put() {},
      delete() {},
      load: async () => [],
      get: async () => undefined,
    } as unknown as Records;
    const journal = await openJournal(records, clock);
    await journal.ready();
    const command = (n: number, account: string, idempotencyKey: string | null) => ({
      ...{ id: String(n), account, method: 'PUT', segments: ['hubs', '1'], hub: '1' },
      ...{ fingerprint: '', idempotencyKey, weight: 1, state: 'answered' as const, outcome: 'done' as const },
      ...{ code: null, answer: null, message: null, arming: null, createdAt: clock.now() },
      ...{ sentAt: null, answeredAt: null, confirmedAt: null },
    });
    journal.write(command(0, OTHER, 'key'));
    for (let n = 1; n < 20_100; n++) journal.write(command(n, ACCOUNT, null));
    expect(journal.byKey(OTHER, 'key')).toBeDefined();
  });

  test('a wall clock that went back does not prolong a join: the same command is sent again (P6)', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const first = await createSignedInWorld({ clock, storage, ajax });
    ajax.behave(({ method }) => (method === 'PUT' ? 'hang' : undefined));
    void codeOf(put(first, ARMING, ARM));
    await clock.settle();
    // A machine without a battery clock comes back an hour early.
    const earlier = { ...clock, now: () => clock.now() - 3_600_000 };
    const second = await createWorld({ clock: earlier, storage, ajax });
    ajax.behave(({ method }) => (method === 'PUT' ? { status: 204 } : undefined));
    await get(second, ['hubs']);
    await codeOf(put(second, ARMING, ARM));
    await clock.advance(120_000);
    await codeOf(put(second, ARMING, ARM));
    expect(sent(second)).toEqual(['ARM', 'ARM']);
  });
});

describe('jobs', () => {
  test('of one account do not keep others from having any (P4)', async () => {
    const world = await createSignedInWorld();
    await signInOther(world);
    world.ajax.behave(() => ({ status: 200, body: [{ hubId: '1' }] }));
    await get(world, ['hubs']);
    for (let n = 0; n < 1_000; n++) await codeOf(readJob(world, newJob(), ['hubs']));
    const other = codeOf(readJob(world, newJob(), ['hubs'], OTHER));
    await world.clock.advance(20);
    expect(await other).toBe('none');
  });

  test('answer nothing that was fetched before the hub changed (P8)', async () => {
    const world = await createSignedInWorld();
    let state = 'DISARMED';
    world.ajax.behave(({ method }) => {
      if (method !== 'PUT') return { status: 200, body: { id: '1', state } };
      state = 'ARMED';
      return { status: 204 };
    });
    const job = newJob();
    const reading = readJob(world, job, ['hubs', '1']);
    await world.clock.advance(20);
    await reading;
    await put(world, ARMING, ARM);
    const again = readJob(world, job, ['hubs', '1']);
    await world.clock.advance(20);
    expect(await again).toMatchObject({ body: { state: 'ARMED' } });
  });

  test('that were cancelled stay so after a crash', async () => {
    const clock = createTestClock();
    const memory = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const config = { budget: { requests: 1, windowMs: 60_000, reserve: 0 } };
    let isDead = false;
    const storage = wrapped(memory, (name) =>
      isDead && name === 'commit' ? new Promise(() => {}) : undefined,
    );
    const first = await createSignedInWorld({ clock, storage, ajax, config });
    const job = newJob();
    const reading = readJob(first, job, ['hubs', '1']);
    await clock.advance(20);
    expect(await reading).toMatchObject({ state: 'waiting' });
    isDead = true;
    const cancelling = first.client.cancelJob(ACCOUNT, job.id, context()).catch(() => undefined);
    await clock.advance(2_000);
    const cancelled = await cancelling;
    const second = await createWorld({ clock, storage: memory, ajax, config });
    const { state } = await second.client.job(ACCOUNT, job.id, context());
    // Whoever was told that it is cancelled finds it cancelled.
    expect([undefined, state]).toContain(cancelled?.state);
  });
});

describe('what a caller writes into an id', () => {
  test('reaches no other account (P7)', async () => {
    const world = await createSignedInWorld();
    await signInOther(world);
    world.ajax.behave(() => ({ status: 204 }));
    const id = newId();
    await put(world, ARMING, ARM, { account: OTHER, commandId: id });
    expect(await codeOf(receipt(world, `../../${OTHER}/commands/${id}`))).not.toBe('none');
  });
});

describe('listeners', () => {
  test('of a follow-up are gone when it has ended', async () => {
    const held = new Map<EventTarget, number>();
    const count = (target: EventTarget, change: number) => held.set(target, (held.get(target) ?? 0) + change);
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    const add = vi.spyOn(EventTarget.prototype, 'addEventListener').mockImplementation(function (
      this: EventTarget,
      ...args
    ) {
      if (args[0] === 'abort') count(this, 1);
      addEventListener.apply(this, args as Parameters<typeof addEventListener>);
    });
    const remove = vi.spyOn(EventTarget.prototype, 'removeEventListener').mockImplementation(function (
      this: EventTarget,
      ...args
    ) {
      if (args[0] === 'abort') count(this, -1);
      removeEventListener.apply(this, args as Parameters<typeof removeEventListener>);
    });
    try {
      const world = await createSignedInWorld();
      world.ajax.behave(({ method }) => (method === 'PUT' ? { status: 204 } : undefined));
      for (let n = 0; n < 10; n++) {
        await put(world, ARMING, ARM);
        await world.clock.advance(5_000);
      }
      expect(Math.max(0, ...held.values())).toBeLessThan(5);
    } finally {
      add.mockRestore();
      remove.mockRestore();
    }
  });
});
