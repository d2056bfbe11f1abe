/**
 * P5: no caller is held longer than 25 s. P11: while the storage is away callers hear so within 2 s, and when nothing
 * is wrong any more, the installation is back without anybody's help. Nothing unexpected is ever said.
 */
import type { Call } from './call.ts';
import type { Check, Facts } from './facts.ts';

const HOLD_MS = 25_000;
const AWAY_MS = 2_000;
/** Until a lease has run out, what is in memory may be served. */
const LEASE_MS = 3_000;
/** Fail-over, and a second for the way there. */
const BACK_WITHIN_MS = 6_000;
/** A trial a minute, of which one may fail by itself. */
const RECOVERS_MS = 150_000;
/** Ways of requests and answers between processes. */
const HOPS_MS = 100;

/** What a caller may be told. */
const EXPECTED: ReadonlySet<string> = new Set([
  'budget_exhausted',
  'command_already_sent',
  'command_not_executed',
  'command_not_found',
  'command_outcome_unknown',
  'coordinator_unavailable',
  'idempotency_key_in_use',
  'job_not_found',
  'operator_key_invalid',
  'storage_unavailable',
  'upstream_error',
  'upstream_login_required',
  'upstream_throttled',
  'upstream_timeout',
  'upstream_unavailable',
]);
const UNAVAILABLE: ReadonlySet<string> = new Set(['coordinator_unavailable', 'storage_unavailable']);

export function watchDeadlines(facts: Facts): Check & { counts: Record<string, number> } {
  const { now, broken } = facts;
  const open = new Map<number, Call>();
  const counts: Record<string, number> = {};

  function heldTooLong(call: Call): void {
    const age = now() - call.submittedAt;
    const allowance = facts.stoppedSince(call.submittedAt) ? AWAY_MS + HOPS_MS : HOPS_MS;
    if (age > HOLD_MS - call.heldMs + allowance) {
      broken('P5', `${call.kind} ${call.number} is held for ${Math.round(age)} ms`);
    }
    const away = facts.storageAwaySince();
    if (away === undefined || call.submittedAt < away + LEASE_MS + HOPS_MS) return;
    if (age > AWAY_MS + allowance) {
      broken('P11', `${call.kind} ${call.number} waits for ${Math.round(age)} ms for a storage that is away`);
    }
  }

  return {
    counts,
    submitted(call) {
      open.set(call.number, call);
    },
    told(call, words) {
      open.delete(call.number);
      const outcome = words.kind === 'refused' ? words.code : words.kind;
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      heldTooLong(call);
      if (words.kind !== 'refused') return;
      if (!EXPECTED.has(words.code)) broken('P11', `${call.kind} ${call.number} was told ${words.code}`);
      const calmForMs = now() - facts.calmSince();
      if (
        words.code === 'operator_key_invalid' &&
        // A job that has ended in it says so as long as it is kept.
        call.kind !== 'job' &&
        !facts.refusedSince(calmForMs > RECOVERS_MS ? now() - RECOVERS_MS : 0)
      ) {
        broken('P11', `${call.kind} ${call.number} was told ${words.code} though all keys are good`);
      }
      if (UNAVAILABLE.has(words.code) && call.submittedAt > facts.calmSince() + BACK_WITHIN_MS) {
        broken('P11', `${call.kind} ${call.number} was told ${words.code} though nothing is wrong`);
      }
    },
    tick() {
      for (const call of open.values()) heldTooLong(call);
    },
  };
}
