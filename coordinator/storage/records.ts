/**
 * The coordinator's way into its storage: whatever gathers while one commit runs goes into the next, so load costs
 * few transactions. Values are sealed (promise P9); every commit is fenced by the lease and extends it; a storage
 * that lost what it had confirmed is given everything this life knows before anything else happens.
 * Memory is the truth: nothing here is read back but what an earlier life left.
 */
import type { Clock } from '../../src/kernel/clock.ts';
import type { Sealer } from '../../src/kernel/crypto.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import type { Log } from '../../src/kernel/log.ts';
import { withinStorageTime } from './patience.ts';
import type {
  Acquisition,
  CommitOutcome,
  CoordinatorStorage,
  LeaseRequest,
  RecordKind,
  RecordName,
  RecordToPut,
} from './port.ts';

export interface Draft extends RecordName {
  /** Not yet sealed; an empty one stays empty. */
  readonly value: string;
  /** Monotonic ms after which the record counts no longer; undefined: never. */
  readonly untilAt: number | undefined;
}

export interface LoadedRecord {
  readonly key: string;
  readonly value: string;
  readonly remainingMs: number | undefined;
}

export interface Records {
  readonly epoch: number;
  /** Goes with the next commit, together with everything put in the same tick. */
  put(draft: Draft, when?: When): void;
  delete(name: RecordName, when?: When): void;
  /**
   * Resolves once everything put so far is committed.
   * @throws GatewayError storage_unavailable: committed or not, it goes with the next commit again;
   * coordinator_unavailable: the lease is lost, nothing will be committed any more
   */
  committed(): Promise<void>;
  /** What an earlier life left. @throws GatewayError storage_unavailable */
  load(kind: RecordKind): Promise<readonly LoadedRecord[]>;
  get(kind: RecordKind, key: string): Promise<string | undefined>;
  /** Monotonic ms when each runs out. */
  keys(kind: RecordKind): Promise<ReadonlyMap<string, number>>;
  count(kind: RecordKind): Promise<number>;
  /** Whether the lease is certain to be ours still. Ask right before writing to Ajax. */
  holds(): boolean;
  /** Milliseconds it is still certain to be ours. */
  remainingMs(): number;
  /** Makes certain that the lease is ours. @throws as `committed` */
  hold(): Promise<void>;
  /** Whether the last commit succeeded. */
  healthy(): boolean;
  /** Commits what is left, lets the lease go. Nothing can be put afterwards. */
  close(): Promise<void>;
}

/** `late`: a few milliseconds later, or with a commit that somebody else causes. */
export type When = 'now' | 'late';

export interface RecordsOptions {
  readonly storage: CoordinatorStorage;
  readonly acquisition: Extract<Acquisition, { acquired: true }>;
  /** Monotonic ms when the lease was asked for: it is held from then, not from the answer. */
  readonly acquiredAt: number;
  readonly lease: Pick<LeaseRequest, 'holder' | 'url' | 'forMs'>;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly log: Log;
  /** The lease is another's now: this life is over. */
  readonly onFenced: () => void;
}

/** How late `late` is: where one request follows another, this saves half of all commits. */
const LATE_MS = 5;
/** Part of the lease after which it is renewed; clocks that count seconds differently are allowed a hundredth. */
const RENEW_AFTER = 1 / 3;
const CERTAIN_PART = 0.99;
/** Deletions are repeated to a storage that lost its last writes; none loses more than this. */
const DELETION_KEPT_MS = 10 * 60_000;
/** Looked through for what has run out whenever it has doubled. */
const SWEEP_ABOVE = 1_000;
/** The cache is worth nothing to a storage that lost or refused it: it fills by itself. */
const NOT_RESTORED: ReadonlySet<RecordKind> = new Set(['cache']);

const isRetried = ([, change]: readonly [string, Change]) =>
  !NOT_RESTORED.has('draft' in change ? change.draft.kind : change.deleted.kind);

type Change = { readonly draft: Draft } | { readonly deleted: RecordName; readonly at: number };

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

export function openRecords(options: RecordsOptions): Records {
  const { storage, acquisition, lease, sealer, clock, log } = options;
  const { epoch } = acquisition;
  let { serial, incarnation } = acquisition;
  let acknowledged = serial;
  let heldUntil = options.acquiredAt + lease.forMs * CERTAIN_PART;
  /** The same by the wall clock: while a machine is suspended the monotonic clock stands still. */
  let heldUntilWall = clock.now() + lease.forMs;
  /** `fenced` and `closed` are for ever: nothing is put, committed or held any more. */
  let state: 'open' | 'closing' | 'closed' | 'fenced' = 'open';
  let ok = true;
  let pending = new Map<string, Change>();
  let waiters: Waiter[] = [];
  let running: Promise<void> | undefined;
  let cancelRenewal = () => {};
  /** Something is pending that should not be late. */
  let isDue = false;
  /** A late commit is on its way. */
  let isLate = false;
  let cancelLater = () => {};
  /** Monotonic ms from which a storage that lost records may be given back what this life knows; undefined: now. */
  let restoresAt: number | undefined;
  /** All this life has put and not taken back. */
  const known = new Map<string, Change>();
  let sweepAbove = SWEEP_ABOVE;

  const nameOf = ({ kind, key }: RecordName) => `${kind} ${key}`;
  const sealingContext = ({ kind, key }: RecordName) => `record:${kind}:${key}`;

  const isOver = () => state === 'closed' || state === 'fenced';

  function record(name: string, kind: RecordKind, change: Change): void {
    if (isOver()) return;
    pending.set(name, change);
    if (!NOT_RESTORED.has(kind)) known.set(name, change);
    if (known.size > sweepAbove) sweep();
  }

  function sweep(): void {
    const now = clock.monotonic();
    for (const [name, change] of known) {
      const until = 'draft' in change ? change.draft.untilAt : change.at + DELETION_KEPT_MS;
      if (until !== undefined && until <= now) known.delete(name);
    }
    sweepAbove = Math.max(SWEEP_ABOVE, known.size * 2);
  }

  function wake(): void {
    cancelLater();
    // After the current tick, so that what is put in one tick shares a commit.
    running ??= Promise.resolve().then(drain);
  }

  function wakeFor(when: When): void {
    if (when === 'late') wakeLate();
    else {
      isDue = true;
      wake();
    }
  }

  function wakeLate(): void {
    if (running !== undefined || isLate || isOver()) return;
    isLate = true;
    const cancel = clock.after(LATE_MS, wake);
    cancelLater = () => {
      isLate = false;
      cancel();
      cancelLater = () => {};
    };
  }

  async function drain(): Promise<void> {
    let isCommitted = true;
    do {
      isCommitted = await commitOnce();
      // What nobody waits for is no reason to hammer a storage that is down; the next renewal takes it along.
    } while (!isOver() && (waiters.length > 0 || (isDue && isCommitted)));
    running = undefined;
    if (isCommitted && pending.size > 0) wakeLate();
  }

  async function commitOnce(): Promise<boolean> {
    const batch = pending;
    const asked = waiters;
    pending = new Map();
    waiters = [];
    isDue = false;
    try {
      const wasCertain = holds();
      let outcome = await submit(batch, false);
      if (outcome.kind !== 'lost' || wasCertain) restoresAt = undefined;
      else awaitSuccessor();
      if (outcome.kind === 'lost') {
        log.warn({ epoch }, 'the storage has lost records: everything known is written back');
        sweep();
        outcome = await submit(new Map([...known, ...batch]), true);
      }
      if (outcome.kind === 'fenced') return fenced(asked);
      if (outcome.kind !== 'committed') throw new Error(`The storage answered ${outcome.kind}`);
      ({ incarnation } = outcome);
      if (!ok) log.info({ epoch }, 'the storage of the coordinator answers again');
      ok = true;
      for (const waiter of asked) waiter.resolve();
      return true;
    } catch (error) {
      if (ok) log.error({ error, epoch }, 'the storage of the coordinator does not answer: nothing is sent');
      ok = false;
      // Later changes of the same record win over those that failed.
      pending = new Map([...[...batch].filter(isRetried), ...pending]);
      const failure = new GatewayError('storage_unavailable', { cause: error, retryAfterSeconds: 2 });
      // Those that came meanwhile too: nobody waits through two time-outs.
      for (const waiter of [...asked, ...waiters]) waiter.reject(failure);
      waiters = [];
      return false;
    }
  }

  /**
   * Whose lease had run out may have a successor, which the storage forgot as well. A living one has written itself
   * back within a lease, and then the commit is fenced.
   * @throws Error until then
   */
  function awaitSuccessor(): void {
    restoresAt ??= clock.monotonic() + lease.forMs;
    if (clock.monotonic() < restoresAt) throw new Error('The storage forgot whose lease it is');
  }

  async function submit(batch: ReadonlyMap<string, Change>, restores: boolean): Promise<CommitOutcome> {
    const put: RecordToPut[] = [];
    const deleted: RecordName[] = [];
    const sealed = await Promise.all([...batch.values()].map(seal));
    const submittedAt = clock.monotonic();
    const submittedWall = clock.now();
    for (const change of sealed) {
      if ('deleted' in change) deleted.push(change.deleted);
      else {
        const { kind, key, value, untilAt } = change.draft;
        const forMs = untilAt === undefined ? undefined : untilAt - submittedAt;
        // What has run out while the storage was away must not come to life for the time it takes to get there.
        if (forMs !== undefined && forMs <= 0) deleted.push({ kind, key });
        else put.push({ kind, key, value, forMs });
      }
    }
    const mine = ++serial;
    const commit = { lease: { ...lease, epoch }, serial: mine, acknowledged, incarnation, restores };
    const work = storage.commit({ ...commit, put, delete: deleted });
    const outcome = await withinStorageTime(clock, work);
    if (outcome.kind === 'committed' && !isOver()) {
      acknowledged = mine;
      heldUntil = Math.max(heldUntil, submittedAt + lease.forMs * CERTAIN_PART);
      heldUntilWall = submittedWall + lease.forMs;
      renewLater();
    }
    return outcome;
  }

  async function seal(change: Change): Promise<Change> {
    if ('deleted' in change || change.draft.value === '') return change;
    const value = await sealer.seal(change.draft.value, sealingContext(change.draft));
    return { draft: { ...change.draft, value } };
  }

  async function open(name: RecordName, sealed: string): Promise<string | undefined> {
    if (sealed === '') return '';
    try {
      return await sealer.open(sealed, sealingContext(name));
    } catch {
      log.warn({ kind: name.kind }, 'a stored record cannot be opened: SECRET_KEY is another one');
      return undefined;
    }
  }

  function fenced(asked: readonly Waiter[]): boolean {
    state = 'fenced';
    heldUntil = Number.NEGATIVE_INFINITY;
    cancelRenewal();
    cancelLater();
    dismiss(asked);
    options.onFenced();
    return false;
  }

  /** Nothing is committed any more. */
  function dismiss(asked: readonly Waiter[] = []): void {
    for (const waiter of [...asked, ...waiters]) waiter.reject(over());
    waiters = [];
  }

  function renewLater(): void {
    cancelRenewal();
    if (state !== 'open') return;
    cancelRenewal = clock.after(lease.forMs * RENEW_AFTER, () => {
      renewLater();
      committed().catch(() => {});
    });
  }

  function committed(): Promise<void> {
    if (isOver()) return Promise.reject(over());
    return new Promise((resolve, reject) => {
      waiters.push({ resolve, reject });
      wake();
    });
  }

  const holds = () => !isOver() && clock.monotonic() < heldUntil && clock.now() < heldUntilWall;
  renewLater();

  return {
    epoch,
    committed,
    holds,
    remainingMs: () => Math.max(0, heldUntil - clock.monotonic()),
    healthy: () => ok && state === 'open',
    async hold() {
      if (!holds()) await committed();
    },
    put(draft, when = 'now') {
      record(nameOf(draft), draft.kind, { draft });
      wakeFor(when);
    },
    delete({ kind, key }, when = 'now') {
      record(nameOf({ kind, key }), kind, { deleted: { kind, key }, at: clock.monotonic() });
      wakeFor(when);
    },
    async load(kind) {
      const rows = await withinStorageTime(clock, storage.list(kind));
      const loadedAt = clock.monotonic();
      const opened = await Promise.all(
        rows.map(async ({ key, value, remainingMs }) => {
          const text = await open({ kind, key }, value);
          return text === undefined ? [] : [{ key, value: text, remainingMs }];
        }),
      );
      const records = opened.flat();
      for (const { key, value, remainingMs } of records) {
        const untilAt = remainingMs === undefined ? undefined : loadedAt + remainingMs;
        const name = nameOf({ kind, key });
        if (!known.has(name)) known.set(name, { draft: { kind, key, value, untilAt } });
      }
      return records;
    },
    async get(kind, key) {
      const change = pending.get(nameOf({ kind, key })) ?? known.get(nameOf({ kind, key }));
      if (change) return 'draft' in change ? change.draft.value : undefined;
      const value = await withinStorageTime(clock, storage.get(kind, key));
      return value === undefined ? undefined : open({ kind, key }, value);
    },
    async keys(kind) {
      const rows = await withinStorageTime(clock, storage.keys(kind));
      const now = clock.monotonic();
      return new Map(rows.map(({ key, remainingMs = Number.POSITIVE_INFINITY }) => [key, now + remainingMs]));
    },
    count: (kind) => withinStorageTime(clock, storage.count(kind)),
    async close() {
      if (state !== 'open') return;
      state = 'closing';
      cancelRenewal();
      cancelLater();
      if (pending.size > 0) await committed().catch(() => {});
      await running;
      state = 'closed';
      dismiss();
      await withinStorageTime(clock, storage.release(epoch)).catch((error: unknown) => {
        log.warn({ error, epoch }, 'the lease could not be released: it runs out by itself');
      });
    },
  };
}

const over = () => new GatewayError('coordinator_unavailable', { retryAfterSeconds: 1 });
