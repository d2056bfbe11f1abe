/** How memory gets into the storage, and what happens when the storage loses it. */
import { describe, expect, test, vi } from 'vitest';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { Commit, CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import { openRecords } from '../../../coordinator/storage/records.ts';
import { createSealer } from '../../../src/kernel/crypto.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { codeOf, createTestClock } from './world.ts';

const LEASE_MS = 3_000;

async function createRig(wrap: (storage: CoordinatorStorage) => CoordinatorStorage = (same) => same) {
  const clock = createTestClock();
  const memory = createMemoryStorage(clock);
  const commits: Commit[] = [];
  const storage = wrap({
    ...memory,
    commit(commit) {
      commits.push(commit);
      return memory.commit(commit);
    },
  });
  const sealer = await createSealer('a-secret-key-of-the-installation-0001', 'records');
  const onFenced = vi.fn();
  async function open() {
    const lease = { holder: 'me', url: undefined, forMs: LEASE_MS };
    const acquiredAt = clock.monotonic();
    const acquisition = await memory.acquire({ ...lease, force: true });
    if (!acquisition.acquired) throw new Error('not acquired');
    return openRecords({ storage, acquisition, acquiredAt, lease, sealer, clock, log: silentLog, onFenced });
  }
  return { clock, memory, commits, onFenced, open, records: await open() };
}

const draft = (key: string, value = 'v', untilAt?: number) => ({
  kind: 'session' as const,
  key,
  value,
  untilAt,
});

describe('records', () => {
  test('put in one tick share one commit; what comes meanwhile goes into the next', async () => {
    const { records, commits } = await createRig();
    for (let n = 0; n < 50; n++) records.put(draft(String(n)));
    const first = records.committed();
    await Promise.resolve();
    records.put(draft('later'));
    await Promise.all([first, records.committed()]);
    expect(commits.map(({ put }) => put.length).reduce((a, b) => a + b)).toBe(51);
    expect(commits.length).toBeLessThanOrEqual(2);
  });

  test('put late go with a commit that somebody waits for, or by themselves a few milliseconds later', async () => {
    const { clock, records, commits } = await createRig();
    const keysOf = () => commits.map(({ put }) => put.map(({ key }) => key));
    records.put(draft('late'), 'late');
    await clock.settle();
    expect(keysOf()).toEqual([]);
    records.put(draft('waited for'));
    await records.committed();
    expect(keysOf()).toEqual([['late', 'waited for']]);
    records.put(draft('late again'), 'late');
    records.delete({ kind: 'session', key: 'late' }, 'late');
    await clock.advance(5);
    expect(keysOf()).toEqual([['late', 'waited for'], ['late again']]);
    expect(commits.at(-1)?.delete).toEqual([{ kind: 'session', key: 'late' }]);
  });

  test('put late during a commit do not hold up what is not', async () => {
    const { clock, records, commits } = await createRig();
    records.put(draft('first'));
    await Promise.resolve();
    records.put(draft('late'), 'late');
    records.put(draft('now'));
    await clock.settle();
    expect(commits.flatMap(({ put }) => put.map(({ key }) => key))).toEqual(['first', 'late', 'now']);
  });

  test('put late are committed at the end', async () => {
    const { records, memory } = await createRig();
    records.put(draft('late'), 'late');
    await records.close();
    expect((await memory.keys('session')).map(({ key }) => key)).toEqual(['late']);
  });

  test('of one name: the last one wins, a deletion too', async () => {
    const { records, memory } = await createRig();
    records.put(draft('a', 'one'));
    records.put(draft('a', 'two'));
    records.put(draft('b'));
    records.delete({ kind: 'session', key: 'b' });
    await records.committed();
    expect((await memory.keys('session')).map(({ key }) => key)).toEqual(['a']);
    expect(await records.get('session', 'a')).toBe('two');
  });

  test('are sealed, each for its own place (P9)', async () => {
    const { records, memory, open } = await createRig();
    records.put(draft('a', 'secret-of-a'));
    await records.committed();
    const [stored] = await memory.list('session');
    expect(JSON.stringify(stored)).not.toContain('secret-of-a');
    const value = stored?.value ?? '';
    const next = await open();
    expect(await next.get('session', 'a')).toBe('secret-of-a');
    next.put({ ...draft('x'), value: '' });
    // What was sealed for one place does not open in another.
    const base = { serial: 1_000, acknowledged: 0, incarnation: 'memory-1', restores: false, delete: [] };
    const lease = { holder: 'me', url: undefined, forMs: LEASE_MS, epoch: next.epoch };
    await memory.commit({
      ...base,
      lease,
      put: [{ kind: 'session', key: 'moved', value, forMs: undefined }],
    });
    expect(await next.get('session', 'moved')).toBeUndefined();
  });

  test('that ran out while the storage was away are not put', async () => {
    let isDown = false;
    const { records, clock, memory } = await createRig((storage) => ({
      ...storage,
      commit: (commit) => (isDown ? Promise.reject(new Error('down')) : storage.commit(commit)),
    }));
    isDown = true;
    records.put(draft('short', 'v', clock.monotonic() + 500));
    records.put(draft('long', 'v', clock.monotonic() + 50_000));
    expect(await codeOf(records.committed())).toBe('storage_unavailable');
    expect(records.healthy()).toBe(false);
    isDown = false;
    await clock.advance(1_000);
    expect((await memory.keys('session')).map(({ key }) => key)).toEqual(['long']);
    expect(records.healthy()).toBe(true);
  });

  test('that could not be committed go with the next commit, unless they were changed since', async () => {
    let isDown = true;
    const { records, clock } = await createRig((storage) => ({
      ...storage,
      commit: (commit) => (isDown ? Promise.reject(new Error('down')) : storage.commit(commit)),
    }));
    records.put(draft('a', 'old'));
    records.put(draft('b', 'old'));
    const failed = codeOf(records.committed());
    await Promise.resolve();
    records.put(draft('b', 'new'));
    expect(await failed).toBe('storage_unavailable');
    isDown = false;
    await records.committed();
    expect([await records.get('session', 'a'), await records.get('session', 'b')]).toEqual(['old', 'new']);
    await clock.settle();
  });

  test('every one who waits is answered, however closely a wait follows a commit that failed', async () => {
    for (let ticks = 0; ticks < 40; ticks++) {
      const { records, clock } = await createRig((storage) => ({
        ...storage,
        commit: () => Promise.reject(new Error('down')),
      }));
      records.put(draft('a'));
      const first = codeOf(records.committed());
      for (let tick = 0; tick < ticks; tick++) await undefined;
      records.put(draft('b'));
      const second = codeOf(records.committed());
      await first;
      expect(await Promise.race([second, clock.settle().then(() => 'never')])).toBe('storage_unavailable');
    }
  });

  test('a commit that hangs is given up after 2 s; landing late it changes nothing', async () => {
    let land = () => {};
    let hangs = false;
    const { records, clock, memory } = await createRig((storage) => ({
      ...storage,
      async commit(commit) {
        if (hangs) {
          hangs = false;
          await new Promise<void>((resolve) => {
            land = resolve;
          });
        }
        return storage.commit(commit);
      },
    }));
    hangs = true;
    records.put(draft('a', 'old'));
    const late = codeOf(records.committed());
    await clock.advance(2_000);
    expect(await late).toBe('storage_unavailable');
    records.put(draft('a', 'new'));
    await records.committed();
    const before = await memory.list('session');
    land();
    await clock.settle();
    expect(await memory.list('session')).toEqual(before);
  });
});

describe('a storage that lost what it had confirmed', () => {
  test('is given everything this life knows before anything else is confirmed', async () => {
    const { records, memory, commits } = await createRig();
    records.put(draft('early', 'e'));
    records.put(draft('signed out'));
    await records.committed();
    const snapshot = memory.snapshot();
    records.delete({ kind: 'session', key: 'signed out' });
    records.put(draft('recent', 'r'));
    await records.committed();
    memory.rollBack(snapshot);
    memory.restart();
    records.put(draft('now', 'n'));
    await records.committed();
    expect((await memory.keys('session')).map(({ key }) => key).sort()).toEqual(['early', 'now', 'recent']);
    expect(commits.at(-1)?.restores).toBe(true);
  });

  test('also when nothing is left of it, the lease included', async () => {
    const { records, memory } = await createRig();
    const empty = { lease: undefined, records: new Map() };
    records.put(draft('a'));
    await records.committed();
    memory.rollBack(empty);
    records.put(draft('b'));
    await records.committed();
    expect((await memory.keys('session')).map(({ key }) => key).sort()).toEqual(['a', 'b']);
    expect(await memory.holder()).toMatchObject({ epoch: records.epoch });
  });

  test('also when it is found only by the renewal of the lease', async () => {
    const { records, memory, clock } = await createRig();
    records.put(draft('a'));
    await records.committed();
    memory.rollBack({ lease: undefined, records: new Map() });
    await clock.advance(1_000);
    expect((await memory.keys('session')).map(({ key }) => key)).toEqual(['a']);
  });
});

describe('the lease', () => {
  test('is held from when it was asked for, and renewed by the monotonic clock', async () => {
    const { records, clock } = await createRig();
    expect(records.holds()).toBe(true);
    for (let second = 0; second < 10; second++) {
      await clock.advance(1_000);
      expect(records.holds()).toBe(true);
    }
  });

  test('is not certain any more when the storage does not answer in time, and comes back with it', async () => {
    let isDown = false;
    const { records, clock } = await createRig((storage) => ({
      ...storage,
      commit: (commit) => (isDown ? new Promise(() => {}) : storage.commit(commit)),
    }));
    isDown = true;
    await clock.advance(LEASE_MS);
    expect(records.holds()).toBe(false);
    const held = codeOf(records.hold());
    await clock.advance(2_000);
    expect(await held).toBe('storage_unavailable');
    isDown = false;
    await clock.advance(2_000);
    await records.hold();
    expect(records.holds()).toBe(true);
  });

  test('of another ends everything: nothing is committed, nobody waits, nothing may be written', async () => {
    const { records, memory, onFenced, clock } = await createRig();
    await memory.acquire({ holder: 'another', url: undefined, forMs: LEASE_MS, force: true });
    records.put(draft('a'));
    expect(await codeOf(records.committed())).toBe('coordinator_unavailable');
    expect(onFenced).toHaveBeenCalledTimes(1);
    expect(records.holds()).toBe(false);
    expect(await memory.keys('session')).toEqual([]);
    expect(await codeOf(records.committed())).toBe('coordinator_unavailable');
    await clock.advance(10_000);
    expect(await memory.holder()).toBeUndefined();
  });

  test('that ran out while this process slept is asked for again, and lost if another has it', async () => {
    const { records, memory, clock, onFenced } = await createRig();
    clock.skip(60_000);
    expect(records.holds()).toBe(false);
    await records.hold();
    expect(records.holds()).toBe(true);
    clock.skip(60_000);
    await memory.acquire({ holder: 'another', url: undefined, forMs: LEASE_MS, force: false });
    expect(await codeOf(records.hold())).toBe('coordinator_unavailable');
    expect(onFenced).toHaveBeenCalled();
  });

  test('is free at once after closing, and what was put is committed', async () => {
    const { records, memory } = await createRig();
    records.put(draft('last'));
    await records.close();
    expect(await memory.holder()).toBeUndefined();
    expect((await memory.keys('session')).map(({ key }) => key)).toEqual(['last']);
    expect(records.holds()).toBe(false);
  });
});
