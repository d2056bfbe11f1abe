/**
 * What the coordinator keeps beyond its memory: a log of records to recover from, and the lease that says whose it is.
 * Memory is the truth while a coordinator lives; nothing is read back while it does, except what it never held.
 * Times are durations: the storage adds its own clock, so clocks of processes never meet (promise P1).
 * Every function rejects with whatever the driver throws; callers bound the wait.
 */
export interface CoordinatorStorage {
  /**
   * Takes the lease when nobody holds it, when it ran out by the storage's clock, or when `force` or `dead` say so. A holder
   * that asks again is refused like anybody else: it forces when the refusal names it, its first answer was lost.
   */
  acquire(request: LeaseRequest): Promise<Acquisition>;
  /** Whose lease it is now; undefined when nobody's, when it ran out, or when it was released. */
  holder(): Promise<LeaseHolder | undefined>;
  /** Lets the lease run out now, if this epoch still holds it. */
  release(epoch: number): Promise<void>;
  /** All of it or nothing, fenced by the lease's epoch; extends the lease. */
  commit(commit: Commit): Promise<CommitOutcome>;

  /** The value of a record that has not run out. */
  get(kind: RecordKind, key: string): Promise<string | undefined>;
  /** All records of a kind that have not run out, in no order. */
  list(kind: RecordKind): Promise<readonly StoredRecord[]>;
  /** The same without their values. */
  keys(kind: RecordKind): Promise<readonly StoredKey[]>;
  count(kind: RecordKind): Promise<number>;
}

/**
 * `booking`: a token of a budget. `closure`: throttling closes a budget. `session`: upstream session of an account.
 * `login`: which account an e-mail belongs to. `change`: when a hub changed last. `cache`: answer of a read.
 * `command`: a command without an end. `receipt`: how a command ended. `job`: an asynchronous read. `switch`: the operator
 * has stopped all requests to Ajax. `quota`: reads of an account in a window. `doubt`: a life that could not trust the storage has not yet written down what follows.
 */
export const recordKinds = [
  'booking',
  'closure',
  'session',
  'login',
  'change',
  'cache',
  'command',
  'receipt',
  'job',
  'switch',
  'doubt',
  'quota',
] as const;
export type RecordKind = (typeof recordKinds)[number];

export interface StoredKey {
  readonly key: string;
  /** Milliseconds until it runs out by the storage's clock; undefined: never. */
  readonly remainingMs: number | undefined;
}

export interface StoredRecord extends StoredKey {
  /** Sealed by the writer; the storage never sees a secret or a tenant's data (promise P9). */
  readonly value: string;
}

export interface LeaseRequest {
  /** Names the process that asks: unique for each start. */
  readonly holder: string;
  /** Where other processes reach it (COORDINATOR_ADVERTISE_URL). */
  readonly url: string | undefined;
  readonly forMs: number;
  /** The caller knows that the holder is dead, whoever it is. */
  readonly force: boolean;
  /** Taken from this holder also before it runs out: the caller knows that it is dead. */
  readonly dead?: string | undefined;
}

export interface LeaseHolder {
  readonly holder: string;
  readonly url: string | undefined;
  readonly epoch: number;
  /** By the storage's clock. */
  readonly remainingMs: number;
}

export type Acquisition =
  | {
      readonly acquired: true;
      /**
       * Larger than every earlier one, also than those the storage has forgotten: at least the storage's clock in
       * microseconds since 1970.
       */
      readonly epoch: number;
      /** Of the last commit; the next must be larger. */
      readonly serial: number;
      /** What the storage is now: another one means that it may have lost its last writes. */
      readonly incarnation: string;
      /** What it was at the last commit; undefined: nothing has ever been committed. */
      readonly recordedIncarnation: string | undefined;
    }
  | { readonly acquired: false; readonly holder: LeaseHolder };

export interface Commit {
  /** Who commits; `forMs` extends the lease from now on. */
  readonly lease: Pick<LeaseRequest, 'holder' | 'url' | 'forMs'> & { readonly epoch: number };
  /** Larger than that of every earlier commit: one that arrives late changes nothing. */
  readonly serial: number;
  /** The last serial of which the committer knows that it was committed. */
  readonly acknowledged: number;
  /** As the committer knows the storage. */
  readonly incarnation: string;
  /**
   * The committer brings all it knows, after `lost`: taken whatever the storage holds, also when the lease's record
   * is gone or fell back to an earlier epoch, unless a later epoch has taken it. Records it never held stay.
   */
  readonly restores: boolean;
  /** No key is empty, no key or value holds U+0000 or half of a surrogate pair: not every storage takes them. */
  readonly put: readonly RecordToPut[];
  /** Before `put`, of which the last of one name counts. */
  readonly delete: readonly RecordName[];
}

export interface RecordName {
  readonly kind: RecordKind;
  readonly key: string;
}

export interface RecordToPut extends RecordName {
  readonly value: string;
  /** Runs out this long after the commit; undefined: never. */
  readonly forMs: number | undefined;
}

export type CommitOutcome =
  /** The storage's present incarnation, which is now the recorded one. A lease that ran out untaken is extended. */
  | { readonly kind: 'committed'; readonly incarnation: string }
  /** A later epoch or another holder has the lease, or this one was released. Nothing was changed, and never will be. */
  | { readonly kind: 'fenced' }
  /**
   * The storage has lost what it once confirmed, or may have: another incarnation than the committer's, a serial
   * before `acknowledged`, an epoch before this one, or no lease at all. Restore. Nothing was changed.
   */
  | { readonly kind: 'lost' }
  /** A later commit of the same epoch came before. Nothing was changed. */
  | { readonly kind: 'superseded' };
