/**
 * P6: exactly one outcome, and P5: nothing is sent late or for nobody. A wish is what a caller wants done once, under
 * one or more command ids, because it may ask again. What Ajax executed is compared with what was said about each id,
 * at every arrival and at every word.
 */
import type { AjaxAnswer } from '../world/ajax.ts';
import type { Call, CommandCall, Told } from './call.ts';
import type { Check, Facts } from './facts.ts';

/** `open`: nothing was said. `never`: not executed, and it never will be. `refused`: Ajax said no. */
type Verdict = 'open' | 'done' | 'refused' | 'never' | 'unknown';

interface Submission {
  readonly at: number;
  readonly heldMs: number;
  readonly isAsync: boolean;
  /** True time the caller left. */
  leftAt: number | undefined;
}

interface Wish {
  readonly name: string;
  readonly target: string;
  readonly isKeyed: boolean;
  readonly verdicts: Map<string, Verdict>;
  readonly submissions: Submission[];
  /** When each id was first asked for: events, and true time. */
  readonly asked: Map<string, { readonly event: number; readonly at: number }>;
  /** When it was sent first. */
  sentAt: number | undefined;
  /** The event at which a caller was first told how an id ended. */
  readonly delivered: Map<string, number>;
  executed: number;
  /** Arrivals that Ajax neither refused for want of a session nor throttled. */
  counted: number;
  isForgotten: boolean;
}

type CommandOf = Call & { readonly command: CommandCall };

const START_WITHIN_MS = 20_000;
/** Clocks of processes are a little wrong, and what happens together is told one after the other. */
const CLOCK_MS = 20;
/** In the socket of a process that stands still a request ages unseen, until its caller gives up. */
const UNREAD_MS = 2_100;
/** What is asked for later than this after another comes later. */
const ORDER_MS = 50;

const isDefinite = (verdict: Verdict | undefined) =>
  verdict === 'done' || verdict === 'never' || verdict === 'refused';

export function watchOutcomes(facts: Facts): Check & { readonly counts: Readonly<Record<string, number>> } {
  const { now, broken } = facts;
  const wishes = new Map<string, Wish>();
  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  let events = 0;
  /** The event of each call. */
  const askedAt = new Map<number, number>();
  const submissionOf = new Map<number, Submission>();
  /** What is between its writing and its end, by target. */
  const underWay = new Map<string, { wish: string; serial: number; process: string }>();
  const lastWritten = new Map<string, { event: number; wish: string; askedAt: number }>();
  /** Reads that nobody else can answer, when their callers left. */
  const leftReads = new Map<string, number>();

  function wishOf({ command: { wish: name, target, isKeyed } }: CommandOf): Wish {
    const known = wishes.get(name);
    if (known) return known;
    const wish: Wish = {
      ...{ name, target, isKeyed },
      verdicts: new Map(),
      submissions: [],
      asked: new Map(),
      delivered: new Map(),
      sentAt: undefined,
      executed: 0,
      counted: 0,
      isForgotten: false,
    };
    wishes.set(name, wish);
    return wish;
  }

  function weigh(wish: Wish): void {
    const verdicts = [...wish.verdicts.values()];
    const sent = verdicts.filter((verdict) => verdict !== 'never').length;
    const possible = verdicts.filter((verdict) => verdict !== 'never' && verdict !== 'refused').length;
    const done = verdicts.filter((verdict) => verdict === 'done').length;
    const { name, executed, counted } = wish;
    const said = [...wish.verdicts].map(([id, verdict]) => `${id.slice(-6)} ${verdict}`).join(', ');
    if (executed > possible) broken('P6', `${name} was executed ${executed} times, told: ${said}`);
    if (counted > sent) broken('P6', `${name} was sent ${counted} times, told: ${said}`);
    if (done > executed) broken('P6', `${name} was executed ${executed} times, told: ${said}`);
    if (wish.isKeyed && executed > 1 && !wish.isForgotten) {
      broken('P6', `${name} was executed ${executed} times under one Idempotency-Key`);
    }
  }

  function say(wish: Wish, id: string, verdict: Verdict): void {
    const before = wish.verdicts.get(id);
    if (isDefinite(before) && isDefinite(verdict) && before !== verdict && !wish.isForgotten) {
      broken('P6', `${wish.name} ${id.slice(-6)} was ${before}, now it is ${verdict}`);
    }
    // What was said is not taken back by saying less.
    if (!isDefinite(before)) wish.verdicts.set(id, verdict);
    count(verdict);
    weigh(wish);
  }

  function deliver(wish: Wish, id: string): void {
    if (!wish.delivered.has(id)) wish.delivered.set(id, ++events);
  }

  /** A caller is answered with the end of another command than its own, without a key that says that it is the same. */
  function judgeJoin({ number, command }: CommandOf, wish: Wish, id: string): void {
    if (id === command.id || command.isKeyed) return;
    count('joined');
    const asked = askedAt.get(number) ?? 0;
    const delivered = wish.delivered.get(id);
    if (delivered !== undefined && delivered < asked) {
      broken('P6', `${wish.name} joined ${id.slice(-6)}, whose answer had been delivered`);
    }
    const joined = wish.asked.get(id);
    const last = lastWritten.get(wish.target);
    if (joined === undefined || last === undefined || last.wish === wish.name) return;
    if (last.askedAt > joined.at + ORDER_MS && last.event < asked) {
      broken('P6', `${wish.name} joined ${id.slice(-6)}, though ${last.wish} had come in between`);
    }
  }

  function told(call: CommandOf, words: Told): void {
    const wish = wishOf(call);
    const own = call.command.id;
    if (words.kind === 'refused' && words.code === 'idempotency_key_in_use') {
      wish.verdicts.delete(own);
      return;
    }
    const id = 'id' in words ? (words.id ?? own) : own;
    if (words.kind !== 'receipt' && id !== own) wish.verdicts.delete(own);
    switch (words.kind) {
      case 'accepted':
        judgeJoin(call, wish, id);
        break;
      case 'answered':
        judgeJoin(call, wish, id);
        say(wish, id, words.status < 400 ? 'done' : 'refused');
        deliver(wish, id);
        break;
      case 'refused':
        judgeJoin(call, wish, id);
        say(wish, id, words.code === 'command_outcome_unknown' ? 'unknown' : 'never');
        break;
      case 'receipt':
        if (words.outcome === 'done') say(wish, id, 'done');
        if (words.outcome === 'not_executed') say(wish, id, 'never');
        // The first stage was executed, the second failed.
        if (words.outcome === 'failed') say(wish, id, words.status === 202 ? 'done' : 'refused');
        if (words.status !== null) deliver(wish, id);
    }
  }

  function judgeSending(wish: Wish): void {
    // Whose caller leaves after it was sent lives on, and is sent again after a 401.
    wish.sentAt ??= now();
    const gone = Math.min(now() - CLOCK_MS, wish.sentAt);
    const isWanted = wish.submissions.some(
      ({ at, heldMs, leftAt = Number.POSITIVE_INFINITY, isAsync }) =>
        now() - at <= START_WITHIN_MS - heldMs + CLOCK_MS + (facts.stoppedSince(at) ? UNREAD_MS : 0) &&
        (isAsync || leftAt >= gone || facts.stoppedSince(leftAt)),
    );
    if (!isWanted) broken('P5', `${wish.name} was sent too late, or for nobody`);
  }

  return {
    counts,
    submitted(call) {
      askedAt.set(call.number, ++events);
      if (call.kind !== 'command' || call.command === undefined) return;
      const wish = wishOf({ ...call, command: call.command });
      const { submittedAt: at, heldMs } = call;
      const { id, isAsync } = call.command;
      wish.verdicts.set(id, 'open');
      wish.asked.set(id, { event: events, at });
      const submission = { at, heldMs, isAsync, leftAt: undefined };
      wish.submissions.push(submission);
      submissionOf.set(call.number, submission);
      count('submitted');
    },
    told(call, words) {
      if (words.kind === 'left') {
        if (call.unique !== undefined) leftReads.set(call.unique, now());
        const submission = submissionOf.get(call.number);
        if (submission) submission.leftAt = now();
      } else if (call.command !== undefined && (call.kind === 'command' || words.kind === 'receipt')) {
        told({ ...call, command: call.command }, words);
      }
      submissionOf.delete(call.number);
      askedAt.delete(call.number);
    },
    checked(exchange) {
      const unique = exchange.query.get('n');
      const leftAt = unique === null ? undefined : leftReads.get(unique);
      if (leftAt !== undefined && now() - leftAt > CLOCK_MS && !facts.stoppedSince(leftAt)) {
        broken('P5', `the read ${unique} was sent after its caller had left`);
      }
      if (exchange.wish === undefined) return;
      const wish = wishes.get(exchange.wish);
      if (wish === undefined) return broken('P6', `nobody asked for ${exchange.wish}`);
      const { name, target } = wish;
      judgeSending(wish);
      const other = underWay.get(target);
      if (other !== undefined && other.process === exchange.process) {
        broken('P6', `${name} was sent to ${target} while ${other.wish} was under way`);
      }
      underWay.set(target, { wish: name, serial: exchange.serial, process: exchange.process });
      lastWritten.set(target, {
        event: ++events,
        wish: name,
        askedAt: Math.min(...wish.submissions.map(({ at }) => at)),
      });
    },
    arrived({ wish: name }, answer) {
      const wish = wishes.get(name ?? '');
      if (wish === undefined) return;
      if (answer.status !== 401 && !isThrottling(answer)) wish.counted++;
      if (answer.isExecuted) wish.executed++;
      weigh(wish);
    },
    ended({ wish: name, serial }) {
      const target = wishes.get(name ?? '')?.target ?? '';
      if (underWay.get(target)?.serial === serial) underWay.delete(target);
    },
    forgotten() {
      for (const wish of wishes.values()) wish.isForgotten = true;
    },
  };
}

function isThrottling({ status, body }: AjaxAnswer): boolean {
  if (status === 429) return true;
  return (
    status === 200 && typeof body === 'object' && body !== null && Object.keys(body).join() === 'message'
  );
}
