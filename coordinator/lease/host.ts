/**
 * One owner: the coordinator lives in the process that holds the lease. Every other process stands by, passes
 * requests on to the owner's address, and takes over when the lease runs out (docs/coordinator.md).
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { createSealer } from '../../src/kernel/crypto.ts';
import { GatewayError, problemResponse } from '../../src/kernel/errors.ts';
import { newId } from '../../src/kernel/ids.ts';
import type { Log } from '../../src/kernel/log.ts';
import { coordinatorHeaders } from '../contract/headers.ts';
import type { Coordinator } from '../coordinator.ts';
import { withSpread } from '../spread-refusals.ts';
import { withinStorageTime } from '../storage/patience.ts';
import type { Acquisition, CoordinatorStorage, LeaseHolder } from '../storage/port.ts';
import { openRecords, type Records } from '../storage/records.ts';
import type { Forward } from './forward.ts';

type Fetch = (request: Request) => Promise<Response>;

export interface HostOptions {
  readonly storage: CoordinatorStorage;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Seals the records. */
  readonly secretKey: string;
  /** Where other processes reach this one (COORDINATOR_ADVERTISE_URL); without it nobody can stand by. */
  readonly url: string | undefined;
  /** Nobody else can be using this storage: whoever held the lease is dead. */
  readonly isAlone: boolean;
  /** How a process is named so that others can be certain of its death. Default: nobody ever is. */
  readonly processes?: Processes;
  /** No account exists yet, so an empty storage has lost nothing. */
  readonly isFirstRun: () => Promise<boolean>;
  /** A new life of the coordinator. */
  readonly open: (life: Life) => Promise<Coordinator>;
  /** HTTP in front of it. */
  readonly serve: (coordinator: Coordinator) => Fetch;
  readonly forward: Forward;
}

export interface Processes {
  /** Contains `id`, which makes it one of a kind. */
  readonly nameOf: (id: string) => string;
  readonly isDead: (name: string) => boolean;
}

export interface Life {
  readonly records: Records;
  /** The storage may have lost what was spent. */
  readonly isDistrusted: boolean;
}

export interface Host {
  readonly fetch: Fetch;
  readonly role: () => 'active' | 'standby';
  /** Ends the coordinator, if it lives here, and lets the lease go. */
  close(): Promise<void>;
}

/** Another coordinator holds the lease, and one of the two has no address to be reached at. */
export class LeaseHeld extends Error {
  constructor({ holder, url }: LeaseHolder) {
    super(`The lease of this storage is held by ${url ?? `another process (${holder})`}`);
    this.name = 'LeaseHeld';
  }
}

const LEASE_MS = 3_000;
const TRY_EVERY_MS = 500;
/** A process that was killed holds its lease for so long; its successor waits for it. */
const WAIT_FOR_DEAD_MS = LEASE_MS + 1_500;

const unknown: Processes = { nameOf: (id) => id, isDead: () => false };

type Acquired = Extract<Acquisition, { acquired: true }>;

/**
 * Takes the lease, or stands by.
 * @throws LeaseHeld when it cannot stand by either; GatewayError storage_unavailable
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const { storage, clock, random, log, url, serve, processes = unknown } = options;
  const sealer = await createSealer(options.secretKey, 'coordinator:records');
  const lease = { holder: processes.nameOf(newId(clock.now())), url, forMs: LEASE_MS };
  let active: { readonly coordinator: Coordinator; readonly fetch: Fetch } | undefined;
  let owner: LeaseHolder | undefined;
  /** Whether the storage could be asked last. */
  let isReachable = true;
  let isClosing = false;
  let cancelTry = () => {};
  /** One attempt at a time. */
  let step: Promise<void> = Promise.resolve();
  /** Lives that end: what they sent has to come back. */
  const ending = new Set<Promise<void>>();

  async function acquire(): Promise<{ acquisition: Acquisition; askedAt: number }> {
    const attempt = async (dead?: string) => {
      const askedAt = clock.monotonic();
      const work = storage.acquire({ ...lease, force: options.isAlone, dead });
      return { acquisition: await withinStorageTime(clock, work), askedAt };
    };
    const first = await attempt();
    if (first.acquisition.acquired) return first;
    const { holder } = first.acquisition.holder;
    if (!processes.isDead(holder)) return first;
    log.info({ holder }, 'the owner of the lease is dead: taking it over');
    return attempt(holder);
  }

  async function open(acquisition: Acquired, askedAt: number): Promise<void> {
    const { epoch, incarnation, recordedIncarnation } = acquisition;
    const isEmpty = recordedIncarnation === undefined;
    const isFirstRun = isEmpty && (await options.isFirstRun().catch(() => false));
    const isDistrusted = recordedIncarnation !== incarnation && !isFirstRun;
    if (isDistrusted) log.warn({ epoch }, 'the storage may have lost what was spent: the budget opens later');
    const records = openRecords({
      ...{ storage, acquisition, lease, sealer, clock, log },
      acquiredAt: askedAt,
      onFenced: giveWay,
    });
    try {
      const coordinator = await options.open({ records, isDistrusted });
      active = { coordinator, fetch: serve(coordinator) };
      owner = undefined;
      // News only where another could be it.
      log[url === undefined ? 'debug' : 'info']({ epoch }, 'this process is the active coordinator');
    } catch (error) {
      await records.close();
      throw error;
    }
  }

  /** Another has the lease: this life is over, and nothing of it may be believed any more. */
  function giveWay(): void {
    const former = active;
    active = undefined;
    if (former === undefined) return;
    log.warn({}, 'another coordinator has taken the lease: this one stands by');
    const end = former.coordinator.close().finally(() => ending.delete(end));
    ending.add(end);
    step = step.then(tryOnce);
  }

  function tryLater(): void {
    cancelTry();
    if (isClosing) return;
    cancelTry = clock.after(TRY_EVERY_MS, () => {
      step = step.then(tryOnce);
    });
  }

  async function tryOnce(): Promise<void> {
    if (isClosing || active !== undefined) return;
    try {
      const { acquisition, askedAt } = await acquire();
      isReachable = true;
      if (acquisition.acquired) await open(acquisition, askedAt);
      else owner = acquisition.holder;
    } catch (error) {
      isReachable = false;
      owner = undefined;
      log.warn({ error }, 'the lease cannot be asked for');
    }
    if (active === undefined) tryLater();
  }

  const canStandBy = (holder: LeaseHolder) => url !== undefined && holder.url !== undefined;
  const giveUpAt = clock.monotonic() + WAIT_FOR_DEAD_MS;
  for (;;) {
    const { acquisition, askedAt } = await acquire();
    if (acquisition.acquired) {
      await open(acquisition, askedAt);
      break;
    }
    owner = acquisition.holder;
    if (canStandBy(owner)) {
      log.info({ owner: owner.url }, 'another coordinator is active: this one stands by');
      tryLater();
      break;
    }
    if (clock.monotonic() >= giveUpAt) throw new LeaseHeld(owner);
    await new Promise<void>((resolve) => void clock.after(TRY_EVERY_MS, resolve));
  }

  const role = () => (active === undefined ? 'standby' : 'active');

  return {
    role,
    async fetch(request) {
      if (isHealthCheck(request)) return Response.json({ status: 'ok', role: role() });
      if (active) return active.fetch(request);
      const isPassedOn = request.headers.has(coordinatorHeaders.forwarded);
      if (owner?.url === undefined || owner.url === url || isPassedOn || isClosing) {
        return isReachable ? nobody(request, random) : blind(request, random);
      }
      return options.forward(request, owner.url);
    },
    async close() {
      isClosing = true;
      cancelTry();
      await step;
      const last = active;
      active = undefined;
      await Promise.all([last?.coordinator.close(), ...ending]);
    },
  };
}

const isHealthCheck = ({ url }: Request) => url.endsWith('/health') && new URL(url).pathname === '/health';

/** Between two owners: nothing was sent, and soon there is one. */
function nobody(request: Request, random: () => number): Response {
  const error = new GatewayError('coordinator_unavailable', { retryAfterSeconds: 1 });
  const response = refuse(request, withSpread(error, random));
  response.headers.set(coordinatorHeaders.repeatable, 'true');
  return response;
}

/** Without the storage nobody knows who the owner is, and when there will be one. */
const blind = (request: Request, random: () => number) =>
  refuse(request, withSpread(new GatewayError('storage_unavailable', { retryAfterSeconds: 2 }), random));

function refuse(request: Request, error: GatewayError): Response {
  const correlationId = request.headers.get(coordinatorHeaders.correlationId) ?? undefined;
  const response = problemResponse(error, correlationId);
  response.headers.set(coordinatorHeaders.origin, 'coordinator');
  return response;
}
