import type { Clock } from '../../src/kernel/clock.ts';
import type {
  Acquisition,
  Commit,
  CommitOutcome,
  CoordinatorStorage,
  LeaseHolder,
  LeaseRequest,
  RecordKind,
  RecordName,
  StoredRecord,
} from './port.ts';

/** Keeps everything in one object, which outlives coordinators like a database would: for tests. */
export interface MemoryStorage extends CoordinatorStorage {
  /** What it holds now, for `rollBack`. */
  snapshot(): MemorySnapshot;
  /** Loses what was written since, as a storage without fsync does. The incarnation stays: see `restart`. */
  rollBack(snapshot: MemorySnapshot): void;
  /** Becomes another incarnation, with the data it holds. */
  restart(): void;
  /** Records held, those that ran out included. */
  size(): number;
}

export interface MemorySnapshot {
  readonly lease: Lease | undefined;
  readonly records: ReadonlyMap<string, MemoryRecord>;
}

interface Lease {
  readonly epoch: number;
  readonly serial: number;
  /** Undefined: released. */
  readonly holder: string | undefined;
  readonly url: string | undefined;
  readonly untilMs: number;
  readonly incarnation: string | undefined;
}

interface MemoryRecord extends RecordName {
  readonly value: string;
  readonly expiresAtMs: number;
}

/** @param clock the storage's own: epoch milliseconds */
export function createMemoryStorage(clock: Pick<Clock, 'now'>): MemoryStorage {
  let lease: Lease | undefined;
  let records = new Map<string, MemoryRecord>();
  let starts = 1;
  // Not part of what can be lost: real storages take their epochs from a clock.
  let epochs = 0;
  const incarnation = () => `memory-${starts}`;

  const holder = (): LeaseHolder | undefined => {
    if (lease?.holder === undefined || lease.untilMs <= clock.now()) return undefined;
    const { epoch, url, untilMs } = lease;
    return { holder: lease.holder, url, epoch, remainingMs: untilMs - clock.now() };
  };
  const live = (kind: RecordKind): StoredRecord[] => {
    const now = clock.now();
    return [...records.values()]
      .filter((record) => record.kind === kind && record.expiresAtMs > now)
      .map(({ key, value, expiresAtMs }) => ({
        key,
        value,
        remainingMs: expiresAtMs === Infinity ? undefined : expiresAtMs - now,
      }));
  };

  return {
    async acquire(request: LeaseRequest): Promise<Acquisition> {
      const present = holder();
      const isRefused = present && !request.force && present.holder !== request.dead;
      if (isRefused) return { acquired: false, holder: present };
      const now = clock.now();
      lease = {
        epoch: ++epochs,
        serial: lease?.serial ?? 0,
        holder: request.holder,
        url: request.url,
        untilMs: now + request.forMs,
        incarnation: lease?.incarnation,
      };
      return {
        acquired: true,
        epoch: lease.epoch,
        serial: lease.serial,
        incarnation: incarnation(),
        recordedIncarnation: lease.incarnation,
      };
    },
    holder: async () => holder(),
    async release(epoch) {
      if (lease?.epoch !== epoch) return;
      lease = { ...lease, holder: undefined, url: undefined, untilMs: clock.now() };
    },
    async commit(commit): Promise<CommitOutcome> {
      const kind = judge(commit, lease, incarnation());
      if (kind !== 'committed') return { kind };
      const now = clock.now();
      const { forMs, ...committer } = commit.lease;
      lease = { ...committer, serial: commit.serial, untilMs: now + forMs, incarnation: incarnation() };
      for (const name of commit.delete) records.delete(idOf(name));
      for (const { forMs: recordForMs = Infinity, ...record } of commit.put) {
        records.set(idOf(record), { ...record, expiresAtMs: now + recordForMs });
      }
      for (const [id, { expiresAtMs }] of records) if (expiresAtMs <= now) records.delete(id);
      return { kind, incarnation: incarnation() };
    },
    get: async (kind, key) => live(kind).find((record) => record.key === key)?.value,
    list: async (kind) => live(kind),
    keys: async (kind) => live(kind).map(({ key, remainingMs }) => ({ key, remainingMs })),
    count: async (kind) => live(kind).length,

    snapshot: () => ({ lease, records: new Map(records) }),
    rollBack(snapshot) {
      lease = snapshot.lease;
      records = new Map(snapshot.records);
    },
    restart() {
      starts += 1;
    },
    size: () => records.size,
  };
}

/** The rule every adapter follows, each in its own language. */
function judge(commit: Commit, lease: Lease | undefined, incarnation: string): CommitOutcome['kind'] {
  const { epoch, holder } = commit.lease;
  if (lease && lease.epoch >= epoch) {
    if (lease.epoch > epoch || lease.holder !== holder) return 'fenced';
    if (lease.serial >= commit.serial) return 'superseded';
    if (lease.serial >= commit.acknowledged && incarnation === commit.incarnation) return 'committed';
  }
  return commit.restores ? 'committed' : 'lost';
}

const idOf = ({ kind, key }: RecordName) => `${kind}:${key}`;
