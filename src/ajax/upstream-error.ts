import type { UpstreamAnswer } from '../../coordinator/contract/client.ts';
import {
  isHubOffline,
  type UpstreamErrorMessage,
  upstreamArmingErrors,
  upstreamErrorMessage,
} from '../../coordinator/contract/upstream.ts';
import { type ErrorCode, type ErrorExtras, type FieldError, GatewayError } from '../kernel/errors.ts';

/**
 * The error of an answer that is no success: the upstream's status keeps its meaning, its words become `detail`.
 * @param isCommand a lost answer of a command leaves its outcome unknown (promise P6), of a read it does not
 */
export function upstreamError(answer: UpstreamAnswer, isCommand: boolean): GatewayError {
  const body = upstreamErrorMessage.safeParse(answer.body).data ?? {};
  return new GatewayError(codeOf(answer, body, isCommand), extrasOf(answer, body));
}

function codeOf(answer: UpstreamAnswer, body: UpstreamErrorMessage, isCommand: boolean): ErrorCode {
  switch (answer.status) {
    case 400:
      return 'upstream_bad_request';
    case 403:
      return 'upstream_forbidden';
    case 404:
      return 'upstream_not_found';
    case 409:
      return 'upstream_conflict';
    case 412:
      return rejectionReasons(answer.body) ? 'arming_refused' : 'upstream_precondition_failed';
    case 422:
      return 'upstream_unprocessable';
    case 429:
      return 'upstream_throttled';
    case 503:
      return isHubOffline(body.message ?? '') ? 'hub_offline' : 'upstream_unavailable';
    case 504:
      return isCommand ? 'command_outcome_unknown' : 'upstream_timeout';
    default:
      return 'upstream_error';
  }
}

function extrasOf(answer: UpstreamAnswer, body: UpstreamErrorMessage): ErrorExtras {
  const reasons = rejectionReasons(answer.body);
  const { message, messageId } = body;
  return {
    ...(message ? { detail: message } : {}),
    ...(answer.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: answer.retryAfterSeconds }),
    ...(body.errors?.length ? { errors: body.errors.map(toFieldError) } : {}),
    members: {
      upstream_status: answer.status,
      ...(messageId ? { upstream_message_id: messageId } : {}),
      ...(reasons ? { rejection_reasons: reasons } : {}),
    },
  };
}

type UpstreamFieldError = NonNullable<UpstreamErrorMessage['errors']>[number];

function toFieldError({ resource, field, code, message }: UpstreamFieldError): FieldError {
  const loc = [resource, field].filter((part): part is string => typeof part === 'string');
  return { loc, msg: message ?? code ?? 'not accepted', type: code ?? 'invalid' };
}

function rejectionReasons(body: unknown) {
  return upstreamArmingErrors.safeParse(body).data?.rejectionReasons.map((reason) => ({
    source_type: reason.sourceType ?? null,
    source_id: reason.sourceId ?? null,
    code: reason.code ?? null,
  }));
}
