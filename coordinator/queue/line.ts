/**
 * The waiting line under p-queue: urgencies in order, and inside each the accounts take turns, so that nobody's
 * flood delays the others (promise P4).
 */
import { type Urgency, urgencies } from './urgency.ts';

export interface Place {
  readonly urgency: Urgency;
  /** Whose turn it is; logins share one place by their e-mail's key. */
  readonly account: string;
}

type Turns<Job> = Map<string, Job[]>;

export interface Line<Job extends Place> {
  enqueue(job: Job): void;
  remove(job: Job): boolean;
  /** The first job whose urgency `may` start. */
  next(may: (urgency: Urgency) => boolean): Job | undefined;
  /** Whether `next` would find one. */
  hasNext(may: (urgency: Urgency) => boolean): boolean;
  /** How many jobs would start before a new one at this place, at most. */
  ahead(place: Place): number;
  size(account?: string): number;
  /** Jobs waiting at one urgency: of everybody and of the place's account. */
  crowd(place: Place): { readonly all: number; readonly own: number };
  jobs(): Job[];
}

export function createLine<Job extends Place>(): Line<Job> {
  const lanes = new Map<Urgency, Turns<Job>>(urgencies.map((urgency) => [urgency, new Map()]));
  const turnsOf = (urgency: Urgency): Turns<Job> => lanes.get(urgency) ?? new Map();
  const first = (may: (urgency: Urgency) => boolean) =>
    urgencies.find((urgency) => turnsOf(urgency).size > 0 && may(urgency));

  return {
    enqueue(job) {
      const turns = turnsOf(job.urgency);
      const own = turns.get(job.account);
      if (own) own.push(job);
      else turns.set(job.account, [job]);
    },
    remove(job) {
      const turns = turnsOf(job.urgency);
      const own = turns.get(job.account);
      const index = own?.indexOf(job) ?? -1;
      if (own === undefined || index < 0) return false;
      own.splice(index, 1);
      if (own.length === 0) turns.delete(job.account);
      return true;
    },
    next(may) {
      const urgency = first(may);
      if (urgency === undefined) return undefined;
      const turns = turnsOf(urgency);
      const [turn] = turns;
      if (turn === undefined) return undefined;
      const [account, own] = turn;
      const job = own.shift();
      // Maps keep insertion order: whoever had a turn goes to the end.
      turns.delete(account);
      if (own.length > 0) turns.set(account, own);
      return job;
    },
    hasNext: (may) => first(may) !== undefined,
    ahead({ urgency, account }) {
      let before = 0;
      for (const lane of urgencies) {
        const turns = turnsOf(lane);
        if (lane !== urgency) {
          for (const jobs of turns.values()) before += jobs.length;
          continue;
        }
        const own = turns.get(account)?.length ?? 0;
        for (const [other, jobs] of turns) {
          before += other === account ? own : Math.min(jobs.length, own + 1);
        }
        break;
      }
      return before;
    },
    size(account) {
      let total = 0;
      for (const turns of lanes.values()) {
        for (const [owner, jobs] of turns)
          if (account === undefined || owner === account) total += jobs.length;
      }
      return total;
    },
    crowd({ urgency, account }) {
      const turns = turnsOf(urgency);
      let all = 0;
      for (const jobs of turns.values()) all += jobs.length;
      return { all, own: turns.get(account)?.length ?? 0 };
    },
    jobs: () => [...lanes.values()].flatMap((turns) => [...turns.values()].flat()),
  };
}
