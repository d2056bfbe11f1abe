/** A coordinator that hangs is told from one that is slow (promises P5 and P11), with time in the test's hands. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createCoordinatorClient } from '../../../coordinator/contract/client.ts';
import { watchLiveness } from '../../../coordinator/contract/liveness.ts';
import { createTestClock, type TestClock } from '../coordinator/world.ts';

/** Of a question: `late` answers when the test says so, whatever the signal says. */
type Health = 'ok' | 'hang' | 'refuse' | 'error' | 'late';

const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => void unhandled.push(reason);
process.on('unhandledRejection', onUnhandled);
afterAll(() => {
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});

interface Exchange {
  readonly request: Request;
  answer(status?: number): void;
  fail(error: Error): void;
}

let clock: TestClock;
let timers: Set<object>;
let probes: number[];
let probesOpen: number;
let mostProbesOpen: number;
let health: Health;
let answerLate: (() => void)[];
let exchanges: Exchange[];
/** What the transport does when it is told to end. */
let onAbort: 'ignore' | 'written' | 'unwritten';
let watched: (request: Request) => Promise<Response>;

beforeEach(() => {
  clock = createTestClock();
  timers = new Set();
  probes = [];
  probesOpen = 0;
  mostProbesOpen = 0;
  health = 'ok';
  answerLate = [];
  exchanges = [];
  onAbort = 'written';
  const counted = {
    ...clock,
    after(delayMs: number, callback: () => void) {
      const timer = {};
      timers.add(timer);
      const cancel = clock.after(delayMs, () => {
        timers.delete(timer);
        callback();
      });
      return () => {
        timers.delete(timer);
        cancel();
      };
    },
  };
  watched = watchLiveness({
    clock: counted,
    fetch: (request) =>
      new Promise((resolve, reject) => {
        exchanges.push({
          request,
          answer: (status = 200) => resolve(Response.json({}, { status })),
          fail: reject,
        });
        const end = () => {
          if (onAbort === 'ignore') return;
          reject(Object.assign(new Error('ended'), onAbort === 'unwritten' && { code: 'ERR_NOT_WRITTEN' }));
        };
        if (request.signal.aborted) end();
        request.signal.addEventListener('abort', end);
      }),
    async probe(request) {
      expect([request.method, new URL(request.url).pathname]).toEqual(['GET', '/health']);
      expect(request.headers.get('authorization')).toBeNull();
      probes.push(clock.monotonic());
      probesOpen++;
      mostProbesOpen = Math.max(mostProbesOpen, probesOpen);
      try {
        if (health === 'refuse') throw new Error('ECONNREFUSED');
        if (health === 'error') return new Response('Bad gateway', { status: 502 });
        if (health === 'late') await new Promise<void>((resolve) => answerLate.push(resolve));
        if (health === 'hang') {
          await new Promise((_, reject) => {
            request.signal.addEventListener('abort', () => reject(request.signal.reason));
          });
        }
        return Response.json({ status: 'ok' });
      } finally {
        probesOpen--;
      }
    },
  });
});

interface Outcome {
  /** A status, or how it was rejected. */
  result: number | 'abandoned' | 'ended' | undefined;
  error: unknown;
  at: number | undefined;
}

function ask(init: RequestInit = {}): Outcome {
  const outcome: Outcome = { result: undefined, error: undefined, at: undefined };
  watched(new Request('http://coordinator/v1/x', init)).then(
    ({ status }) => Object.assign(outcome, { result: status, at: clock.monotonic() }),
    (error: Error) =>
      Object.assign(outcome, {
        result: error.message === 'ended' ? 'ended' : 'abandoned',
        error,
        at: clock.monotonic(),
      }),
  );
  return outcome;
}

const isOver = () => [timers.size, probesOpen];

test('a quick answer costs no question and leaves no timer', async () => {
  const quick = ask();
  await clock.advance(499);
  exchanges[0]?.answer();
  await clock.settle();
  expect(quick.result).toBe(200);
  expect(isOver()).toEqual([0, 0]);
  await clock.advance(5_000);
  expect(probes).toEqual([]);
});

test('a slow but healthy coordinator keeps its callers for 25 s, and is asked once a second', async () => {
  const slow = ask();
  await clock.advance(25_000);
  expect(slow.result).toBeUndefined();
  expect(exchanges[0]?.request.signal.aborted).toBe(false);
  expect(probes).toEqual(Array.from({ length: 25 }, (_, second) => 500 + second * 1_000));
  exchanges[0]?.answer(429);
  await clock.settle();
  expect(slow.result).toBe(429);
  expect(isOver()).toEqual([0, 0]);
});

test.each<Health>(['hang', 'refuse', 'error'])(
  'its health (%s) lets a caller go within 2 s',
  async (state) => {
    health = state;
    const hanging = ask();
    await clock.advance(1_300);
    expect(hanging.result).toBeUndefined();
    await clock.advance(100);
    expect(hanging.result).toBe('ended');
    expect(exchanges[0]?.request.signal.aborted).toBe(true);
    expect(isOver()).toEqual([0, 0]);
  },
);

test('callers are let go within 2 s of their arrival and of the silence, whenever these begin', async () => {
  onAbort = 'ignore';
  const outcomes: { outcome: Outcome; asked: number }[] = [];
  const keeper = ask();
  await clock.advance(3_510);
  const silentSince = clock.monotonic();
  health = 'hang';
  for (let round = 0; round < 60; round++) {
    outcomes.push({ outcome: ask(), asked: clock.monotonic() });
    await clock.advance(97);
  }
  await clock.advance(2_000);
  expect((keeper.at ?? Number.POSITIVE_INFINITY) - silentSince).toBeLessThanOrEqual(2_000);
  for (const { outcome, asked } of outcomes) {
    expect(outcome.result).toBe('abandoned');
    expect((outcome.at ?? Number.POSITIVE_INFINITY) - asked).toBeLessThanOrEqual(2_000);
  }
  expect(mostProbesOpen).toBe(1);
  expect(isOver()).toEqual([0, 0]);
});

test('all who wait share one question', async () => {
  const many = Array.from({ length: 50 }, () => ask());
  await clock.advance(3_000);
  expect(probes).toEqual([500, 1_500, 2_500]);
  health = 'hang';
  await clock.advance(2_000);
  expect(many.every(({ result }) => result === 'ended')).toBe(true);
  expect(mostProbesOpen).toBe(1);
  expect(probes).toEqual([500, 1_500, 2_500, 3_500]);
  expect(isOver()).toEqual([0, 0]);
});

test('who arrives during a question is judged by the next', async () => {
  health = 'hang';
  const first = ask();
  await clock.advance(1_000);
  const second = ask();
  await clock.advance(450);
  expect([first.result, second.result]).toEqual(['ended', undefined]);
  health = 'ok';
  await clock.advance(5_000);
  expect(second.result).toBeUndefined();
  exchanges[1]?.answer();
  await clock.settle();
  expect(second.result).toBe(200);
  expect(isOver()).toEqual([0, 0]);
});

test('an answer to a question that is over changes nothing', async () => {
  health = 'late';
  const first = ask();
  await clock.advance(1_000);
  const second = ask();
  await clock.advance(450);
  expect([first.result, second.result]).toEqual(['ended', undefined]);
  answerLate[0]?.();
  await clock.advance(150);
  expect(probes).toEqual([500, 1_500]);
  exchanges[1]?.answer();
  await clock.settle();
  expect(second.result).toBe(200);
  expect(timers.size).toBe(0);
  answerLate[1]?.();
  await clock.advance(2_000);
  expect(probes).toEqual([500, 1_500]);
  expect(isOver()).toEqual([0, 0]);
});

test('a coordinator that refuses connections for a moment keeps its callers', async () => {
  const waiting = ask();
  health = 'refuse';
  await clock.advance(1_100);
  health = 'ok';
  await clock.advance(5_000);
  expect(waiting.result).toBeUndefined();
  exchanges[0]?.answer();
  await clock.settle();
  expect(waiting.result).toBe(200);
});

test('a stall of this process is not taken for silence of the coordinator', async () => {
  let answer = (_: Response) => {};
  const due: { at: number; callback: () => void }[] = [];
  let now = 0;
  const stalling = watchLiveness({
    clock: {
      now: () => now,
      monotonic: () => now,
      after(delayMs, callback) {
        const timer = { at: now + delayMs, callback };
        due.push(timer);
        return () => void (due.includes(timer) && due.splice(due.indexOf(timer), 1));
      },
    },
    fetch: () => new Promise(() => {}),
    probe: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  });
  let isLetGo = false;
  stalling(new Request('http://coordinator/')).catch(() => {
    isLetGo = true;
  });
  now = 500;
  due.shift()?.callback();
  // Timers run before what the connections have brought meanwhile is read.
  now = 10_000;
  for (const timer of due.splice(0)) timer.callback();
  answer(Response.json({}));
  await clock.settle();
  for (now = 10_100; now < 10_950; now += 100) {
    for (const timer of due.filter(({ at }) => at <= now)) {
      due.splice(due.indexOf(timer), 1);
      timer.callback();
    }
    await clock.settle();
  }
  expect(isLetGo).toBe(false);
});

test('recovers without a restart', async () => {
  health = 'hang';
  const lost = ask();
  await clock.advance(2_000);
  expect(lost.result).toBe('ended');
  health = 'ok';
  const slow = ask();
  await clock.advance(10_000);
  expect(slow.result).toBeUndefined();
  exchanges[1]?.answer();
  await clock.settle();
  expect(slow.result).toBe(200);
  // And hangs again.
  health = 'hang';
  const again = ask();
  await clock.advance(2_000);
  expect(again.result).toBe('ended');
  expect(isOver()).toEqual([0, 0]);
});

test.each(['answer', 'fail'] as const)(
  'a transport that does not let go is left; its late %s is ignored',
  async (late) => {
    health = 'hang';
    onAbort = 'ignore';
    const lost = ask();
    await clock.advance(2_000);
    expect(lost.result).toBe('abandoned');
    expect(isOver()).toEqual([0, 0]);
    const next = ask();
    if (late === 'answer') exchanges[0]?.answer(418);
    else exchanges[0]?.fail(new Error('late'));
    await clock.advance(100);
    expect([lost.result, next.result]).toEqual(['abandoned', undefined]);
    exchanges[1]?.answer();
    await clock.settle();
    expect(next.result).toBe(200);
    expect(isOver()).toEqual([0, 0]);
  },
);

test('a caller that leaves ends its request, and a question nobody waits for', async () => {
  health = 'hang';
  const leaving = new AbortController();
  const left = ask({ signal: leaving.signal });
  await clock.advance(700);
  expect(isOver()).not.toEqual([0, 0]);
  leaving.abort(new Error('gone'));
  await clock.settle();
  expect(left.result).toBe('ended');
  expect(exchanges[0]?.request.signal.reason).toMatchObject({ message: 'gone' });
  expect(isOver()).toEqual([0, 0]);

  const never = ask({ signal: AbortSignal.abort() });
  await clock.settle();
  expect(never.result).toBe('ended');
  expect(exchanges[1]?.request.signal.aborted).toBe(true);
  expect(isOver()).toEqual([0, 0]);
});

test('an error of the transport comes through as it is, with its mark', async () => {
  const failing = ask();
  const error = Object.assign(new Error('refused'), { code: 'ERR_NOT_WRITTEN' });
  exchanges[0]?.fail(error);
  await clock.settle();
  expect(failing.error).toBe(error);
  expect(isOver()).toEqual([0, 0]);
});

test('method, headers and body arrive as they were', async () => {
  ask({ method: 'PUT', headers: { authorization: 'Bearer x' }, body: '{"command":"ARM"}' });
  const request = exchanges[0]?.request;
  expect([request?.method, request?.url, request?.headers.get('authorization')]).toEqual([
    'PUT',
    'http://coordinator/v1/x',
    'Bearer x',
  ]);
  expect(await request?.text()).toBe('{"command":"ARM"}');
  exchanges[0]?.answer();
  await clock.settle();
});

describe('what a caller of the client is told', () => {
  const read = { correlationId: 'c', lane: 'interactive', account: 'a1', path: ['hubs'] } as const;
  const command = { ...read, method: 'PUT', commandId: '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e' } as const;
  async function told(method: 'GET' | 'PUT', abort: typeof onAbort): Promise<unknown> {
    health = 'hang';
    onAbort = abort;
    const client = createCoordinatorClient({ fetch: watched, secret: 's' });
    const answer = method === 'GET' ? client.read(read) : client.command(command);
    const error = answer.catch((thrown: unknown) => thrown);
    await clock.advance(2_000);
    return error;
  }

  test.each([
    ['GET', 'written', 'coordinator_unavailable', 503],
    ['GET', 'ignore', 'coordinator_unavailable', 503],
    ['PUT', 'written', 'command_outcome_unknown', 504],
    ['PUT', 'ignore', 'command_outcome_unknown', 504],
    ['PUT', 'unwritten', 'coordinator_unavailable', 503],
  ] as const)('%s, %s: %s', async (method, abort, code, status) => {
    const error = await told(method, abort);
    expect(error).toMatchObject({ code, status });
    if (code === 'coordinator_unavailable') expect(error).toMatchObject({ extras: { retryAfterSeconds: 2 } });
  });

  test.each([
    ['a proxy in between', () => new Response('Bad gateway', { status: 502 })],
    ['a coordinator that is stopping', () => stopping()],
    ['a body without a code', () => Response.json({}, { status: 500, headers: fromCoordinator })],
  ])('%s: when to try again', async (_name, answer) => {
    const client = createCoordinatorClient({ fetch: async () => answer(), secret: 's' });
    const error = await client.read(read).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'coordinator_unavailable', extras: { retryAfterSeconds: 2 } });
  });
});

const fromCoordinator = { 'coordinator-origin': 'coordinator' };
const stopping = () =>
  Response.json({ code: 'coordinator_unavailable', detail: 'x' }, { status: 503, headers: fromCoordinator });
