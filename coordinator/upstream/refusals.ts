/** What the answers of Ajax to logins and refreshes mean, as observed in the field. */
import { type ErrorExtras, GatewayError } from '../../src/kernel/errors.ts';
import { upstreamErrorMessage } from '../contract/upstream.ts';
import type { Outcome } from './exchange.ts';
import { retryAfterMs } from './throttle.ts';

export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}

export function messageOf(body: Uint8Array): { message: string; messageId: string | undefined } {
  const parsed = upstreamErrorMessage.safeParse(parseJson(body));
  return {
    message: parsed.success ? (parsed.data.message ?? '') : '',
    messageId: parsed.success ? (parsed.data.messageId ?? undefined) : undefined,
  };
}

const isRefusal = (status: number) => status === 401 || status === 403;

/** Of a login or a refresh: these words are about the API key, of a refresh perhaps about its token. */
export function blamesApiKey(status: number, body: Uint8Array): boolean {
  return isRefusal(status) && /not authorized|api.?key/i.test(messageOf(body).message);
}

/** Who it is Ajax asks only when it has taken the key. */
export function blamesPassword(outcome: Outcome): boolean {
  if (outcome.kind !== 'answered' || !isRefusal(outcome.status)) return false;
  return WRONG_PASSWORD.test(messageOf(outcome.body).message);
}

const WRONG_PASSWORD = /wrong login or password/i;
const SECOND_FACTOR = 'Ajax refused the sign-in; with two-factor sign-in send the current code as `totp`';

/** The error of a login that Ajax did not accept. Only a definite refusal blames the password. */
export function loginError(outcome: Outcome, now: number): GatewayError {
  if (outcome.kind !== 'answered') return outageError(outcome, now);
  const { status, body } = outcome;
  if (status < 400 || status >= 500) return outageError(outcome, now);
  const { message } = messageOf(body);
  if (isRefusal(status)) {
    if (WRONG_PASSWORD.test(message)) return new GatewayError('login_failed');
    if (blamesApiKey(status, body)) return new GatewayError('operator_key_invalid');
    if (/\b(pro|enterprise)\b/i.test(message)) return new GatewayError('account_type_unsupported');
  }
  // 403 asks for a second factor, or refuses without saying why.
  if (status === 403) return new GatewayError('login_failed', { detail: SECOND_FACTOR });
  // 400, 404 and 422: no such e-mail, or none at all. Which one is not told: it would reveal who has an account.
  return new GatewayError('login_failed');
}

/** The error of a request that Ajax did not answer, or answered with its own failure. `now` in epoch ms. */
export function outageError(outcome: Outcome, now: number): GatewayError {
  switch (outcome.kind) {
    case 'throttled':
      return new GatewayError('upstream_throttled', {
        retryAfterSeconds: outcome.retryAfterSeconds,
      });
    case 'unwritten':
      if (outcome.reason === 'deadline')
        return new GatewayError('budget_exhausted', { retryAfterSeconds: 1 });
      return new GatewayError(outcome.reason === 'timeout' ? 'upstream_timeout' : 'upstream_error');
    case 'unanswered':
      return new GatewayError(outcome.reason === 'timeout' ? 'upstream_timeout' : 'upstream_error');
    case 'answered': {
      const { status, headers, body } = outcome;
      const wait = retryAfterMs(headers, now);
      const { messageId } = messageOf(body);
      const details: ErrorExtras = {
        ...(messageId === undefined ? {} : { members: { upstream_message_id: messageId } }),
      };
      if (status === 503) {
        return new GatewayError('upstream_unavailable', {
          ...details,
          ...(wait === undefined ? {} : { retryAfterSeconds: wait / 1_000 }),
        });
      }
      return new GatewayError(status === 504 ? 'upstream_timeout' : 'upstream_error', details);
    }
  }
}
