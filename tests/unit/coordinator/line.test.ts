import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLine } from '../../../coordinator/queue/line.ts';
import type { Gate, Place } from '../../../coordinator/queue/place.ts';
import { type Urgency, urgencies } from '../../../coordinator/queue/urgency.ts';
import { jain } from './fairness.ts';

const open: Gate = { opens: () => true, allows: () => true };
const place = (account: string, weight?: number, urgency: Urgency = 'interactive'): Place => ({
  urgency,
  account,
  ...(weight === undefined ? {} : { weight }),
});

/** A line of these, in this order. */
function lineOf(...places: Place[]) {
  const line = createLine<Place>();
  for (const each of places) line.enqueue(each);
  const serve = (turns = Number.POSITIVE_INFINITY) => {
    const order: string[] = [];
    while (order.length < turns) {
      const job = line.next(open);
      if (job === undefined) break;
      order.push(job.account);
    }
    return order;
  };
  return { line, serve };
}
const times = (count: number, account: string, weight?: number) =>
  Array.from({ length: count }, () => place(account, weight));

describe('the order of the line (P3, P4)', () => {
  test('tenants take turns, and more urgent work goes first', () => {
    const { serve } = lineOf(
      ...times(3, 'flood'),
      ...times(2, 'one'),
      place('two'),
      place('late', 1, 'command'),
    );
    expect(serve()).toEqual(['late', 'flood', 'one', 'two', 'flood', 'one', 'flood']);
  });

  test('a plan of weight 3 gets three turns for each of weight 1', () => {
    const { serve } = lineOf(...times(9, 'free'), ...times(9, 'paid', 3));
    expect(serve(8).filter((account) => account === 'paid')).toHaveLength(6);
  });

  test('the weight of the newest job counts', () => {
    const { line, serve } = lineOf(...times(20, 'a'), ...times(20, 'b'));
    line.enqueue(place('b', 4));
    expect(serve(20).filter((account) => account === 'b')).toHaveLength(16);
  });

  test('between equals the one that waits longer goes first', () => {
    const { serve } = lineOf(place('b'), place('a'), place('c'), place('a'), place('b'));
    expect(serve()).toEqual(['b', 'a', 'c', 'a', 'b']);
  });

  test('a tenant that comes back has gained nothing by its absence', () => {
    const { line, serve } = lineOf(...times(60, 'a'), ...times(60, 'b'), place('idle'));
    serve(61);
    for (const job of times(30, 'idle')) line.enqueue(job);
    expect(serve(30).filter((account) => account === 'idle')).toHaveLength(10);
  });

  test('a tenant owes nothing for capacity that nobody else wanted', () => {
    const { line, serve } = lineOf(...times(100, 'early'));
    serve(50);
    for (const job of times(50, 'late')) line.enqueue(job);
    expect(serve(20).filter((account) => account === 'early')).toHaveLength(10);
    serve();
    // Nor for the last turn before the line was empty.
    line.enqueue(place('early'));
    serve();
    for (const account of ['early', 'late']) line.enqueue(place(account));
    expect(serve()).toEqual(['early', 'late']);
  });

  test('a tenant that leaves the line right after its turn does not take another before its time', () => {
    const { line, serve } = lineOf(place('hasty'), ...times(3, 'patient'), ...times(3, 'other'));
    expect(serve(1)).toEqual(['hasty']);
    line.enqueue(place('hasty'));
    expect(serve(3)).toEqual(['patient', 'other', 'patient']);
  });

  test('nor when so many have had their turn that some are forgotten', () => {
    const visitors = Array.from({ length: 200 }, (_, n) => place(`visitor ${n}`));
    const { line, serve } = lineOf(place('hasty'), ...visitors, ...times(3, 'patient'), ...times(3, 'other'));
    serve(201);
    line.enqueue(place('hasty'));
    expect(serve(3)).toEqual(['patient', 'other', 'patient']);
  });

  test('jobs that leave cost their tenant nothing', () => {
    const { line, serve } = lineOf(...times(20, 'other'));
    const leaving = times(100, 'mine');
    for (const job of leaving) line.enqueue(job);
    serve(2);
    for (const job of leaving.slice(1)) expect(line.remove(job)).toBe(true);
    expect(line.remove(place('mine'))).toBe(false);
    for (const job of times(20, 'mine')) line.enqueue(job);
    expect(serve(20).filter((account) => account === 'mine')).toHaveLength(10);
  });

  test('one that is passed over is next when it may start again, but gets no more turns to make up for it', () => {
    const { line, serve } = lineOf(...times(30, 'held'), ...times(60, 'a'), ...times(60, 'b'));
    const gate: Gate = { opens: () => true, allows: ({ account }) => account !== 'held' };
    for (let turn = 0; turn < 40; turn++) line.next(gate);
    expect(serve(1)).toEqual(['held']);
    expect(serve(30).filter((account) => account === 'held')).toHaveLength(10);
  });

  test('one at its share is passed over for the next lanes, and goes on when nobody else may start', () => {
    const { line } = lineOf(place('held', 1, 'command'), place('other'), place('stuck', 1, 'login'));
    const gate: Gate = {
      opens: (urgency) => urgency !== 'login',
      allows: ({ account }, others) => account !== 'held' || others !== 'waiting',
    };
    expect(line.next(gate)?.account).toBe('other');
    expect(line.next(gate)?.account).toBe('held');
    expect(line.hasNext(gate)).toBe(false);
    expect(line.next(gate)).toBeUndefined();
  });

  test('a tenant is told whether others wait, in whatever lane', () => {
    const { line } = lineOf(place('a'), place('a', 1, 'command'));
    expect(line.others('a')).toBe('absent');
    expect(line.others('b')).toBe('waiting');
    line.enqueue(place('b', 1, 'background'));
    expect(line.others('a')).toBe('waiting');
  });

  test.each([0, 101, 1.5, Number.NaN, -1])('a weight of %s is refused, and changes nothing', (weight) => {
    const { line } = lineOf();
    expect(() => line.enqueue(place('a', weight))).toThrow(RangeError);
    expect(line.size()).toBe(0);
    expect(line.hasNext(open)).toBe(false);
  });

  test('tenants that are gone are forgotten', () => {
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    const { line } = lineOf(...times(10, 'stays'));
    const pass = (from: number) => {
      for (let n = from; n < from + 100_000; n++) {
        line.enqueue(place(`visitor ${n}`));
        line.enqueue(place('stays'));
        line.next(open);
        line.next(open);
      }
      gc();
      return process.memoryUsage().heapUsed;
    };
    const before = pass(0);
    expect(pass(100_000) - before).toBeLessThan(3_000_000);
  });
});

type Step =
  | { readonly kind: 'enqueue'; readonly place: Place }
  | { readonly kind: 'serve' }
  | { readonly kind: 'leave'; readonly which: number }
  | { readonly kind: 'hold'; readonly account: string; readonly isHeld: boolean };

function steps(maxWeight: number): fc.Arbitrary<Step[]> {
  const account = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const enqueue = fc.record({
    kind: fc.constant('enqueue' as const),
    place: fc.record({
      urgency: fc.constantFrom<Urgency>('command', 'interactive', 'background'),
      account,
      weight: fc.integer({ min: 1, max: maxWeight }),
    }),
  });
  const serve = fc.constant({ kind: 'serve' as const });
  const leave = fc.record({ kind: fc.constant('leave' as const), which: fc.nat() });
  const hold = fc.record({ kind: fc.constant('hold' as const), account, isHeld: fc.boolean() });
  const step = fc.oneof(
    { weight: 5, arbitrary: enqueue },
    { weight: 4, arbitrary: serve },
    { weight: 1, arbitrary: leave },
    { weight: 1, arbitrary: hold },
  );
  return fc.array(step, { maxLength: 150, size: 'max' });
}

/** Start-time fair queueing by its definition: looks at everything, forgets nothing. */
function createModel() {
  let waiting: Place[] = [];
  const lanes = new Map(
    urgencies.map((urgency) => [
      urgency,
      {
        now: 0,
        finish: new Map<string, number>(),
        tag: new Map<string, number>(),
        weight: new Map<string, number>(),
      },
    ]),
  );
  const of = (urgency: Urgency) => {
    const lane = lanes.get(urgency);
    if (lane === undefined) throw new Error(urgency);
    return lane;
  };
  const queueOf = ({ urgency, account }: Place) =>
    waiting.filter((job) => job.urgency === urgency && job.account === account);

  function take(job: Place): void {
    const lane = of(job.urgency);
    waiting = waiting.filter((other) => other !== job);
    if (queueOf(job).length === 0) lane.tag.delete(job.account);
    // The line is empty: everybody starts from where the last one stopped.
    if (lane.tag.size === 0) lane.now = Math.max(lane.now, ...lane.finish.values());
  }

  return {
    waiting: () => waiting,
    enqueue(job: Place) {
      const lane = of(job.urgency);
      waiting = [...waiting, job];
      lane.weight.set(job.account, job.weight ?? 1);
      if (!lane.tag.has(job.account))
        lane.tag.set(job.account, Math.max(lane.now, lane.finish.get(job.account) ?? 0));
    },
    leave: take,
    serve(held: ReadonlySet<string>): Place | undefined {
      const areOthersWaiting = (job: Place) => waiting.some(({ account }) => account !== job.account);
      const heads = waiting
        .filter((job) => queueOf(job)[0] === job)
        .map((job) => ({
          job,
          lane: urgencies.indexOf(job.urgency),
          tag: of(job.urgency).tag.get(job.account) ?? 0,
        }))
        // Equal tags stay in the order in which they came.
        .sort((one, other) => one.lane - other.lane || one.tag - other.tag);
      const free = heads.find(({ job }) => !held.has(job.account) || !areOthersWaiting(job));
      const first = free ?? heads[0];
      if (first === undefined) return undefined;
      const { job } = first;
      const lane = of(job.urgency);
      lane.now = Math.max(lane.now, first.tag);
      const finish = lane.now + Math.round(720_720 / (lane.weight.get(job.account) ?? 1));
      lane.finish.set(job.account, finish);
      lane.tag.set(job.account, finish);
      take(job);
      return job;
    },
  };
}

/** Runs the steps; every turn is given to `check` with what the model says. */
function play(all: readonly Step[]) {
  const line = createLine<Place>();
  const model = createModel();
  const held = new Set<string>();
  const gate: Gate = {
    opens: () => true,
    allows: ({ account }, others) => others !== 'waiting' || !held.has(account),
  };
  for (const step of all) {
    if (step.kind === 'enqueue') {
      const job = { ...step.place };
      line.enqueue(job);
      model.enqueue(job);
    } else if (step.kind === 'serve') {
      expect(line.next(gate)).toBe(model.serve(held));
    } else if (step.kind === 'leave') {
      const job = model.waiting()[step.which % Math.max(1, model.waiting().length)];
      if (job === undefined) continue;
      model.leave(job);
      expect(line.remove(job)).toBe(true);
    } else if (step.isHeld) held.add(step.account);
    else held.delete(step.account);
    expect(line.size()).toBe(model.waiting().length);
  }
  return { line, gate };
}

describe.each([4, 100])('weights of 1 to %s', (maxWeight) => {
  test('the order is that of start-time fair queueing, through joins, leaves and tenants held back', () => {
    fc.assert(
      fc.property(steps(maxWeight), (all) => void play(all)),
      { numRuns: 400 },
    );
  });

  test('`ahead` counts exactly what starts before a new job', () => {
    fc.assert(
      fc.property(
        steps(maxWeight),
        fc.constantFrom<Urgency>('command', 'interactive', 'background'),
        fc.constantFrom('a', 'b', 'new'),
        fc.integer({ min: 1, max: maxWeight }),
        (all, urgency, account, weight) => {
          const { line } = play(all);
          const mine = { urgency, account, weight };
          const ahead = line.ahead(mine);
          line.enqueue(mine);
          let before = 0;
          while (line.next(open) !== mine) before++;
          expect(before).toBe(ahead);
        },
      ),
      { numRuns: 400 },
    );
  });

  test("Jain's index of turns per weight is at least 0.99, whoever floods, joins, leaves or gives up (P4)", () => {
    const weights = fc.array(fc.integer({ min: 1, max: maxWeight }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(
        weights,
        fc.boolean(),
        fc.integer({ min: 0, max: 40 }),
        fc.nat(),
        (all, isFirst, lead, seed) => {
          const { line } = lineOf();
          const accounts = all.map((weight, index) => ({ account: `t${index}`, weight }));
          const join = () => {
            for (const { account, weight } of accounts)
              while (line.size(account) < 5) line.enqueue(place(account, weight));
          };
          const flood = () => {
            for (let n = 0; n < 100; n++) line.enqueue(place('t0', all[0]));
          };
          if (isFirst) flood();
          for (let turn = 0; turn < lead; turn++) line.next(open);
          join();
          if (!isFirst) flood();
          const turns = new Map(accounts.map(({ account }) => [account, 0]));
          const enough = 25 * all.reduce((sum, weight) => sum + weight, 0);
          for (let turn = 0; turn < enough; turn++) {
            const account = line.next(open)?.account ?? '';
            turns.set(account, (turns.get(account) ?? 0) + 1);
            join();
            // Somebody gives up now and then, and asks again.
            const giving = line.jobs()[(turn * 7 + seed) % line.size()];
            if (turn % 5 === 0 && giving !== undefined) line.remove(giving);
            join();
            // A visitor comes, and is gone.
            if (turn % 11 === 0) line.enqueue(place(`visitor ${turn}`));
          }
          const shares = accounts.map(({ account, weight }) => (turns.get(account) ?? 0) / weight);
          expect(jain(shares)).toBeGreaterThanOrEqual(0.99);
        },
      ),
      { numRuns: 60 },
    );
  });
});
