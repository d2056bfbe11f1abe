/**
 * Between a coordinator and Ajax, in the place of the HTTP client: connections take time, requests and answers get
 * lost, a request may be counted long after its sender gave it up. Its assumptions are those of docs/coordinator.md: a
 * request is counted within D of the check before its writing, or never.
 */
import type { OutgoingRequest, SendOnce, SendResult } from '../../../src/kernel/send-once.undici.ts';
import type { Judge } from '../model/judge.ts';
import type { Ajax, AjaxAnswer, Exchange } from './ajax.ts';
import type { Chance } from './chance.ts';
import type { SimulatedProcess } from './process.ts';
import type { Time } from './time.ts';

export interface Network {
  /** What one process sends with. */
  connect(process: SimulatedProcess): SendOnce;
  /** For a while, this part of all requests goes wrong in some way. */
  disturb(forMs: number, share: number): void;
  /** The next process that has looked at its lease sleeps before it writes. */
  stopBeforeWrite(forMs: number): void;
  /** The next process that has booked a token sleeps, for any time, before it looks at its lease. */
  stopBeforeCheck(forMs: number): void;
}

export interface NetworkOptions {
  readonly time: Time;
  readonly chance: Chance;
  readonly ajax: Ajax;
  readonly judge: Judge;
  readonly requestTimeoutMs: number;
  readonly basePath: string;
  readonly apiKeys: readonly string[];
}

/** Of the budget: request time-out and this. */
const COUNTED_AFTER_TIMEOUT_MS = 15_000;

type Fate =
  | 'answered'
  /** Takes longer than anybody waits; counted all the same. */
  | 'late'
  /** Never arrives. */
  | 'lost'
  /** Arrives; its answer does not. */
  | 'unheard'
  /** Arrives; the connection breaks before the answer. */
  | 'reset'
  /** The status comes, the rest does not. */
  | 'cut';

const MISFORTUNES: readonly Fate[] = ['late', 'lost', 'unheard', 'reset', 'cut'];

export function createNetwork(options: NetworkOptions): Network {
  const { time, chance, ajax, judge, requestTimeoutMs, basePath, apiKeys } = options;
  const countedWithinMs = requestTimeoutMs + COUNTED_AFTER_TIMEOUT_MS;
  let disturbed = { until: 0, share: 0 };
  let congestion = { until: 0, ms: 0 };
  let sleepBeforeWriteMs = 0;
  let sleepBeforeCheckMs = 0;
  let serials = 0;

  const isDisturbed = () => time.now() < disturbed.until && chance.happens(disturbed.share);
  /** Comes and goes, and is the same for all that are on their way together. */
  function congestionMs(): number {
    if (time.now() > congestion.until) {
      const ms = chance.happens(0.5) ? 0 : chance.between(50, 500);
      congestion = { until: time.now() + chance.between(2_000, 30_000), ms };
    }
    return congestion.ms;
  }
  const fateOf = (): Fate => (isDisturbed() ? chance.pick(MISFORTUNES) : 'answered');
  const connectMs = () => (isDisturbed() ? chance.between(100, 3_000) : chance.between(0.2, 8));

  function parse(request: OutgoingRequest, process: SimulatedProcess): Exchange {
    const [path = '', search = ''] = request.path.slice(basePath.length).split('?', 2);
    const segments = path.split('/').map(decodeURIComponent);
    const body: unknown =
      request.body === undefined ? undefined : JSON.parse(Buffer.from(request.body).toString());
    const isCommand = segments[0] === 'user' && request.method !== 'GET';
    return {
      serial: ++serials,
      process: process.name,
      key: apiKeys.indexOf(request.headers['x-api-key'] ?? '') + 1,
      checkedAt: time.now(),
      method: request.method,
      segments,
      query: new URLSearchParams(search),
      token: request.headers['x-session-token'],
      body,
      wish: isCommand ? (body as { wish: string }).wish : undefined,
      hub: segments[2] === 'hubs' ? segments[3] : undefined,
    };
  }

  function stop(process: SimulatedProcess, kind: string, forMs: number): void {
    judge.fault(kind, forMs);
    judge.stopped(forMs);
    process.stop(forMs);
  }

  function send(process: SimulatedProcess, request: OutgoingRequest): Promise<SendResult> {
    return new Promise((resolve) => {
      let isOver = false;
      let cancelTimer = () => {};
      let written: Exchange | undefined;
      const end = (result: SendResult) => {
        if (isOver) return;
        isOver = true;
        cancelTimer();
        if (written) judge.ended(written);
        resolve(result);
      };
      const fail = (reason: 'timeout' | 'connection') =>
        end({ kind: 'unanswered', reason, error: new Error(reason) });

      function write(exchange: Exchange): void {
        judge.written(exchange);
        written = exchange;
        cancelTimer = process.clock.after(requestTimeoutMs, () => fail('timeout'));
        const fate = fateOf();
        if (fate === 'lost') {
          if (chance.happens(0.5)) process.deliver(chance.between(1, 500), () => fail('connection'));
          return;
        }
        const spentMs = time.now() - exchange.checkedAt;
        const travelMs =
          fate === 'late'
            ? chance.between(0, countedWithinMs - spentMs)
            : chance.between(5, 100) + congestionMs();
        time.after(travelMs, () => {
          const answer = ajax.receive(exchange);
          judge.arrived(exchange, answer, ajax.clock());
          returns(exchange, answer, fate);
        });
      }

      function returns(exchange: Exchange, answer: AjaxAnswer, fate: Fate): void {
        if (fate === 'unheard') return;
        process.deliver(chance.between(5, 250), () => {
          if (isOver) return;
          if (fate === 'reset') return fail('connection');
          judge.answered(exchange, answer);
          request.onStatus?.(answer.status);
          process.deliver(chance.between(0, 5), () => {
            if (fate === 'cut') return fail('connection');
            if (!isOver) judge.heard(exchange, answer);
            end({
              kind: 'answered',
              status: answer.status,
              headers: new Headers(answer.headers),
              body: Buffer.from(answer.body === undefined ? '' : JSON.stringify(answer.body)),
            });
          });
        });
      }

      if (sleepBeforeCheckMs > 0) {
        stop(process, 'stopped between booking and check', sleepBeforeCheckMs);
        sleepBeforeCheckMs = 0;
      }
      process.deliver(connectMs(), () => {
        if (isDisturbed() && chance.happens(0.3)) {
          return end({ kind: 'unwritten', reason: 'connection', error: new Error('refused') });
        }
        if (request.mayWrite?.() === false) {
          return end({ kind: 'unwritten', reason: 'refused', error: undefined });
        }
        const exchange = parse(request, process);
        judge.checked(exchange);
        if (sleepBeforeWriteMs > 0) {
          stop(process, 'stopped between check and write', sleepBeforeWriteMs);
          sleepBeforeWriteMs = 0;
          // Its next instruction is the write.
          process.deliver(0, () => write(exchange));
        } else write(exchange);
      });
    });
  }

  return {
    connect: (process) => (request) => send(process, request),
    disturb(forMs, share) {
      disturbed = { until: time.now() + forMs, share };
    },
    stopBeforeWrite(forMs) {
      sleepBeforeWriteMs = Math.min(forMs, COUNTED_AFTER_TIMEOUT_MS);
    },
    stopBeforeCheck(forMs) {
      sleepBeforeCheckMs = forMs;
    },
  };
}
