/** One owner: who holds the lease works, the others stand by and pass on. */
import { describe, expect, test } from 'vitest';
import { coordinatorHeaders } from '../../../coordinator/contract/headers.ts';
import { createForward } from '../../../coordinator/lease/forward.ts';
import { LeaseHeld } from '../../../coordinator/lease/host.ts';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import {
  ACCOUNT,
  CREDENTIALS,
  codeOf,
  context,
  createFakeAjax,
  createTestClock,
  createWorld,
  get,
  put,
  send,
  type World,
} from './world.ts';

const A = 'http://a.test:8001';
const B = 'http://b.test:8001';

/** Processes that share a storage and reach one another by their addresses. */
function createNetwork() {
  const clock = createTestClock();
  const storage = createMemoryStorage(clock);
  const ajax = createFakeAjax(clock);
  const hosts = new Map<string, World>();
  const seen: string[] = [];
  const forward = createForward({
    random: () => 0,
    async fetch(request) {
      const { origin, pathname } = new URL(request.url);
      seen.push(`${request.method} ${origin}${pathname}`);
      const world = hosts.get(origin);
      if (world === undefined) throw Object.assign(new Error('no route'), { code: 'ERR_NOT_WRITTEN' });
      return world.host.fetch(request);
    },
  });
  const dead = new Set<string>();
  /** Named by their addresses. */
  const processes = (url: string | undefined) => ({
    nameOf: (id: string) => `${id}@${url}`,
    isDead: (name: string) => dead.has(name.replace(/^.*@/, '')),
  });
  async function start(url: string | undefined, own: CoordinatorStorage = storage) {
    const world = await createWorld({
      ...{ clock, storage: own, ajax, forward },
      isAlone: false,
      processes: processes(url),
      ...(url === undefined ? {} : { url }),
    });
    if (url !== undefined) hosts.set(url, world);
    return world;
  }
  return { clock, storage, ajax, hosts, seen, dead, start };
}

/** A storage whose owner can be cut off from it. */
function breakable(storage: CoordinatorStorage) {
  let isCut = false;
  const cut = new Proxy(storage, {
    get: (target, name: keyof CoordinatorStorage) =>
      isCut ? () => Promise.reject(new Error('cut off')) : target[name],
  });
  return {
    storage: cut,
    cut: () => {
      isCut = true;
    },
    heal: () => {
      isCut = false;
    },
  };
}

describe('a second process', () => {
  test('stands by and passes everything on to the owner', async () => {
    const { start, seen, ajax } = createNetwork();
    const first = await start(A);
    const second = await start(B);
    expect([first.host.role(), second.host.role()]).toEqual(['active', 'standby']);
    await second.client.login(CREDENTIALS, context());
    expect((await get(second, ['hubs'])).cache?.state).toBe('MISS');
    expect((await get(second, ['hubs'])).cache?.state).toBe('HIT');
    expect((await put(second, ['hubs', '1', 'commands', 'arming'])).status).toBe(200);
    expect(seen.every((line) => line.includes(A))).toBe(true);
    expect(ajax.arrivals).toHaveLength(3);
  });

  test('says so on /health, which is about itself', async () => {
    const { start, seen } = createNetwork();
    const first = await start(A);
    const second = await start(B);
    const health = async (world: World, base: string) =>
      (await world.request(`${base}/health`, { method: 'GET' })).json();
    expect(await health(first, A)).toEqual({ status: 'ok', role: 'active' });
    expect(await health(second, B)).toEqual({ status: 'ok', role: 'standby' });
    expect(seen).toEqual([]);
  });

  test('refuses to start when it has no address, or the owner has none', async () => {
    for (const [one, other] of [
      [A, undefined],
      [undefined, B],
      [undefined, undefined],
    ]) {
      const { start, clock } = createNetwork();
      await start(one);
      const refused = start(other).then(
        () => 'started',
        (error: unknown) => (error instanceof LeaseHeld ? error.message : 'another error'),
      );
      await clock.advance(6_000);
      expect(await refused).toMatch(/^The lease of this storage is held by /);
    }
  });

  test('without an address waits for a dead owner’s lease to run out', async () => {
    const { start, clock, storage } = createNetwork();
    await storage.acquire({ holder: 'dead', url: undefined, forMs: 3_000, force: false });
    const starting = start(undefined);
    await clock.advance(3_500);
    expect((await starting).host.role()).toBe('active');
  });
});

describe('a successor', () => {
  test('of an owner that is known to be dead starts at once', async () => {
    const { start, storage, dead } = createNetwork();
    await storage.acquire({ holder: 'x@killed', url: undefined, forMs: 3_000, force: false });
    dead.add('killed');
    expect((await start(undefined)).host.role()).toBe('active');
  });

  test('that stood by takes over at its next try, and only from the dead', async () => {
    const { start, clock, dead } = createNetwork();
    await start(A);
    const second = await start(B);
    dead.add('http://elsewhere.test');
    await clock.advance(1_000);
    expect(second.host.role()).toBe('standby');
    dead.add(A);
    await clock.advance(500);
    expect(second.host.role()).toBe('active');
  });
});

describe('a standby', () => {
  test('takes over when the owner closes, at once', async () => {
    const { start, clock } = createNetwork();
    const first = await start(A);
    const second = await start(B);
    await second.client.login(CREDENTIALS, context());
    await first.host.close();
    await clock.advance(500);
    expect(second.host.role()).toBe('active');
    expect((await get(second, ['hubs'])).status).toBe(200);
  });

  test('takes over within 5 s when the owner cannot renew, and the owner serves nothing any more', async () => {
    const { start, clock, storage, ajax } = createNetwork();
    const broken = breakable(storage);
    const first = await start(A, broken.storage);
    const second = await start(B);
    await first.client.login(CREDENTIALS, context());
    await get(first, ['hubs']);
    broken.cut();
    await clock.advance(5_000);
    expect(second.host.role()).toBe('active');
    const before = ajax.arrivals.length;
    // Not even from its cache: it cannot know what the other has changed meanwhile (P8).
    expect(await codeOf(get(first, ['hubs']))).toBe('storage_unavailable');
    expect(await codeOf(put(first, ['hubs', '1', 'commands', 'arming']))).toBe('storage_unavailable');
    expect(ajax.arrivals).toHaveLength(before);
    expect((await get(second, ['hubs'])).status).toBe(200);
    broken.heal();
    await clock.advance(2_000);
    expect(first.host.role()).toBe('standby');
    expect((await get(first, ['hubs'])).cache?.state).toBe('HIT');
  });

  test('a former owner gives nothing back to a storage that forgot its successor, and sends nothing (P1, P6)', async () => {
    const { start, clock, storage, ajax } = createNetwork();
    const broken = breakable(storage);
    const first = await start(A, broken.storage);
    const second = await start(B);
    await first.client.login(CREDENTIALS, context());
    broken.cut();
    await clock.advance(5_000);
    expect(second.host.role()).toBe('active');
    const before = ajax.arrivals.length;
    storage.rollBack({ lease: undefined, records: new Map() });
    storage.restart();
    broken.heal();
    const refused = codeOf(put(first, ['hubs', '1', 'commands', 'arming']));
    await clock.advance(2_500);
    expect(await refused).toMatch(/unavailable/);
    expect(ajax.arrivals).toHaveLength(before);
    expect([first.host.role(), second.host.role()]).toEqual(['standby', 'active']);
  });

  test('an owner that nobody followed gives a storage back what it forgot, once that is certain', async () => {
    const { start, clock, storage } = createNetwork();
    const broken = breakable(storage);
    const only = await start(A, broken.storage);
    await only.client.login(CREDENTIALS, context());
    broken.cut();
    await clock.advance(5_000);
    storage.rollBack({ lease: undefined, records: new Map() });
    storage.restart();
    broken.heal();
    await clock.advance(5_000);
    expect((await get(only, ['hubs'])).status).toBe(200);
  });

  test('an owner that was frozen longer than its lease sends nothing when it wakes up (P1)', async () => {
    const { start, clock, storage, ajax } = createNetwork();
    let frozen: Promise<void> | undefined;
    let isAsleep = false;
    const slow: CoordinatorStorage = {
      ...storage,
      async commit(commit) {
        if (isAsleep) await frozen;
        const outcome = await storage.commit(commit);
        // The commit is confirmed, and then the process sleeps before it can write.
        isAsleep = frozen !== undefined;
        await frozen;
        return outcome;
      },
    };
    const first = await start(A, slow);
    await first.client.login(CREDENTIALS, context());
    const second = await start(B);
    let wake = () => {};
    frozen = new Promise((resolve) => {
      wake = resolve;
    });
    const read = codeOf(get(first, ['hubs']));
    await clock.settle();
    const before = ajax.arrivals.length;
    await clock.advance(5_000);
    expect(second.host.role()).toBe('active');
    wake();
    frozen = undefined;
    await clock.advance(2_000);
    expect(await read).toBe('storage_unavailable');
    expect(ajax.arrivals).toHaveLength(before);
    expect(first.host.role()).toBe('standby');
  });

  test('an owner that sleeps between the commit and the write books anew (P1)', async () => {
    const { start, clock, storage, ajax } = createNetwork();
    let sleeps = false;
    const first = await start(A, {
      ...storage,
      async commit(commit) {
        const outcome = await storage.commit(commit);
        if (sleeps) clock.skip(10_000);
        sleeps = false;
        return outcome;
      },
    });
    await first.client.login(CREDENTIALS, context());
    sleeps = true;
    const asleepFrom = clock.monotonic();
    expect((await get(first, ['hubs'])).status).toBe(200);
    expect(ajax.arrivals.at(-1)?.at).toBe(asleepFrom + 10_000);
    // Two bookings for the read: the one that slept protects nothing.
    expect((await storage.list('booking')).length).toBeGreaterThanOrEqual(2);
  });

  test('an owner whose machine was suspended sends nothing under what it had booked before (P1)', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    let suspendedMs = 0;
    let suspends = false;
    // What this machine counts as monotonic does not go on while it sleeps; the others' clocks do.
    const own = {
      ...clock,
      monotonic: () => clock.monotonic() - suspendedMs,
    };
    const first = await createWorld({
      clock: own,
      ajax,
      isAlone: false,
      url: A,
      storage: {
        ...storage,
        async commit(commit) {
          const outcome = await storage.commit(commit);
          if (suspends) {
            suspends = false;
            clock.skip(600_000);
            suspendedMs += 600_000;
            await storage.acquire({ holder: 'another', url: B, forMs: 3_000, force: false });
          }
          return outcome;
        },
      },
    });
    await first.client.login(CREDENTIALS, context());
    const before = ajax.arrivals.length;
    suspends = true;
    expect(await codeOf(get(first, ['hubs']))).not.toBe('none');
    expect(ajax.arrivals).toHaveLength(before);
  });

  test('between two owners nobody is told that something was sent', async () => {
    const { start, clock, hosts } = createNetwork();
    const first = await start(A);
    const second = await start(B);
    await first.client.login(CREDENTIALS, context());
    hosts.delete(A);
    expect(await codeOf(get(second, ['hubs']))).toBe('coordinator_unavailable');
    expect(await codeOf(put(second, ['hubs', '1', 'commands', 'arming']))).toBe('coordinator_unavailable');
    await clock.settle();
  });

  test('a command whose owner was lost on the way has an unknown outcome, with its receipt’s id', async () => {
    const { start, hosts } = createNetwork();
    await start(A);
    const second = await start(B);
    const first = hosts.get(A);
    if (first)
      hosts.set(A, { ...first, host: { ...first.host, fetch: () => Promise.reject(new Error('reset')) } });
    await expect(
      send(
        second,
        ['hubs', '1', 'commands', 'arming'],
        {},
        { commandId: '0192f0c4-6a8e-7c11-9d0f-1f0a7b1c2d3e' },
      ),
    ).rejects.toMatchObject({
      code: 'command_outcome_unknown',
      extras: { members: { command_id: '0192f0c4-6a8e-7c11-9d0f-1f0a7b1c2d3e' } },
    });
    expect(await codeOf(get(second, ['hubs']))).toBe('coordinator_unavailable');
  });

  test('does not pass on what was passed on to it', async () => {
    const { start } = createNetwork();
    await start(A);
    const second = await start(B);
    const response = await second.request(`${B}/status`, {
      method: 'GET',
      headers: { [coordinatorHeaders.forwarded]: '1' },
    });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'coordinator_unavailable' });
  });
});

describe('a new owner', () => {
  const budget = { requests: 4, windowMs: 60_000, reserve: 0 };
  const timeoutMs = 15_000;

  test('of a storage that may have lost its last writes books everything for D + W', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const first = await createWorld({ clock, storage, config: { budget } });
    await first.client.login(CREDENTIALS, context());
    storage.restart();
    const second = await createWorld({ clock, storage, config: { budget }, isFirstRun: false });
    expect((await second.client.budget(ACCOUNT, context())).used).toBe(4);
    await clock.advance(timeoutMs + 15_000 + 60_000 + 59 + 5_000);
    expect((await second.client.budget(ACCOUNT, context())).used).toBe(4);
    await clock.advance(1);
    expect((await second.client.budget(ACCOUNT, context())).used).toBe(0);
  });

  test('that crashes before it has booked leaves the next one as distrustful', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const first = await createWorld({ clock, storage, config: { budget } });
    await first.client.login(CREDENTIALS, context());
    storage.restart();
    const crashing = { ...storage, commit: () => new Promise<never>(() => {}) };
    const crashed = codeOf(createWorld({ clock, storage: crashing, config: { budget }, isFirstRun: false }));
    await clock.advance(10_000);
    expect(await crashed).toBe('storage_unavailable');
    const third = await createWorld({ clock, storage, config: { budget }, isFirstRun: false });
    expect((await third.client.budget(ACCOUNT, context())).used).toBe(4);
  });

  test('that crashes after its first commit leaves the next one as distrustful (P8)', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const first = await createWorld({ clock, storage, config: { budget } });
    await first.client.login(CREDENTIALS, context());
    await get(first, ['hubs', '1', 'devices']);
    await clock.settle();
    storage.restart();
    let commits = 0;
    const crashing: CoordinatorStorage = {
      ...storage,
      commit: (commit) => (++commits > 1 ? new Promise<never>(() => {}) : storage.commit(commit)),
      list: (kind) => (commits > 0 ? new Promise<never>(() => {}) : storage.list(kind)),
    };
    const crashed = codeOf(createWorld({ clock, storage: crashing, config: { budget }, isFirstRun: false }));
    await clock.advance(10_000);
    expect(await crashed).toBe('storage_unavailable');
    expect(commits).toBeGreaterThan(0);
    const third = await createWorld({ clock, storage, config: { budget }, isFirstRun: false });
    // What was kept may be from before a change that was lost, and there is no token to look again.
    expect(await codeOf(get(third, ['hubs', '1', 'devices']))).toBe('budget_exhausted');
    // Once it has written everything down, its successor may believe what it finds.
    await clock.advance(200_000);
    const fourth = await createWorld({ clock, storage, config: { budget }, isFirstRun: false });
    expect((await fourth.client.budget(ACCOUNT, context())).used).toBe(0);
  });

  test('of an empty storage answers at once only on a first run', async () => {
    for (const [isFirstRun, used] of [
      [true, 0],
      [false, 4],
    ] as const) {
      const clock = createTestClock();
      const world = await createWorld({ clock, config: { budget }, isFirstRun });
      expect((await world.client.budget(ACCOUNT, context())).used).toBe(used);
    }
  });

  test('keeps the budget closed as long as Ajax asked for (throttling survives a restart)', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const first = await createWorld({ clock, storage, ajax });
    await first.client.login(CREDENTIALS, context());
    ajax.behave(() => ({ status: 429, headers: { 'retry-after': '120' } }));
    await codeOf(get(first, ['hubs']));
    const second = await createWorld({ clock, storage, ajax });
    const { closedUntil } = (await second.client.status(context())).budget;
    expect(closedUntil).toBe(clock.now() + 120_000);
    expect(await codeOf(get(second, ['hubs']))).toBe('budget_exhausted');
  });
});
