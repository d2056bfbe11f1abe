/**
 * One lane: start-time fair queueing between its tenants (Goyal, Vin, Cheng: "Start-time Fair Queueing", 1996), first
 * come first served inside a tenant (promise P4). A tenant has one start tag, that of its first job; whoever has the
 * lowest goes next.
 */
import { createHeap, type HeapItem } from './heap.ts';
import { type Demand, type Place, turnCost } from './place.ts';

export interface Lane<Job extends Place> {
  /** @throws RangeError for a weight out of range */
  enqueue(job: Job): void;
  remove(job: Job): boolean;
  /** The first job in order that `may` start; it stays. */
  peek(may: (job: Job) => boolean): Job | undefined;
  /** Takes out the first job of a tenant: it has its turn. */
  serve(account: string): Job | undefined;
  /** What would start before a new job at this place, by tenant. */
  before(place: Place): Demand[];
  /** What waits, by tenant. */
  demands(): Demand[];
  size(account?: string): number;
  jobs(): Job[];
  /** The first job of each tenant. */
  heads(): Job[];
}

interface Tenant<Job> extends HeapItem {
  readonly account: string;
  readonly jobs: { readonly job: Job; readonly number: number }[];
  tag: number;
  /** Of a turn; the newest job's weight counts. */
  cost: number;
}

/** Finish tags of idle tenants beyond it are looked through for those that mean nothing any more. */
const SWEEP_AT = 64;

export function createLane<Job extends Place>(): Lane<Job> {
  const tenants = new Map<string, Tenant<Job>>();
  const order = createHeap<Tenant<Job>>(
    // Between equals, the job that waits longer.
    (one, other) => one.tag < other.tag || (one.tag === other.tag && numberOf(one) < numberOf(other)),
  );
  /** Start tag of the last job served. */
  let virtualTime = 0;
  /** Where the tenants served last go on; one that is in the past means nothing. */
  const finishes = new Map<string, number>();
  let sweepAt = SWEEP_AT;
  let waiting = 0;
  let numbers = 0;

  const numberOf = ({ jobs }: Tenant<Job>) => jobs[0]?.number ?? 0;
  const startTag = (account: string) => Math.max(virtualTime, finishes.get(account) ?? 0);

  function forget(): void {
    if (tenants.size === 0) {
      // Nobody waits, so nobody is owed anything: capacity that nobody else wanted leaves no debt.
      finishes.clear();
      virtualTime = 0;
      return;
    }
    if (finishes.size < sweepAt) return;
    for (const [account, finish] of finishes) if (finish <= virtualTime) finishes.delete(account);
    sweepAt = Math.max(SWEEP_AT, 2 * finishes.size);
  }

  /** Where a tenant stands after one of its jobs went. */
  function moveUp(tenant: Tenant<Job>): void {
    waiting--;
    if (tenant.jobs.length > 0) {
      order.put(tenant);
      return;
    }
    order.remove(tenant);
    tenants.delete(tenant.account);
    forget();
  }

  return {
    enqueue(job) {
      const cost = turnCost(job.weight);
      const entry = { job, number: ++numbers };
      waiting++;
      const known = tenants.get(job.account);
      if (known) {
        known.jobs.push(entry);
        known.cost = cost;
        return;
      }
      const { account } = job;
      const tenant = { account, jobs: [entry], tag: startTag(account), cost, position: -1 };
      tenants.set(account, tenant);
      order.put(tenant);
    },

    remove(job) {
      const tenant = tenants.get(job.account);
      const index = tenant?.jobs.findIndex((entry) => entry.job === job) ?? -1;
      if (tenant === undefined || index < 0) return false;
      // The tag stays: what leaves costs its tenant nothing.
      tenant.jobs.splice(index, 1);
      moveUp(tenant);
      return true;
    },

    peek(may) {
      const tenant = order.find(({ jobs }) => jobs[0] !== undefined && may(jobs[0].job));
      return tenant?.jobs[0]?.job;
    },

    serve(account) {
      const tenant = tenants.get(account);
      const entry = tenant?.jobs.shift();
      if (tenant === undefined || entry === undefined) return undefined;
      // One that was passed over has a tag in the past. It is first now, but gets no more turns to make up for it.
      virtualTime = Math.max(virtualTime, tenant.tag);
      tenant.tag = virtualTime + tenant.cost;
      finishes.set(account, tenant.tag);
      moveUp(tenant);
      return entry.job;
    },

    before({ urgency, account, weight }) {
      const own = tenants.get(account);
      const ownTag = own ? Math.max(virtualTime, own.tag) : startTag(account);
      const tag = ownTag + (own?.jobs.length ?? 0) * turnCost(weight);
      const demands: Demand[] = [];
      for (const other of tenants.values()) {
        const turns = Math.floor((tag - Math.max(virtualTime, other.tag)) / other.cost) + 1;
        const jobs = other === own ? own.jobs.length : Math.min(other.jobs.length, Math.max(0, turns));
        if (jobs > 0) demands.push({ urgency, account: other.account, jobs });
      }
      return demands;
    },

    demands: () =>
      [...tenants.values()].flatMap(({ account, jobs }) => {
        const urgency = jobs[0]?.job.urgency;
        return urgency === undefined ? [] : [{ urgency, account, jobs: jobs.length }];
      }),

    size: (account) => (account === undefined ? waiting : (tenants.get(account)?.jobs.length ?? 0)),
    jobs: () => [...tenants.values()].flatMap(({ jobs }) => jobs.map(({ job }) => job)),
    heads: () => [...tenants.values()].flatMap(({ jobs }) => jobs.slice(0, 1).map(({ job }) => job)),
  };
}
