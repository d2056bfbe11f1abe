/** How each error code is provoked, whatever the operation: each entry makes the requests that may be refused so. */
import type { SignedInClient } from '../../support/gateway.ts';
import { refuse, upstream } from '../scripted-coordinator.ts';
import { type Demo, send } from './demo.ts';
import type { ExampleRequest, Operation } from './described.ts';

export interface Provocation {
  readonly demo: Demo;
  readonly operation: Operation;
  /** A request of its examples. */
  readonly request: ExampleRequest;
  /** Administrator, with the highest plan. */
  readonly client: SignedInClient;
  /** Neither. */
  readonly other: SignedInClient;
}

type Provoke = (provocation: Provocation) => Promise<Response | readonly Response[]>;

const sent = ({ demo, operation, client }: Provocation, request: ExampleRequest) =>
  send(demo.gateway, operation, request, client);

/** The example with something else in place of its body, address or headers. */
const changed =
  (change: (request: ExampleRequest, operation: Operation) => ExampleRequest): Provoke =>
  (provocation) =>
    sent(provocation, change(provocation.request, provocation.operation));

const withBody = (body: string, headers: Record<string, string> = {}) =>
  changed((request) =>
    request.body === undefined ? request : { ...request, body, headers: { ...request.headers, ...headers } },
  );

/** The coordinator answers like this wherever `path` matches, and with `method` only that. */
const whereCoordinator =
  (path: RegExp, answer: (request: Request) => Response, method?: string): Provoke =>
  async (provocation) => {
    provocation.demo.coordinator.on((request, at) => {
      const isMeant = path.test(at) && (method === undefined || request.method === method);
      return isMeant ? answer(request) : undefined;
    });
    return sent(provocation, provocation.request);
  };

const anywhere = /./;
const account = /\/ajax(\/|$)/;
/** What needs Ajax: the resources of an account, and signing in. */
const ajax = /\/ajax(\/|$)|\/v1\/login$/;

const refusal = (code: string, status: number, path: RegExp, method?: string, retryAfter?: string) =>
  whereCoordinator(
    path,
    () => refuse(code, status, {}, retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    method,
  );
const fromAjax = (status: number, body: unknown = { message: 'On purpose', messageId: 'id-1' }) =>
  whereCoordinator(account, () => upstream(body, status));

const every =
  (...provokes: readonly Provoke[]): Provoke =>
  async (provocation) => {
    const responses: Response[] = [];
    for (const provoke of provokes) {
      provocation.demo.coordinator.clear();
      responses.push(...[await provoke(provocation)].flat());
    }
    return responses;
  };

/** By code; what an operation answers otherwise has to be documented as well. */
export const provocations: Readonly<Record<string, Provoke>> = {
  malformed_json: withBody('{"'),
  unsupported_media_type: withBody('<xml/>', { 'content-type': 'text/xml' }),
  payload_too_large: withBody(`"${'x'.repeat(10 * 1024 * 1024)}"`),
  invalid_request: every(
    withBody('[1]'),
    withBody('{"armState": 7, "refresh_token": 7}'),
    changed((request, { parameters }) => {
      const ids = parameters.filter((parameter) => parameter.in === 'path');
      return ids.length === 0
        ? request
        : { ...request, path: request.path.replace(/[0-9A-Fa-f-]{8,}/, '%21') };
    }),
    changed((request) => ({ ...request, path: `${request.path}?limit=x` })),
    changed((request) => ({ ...request, headers: { 'idempotency-key': '""' } })),
  ),
  invalid_credentials: ({ demo, operation, request }) => send(demo.gateway, operation, request, undefined),
  invalid_refresh_token: ({ demo, operation, request }) => send(demo.gateway, operation, request, undefined),
  login_failed: withBody('{"username": "demo@ajaxsecurflow.dev", "password": "wrong"}'),
  account_type_unsupported: refusal('account_type_unsupported', 403, /\/v1\/login$/),
  account_disabled: async (provocation) => {
    const { operation, demo, request } = provocation;
    // Only a session of its own may die of it.
    if (!/\/(token|refresh)$/.test(operation.path)) return [];
    const client = await demo.gateway.signIn();
    await demo.setActive(false);
    try {
      return await send(demo.gateway, operation, request, client);
    } finally {
      await demo.setActive(true);
    }
  },
  origin_not_allowed: changed((request) => ({
    ...request,
    headers: { ...request.headers, cookie: 'a=b', origin: 'https://evil.example' },
  })),
  plan_required: async ({ demo, operation, request, other }) => send(demo.gateway, operation, request, other),
  administrator_required: async ({ demo, operation, request, other }) =>
    send(demo.gateway, operation, request, other),
  metrics_token_invalid: ({ demo, operation, request }) => send(demo.gateway, operation, request, undefined),
  upstream_bad_request: fromAjax(400),
  upstream_forbidden: fromAjax(403),
  upstream_not_found: fromAjax(404),
  upstream_conflict: fromAjax(409),
  upstream_precondition_failed: fromAjax(412),
  arming_refused: whereCoordinator(
    account,
    () =>
      upstream(
        { message: 'Open', rejectionReasons: [{ sourceType: 'DEVICE', sourceId: '1', code: 'OPENED' }] },
        412,
      ),
    'PUT',
  ),
  upstream_unprocessable: fromAjax(422, {
    message: 'Invalid',
    errors: [{ resource: 'Hub', field: 'name', code: 'invalid', message: 'no' }],
  }),
  upstream_throttled: every(fromAjax(429), refusal('upstream_throttled', 429, ajax, undefined, '7')),
  hub_offline: fromAjax(503, { message: 'The hub is offline' }),
  upstream_unavailable: every(fromAjax(503), refusal('upstream_unavailable', 503, ajax)),
  upstream_error: every(fromAjax(500), fromAjax(200, 'nonsense'), refusal('upstream_error', 502, ajax)),
  upstream_timeout: every(fromAjax(504), refusal('upstream_timeout', 504, ajax, undefined)),
  upstream_login_required: refusal('upstream_login_required', 502, account),
  operator_key_invalid: refusal('operator_key_invalid', 503, ajax),
  budget_exhausted: refusal('budget_exhausted', 429, ajax, undefined, '3'),
  command_not_executed: refusal('command_not_executed', 429, account, 'PUT', '1'),
  command_outcome_unknown: every(
    refusal('command_outcome_unknown', 504, account, 'PUT'),
    refusal('internal_error', 500, account, 'PUT'),
  ),
  idempotency_key_in_use: refusal('idempotency_key_in_use', 409, account, 'PUT', '1'),
  idempotency_key_reused: refusal('idempotency_key_reused', 422, account, 'PUT'),
  command_not_found: refusal('command_not_found', 404, /\/commands\/[0-9a-f-]{36}$/),
  command_already_sent: refusal('command_already_sent', 409, /\/commands\/[0-9a-f-]{36}$/, 'DELETE'),
  job_not_found: refusal('job_not_found', 404, /\/jobs\/[0-9a-f-]{36}$/),
  coordinator_unavailable: every(
    whereCoordinator(anywhere, () => {
      throw new TypeError('connection refused');
    }),
    refusal('coordinator_unavailable', 503, anywhere),
  ),
  storage_unavailable: refusal('storage_unavailable', 503, anywhere),
  database_unavailable: (provocation) =>
    provocation.demo.withoutDatabase(() => sent(provocation, provocation.request)),
};
