/**
 * The waiting line under p-queue: lanes in order, and inside each the tenants by their tags, so that nobody's flood
 * delays the others (promises P3, P4).
 */
import { createLane, type Lane } from './lane.ts';
import type { Demand, Gate, Others, Place } from './place.ts';
import { type Urgency, urgencies } from './urgency.ts';

export interface Line<Job extends Place> {
  /** @throws RangeError for a weight out of range */
  enqueue(job: Job): void;
  remove(job: Job): boolean;
  /**
   * Takes out the first job that the gate allows. Whoever may not start is passed over for the others of its lane,
   * then for the next lanes; only when none of them may start is it asked again, with the others `blocked`.
   */
  next(gate: Gate): Job | undefined;
  /** Whether `next` would find one. */
  hasNext(gate: Gate): boolean;
  /** What starts before a new job at this place when everything may start, by lane and tenant. */
  before(place: Place): readonly Demand[];
  /** How many jobs that are. */
  ahead(place: Place): number;
  /** `absent` when nobody but this account waits in any lane, otherwise `waiting`. */
  others(account: string): Others;
  size(account?: string): number;
  /** Jobs waiting in one lane: of everybody and of the place's account. */
  crowd(place: Place): { readonly all: number; readonly own: number };
  jobs(): Job[];
  /** The first job of each tenant in a lane. */
  heads(urgency: Urgency): Job[];
}

export function createLine<Job extends Place>(): Line<Job> {
  const lanes = Object.fromEntries(urgencies.map((urgency) => [urgency, createLane<Job>()])) as Record<
    Urgency,
    Lane<Job>
  >;
  const inOrder = urgencies.map((urgency) => lanes[urgency]);
  /** Jobs waiting in all lanes, by account. */
  const waiting = new Map<string, number>();
  let total = 0;

  function count(account: string, change: 1 | -1): void {
    total += change;
    const own = (waiting.get(account) ?? 0) + change;
    if (own > 0) waiting.set(account, own);
    else waiting.delete(account);
  }

  function others(account: string): Others {
    return waiting.size > (waiting.has(account) ? 1 : 0) ? 'waiting' : 'absent';
  }

  function findFirst(gate: Gate, may: (job: Job) => boolean): Job | undefined {
    for (const urgency of urgencies) {
      const lane = lanes[urgency];
      const job = lane.size() > 0 && gate.opens(urgency) ? lane.peek(may) : undefined;
      if (job) return job;
    }
    return undefined;
  }

  function find(gate: Gate): Job | undefined {
    if (total === 0) return undefined;
    return (
      findFirst(gate, (job) => gate.allows(job, others(job.account))) ??
      findFirst(gate, (job) => others(job.account) === 'waiting' && gate.allows(job, 'blocked'))
    );
  }

  function before(place: Place): readonly Demand[] {
    const more = inOrder.slice(0, urgencies.indexOf(place.urgency)).flatMap((lane) => lane.demands());
    return [...more, ...lanes[place.urgency].before(place)];
  }

  return {
    enqueue(job) {
      lanes[job.urgency].enqueue(job);
      count(job.account, 1);
    },
    remove(job) {
      const isRemoved = lanes[job.urgency].remove(job);
      if (isRemoved) count(job.account, -1);
      return isRemoved;
    },
    next(gate) {
      const first = find(gate);
      if (first === undefined) return undefined;
      count(first.account, -1);
      return lanes[first.urgency].serve(first.account);
    },
    hasNext: (gate) => find(gate) !== undefined,
    before,
    ahead: (place) => before(place).reduce((sum, { jobs }) => sum + jobs, 0),
    others,
    size: (account) => (account === undefined ? total : (waiting.get(account) ?? 0)),
    crowd: ({ urgency, account }) => ({ all: lanes[urgency].size(), own: lanes[urgency].size(account) }),
    jobs: () => inOrder.flatMap((lane) => lane.jobs()),
    heads: (urgency) => lanes[urgency].heads(),
  };
}
