/**
 * The registry of stable error codes, and the error every part of the product throws.
 * Bodies are problem details (RFC 9457); `docs/errors.md` is checked against this file by a test.
 */

interface ErrorDefinition {
  /** HTTP status the code is answered with. */
  readonly status: number;
  /** Whether the same request may succeed later without the caller changing anything. */
  readonly retryable: boolean;
  /** What happened: short, the same for every occurrence (RFC 9457 `title`). */
  readonly title: string;
  /** What the caller can do about it. */
  readonly action: string;
}

export const errorRegistry = {
  malformed_json: {
    status: 400,
    retryable: false,
    title: 'The request body is not valid JSON',
    action: 'Send a body that parses as JSON, encoded as UTF-8.',
  },
  json_ambiguous: {
    status: 400,
    retryable: false,
    title: 'A JSON object in the request has the same member twice',
    action: 'Send each member once.',
  },
  json_too_complex: {
    status: 422,
    retryable: false,
    title: 'The JSON is nested too deeply or holds too many values',
    action: 'Send only what the route describes; the limits are named in `detail`.',
  },
  malformed_request: {
    status: 400,
    retryable: false,
    title: 'The request is not proper HTTP/1.1, or can be read in two ways',
    action: 'Send one Host, one length or `Transfer-Encoding: chunked`, and lines that end with CR LF.',
  },
  request_timeout: {
    status: 408,
    retryable: true,
    title: 'The request came too slowly',
    action: 'Send the headers within 10 seconds and the body at 1 KB per second or faster.',
  },
  uri_too_long: {
    status: 414,
    retryable: false,
    title: 'The address is too long',
    action: 'Send an address of at most 8192 characters, query included.',
  },
  headers_too_large: {
    status: 431,
    retryable: false,
    title: 'The request has too many headers, or too large ones',
    action: 'Send at most 100 headers with 32 KB together; delete old cookies of this address.',
  },
  probe_refused: {
    status: 403,
    retryable: false,
    title: 'The path looks like a probe for the weaknesses of other software',
    action: 'Nothing like that is served here. If a page of this gateway led here, tell its operator.',
  },
  invalid_request: {
    status: 422,
    retryable: false,
    title: 'The request does not have the expected shape',
    action: 'Correct the fields listed in `errors` and send the request again.',
  },
  payload_too_large: {
    status: 413,
    retryable: false,
    title: 'The request body is too large',
    action: 'Send a smaller body; the limit is named in `detail`.',
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    title: 'The content type of the body is not accepted here',
    action: 'Name the type of the body in Content-Type: application/json, unless the route takes others.',
  },
  not_found: {
    status: 404,
    retryable: false,
    title: 'There is nothing at this address',
    action: 'Check the path; the routes are described at /docs and /api/v1/openapi.json.',
  },
  method_not_allowed: {
    status: 405,
    retryable: false,
    title: 'The address exists, but not with this method',
    action: 'Use one of the methods named in the Allow header.',
  },
  invalid_credentials: {
    status: 401,
    retryable: false,
    title: 'The access token is missing, expired, revoked or not valid here',
    action:
      'Refresh the session with POST /api/v1/auth/refresh, or sign in again. A token works only with the User-Agent it was issued to.',
  },
  invalid_refresh_token: {
    status: 401,
    retryable: false,
    title: 'The refresh token is missing, expired, revoked or already used',
    action: 'Sign in again.',
  },
  login_failed: {
    status: 401,
    retryable: false,
    title: 'Ajax refused this e-mail and password',
    action: 'Check e-mail and password; with two-factor sign-in send the current code as `totp`.',
  },
  sign_in_locked: {
    status: 403,
    retryable: true,
    title: 'Too many failed attempts to sign in',
    action:
      'Wait for the seconds of the Retry-After header; attempts meanwhile change nothing. A forgotten password is reset in the Ajax app.',
  },
  account_type_unsupported: {
    status: 403,
    retryable: false,
    title: 'This kind of Ajax account cannot be used here',
    action: 'Sign in with a user account of the mobile app, not with a company account.',
  },
  account_disabled: {
    status: 403,
    retryable: false,
    title: 'This account is disabled on this gateway',
    action: 'Ask the operator of this gateway.',
  },
  origin_not_allowed: {
    status: 403,
    retryable: false,
    title: 'A page of this origin may not change anything here',
    action:
      'Open the dashboard of this gateway, or ask its operator to add the origin to BACKEND_CORS_ORIGINS.',
  },
  plan_required: {
    status: 403,
    retryable: false,
    title: 'The plan does not include this feature',
    action: 'Choose a plan that includes the feature; `required_plan` names the lowest one.',
  },
  pass_through_refused: {
    status: 403,
    retryable: false,
    title: 'The pass-through does not go there',
    action:
      'Use a path below your own /api/v1/ajax/user/{id}; `detail` says what is wrong with this one, and what to do instead.',
  },
  upstream_bad_request: {
    status: 400,
    retryable: false,
    title: 'Ajax could not execute the request as it is',
    action: 'Correct the request; `detail` and `errors` are the words of Ajax.',
  },
  upstream_forbidden: {
    status: 403,
    retryable: false,
    title: 'The Ajax account lacks the right to do this on this hub',
    action: 'Ask the owner of the hub for the permission in the Ajax app.',
  },
  upstream_not_found: {
    status: 404,
    retryable: false,
    title: 'This account has no such hub, device, room or group',
    action: 'Check the id against the list the gateway answers for this account.',
  },
  upstream_conflict: {
    status: 409,
    retryable: false,
    title: 'The change conflicts with the present state of the system',
    action: 'Read the current state, then decide again.',
  },
  arming_refused: {
    status: 412,
    retryable: false,
    title: 'The hub refused to arm',
    action: 'Close or repair what `rejection_reasons` lists, or repeat with `ignoreProblems` true.',
  },
  upstream_precondition_failed: {
    status: 412,
    retryable: false,
    title: 'The hub is in the wrong state for this request',
    action: 'Bring the hub into the state named in `detail` first, for instance disarm it.',
  },
  upstream_unprocessable: {
    status: 422,
    retryable: false,
    title: 'Ajax rejected a value of the request',
    action: 'Correct the fields listed in `errors`.',
  },
  upstream_throttled: {
    status: 429,
    retryable: true,
    title: 'Ajax limits how often this can be done',
    action: 'Wait for the seconds of the Retry-After header.',
  },
  hub_offline: {
    status: 503,
    retryable: true,
    title: 'The hub is offline and did not get the command',
    action: "Check the hub's power and network, then try again.",
  },
  upstream_unavailable: {
    status: 503,
    retryable: true,
    title: 'Ajax is overloaded or under maintenance',
    action: 'Try again later; nothing was changed.',
  },
  upstream_stopped: {
    status: 503,
    retryable: true,
    title: 'The operator of this gateway has stopped all requests to Ajax',
    action: 'Try again later, or ask the operator; nothing was sent to Ajax.',
  },
  upstream_error: {
    status: 502,
    retryable: true,
    title: 'Ajax failed, could not be reached or answered with something that makes no sense',
    action: 'Try again later; quote `upstream_message_id` to Ajax support when it is present.',
  },
  upstream_timeout: {
    status: 504,
    retryable: true,
    title: 'Ajax did not answer in time',
    action: 'Try again later.',
  },
  upstream_login_required: {
    status: 502,
    retryable: false,
    title: 'The connection of this account to Ajax is lost',
    action: 'Sign in again with the Ajax password to renew it.',
  },
  operator_key_invalid: {
    status: 503,
    retryable: false,
    title: "Ajax refuses this gateway's API key",
    action: 'Ask the operator of this gateway; your account and password are not the cause.',
  },
  budget_exhausted: {
    status: 429,
    retryable: true,
    title: 'Too much work is waiting for the shared request budget',
    action: 'Wait for the seconds of the Retry-After header; nothing was sent to Ajax.',
  },
  command_not_executed: {
    status: 429,
    retryable: true,
    title: 'The command was not sent to Ajax before its deadline and never will be',
    action: 'Nothing has changed. Send the command again after the seconds of the Retry-After header.',
  },
  command_outcome_unknown: {
    status: 504,
    retryable: false,
    title: 'The command was sent, but whether it was executed is not known',
    action: 'Read the state of the hub before sending the command again.',
  },
  command_not_found: {
    status: 404,
    retryable: false,
    title: 'This account has no such command',
    action: 'Check the id; receipts are kept for a day after the end of their command.',
  },
  command_already_sent: {
    status: 409,
    retryable: false,
    title: 'The command has left already and cannot be cancelled',
    action: 'Follow its receipt; send the opposite command if it has to be undone.',
  },
  idempotency_key_in_use: {
    status: 409,
    retryable: true,
    title: 'A command with this Idempotency-Key is still on its way',
    action: 'Send the same request again after the seconds of the Retry-After header.',
  },
  idempotency_key_reused: {
    status: 422,
    retryable: false,
    title: 'This Idempotency-Key belongs to another command',
    action: 'Use a new key for every new command, and the same key only to repeat one.',
  },
  job_not_found: {
    status: 404,
    retryable: false,
    title: 'This account has no such job',
    action: 'Check the id; jobs are kept for 15 minutes. Send the request again.',
  },
  voucher_unknown: {
    status: 400,
    retryable: false,
    title: 'There is no such voucher',
    action: 'Compare the code with where it came from, letter by letter.',
  },
  voucher_used: {
    status: 400,
    retryable: false,
    title: 'This voucher has been used up',
    action: 'Ask whoever gave it to you for another one.',
  },
  voucher_expired: {
    status: 400,
    retryable: false,
    title: 'This voucher is no longer valid',
    action: 'Ask whoever gave it to you for another one.',
  },
  voucher_already_redeemed: {
    status: 400,
    retryable: false,
    title: 'This account has redeemed this voucher before',
    action: 'Nothing was changed; GET /api/v1/billing/plan shows what it gave.',
  },
  voucher_limit_reached: {
    status: 400,
    retryable: false,
    title: 'This account has redeemed as many vouchers as it may',
    action: 'Nothing was used up: somebody else can redeem it. Ask the operator of this gateway.',
  },
  too_many_attempts: {
    status: 429,
    retryable: true,
    title: 'Too many attempts',
    action: 'Wait for the seconds of the Retry-After header.',
  },
  voucher_not_found: {
    status: 404,
    retryable: false,
    title: 'There is no voucher with this id',
    action: 'Check the id against GET /api/v1/admin/vouchers.',
  },
  account_not_found: {
    status: 404,
    retryable: false,
    title: 'There is no account with this id',
    action: 'Check the id against GET /api/v1/admin/users.',
  },
  grant_not_found: {
    status: 404,
    retryable: false,
    title: 'There is no such grant in force or to come',
    action: 'Check the id against GET /api/v1/admin/users; what is over cannot be ended.',
  },
  quota_exceeded: {
    status: 429,
    retryable: true,
    title: 'The plan allows no more reads of Ajax for now',
    action:
      'Wait for the seconds of the Retry-After header, or choose a higher plan. Cached answers and commands go on; nothing was sent to Ajax.',
  },
  payments_not_configured: {
    status: 409,
    retryable: false,
    title: 'Nothing can be bought at this gateway',
    action: 'Redeem a voucher, or ask the operator of this gateway.',
  },
  plan_not_sold: {
    status: 409,
    retryable: false,
    title: 'This plan cannot be bought here',
    action: 'Choose one of the plans in `payments.plans` of GET /api/v1/billing/plan.',
  },
  subscription_exists: {
    status: 409,
    retryable: false,
    title: 'This account has a subscription already',
    action: 'Change its plan with POST /api/v1/billing/change-plan, so that nothing is paid twice.',
  },
  subscription_missing: {
    status: 409,
    retryable: false,
    title: 'This account has no subscription that could be changed',
    action: 'Buy one with POST /api/v1/billing/create-checkout-session.',
  },
  payment_overdue: {
    status: 409,
    retryable: false,
    title: 'A payment of the subscription is overdue',
    action:
      'Nothing was changed. Pay what is open first: POST /api/v1/billing/portal leads to the page for it.',
  },
  payment_failed: {
    status: 402,
    retryable: false,
    title: 'The payment was declined',
    action: 'Nothing was changed. Use another card: POST /api/v1/billing/portal leads to the page for it.',
  },
  payments_unavailable: {
    status: 503,
    retryable: true,
    title: 'The payment service cannot be reached or refuses this gateway',
    action: 'Try again later. If it goes on, tell the operator of this gateway.',
  },
  webhook_signature_invalid: {
    status: 400,
    retryable: false,
    title: 'The event is not signed by Stripe for this gateway, or too old',
    action: 'Compare STRIPE_WEBHOOK_SECRET with the signing secret of the endpoint at Stripe.',
  },
  notification_not_found: {
    status: 404,
    retryable: false,
    title: 'This account has no such notification',
    action: 'Check the id against the list; notifications are kept for 180 days.',
  },
  webhook_not_found: {
    status: 404,
    retryable: false,
    title: 'This account has no such webhook',
    action: 'Check the id against the list of webhooks.',
  },
  webhook_url_refused: {
    status: 422,
    retryable: false,
    title: 'Webhooks cannot be sent to this address',
    action: 'Give an https:// address of the internet; `detail` says what is wrong.',
  },
  webhook_limit_reached: {
    status: 409,
    retryable: false,
    title: 'This account has as many webhooks as it may',
    action: 'Remove one before adding another.',
  },
  unsubscribe_link_invalid: {
    status: 404,
    retryable: false,
    title: 'The link to unsubscribe is not one of this gateway',
    action: 'Use the whole link of the mail, or change it in the dashboard.',
  },
  support_limit_reached: {
    status: 429,
    retryable: true,
    title: 'Too many messages to the operator within an hour',
    action: 'Wait for the seconds of the Retry-After header; the message was not stored.',
  },
  support_request_not_found: {
    status: 404,
    retryable: false,
    title: 'There is no such support request',
    action: 'Check the id against the list.',
  },
  dead_letter_not_found: {
    status: 404,
    retryable: false,
    title: 'There is no such dead letter',
    action: 'Check the id against the list; another administrator may have retried or deleted it.',
  },
  administrator_required: {
    status: 403,
    retryable: false,
    title: 'Only administrators of this gateway may see this',
    action: 'Ask the operator to add your e-mail to ADMIN_EMAILS.',
  },
  metrics_token_invalid: {
    status: 401,
    retryable: false,
    title: 'The token for the metrics is missing or wrong',
    action: 'Send METRICS_TOKEN of this gateway as a bearer token.',
  },
  coordinator_unavailable: {
    status: 503,
    retryable: true,
    title: 'The coordinator of this gateway cannot be reached',
    action: 'Try again later; nothing was sent to Ajax.',
  },
  coordinator_secret_invalid: {
    status: 401,
    retryable: false,
    title: 'The shared secret of the coordinator is missing or wrong',
    action: 'Give gateway and coordinator the same COORDINATOR_SECRET.',
  },
  storage_unavailable: {
    status: 503,
    retryable: true,
    title: 'The storage of the request budget cannot be reached',
    action: 'Try again later; nothing was sent to Ajax.',
  },
  database_unavailable: {
    status: 503,
    retryable: true,
    title: 'The database of this gateway cannot be reached',
    action: 'Try again later; nothing was changed.',
  },
  internal_error: {
    status: 500,
    retryable: false,
    title: 'An internal server error occurred',
    action: 'Report the correlation id to the operator of this gateway.',
  },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof errorRegistry;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorRegistry, value);
}

/** One field that is wrong: `loc` is the path into the request, as existing clients know it. */
export interface FieldError {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

export interface ErrorExtras {
  /** Text for a person; defaults to the title of the code. Never holds a secret. */
  readonly detail?: string;
  /** Whole seconds until a repetition makes sense; answered as the Retry-After header. */
  readonly retryAfterSeconds?: number;
  readonly errors?: readonly FieldError[];
  /** Further members of the problem details object, in snake_case. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The error of the product: a stable code, and what a client may know about it. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly extras: ErrorExtras;

  constructor(code: ErrorCode, extras: ErrorExtras = {}) {
    super(
      extras.detail ?? errorRegistry[code].title,
      extras.cause === undefined ? undefined : { cause: extras.cause },
    );
    this.name = 'GatewayError';
    this.code = code;
    this.extras = extras;
  }

  get status(): number {
    return errorRegistry[this.code].status;
  }
}

/** Problem details (RFC 9457) that keep `detail` as text, as clients of the first gateway read it. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly action: string;
  readonly correlation_id?: string;
  readonly errors?: readonly FieldError[];
  readonly [member: string]: unknown;
}

export function toProblem(error: GatewayError, correlationId?: string): Problem {
  const { status, retryable, title, action } = errorRegistry[error.code];
  return {
    ...error.extras.members,
    type: `urn:ajaxsecurflow:error:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    retryable,
    action,
    ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
    ...(error.extras.errors === undefined ? {} : { errors: error.extras.errors }),
  };
}

/** The answer for an error: its problem details, Retry-After and own headers. */
export function problemResponse(error: GatewayError, correlationId?: string): Response {
  const { headers, retryAfterSeconds } = error.extras;
  return Response.json(toProblem(error, correlationId), {
    status: error.status,
    headers: {
      ...headers,
      'content-type': 'application/problem+json',
      ...(retryAfterSeconds === undefined
        ? {}
        : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) }),
    },
  });
}
