/** What every storage of the coordinator promises. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type {
  Acquisition,
  Commit,
  CommitOutcome,
  CoordinatorStorage,
  LeaseRequest,
  RecordKind,
  RecordToPut,
} from '../../coordinator/storage/port.ts';
import { recordKinds } from '../../coordinator/storage/port.ts';
import { type OpenStorage, storageAdapters } from './coordinator-storage-adapters.ts';

const MINUTE_MS = 60_000;
/** What lasts this long has run out already. */
const OVER_MS = -1_000;

describe.each(Object.entries(storageAdapters))('%s', (_name, open) => {
  let opened: OpenStorage;
  let storage: CoordinatorStorage;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    await opened.loseEverything();
    storage = opened.storage();
  });

  describe('the lease', () => {
    test('is taken by the first who asks, and refused to others with the name of its holder', async () => {
      const first = await acquire(storage, { holder: 'a', url: 'http://a:1' });
      expect(first).toMatchObject({ acquired: true, serial: 0, recordedIncarnation: undefined });
      const second = await acquire(opened.storage(), { holder: 'b' });
      if (second.acquired || !first.acquired) throw new Error('Two hold the lease');
      expect(second.holder).toMatchObject({ holder: 'a', url: 'http://a:1', epoch: first.epoch });
      expect(second.holder.remainingMs).toBeGreaterThan(MINUTE_MS - 10_000);
      expect(second.holder.remainingMs).toBeLessThanOrEqual(MINUTE_MS + 1);
      expect(await storage.holder()).toMatchObject({ holder: 'a', url: 'http://a:1', epoch: first.epoch });
    });

    test('is nobody’s at first, after it ran out and after its release', async () => {
      expect(await storage.holder()).toBeUndefined();
      await acquire(storage, { forMs: OVER_MS });
      expect(await storage.holder()).toBeUndefined();
      const owner = await own(storage, 'a');
      await storage.release(owner.epoch);
      expect(await storage.holder()).toBeUndefined();
    });

    test('is refused also to the same holder, unless by force', async () => {
      const { epoch } = await own(storage, 'a');
      expect(await acquire(storage, { holder: 'a' })).toMatchObject({ acquired: false, holder: { epoch } });
      expect((await own(storage, 'a', { force: true })).epoch).toBeGreaterThan(epoch);
    });

    test('is taken from a holder who is dead, and from no other', async () => {
      const { epoch } = await own(storage, 'a');
      expect(await acquire(storage, { holder: 'b', dead: 'z' })).toMatchObject({ acquired: false });
      expect((await own(storage, 'b', { dead: 'a' })).epoch).toBeGreaterThan(epoch);
      // Whoever learnt of the same death comes too late.
      expect(await acquire(storage, { holder: 'c', dead: 'a' })).toMatchObject({
        acquired: false,
        holder: { holder: 'b' },
      });
    });

    test('comes with a larger epoch after running out, force, release, and after all was lost', async () => {
      const epochs = [
        (await own(storage, 'a', { forMs: OVER_MS })).epoch,
        (await own(storage, 'b')).epoch,
        (await own(storage, 'c', { force: true })).epoch,
      ];
      await storage.release(epochs.at(-1) ?? 0);
      epochs.push((await own(storage, 'a')).epoch);
      await opened.loseEverything();
      epochs.push((await own(storage, 'a')).epoch);
      expect(epochs).toEqual([...new Set(epochs)].sort((one, other) => one - other));
    });

    test('is not released by an epoch that has lost it', async () => {
      const earlier = await own(storage, 'a');
      const later = await own(storage, 'b', { force: true });
      await storage.release(earlier.epoch);
      expect(await storage.holder()).toMatchObject({ holder: 'b', epoch: later.epoch });
    });

    test('goes to exactly one of those who race for it', async () => {
      for (let round = 0; round < 10; round++) {
        await opened.loseEverything();
        const names = Array.from({ length: 8 }, (_, n) => `racer-${n}`);
        const answers = await Promise.all(names.map((holder) => acquire(opened.storage(), { holder })));
        const winner = answers.findIndex(({ acquired }) => acquired);
        expect(answers.filter(({ acquired }) => acquired)).toHaveLength(1);
        for (const answer of answers) {
          if (!answer.acquired) expect(answer.holder.holder).toBe(names[winner]);
        }
      }
    });

    test('is extended by each commit, also when it ran out and nobody took it', async () => {
      const owner = await own(storage, 'a', { forMs: OVER_MS });
      expect(await owner.commit()).toMatchObject({ kind: 'committed' });
      const holder = await storage.holder();
      expect(holder?.remainingMs).toBeGreaterThan(MINUTE_MS - 10_000);
      expect(holder?.epoch).toBe(owner.epoch);
    });

    test('tells the next owner the last serial and the incarnation of the last commit', async () => {
      const owner = await own(storage, 'a');
      await owner.commit();
      await owner.commit({ serial: 41 });
      const next = await acquire(storage, { holder: 'b', force: true });
      expect(next).toMatchObject({
        acquired: true,
        serial: 41,
        incarnation: owner.incarnation,
        recordedIncarnation: owner.incarnation,
      });
    });
  });

  describe('a commit', () => {
    test('puts, replaces and deletes, and the next owner finds it so', async () => {
      const owner = await own(storage, 'a');
      await owner.commit({
        put: [put('session', 'x', '1'), put('session', 'y', '2'), put('login', 'x', '3')],
      });
      await owner.commit({ put: [put('session', 'x', '4')], delete: [{ kind: 'session', key: 'y' }] });
      const next = opened.storage();
      expect(await next.get('session', 'x')).toBe('4');
      expect(await next.get('session', 'y')).toBeUndefined();
      expect(await next.get('login', 'x')).toBe('3');
      expect(await next.list('session')).toEqual([{ key: 'x', value: '4', remainingMs: undefined }]);
      expect(await next.keys('login')).toEqual([{ key: 'x', remainingMs: undefined }]);
      expect(await next.count('session')).toBe(1);
      expect(await next.count('job')).toBe(0);
    });

    test('deletes what is not there, and what it deletes can be put again', async () => {
      const owner = await own(storage, 'a');
      await owner.commit({ delete: [{ kind: 'job', key: 'x' }] });
      expect(await storage.list('job')).toEqual([]);
      await owner.commit({ put: [put('job', 'x', '1')] });
      expect(await storage.get('job', 'x')).toBe('1');
    });

    test('deletes before it puts, and the last of one name counts', async () => {
      const owner = await own(storage, 'a');
      const deletes = [{ kind: 'job', key: 'x' }] as const;
      await owner.commit({ put: [put('job', 'x', '1'), put('job', 'x', '2')], delete: deletes });
      expect(await storage.get('job', 'x')).toBe('2');
    });

    test('lets records run out, each for itself, and tells how long they last', async () => {
      const owner = await own(storage, 'a');
      await owner.commit({
        put: [
          put('booking', 'long', '', MINUTE_MS),
          put('booking', 'short', '', 1_000.5),
          put('booking', 'over', 'v', OVER_MS),
          put('booking', 'ever', ''),
        ],
      });
      const remaining = Object.fromEntries(
        (await storage.keys('booking')).map(({ key, remainingMs }) => [key, remainingMs]),
      );
      expect(Object.keys(remaining).sort()).toEqual(
        Object.keys(remaining).includes('short') ? ['ever', 'long', 'short'] : ['ever', 'long'],
      );
      expect(remaining.long).toBeGreaterThan(MINUTE_MS - 10_000);
      expect(remaining.long).toBeLessThanOrEqual(MINUTE_MS + 1);
      expect(remaining.ever).toBeUndefined();
      expect(await storage.get('booking', 'over')).toBeUndefined();
      expect((await storage.list('booking')).map(({ key }) => key)).not.toContain('over');
    });

    test('gives a record a new end: later, sooner or never', async () => {
      const owner = await own(storage, 'a');
      await owner.commit({ put: ['p', 'q', 'r', 's'].map((key) => put('change', key, 'v', MINUTE_MS)) });
      await owner.commit({
        put: [
          put('change', 'p', 'v', 2 * MINUTE_MS),
          put('change', 'q', 'v', MINUTE_MS / 2),
          put('change', 'r', 'v'),
          put('change', 's', 'v', OVER_MS),
        ],
      });
      const remaining = new Map(
        (await storage.keys('change')).map((record) => [record.key, record.remainingMs]),
      );
      expect(remaining.get('p')).toBeGreaterThan(1.5 * MINUTE_MS);
      expect(remaining.get('q')).toBeLessThanOrEqual(MINUTE_MS / 2 + 1);
      expect(remaining.has('r') && remaining.get('r') === undefined).toBe(true);
      expect(remaining.has('s')).toBe(false);
    });

    test('revives a record that ran out', async () => {
      const owner = await own(storage, 'a');
      await owner.commit({ put: [put('cache', 'x', 'old', OVER_MS)] });
      await owner.commit({ put: [put('cache', 'x', 'new', MINUTE_MS)] });
      await owner.commit();
      expect(await storage.get('cache', 'x')).toBe('new');
    });

    test('takes every kind, keys of any spelling, an empty value and one of a megabyte', async () => {
      const owner = await own(storage, 'a');
      const keys = [
        ' ',
        'two words',
        'ñandú 漢字 🏠',
        `'"\`\\`,
        'a:b:c',
        '%2F%',
        '\n\t',
        '-inf',
        '{tag}',
        '__proto__',
      ];
      const large = 'é'.repeat(500_000);
      await owner.commit({
        put: [
          ...recordKinds.flatMap((kind) => keys.map((key) => put(kind, key, `${kind} ${key}`, MINUTE_MS))),
          put('cache', 'large', large),
          put('cache', 'empty', ''),
        ],
      });
      for (const kind of recordKinds) {
        const found = new Map((await storage.list(kind)).map(({ key, value }) => [key, value]));
        for (const key of keys) expect(found.get(key)).toBe(`${kind} ${key}`);
      }
      expect(await storage.get('cache', keys[3] ?? '')).toBe(`cache ${keys[3]}`);
      expect((await storage.get('cache', 'large')) === large).toBe(true);
      expect(await storage.get('cache', 'empty')).toBe('');
    });

    test('takes thousands of records at once', async () => {
      const owner = await own(storage, 'a');
      const many = Array.from({ length: 5_000 }, (_, n) => put('booking', `b${n}`, `v${n}`, MINUTE_MS));
      expect(await owner.commit({ put: many })).toMatchObject({ kind: 'committed' });
      expect(await storage.count('booking')).toBe(5_000);
      await owner.commit({ delete: many.slice(1) });
      expect(await storage.list('booking')).toMatchObject([{ key: 'b0', value: 'v0' }]);
    });

    test('removes what ran out or was deleted by and by, also much of it', async () => {
      const owner = await own(storage, 'a');
      const many = (part: string) => Array.from({ length: 300 }, (_, n) => `${part}${n}`);
      await owner.commit({
        put: [
          ...many('over').map((key) => put('cache', key, 'v', OVER_MS)),
          ...many('gone').map((key) => put('receipt', key, 'v', MINUTE_MS)),
          put('cache', 'stays', 'v', MINUTE_MS),
          put('cache', 'ever', 'v'),
        ],
      });
      await owner.commit({ delete: many('gone').map((key) => ({ kind: 'receipt', key }) as const) });
      for (let n = 0; n < 20; n++) await owner.commit();
      expect(await opened.recordsHeld()).toBe(2);
      expect(await storage.count('cache')).toBe(2);
    });
  });

  describe('the fence', () => {
    test('refuses a commit of an earlier epoch, whole', async () => {
      const earlier = await own(storage, 'a');
      await earlier.commit({ put: [put('session', 'x', 'kept')] });
      const later = await own(storage, 'b', { force: true });
      const attempt = { put: [put('session', 'y', '1')], delete: [{ kind: 'session', key: 'x' } as const] };
      expect(await earlier.commit(attempt)).toEqual({ kind: 'fenced' });
      expect(await earlier.commit({ ...attempt, restores: true })).toEqual({ kind: 'fenced' });
      expect(await storage.list('session')).toMatchObject([{ key: 'x', value: 'kept' }]);
      expect(await storage.holder()).toMatchObject({ holder: 'b', epoch: later.epoch });
    });

    test('refuses a commit after its own release, also one that restores', async () => {
      const owner = await own(storage, 'a');
      await storage.release(owner.epoch);
      expect(await owner.commit({ put: [put('job', 'x', '1')] })).toEqual({ kind: 'fenced' });
      expect(await owner.commit({ put: [put('job', 'x', '1')], restores: true })).toEqual({ kind: 'fenced' });
      expect(await storage.count('job')).toBe(0);
    });

    test('refuses another holder that claims the same epoch', async () => {
      const owner = await own(storage, 'a');
      const stranger = { holder: 'b', url: undefined, epoch: owner.epoch, forMs: MINUTE_MS };
      expect(await owner.commit({ lease: stranger })).toEqual({ kind: 'fenced' });
      expect(await owner.commit({ lease: stranger, restores: true })).toEqual({ kind: 'fenced' });
    });

    test('leaves a commit that arrives late without effect', async () => {
      const owner = await own(storage, 'a');
      await owner.commit({ serial: 10, put: [put('command', 'x', 'later')] });
      const late = { serial: 9, acknowledged: 8, put: [put('command', 'x', 'earlier')] };
      expect(await owner.commit(late)).toEqual({ kind: 'superseded' });
      expect(await owner.commit({ ...late, serial: 10 })).toEqual({ kind: 'superseded' });
      expect(await owner.commit({ ...late, restores: true })).toEqual({ kind: 'superseded' });
      expect(await storage.get('command', 'x')).toBe('later');
    });

    test('accepts a commit after one whose answer was lost, whether that one was executed or not', async () => {
      const owner = await own(storage, 'a');
      expect(await owner.commit({ serial: 1, acknowledged: 0 })).toMatchObject({ kind: 'committed' });
      expect(await owner.commit({ serial: 2, acknowledged: 0 })).toMatchObject({ kind: 'committed' });
      expect(await owner.commit({ serial: 9, acknowledged: 2 })).toMatchObject({ kind: 'committed' });
    });

    test('holds whichever of two overlapping commits of one owner comes first', async () => {
      const owner = await own(storage, 'a');
      for (let round = 0; round < 30; round++) {
        const key = `k${round}`;
        const [, second] = await Promise.all([
          owner.commit({ serial: 2 * round + 1, acknowledged: 0, put: [put('job', key, '1')] }),
          owner.commit({ serial: 2 * round + 2, acknowledged: 0, delete: [{ kind: 'job', key }] }),
        ]);
        expect(second).toMatchObject({ kind: 'committed' });
      }
      expect(await storage.list('job')).toEqual([]);
    });

    test('keeps the state of the last owner when hundreds of commits and acquisitions race', async () => {
      interface Written {
        readonly epoch: number;
        readonly serial: number;
        readonly outcome: CommitOutcome['kind'];
      }
      const written: Written[] = [];
      let newest = 0;
      const race = async (name: string) => {
        const mine = opened.storage();
        for (let turn = 0; turn < 5; turn++) {
          const owner = await own(mine, name, { force: true });
          newest = Math.max(newest, owner.epoch);
          await Promise.all(
            Array.from({ length: 10 }, async (_, n) => {
              const serial = owner.serial + n + 1;
              const value = `${owner.epoch} ${serial}`;
              const mustBeFenced = newest > owner.epoch;
              const { kind: outcome } = await owner.commit({
                serial,
                acknowledged: owner.serial,
                put: [put('session', 'one', value), put('login', 'two', value, MINUTE_MS)],
              });
              if (mustBeFenced) expect(outcome).toBe('fenced');
              written.push({ epoch: owner.epoch, serial, outcome });
            }),
          );
        }
      };
      await Promise.all(['a', 'b', 'c', 'd'].map(race));

      const committed = written
        .filter(({ outcome }) => outcome === 'committed')
        .sort((one, other) => one.epoch - other.epoch || one.serial - other.serial);
      expect(written).toHaveLength(200);
      const last = committed.at(-1);
      expect(await storage.get('session', 'one')).toBe(`${last?.epoch} ${last?.serial}`);
      expect(await storage.get('login', 'two')).toBe(`${last?.epoch} ${last?.serial}`);
      expect(committed.map(({ serial }) => serial)).toEqual(
        committed.map(({ serial }) => serial).sort((one, other) => one - other),
      );
      expect(new Set(written.map(({ outcome }) => outcome))).not.toContain('lost');
      expect(await storage.holder()).toMatchObject({ epoch: newest });
    });
  });

  describe('a storage that has lost what it confirmed', () => {
    test('says so when all is gone, and takes everything back', async () => {
      const owner = await own(storage, 'a');
      await owner.commit({ put: [put('booking', 'x', '1')] });
      await opened.loseEverything();
      expect(await owner.commit({ put: [put('booking', 'y', '1')] })).toEqual({ kind: 'lost' });
      expect(await storage.count('booking')).toBe(0);
      expect(await owner.commit({ put: [put('booking', 'z', '1')], restores: true })).toMatchObject({
        kind: 'committed',
      });
      expect(await storage.holder()).toMatchObject({ holder: 'a', epoch: owner.epoch });
      expect(await owner.commit()).toMatchObject({ kind: 'committed' });
      expect((await storage.keys('booking')).map(({ key }) => key)).toEqual(['z']);
    });

    test('says so when its last commits are gone, and takes everything back', async () => {
      const owner = await own(storage, 'a');
      await owner.commit({ put: [put('booking', 'x', '1')] });
      const rollBack = await opened.snapshot();
      await owner.commit({ put: [put('booking', 'y', '1')] });
      await rollBack();
      expect(await owner.commit()).toEqual({ kind: 'lost' });
      expect(await owner.commit({ put: [put('booking', 'y', '2')], restores: true })).toMatchObject({
        kind: 'committed',
      });
      expect((await storage.list('booking')).map(({ value }) => value).sort()).toEqual(['1', '2']);
    });

    test('does not mind the loss of a commit that it never confirmed', async () => {
      const owner = await own(storage, 'a');
      const rollBack = await opened.snapshot();
      await owner.commit({ serial: 1, acknowledged: 0 });
      await rollBack();
      expect(await owner.commit({ serial: 2, acknowledged: 0 })).toMatchObject({ kind: 'committed' });
    });

    test('says so when it fell back behind the acquisition, and is no hindrance', async () => {
      const earlier = await own(storage, 'z');
      await earlier.commit();
      const rollBack = await opened.snapshot();
      const owner = await own(storage, 'a', { force: true });
      await owner.commit();
      await rollBack();
      expect(await owner.commit()).toEqual({ kind: 'lost' });
      expect(await owner.commit({ restores: true })).toMatchObject({ kind: 'committed' });
      expect(await earlier.commit({ restores: true })).toEqual({ kind: 'fenced' });
    });

    test('takes nothing back from an epoch that was followed by another', async () => {
      const earlier = await own(storage, 'a');
      await opened.loseEverything();
      const later = await own(storage, 'b');
      expect(await earlier.commit({ put: [put('job', 'x', '1')], restores: true })).toEqual({
        kind: 'fenced',
      });
      expect(await storage.count('job')).toBe(0);
      expect(await later.commit()).toMatchObject({ kind: 'committed' });
    });

    test('leaves one owner when a restoring one races with acquisitions', async () => {
      for (let round = 0; round < 10; round++) {
        const earlier = await own(storage, 'a', { force: true });
        await opened.loseEverything();
        const [restored, taken] = await Promise.all([
          earlier.commit({ put: [put('job', 'x', 'restored')], restores: true }),
          acquire(opened.storage(), { holder: 'b', force: true }),
        ]);
        if (!taken.acquired) throw new Error('Force was refused');
        expect(await storage.holder()).toMatchObject({ holder: 'b', epoch: taken.epoch });
        expect(await storage.get('job', 'x')).toBe(restored.kind === 'committed' ? 'restored' : undefined);
      }
    });
  });

  describe('another incarnation of the storage', () => {
    test('is one the owner must restore into, and is recorded then', async () => {
      const owner = await own(storage, 'a');
      await owner.commit({ put: [put('booking', 'x', '1')] });
      await opened.becomeAnotherIncarnation();
      storage = opened.storage();
      const moved = owner.on(storage);
      expect(await moved.commit({ put: [put('booking', 'y', '1')] })).toEqual({ kind: 'lost' });
      expect(await storage.get('booking', 'x')).toBe('1');
      const outcome = await moved.commit({ put: [put('booking', 'y', '1')], restores: true });
      if (outcome.kind !== 'committed') throw new Error(`The restoring commit was ${outcome.kind}`);
      expect(outcome.incarnation).not.toBe(owner.incarnation);
      expect(await moved.commit({ incarnation: outcome.incarnation })).toEqual(outcome);
      expect(await acquire(storage, { holder: 'b', force: true })).toMatchObject({
        incarnation: outcome.incarnation,
        recordedIncarnation: outcome.incarnation,
      });
    });

    test('is seen by the next owner', async () => {
      const owner = await own(storage, 'a');
      await owner.commit();
      await opened.becomeAnotherIncarnation();
      const next = await acquire(opened.storage(), { holder: 'b', force: true });
      if (!next.acquired) throw new Error('Force was refused');
      expect(next.recordedIncarnation).toBe(owner.incarnation);
      expect(next.incarnation).not.toBe(owner.incarnation);
    });
  });
});

function acquire(storage: CoordinatorStorage, request: Partial<LeaseRequest>): Promise<Acquisition> {
  return storage.acquire({ holder: 'a', url: undefined, forMs: MINUTE_MS, force: false, ...request });
}

interface Owner {
  readonly epoch: number;
  /** When it acquired the lease. */
  readonly serial: number;
  readonly incarnation: string;
  /** With the next serial and what was confirmed so far, unless told otherwise. */
  commit(changes?: Partial<Commit>): Promise<CommitOutcome>;
  /** The same owner through another connection. */
  on(storage: CoordinatorStorage): Owner;
}

async function own(
  storage: CoordinatorStorage,
  holder: string,
  request: Partial<LeaseRequest> = {},
): Promise<Owner> {
  const acquisition = await acquire(storage, { holder, ...request });
  if (!acquisition.acquired) throw new Error(`The lease is held by ${acquisition.holder.holder}`);
  const { epoch, serial, incarnation } = acquisition;
  const progress = { serial, acknowledged: serial };
  const ownerOn = (present: CoordinatorStorage): Owner => ({
    epoch,
    serial,
    incarnation,
    on: ownerOn,
    async commit(changes = {}) {
      progress.serial = Math.max(progress.serial + 1, changes.serial ?? 0);
      const commit: Commit = {
        lease: { holder, url: undefined, epoch, forMs: MINUTE_MS },
        serial: progress.serial,
        acknowledged: progress.acknowledged,
        incarnation,
        restores: false,
        put: [],
        delete: [],
        ...changes,
      };
      const outcome = await present.commit(commit);
      if (outcome.kind === 'committed') {
        progress.acknowledged = Math.max(progress.acknowledged, commit.serial);
      }
      return outcome;
    },
  });
  return ownerOn(storage);
}

function put(kind: RecordKind, key: string, value: string, forMs?: number): RecordToPut {
  return { kind, key, value, forMs };
}
