/**
 * P8: no read returns data fetched before the last change of its hub, and what shows late is seen in time. P7: nobody's
 * data reaches another. Every answer of Ajax says whose it is, which request brought it, and how many effects it saw.
 */
import type { Exchange } from '../world/ajax.ts';
import type { Call, Told } from './call.ts';
import type { Check, Facts } from './facts.ts';

interface Brought {
  readonly account: string;
  readonly checkedAt: number;
}

/** Marks of Ajax on a body. */
interface Mark {
  readonly account: string;
  readonly serial: number;
  readonly effects?: number;
}

/** While a hub is dirty, an answer is kept no longer. */
const DIRTY_MS = 1_000;
/**
 * A job is a read that began when it was first asked for: while a change goes on, its answer need not show it. It must
 * when the effect is certain to be known: D and 10 s after the last word, and a poll of the second stage.
 */
const COLLECTED_MS = 60_000;
const NO_CACHE_MS = 2_000;
const CLOCK_MS = 60;
/** After a restart the age of what was kept is known to clocks that jump, and to the time a commit took. */
const RESTORED_MS = 7_500;

export interface FreshnessOptions {
  /** Hubs of an account. */
  readonly hubsOf: (account: string) => readonly string[];
  readonly effectsBy: (hub: string, at: number) => number;
}

export function watchFreshness(facts: Facts, { hubsOf, effectsBy }: FreshnessOptions): Check {
  const { now, broken } = facts;
  const brought = new Map<number, Brought>();
  /** The newest request that was written before the last change, by hub or account. */
  const changed = new Map<string, number>();
  let lastSerial = 0;
  /** For each read under way: data brought by this request or an earlier one is too old. */
  const tooOld = new Map<number, number>();

  /** The newest request that had been written when the coordinator heard the end of a command, by its wish. */
  const endedAfter = new Map<string, number>();

  function change(account: string, hub: string | undefined, serial = lastSerial): void {
    for (const key of hub === undefined ? [account, ...hubsOf(account)] : [hub]) {
      changed.set(key, Math.max(serial, changed.get(key) ?? 0));
    }
  }

  function marksOf(body: unknown): Mark[] {
    const marks = Array.isArray(body) ? body : [body];
    return marks.filter(
      (mark): mark is Mark => typeof mark === 'object' && mark !== null && 'serial' in mark,
    );
  }

  function judge(call: Call, { body, cache }: Extract<Told, { kind: 'read' }>): void {
    for (const { account, serial, effects } of marksOf(body)) {
      const origin = brought.get(serial);
      if (account !== call.account || origin?.account !== call.account) {
        broken('P7', `${call.account} got what ${serial} had brought for ${account}`);
      }
      if (origin === undefined) continue;
      const bound = tooOld.get(call.number) ?? 0;
      // Two coordinators believe in their lease when the storage's clock jumps, until the next commit of the former.
      if (facts.steppedSince(call.submittedAt - 4_000)) continue;
      if (serial <= bound) {
        broken('P8', `${call.number} about ${call.hub} got what ${serial} had brought, ${bound} is too old`);
      }
      const age = call.submittedAt - origin.checkedAt;
      const kept = call.keptMs;
      const longest = cache === 'STALE' ? kept?.stale : kept?.usual;
      if (longest !== undefined && age > longest + RESTORED_MS) {
        broken('P8', `${call.number} got an answer that was ${Math.round(age)} ms old (${cache})`);
      }
      if (call.isNoCache && age > NO_CACHE_MS + CLOCK_MS) {
        broken('P8', `${call.number} wanted no cache and got an answer that was ${Math.round(age)} ms old`);
      }
      if (call.hub === undefined || effects === undefined) continue;
      const due = effectsBy(
        call.hub,
        call.submittedAt - (call.kind === 'job' ? COLLECTED_MS : DIRTY_MS + CLOCK_MS),
      );
      if (effects < due) {
        broken(
          'P8',
          `${call.number} about ${call.hub} got ${effects} effects of ${due} (${serial}, ${cache})`,
        );
      }
    }
  }

  return {
    submitted(call) {
      if (call.kind === 'read' || call.kind === 'job') {
        tooOld.set(call.number, changed.get(call.hub ?? call.account) ?? 0);
      }
    },
    checked(exchange) {
      lastSerial = exchange.serial;
      const account = accountOf(exchange);
      if (exchange.method === 'GET') brought.set(exchange.serial, { account, checkedAt: now() });
      else if (exchange.wish !== undefined) change(account, exchange.hub);
    },
    ended({ wish }) {
      if (wish !== undefined) endedAfter.set(wish, lastSerial);
    },
    told(call, words) {
      if (words.kind === 'read') judge(call, words);
      tooOld.delete(call.number);
      // With 202 the second stage has begun, and nothing has ended.
      const hasEnded = words.kind === 'answered' && words.status !== 202 && !words.isReplayed;
      if (call.kind !== 'command' || !hasEnded) return;
      // What was written while the answer was on its way to the caller came after the end.
      change(call.account, call.hub, endedAfter.get(call.command?.wish ?? ''));
    },
  };
}

const accountOf = ({ segments }: Exchange) => segments[1]?.toLowerCase() ?? '';
