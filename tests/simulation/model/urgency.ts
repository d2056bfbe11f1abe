/**
 * P3: under any load of reads, up to `reserve` commands and refreshes per window and reply leave within 250 ms. Judged
 * where the tokens in use are certain: nothing has been wrong for as long as a token can be out.
 */
import type { Call } from './call.ts';
import type { Check, Facts } from './facts.ts';

const LEAVES_WITHIN_MS = 250;
const REPLY_MS = 1_000;
/** Sent by its deadline, and answered or timed out. */
const LIVES_ON_MS = 40_000;

export interface UrgencyOptions {
  /** From which time on nothing of before a fault can still hold a token. */
  readonly settledSince: () => number;
  /** Whether an account goes by the API key that is watched. */
  readonly isMine: (account: string) => boolean;
}

export function watchUrgency(facts: Facts, options: UrgencyOptions): Check & { judged(): number } {
  const { now, limits, broken } = facts;
  const sent: { readonly at: number; readonly account: string }[] = [];
  const waiting = new Map<string, Call>();
  const busyTargets = new Map<string, number>();
  /** When a caller left; its command may live on, and others wait for it. */
  const leftAt = new Map<string, number>();
  let judged = 0;
  const share = Math.max(1, Math.ceil(limits.reserve / 3));

  function inUse(account?: string): number {
    const oldest = now() - limits.windowMs * 1.01 - REPLY_MS;
    while (sent[0] !== undefined && sent[0].at < oldest) sent.shift();
    return account === undefined ? sent.length : sent.filter((one) => one.account === account).length;
  }

  function forget(account: string): void {
    for (const [wish, call] of waiting) if (call.account === account) waiting.delete(wish);
  }

  return {
    judged: () => judged,
    submitted(call) {
      if (call.kind !== 'command' || call.command === undefined) return;
      const { target, wish } = call.command;
      const isLeft = now() - (leftAt.get(target) ?? Number.NEGATIVE_INFINITY) < LIVES_ON_MS;
      const isFree = !busyTargets.has(target) && !isLeft;
      busyTargets.set(target, (busyTargets.get(target) ?? 0) + 1);
      if (!isFree || !options.isMine(call.account) || options.settledSince() > now()) return;
      // Those that wait take tokens, too.
      if (inUse() + waiting.size >= limits.reserve || inUse(call.account) >= share) return;
      if ([...waiting.values()].some(({ account }) => account === call.account)) return;
      waiting.set(wish, call);
    },
    checked({ wish, segments, body }) {
      const isUrgent = wish !== undefined || segments[0] === 'refresh';
      if (!isUrgent) return;
      const account = wish === undefined ? (body as { userId: string }).userId : (segments[1] ?? '');
      sent.push({ at: now(), account: account.toLowerCase() });
      // A session has to be renewed first.
      if (wish === undefined) forget(account.toLowerCase());
      const call = waiting.get(wish ?? '');
      waiting.delete(wish ?? '');
      if (call === undefined) return;
      judged++;
      const waitedMs = now() - call.submittedAt;
      if (waitedMs > LEAVES_WITHIN_MS && options.settledSince() <= call.submittedAt) {
        broken('P3', `${wish} left after ${Math.round(waitedMs)} ms`);
      }
    },
    moved: forget,
    told(call, words) {
      if (call.kind !== 'command' || call.command === undefined) return;
      const { target, wish } = call.command;
      if (words.kind === 'left') leftAt.set(target, now());
      const others = (busyTargets.get(target) ?? 1) - 1;
      if (others > 0) busyTargets.set(target, others);
      else busyTargets.delete(target);
      waiting.delete(wish);
    },
    tick() {
      for (const [wish, call] of waiting) {
        if (options.settledSince() > call.submittedAt) waiting.delete(wish);
        else if (now() - call.submittedAt > LEAVES_WITHIN_MS) {
          broken('P3', `${wish} has not left after ${Math.round(now() - call.submittedAt)} ms`);
        }
      }
    },
  };
}
