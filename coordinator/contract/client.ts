/**
 * The gateway's stub of the coordinator. Its transport is one function, `fetch(Request)`: the coordinator app
 * itself in process, or HTTP with a shared secret. Same code for both.
 */
import { z } from 'zod';
import { type FieldError, GatewayError, isErrorCode } from '../../src/kernel/errors.ts';
import { coordinatorHeaders } from './headers.ts';
import {
  type BudgetStatus,
  budgetStatusSchema,
  type CoordinatorStatus,
  coordinatorStatusSchema,
  type Lane,
  type LoginAnswer,
  type LoginRequest,
  loginAnswerSchema,
} from './messages.ts';

/** Rejects only when no answer could be had: the request may or may not have arrived. */
export type CoordinatorFetch = (request: Request) => Promise<Response>;

export interface CallContext {
  readonly correlationId: string;
  /** The caller left: the call leaves the queue without spending, unless it has been sent. */
  readonly signal?: AbortSignal;
  /** Milliseconds the caller has been held already: deadlines are counted from its request (promise P5). */
  readonly heldMs?: number;
}

/** One call of the Ajax API as an account. */
export interface UpstreamCall extends CallContext {
  /** Ajax user id whose session is used. */
  readonly account: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  /** Path segments below `/user/{account}`, not yet encoded, for instance `['hubs', hubId]`. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly lane: Lane;
  /** Accept nothing older than the last change of the hub or 2 s. */
  readonly noCache?: boolean;
}

/** What Ajax answered, whatever its status; `body` is undefined when there was none. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly body: unknown;
  /** Seconds from a Retry-After header of Ajax. */
  readonly retryAfterSeconds: number | undefined;
  /** Present on answers of reads that went through the cache. */
  readonly cache: CacheMark | undefined;
}

export interface CacheMark {
  readonly state: 'HIT' | 'MISS' | 'STALE';
  readonly ageSeconds: number;
  readonly ttlSeconds: number;
}

export interface CoordinatorClient {
  /**
   * @throws GatewayError login_failed, account_type_unsupported, operator_key_invalid, upstream_*, budget_exhausted,
   * coordinator_unavailable, storage_unavailable
   */
  login(credentials: LoginRequest, context: CallContext): Promise<LoginAnswer>;
  /** Forgets the account's upstream session (Ajax has no logout). */
  forget(account: string, context: CallContext): Promise<void>;
  /**
   * @throws GatewayError upstream_login_required, upstream_timeout, upstream_error, budget_exhausted,
   * command_not_executed, command_outcome_unknown, operator_key_invalid, coordinator_unavailable, storage_unavailable
   */
  call(call: UpstreamCall): Promise<UpstreamAnswer>;
  budget(account: string, context: CallContext): Promise<BudgetStatus>;
  status(context: CallContext): Promise<CoordinatorStatus>;
}

export interface CoordinatorClientOptions {
  readonly fetch: CoordinatorFetch;
  /** Sent as a bearer token. */
  readonly secret: string;
  /** Where requests are addressed; in process only its form matters. */
  readonly baseUrl?: string;
}

/** Enough of a problem body to rebuild the error the coordinator threw. */
const problemSchema = z.looseObject({
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.unknown()).optional(),
});
const STANDARD_MEMBERS = new Set([
  'type',
  'title',
  'status',
  'detail',
  'code',
  'retryable',
  'action',
  'correlation_id',
  'errors',
]);

export function createCoordinatorClient(options: CoordinatorClientOptions): CoordinatorClient {
  const baseUrl = options.baseUrl ?? 'http://coordinator';

  async function send(
    method: string,
    path: string,
    context: CallContext,
    extra: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const request = new Request(new URL(path, baseUrl), {
      method,
      headers: {
        authorization: `Bearer ${options.secret}`,
        [coordinatorHeaders.correlationId]: context.correlationId,
        [coordinatorHeaders.heldMs]: String(Math.round(context.heldMs ?? 0)),
        ...(extra.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...extra.headers,
      },
      ...(extra.body === undefined ? {} : { body: JSON.stringify(extra.body) }),
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
    let response: Response;
    try {
      response = await options.fetch(request);
    } catch (error) {
      throw unavailable(error);
    }
    const origin = response.headers.get(coordinatorHeaders.origin);
    if (origin === null) {
      // A proxy in between, for instance: its 502 must not pass for the words of Ajax.
      const cause = new Error(`Status ${response.status} from something that is no coordinator`);
      throw unavailable(cause);
    }
    if (origin === 'coordinator' && !response.ok) {
      throw await toError(response);
    }
    return response;
  }

  async function parsed<T extends z.ZodType>(schema: T, response: Response): Promise<z.infer<T>> {
    const body = await readJson(response);
    const result = schema.safeParse(body);
    if (!result.success) throw unavailable(result.error);
    return result.data;
  }

  return {
    async login(credentials, context) {
      return parsed(loginAnswerSchema, await send('POST', '/v1/login', context, { body: credentials }));
    },
    async forget(account, context) {
      await send('DELETE', `/v1/accounts/${encodeURIComponent(account)}/session`, context);
    },
    async call({ account, method, path, query, body, lane, noCache, ...context }) {
      // URLs resolve such segments away, and the call would reach another place than its caller meant.
      if (path.some((segment) => ['', '.', '..'].includes(segment))) {
        throw new GatewayError('invalid_request', { detail: 'A path segment is empty or relative' });
      }
      const segments = [account, 'ajax', ...path].map(encodeURIComponent).join('/');
      const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
      let response: Response;
      try {
        response = await send(method, `/v1/accounts/${segments}${search}`, context, {
          body,
          headers: {
            [coordinatorHeaders.lane]: lane,
            ...(noCache ? { 'cache-control': 'no-cache' } : {}),
          },
        });
        return await toAnswer(response);
      } catch (error) {
        // Without an answer nobody can say whether the coordinator sent the command (promise P6).
        if (method !== 'GET' && isUnanswered(error)) {
          throw new GatewayError('command_outcome_unknown', { cause: error });
        }
        throw error;
      }
    },
    async budget(account, context) {
      const path = `/v1/budget?account=${encodeURIComponent(account)}`;
      return parsed(budgetStatusSchema, await send('GET', path, context));
    },
    async status(context) {
      return parsed(coordinatorStatusSchema, await send('GET', '/status', context));
    },
  };
}

/** A coordinator that restarts is back about then. */
const RETRY_AFTER_SECONDS = 2;

/** Without an answer of the coordinator; the cause tells whether it may have got the request. */
function unavailable(cause: unknown, detail?: string): GatewayError {
  return new GatewayError('coordinator_unavailable', {
    ...(detail === undefined ? {} : { detail }),
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause,
  });
}

/** Marks an error of the transport that says that nothing was written. */
const NOT_WRITTEN = 'ERR_NOT_WRITTEN';

/** True when the coordinator may have got the request. Its own refusals, and connections never made, are answers. */
function isUnanswered(error: unknown): boolean {
  if (!(error instanceof GatewayError) || error.code !== 'coordinator_unavailable') return false;
  const cause = error.cause as { code?: unknown } | undefined;
  return cause !== undefined && cause.code !== NOT_WRITTEN;
}

async function toAnswer(response: Response): Promise<UpstreamAnswer> {
  const state = response.headers.get(coordinatorHeaders.cache);
  const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  return {
    status: response.status,
    body: await readJson(response),
    retryAfterSeconds: Number.isNaN(retryAfter) ? undefined : retryAfter,
    cache:
      state === 'HIT' || state === 'MISS' || state === 'STALE'
        ? {
            state,
            ageSeconds: Number(response.headers.get('age') ?? 0),
            ttlSeconds: Number(response.headers.get(coordinatorHeaders.cacheTtl) ?? 0),
          }
        : undefined,
  };
}

async function readJson(response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw unavailable(error);
  }
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GatewayError('upstream_error', {
      detail: 'Ajax answered with a body that is not JSON',
      cause: error,
    });
  }
}

async function toError(response: Response): Promise<GatewayError> {
  const problem = problemSchema.safeParse(await readJson(response).catch(() => undefined));
  if (!problem.success || !isErrorCode(problem.data.code)) {
    // Somebody answered, perhaps a proxy in between: whether a command was sent is not known.
    return unavailable(
      new Error('Not an answer of the coordinator'),
      `The coordinator answered ${response.status} without a known error code`,
    );
  }
  const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  const fallback = problem.data.code === 'coordinator_unavailable' ? RETRY_AFTER_SECONDS : undefined;
  const retryAfterSeconds = Number.isNaN(retryAfter) ? fallback : retryAfter;
  const members = Object.fromEntries(
    Object.entries(problem.data).filter(([name]) => !STANDARD_MEMBERS.has(name)),
  );
  return new GatewayError(problem.data.code, {
    detail: problem.data.detail,
    members,
    ...(problem.data.errors === undefined ? {} : { errors: problem.data.errors as FieldError[] }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
