/** How a command ended, for its caller and for those who ask again. */
import { type ErrorCode, GatewayError } from '../../src/kernel/errors.ts';
import type { CallAnswer } from '../call.ts';
import { upstreamArmingStarted } from '../contract/upstream.ts';
import type { Command } from '../journal/command.ts';
import { parseJson } from '../upstream/refusals.ts';

export type End = { readonly answer: CallAnswer } | { readonly error: GatewayError };

/** Larger answers of commands are not kept for those who ask again. */
const LARGEST_KEPT_BYTES = 64 * 1024;

export function toStored(answer: CallAnswer): NonNullable<Command['answer']> {
  const { status, body, contentType, retryAfterSeconds } = answer;
  const kept = Buffer.from(body.length <= LARGEST_KEPT_BYTES ? body : []);
  const isText = Buffer.from(kept.toString()).equals(kept);
  return {
    status,
    body: kept.toString(isText ? 'utf8' : 'base64'),
    ...(isText ? {} : { encoding: 'base64' as const }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** The end of a command that has ended, as the journal has it. */
export function endOf({ answer, outcome }: Command): End {
  if (answer !== null) {
    const { status, encoding, contentType, retryAfterSeconds } = answer;
    const body = Buffer.from(answer.body, encoding);
    return { answer: { status, body, contentType, retryAfterSeconds, cache: undefined } };
  }
  const isUnsent = outcome === 'not_executed';
  return { error: new GatewayError(isUnsent ? 'command_not_executed' : 'command_outcome_unknown') };
}

/** By which two-stage arming is followed; undefined when the command has only one stage. */
export function armingToken({ status, body }: CallAnswer): string | undefined {
  if (status !== 202) return undefined;
  const started = upstreamArmingStarted.safeParse(parseJson(body));
  return started.success ? started.data.token : undefined;
}

/**
 * Thrown before the command was written or after a 401: by the line, or by a session that could not be renewed.
 * For the caller of a command they all mean that it was not executed, and will not be.
 */
const WAIT_OVER: ReadonlySet<ErrorCode> = new Set([
  'budget_exhausted',
  'upstream_throttled',
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_error',
]);

/** What the caller of a command is told that failed before it was sent. */
export function toUnsent(error: unknown): GatewayError {
  const known = error instanceof GatewayError ? error : undefined;
  if (known !== undefined && !WAIT_OVER.has(known.code)) return known;
  const { retryAfterSeconds } = known?.extras ?? {};
  return new GatewayError('command_not_executed', {
    cause: error,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

export function withId(error: GatewayError, id: string): GatewayError {
  const { members, ...extras } = error.extras;
  return new GatewayError(error.code, { ...extras, members: { ...members, command_id: id } });
}
