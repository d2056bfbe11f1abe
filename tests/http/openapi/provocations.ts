/** How each error code is provoked, whatever the operation: each entry makes the requests that may be refused so. */

import { demoWorld, exampleUuid } from '../../../src/kernel/demo-world.ts';
import type { SignedInClient } from '../../support/gateway.ts';
import { refuse, upstream } from '../scripted-coordinator.ts';
import { type Demo, send } from './demo.ts';
import { prepareBilling, vouchersThat } from './demo-billing.ts';
import { type ExampleRequest, isPassThrough, type Operation } from './described.ts';

export const OTHER = 2;

export interface Provocation {
  readonly demo: Demo;
  readonly operation: Operation;
  /** A request of its examples. */
  readonly request: ExampleRequest;
  /** Administrator, with the highest plan. */
  readonly client: SignedInClient;
  /** Neither; the account of the simulator at `OTHER`. */
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
  changed((request, { requestBody }) =>
    requestBody === undefined ? request : { ...request, body, headers: { ...request.headers, ...headers } },
  );

/** One that changes something. */
const COMMAND = 'a command';

/** The coordinator answers like this wherever `path` matches, and with `method` only that. */
const whereCoordinator =
  (path: RegExp, answer: (request: Request) => Response, method?: typeof COMMAND | 'DELETE'): Provoke =>
  async (provocation) => {
    provocation.demo.coordinator.on((request, at) => {
      const isOfMethod = method === COMMAND ? request.method !== 'GET' : request.method === method;
      const isMeant = path.test(at) && (method === undefined || isOfMethod);
      return isMeant ? answer(request) : undefined;
    });
    return sent(provocation, provocation.request);
  };

const anywhere = /./;
const account = /\/ajax(\/|$)/;
/** What needs Ajax: the resources of an account, and signing in. */
const ajax = /\/ajax(\/|$)|\/v1\/login$/;

const refusal = (
  code: string,
  status: number,
  path: RegExp,
  method?: typeof COMMAND | 'DELETE',
  retryAfter?: string,
) =>
  whereCoordinator(
    path,
    () => refuse(code, status, {}, retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    method,
  );
const fromAjax = (status: number, body: unknown = { message: 'On purpose', messageId: 'id-1' }) =>
  whereCoordinator(account, () => upstream(body, status));

/** What a request is passed on to: the hub is found by then, and a command on its way. */
const passed = /\/ajax\/(hubs\/[^/]+\/|image)/;
const inWordsOfAjax = (status: number, type: string): Provoke =>
  whereCoordinator(passed, () => upstream({ message: 'On purpose' }, status, { 'content-type': type }));

/** What only happens to what is passed through. */
const ofPassThrough =
  (provoke: Provoke): Provoke =>
  (provocation) =>
    isPassThrough(provocation.operation) ? provoke(provocation) : Promise.resolve([]);

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

const ofRedeeming =
  (provoke: Provoke): Provoke =>
  (provocation) =>
    provocation.operation.path.endsWith('/redeem') ? provoke(provocation) : Promise.resolve([]);

const withCode = (code: string): Provoke =>
  changed((request) => ({ ...request, body: JSON.stringify({ code }) }));

const after =
  (arrange: (gateway: Demo['gateway']) => Promise<void>): Provoke =>
  async (provocation) => {
    await arrange(provocation.demo.gateway);
    return sent(provocation, provocation.request);
  };

const withoutIds =
  (path: RegExp): Provoke =>
  async (provocation) =>
    path.test(provocation.operation.path)
      ? sent(provocation, {
          ...provocation.request,
          path: provocation.request.path.replaceAll(exampleUuid, crypto.randomUUID()),
        })
      : [];

const ofPayments = /\/billing\/(create-checkout|portal|change-plan|cancel|resume)/;

const withPlan =
  (plan_type: string): Provoke =>
  async (provocation) =>
    ofPayments.test(provocation.operation.path) && provocation.request.body !== undefined
      ? sent(provocation, { ...provocation.request, body: JSON.stringify({ plan_type }) })
      : [];

/** As the example, but of nothing that is there. */
const ofAnotherId = changed((request) => ({
  ...request,
  path: request.path.replace(exampleUuid, exampleUuid.replace('01a5', '01a6')),
}));

/** More often than one may. */
const often =
  (times: number, path: RegExp): Provoke =>
  async (provocation) => {
    if (!path.test(provocation.operation.path)) return [];
    const responses: Response[] = [];
    for (let n = 0; n < times; n++) responses.push(await sent(provocation, provocation.request));
    return responses;
  };

/** By code; what an operation answers otherwise has to be documented as well. */
export const provocations: Readonly<Record<string, Provoke>> = {
  malformed_json: withBody('{"'),
  json_ambiguous: withBody('{"a": 1, "a": 2}'),
  json_too_complex: withBody('['.repeat(100)),
  unsupported_media_type: every(
    withBody('<xml/>', { 'content-type': 'text/xml' }),
    withBody('{}', { 'content-encoding': 'gzip' }),
  ),
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
    changed((request) => ({ ...request, path: `${request.path}?limit=x&days=x` })),
    changed((request) => ({ ...request, headers: { 'idempotency-key': '""' } })),
  ),
  invalid_credentials: ({ demo, operation, request }) => send(demo.gateway, operation, request, undefined),
  invalid_refresh_token: ({ demo, operation, request }) => send(demo.gateway, operation, request, undefined),
  login_failed: withBody('{"username": "demo@ajaxsecurflow.dev", "password": "wrong"}'),
  sign_in_locked: async ({ demo, operation }) => {
    if (!operation.path.endsWith('/token')) return [];
    const responses: Response[] = [];
    // Of somebody else, somewhere else: nobody else shall be locked out by it.
    for (let n = 0; n < 6; n++)
      responses.push(
        await demo.gateway.fetch(operation.path, {
          method: 'POST',
          body: JSON.stringify({ username: 'nobody@ajaxsecurflow.dev', password: 'wrong' }),
          from: '198.51.100.7',
        }),
      );
    return responses;
  },
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
  pass_through_refused: ofPassThrough(
    changed((request) => ({
      ...request,
      path: request.path.replace(demoWorld.userId, [...demoWorld.userId].reverse().join('')),
    })),
  ),
  // Where an id belongs, whatever it is an id of.
  probe_refused: changed((request, { parameters }) => {
    const isAddressed = parameters.some((parameter) => parameter.in === 'path');
    return isAddressed
      ? { ...request, path: request.path.replace(/[^/]+$|[0-9A-F]{8}/, 'wp-admin') }
      : request;
  }),
  plan_required: async ({ demo, operation, request, other }) => {
    const own = demo.gateway.simulator.accounts[OTHER]?.userId ?? '';
    const path = request.path.replace(demoWorld.userId, own);
    return send(demo.gateway, operation, { ...request, path }, other);
  },
  administrator_required: async ({ demo, operation, request, other }) =>
    send(demo.gateway, operation, request, other),
  metrics_token_invalid: ({ demo, operation, request }) => send(demo.gateway, operation, request, undefined),
  upstream_bad_request: fromAjax(400),
  upstream_forbidden: fromAjax(403),
  upstream_not_found: fromAjax(404),
  'words of Ajax': every(
    inWordsOfAjax(404, 'application/json'),
    inWordsOfAjax(409, 'text/plain'),
    inWordsOfAjax(422, 'application/json'),
    inWordsOfAjax(507, 'text/html'),
    inWordsOfAjax(202, 'application/octet-stream'),
  ),
  upstream_conflict: fromAjax(409),
  upstream_precondition_failed: fromAjax(412),
  arming_refused: whereCoordinator(
    account,
    () =>
      upstream(
        { message: 'Open', rejectionReasons: [{ sourceType: 'DEVICE', sourceId: '1', code: 'OPENED' }] },
        412,
      ),
    COMMAND,
  ),
  upstream_unprocessable: fromAjax(422, {
    message: 'Invalid',
    errors: [{ resource: 'Hub', field: 'name', code: 'invalid', message: 'no' }],
  }),
  upstream_throttled: every(fromAjax(429), refusal('upstream_throttled', 429, ajax, undefined, '7')),
  hub_offline: fromAjax(503, { message: 'The hub is offline' }),
  upstream_unavailable: every(fromAjax(503), refusal('upstream_unavailable', 503, ajax)),
  upstream_stopped: refusal('upstream_stopped', 503, ajax, undefined, '30'),
  upstream_error: every(fromAjax(500), fromAjax(200, 'nonsense'), refusal('upstream_error', 502, ajax)),
  upstream_timeout: every(fromAjax(504), refusal('upstream_timeout', 504, ajax, undefined)),
  upstream_login_required: refusal('upstream_login_required', 502, account),
  operator_key_invalid: refusal('operator_key_invalid', 503, ajax),
  voucher_unknown: ofRedeeming(withCode('AJAX-0000-0000-0000')),
  voucher_used: ofRedeeming(after(vouchersThat.areUsed)),
  voucher_expired: ofRedeeming(after(vouchersThat.areExpired)),
  voucher_already_redeemed: ofRedeeming(after(vouchersThat.areRedeemed)),
  voucher_limit_reached: ofRedeeming(after(vouchersThat.areTooMany)),
  too_many_attempts: ofRedeeming(every(...Array.from({ length: 11 }, () => withCode('AJAX-0000-0000-0000')))),
  voucher_not_found: withoutIds(/\/vouchers\//),
  account_not_found: withoutIds(/\/users\/[^/]+\/grants$/),
  grant_not_found: withoutIds(/\/end$/),
  payments_unavailable: async (provocation) => {
    const { demo, operation } = provocation;
    if (!ofPayments.test(operation.path)) return [];
    demo.stripe.setDown(true);
    try {
      return await sent(provocation, provocation.request);
    } finally {
      demo.stripe.setDown(false);
    }
  },
  plan_not_sold: withPlan('premium'),
  subscription_exists: async (provocation) => {
    const { demo, operation } = provocation;
    if (!operation.path.endsWith('/create-checkout-session')) return [];
    await prepareBilling(demo, { ...operation, path: '/api/v1/billing/portal' });
    return sent(provocation, provocation.request);
  },
  subscription_missing: async ({ demo, operation, request, other }) =>
    ofPayments.test(operation.path) && !operation.path.includes('checkout')
      ? send(demo.gateway, operation, request, other)
      : [],
  payment_overdue: async (provocation) => {
    const { bank } = provocation.demo.stripe;
    const [subscription] = [...bank.subscriptions.values()].slice(-1);
    if (subscription === undefined || !provocation.operation.path.endsWith('/change-plan')) return [];
    subscription.status = 'past_due';
    return sent(provocation, provocation.request);
  },
  payment_failed: async (provocation) => {
    const { stripe } = provocation.demo;
    const customers = [...stripe.bank.customers.keys()];
    for (const customer of customers) stripe.bank.decline(customer, true);
    const response = await sent(provocation, provocation.request);
    for (const customer of customers) stripe.bank.decline(customer, false);
    return response;
  },
  webhook_signature_invalid: changed((request) => ({
    ...request,
    headers: { ...request.headers, 'stripe-signature': 't=1,v1=00' },
  })),
  quota_exceeded: (provocation) => {
    provocation.demo.coordinator.on((request) =>
      request.headers.has('coordinator-quota')
        ? refuse('quota_exceeded', 429, { quota: 'minute', limit: 10 }, { 'retry-after': '30' })
        : undefined,
    );
    return sent(provocation, provocation.request);
  },
  budget_exhausted: refusal('budget_exhausted', 429, ajax, undefined, '3'),
  command_not_executed: refusal('command_not_executed', 429, account, COMMAND, '1'),
  command_outcome_unknown: every(
    refusal('command_outcome_unknown', 504, account, COMMAND),
    refusal('internal_error', 500, account, COMMAND),
  ),
  idempotency_key_in_use: refusal('idempotency_key_in_use', 409, account, COMMAND, '1'),
  idempotency_key_reused: refusal('idempotency_key_reused', 422, account, COMMAND),
  command_not_found: refusal('command_not_found', 404, /\/commands\/[0-9a-f-]{36}$/),
  command_already_sent: refusal('command_already_sent', 409, /\/commands\/[0-9a-f-]{36}$/, 'DELETE'),
  job_not_found: refusal('job_not_found', 404, /\/jobs\/[0-9a-f-]{36}$/),
  ...Object.fromEntries(
    [
      'notification_not_found',
      'webhook_not_found',
      'support_request_not_found',
      'unsubscribe_link_invalid',
    ].map((code) => [code, ofAnotherId]),
  ),
  webhook_url_refused: withBody('{"url": "https://127.0.0.1/", "kinds": ["security"]}'),
  webhook_limit_reached: often(6, /\/webhooks$/),
  support_limit_reached: often(6, /\/support\/contact$/),
  // Given up by the first of the two.
  dead_letter_not_found: every(
    changed((request) => ({ ...request, method: 'DELETE', path: request.path.replace(/\/retry$/, '') })),
    changed((request) => request),
  ),
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
