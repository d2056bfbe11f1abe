import type { Clock } from '../kernel/clock.ts';
import type { RequestFacts } from '../kernel/context.ts';
import { type ErrorCode, GatewayError } from '../kernel/errors.ts';
import { type End, isRunning } from './end.ts';
import type { Actor, AuditAction } from './record.ts';
import type { AuditTrail } from './trail.ts';

export interface Forwarding<T> {
  readonly trail: AuditTrail;
  readonly clock: Clock;
  readonly action: AuditAction;
  readonly facts: RequestFacts;
  readonly actor: Actor;
  /** Sends the mutation; runs only once its intent is committed. */
  readonly send: () => Promise<T>;
  readonly endOf: (result: T) => End;
  /** How far it has come since it was answered `accepted` or `in_progress`; without it those are written as its end. */
  readonly lookUp?: (result: T, signal: AbortSignal) => Promise<End>;
  /** Errors that say nothing about this mutation, although they tell of others that they never left. */
  readonly saysNothing?: readonly ErrorCode[];
}

/**
 * Forwards a mutation between its two audit records: write-ahead, then the outcome (promise P10). One that goes on
 * after its answer is followed in the background.
 * @throws GatewayError database_unavailable when the intent cannot be committed (nothing was sent), and whatever
 * `send` throws
 */
export async function forward<T>({
  trail,
  clock,
  action,
  facts,
  actor,
  send,
  endOf,
  lookUp,
  saysNothing = [],
}: Forwarding<T>): Promise<T> {
  const intent = await trail.intent(action, facts, actor);
  const startedAt = clock.monotonic();
  const answered = (end: End) => ({ ...end, latencyMs: clock.monotonic() - startedAt });
  try {
    const result = await send();
    const end = endOf(result);
    if (lookUp !== undefined && isRunning(end)) {
      intent.goesOn(answered(end), (signal) => lookUp(result, signal));
    } else {
      await intent.ended(answered(end));
    }
    return result;
  } catch (error) {
    await intent.ended(answered(endOfError(error, saysNothing)));
    throw error;
  }
}

/** Errors that prove the mutation never left. */
const NEVER_SENT: ReadonlySet<ErrorCode> = new Set([
  'command_not_executed',
  'idempotency_key_in_use',
  'idempotency_key_reused',
  'budget_exhausted',
  'coordinator_unavailable',
  'storage_unavailable',
  'upstream_login_required',
  'upstream_stopped',
  'operator_key_invalid',
]);

/** Errors after which the mutation may have been executed. */
const SAYS_NOTHING: ReadonlySet<ErrorCode> = new Set(['command_outcome_unknown', 'internal_error']);

function endOfError(error: unknown, saysNothing: readonly ErrorCode[]): End {
  if (!(error instanceof GatewayError)) return { outcome: 'unknown', statusCode: 500 };
  const { headers, members } = error.extras;
  if (headers?.['idempotency-replayed'] === 'true') {
    const command_id = members?.command_id;
    return { outcome: 'replayed', statusCode: error.status, payload: { command_id } };
  }
  if (SAYS_NOTHING.has(error.code) || saysNothing.includes(error.code))
    return { outcome: 'unknown', statusCode: error.status };
  return { outcome: NEVER_SENT.has(error.code) ? 'not_executed' : 'failed', statusCode: error.status };
}
