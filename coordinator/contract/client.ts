/**
 * The gateway's stub of the coordinator. Its transport is one function, `fetch(Request)`: the coordinator app
 * itself in process, or HTTP with a shared secret. Same code for both.
 */
import { z } from 'zod';
import { type FieldError, GatewayError, isErrorCode } from '../../src/kernel/errors.ts';
import type { Meter } from '../../src/kernel/quota.ts';
import { type Content, jsonContent } from './content.ts';
import { coordinatorHeaders } from './headers.ts';
import { handedOver, plainRead } from './in-process.ts';
import {
  type BudgetStatus,
  budgetStatusSchema,
  type CoordinatorStatus,
  coordinatorStatusSchema,
  type Job,
  type JobRequest,
  jobSchema,
  type Lane,
  type LoginAnswer,
  type LoginRequest,
  loginAnswerSchema,
  type Receipt,
  receiptListSchema,
  receiptSchema,
  type UpstreamStop,
  type UpstreamSwitch,
  upstreamStopSchema,
} from './messages.ts';

/** Rejects only when no answer could be had: the request may or may not have arrived. */
export type CoordinatorFetch = (request: Request) => Promise<Response>;

export interface CallContext {
  readonly correlationId: string;
  /** The caller left: the call leaves the queue without spending, unless it has been sent. */
  readonly signal?: AbortSignal;
  /** Of the client's request; undefined: nothing is counted. */
  readonly meter?: Meter | undefined;
  /** Milliseconds the caller has been held already: deadlines are counted from its request (promise P5). */
  readonly heldMs?: number;
}

interface UpstreamCall extends CallContext {
  /** Ajax user id whose session is used. */
  readonly account: string;
  /** Path segments below `/user/{account}`, not yet encoded, for instance `['hubs', hubId]`. */
  readonly path: readonly string[];
  /** Names and values, or a query already encoded, without its question mark, which is kept as it is. */
  readonly query?: Readonly<Record<string, string>> | string;
  readonly lane: Lane;
  /** Share of the lane relative to other tenants, 1 to 100; default 1 (promise P4). */
  readonly weight?: number;
  /** An `Accept-Language` for Ajax; answers are cached for each apart. */
  readonly languages?: string | undefined;
}

/** A read of the Ajax API as an account. */
export interface UpstreamRead extends UpstreamCall {
  /** Accept nothing older than the last change of the hub or 2 s. */
  readonly noCache?: boolean;
  /** The job that collects the answer: without one at hand `read` throws `JobWaiting` instead of waiting. */
  readonly job?: JobOfRead;
}

export interface JobOfRead {
  readonly id: string;
  readonly request: JobRequest;
}

/** Thrown by `read` of a job that has no answer yet. */
export class JobWaiting extends Error {
  readonly job: Job;

  constructor(job: Job) {
    super(`Job ${job.id} is waiting`);
    this.name = 'JobWaiting';
    this.job = job;
  }
}

interface AnyCommand extends UpstreamCall {
  readonly method: 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  /** Of its receipt, a UUID chosen by the caller: known to it whatever happens to the answer. */
  readonly commandId: string;
  /** The client's own, 1 to 255 characters; per account. */
  readonly idempotencyKey?: string;
  /** Answer with the receipt as soon as the command is journalled; not applied to content that is not JSON. */
  readonly respondAsync?: boolean;
}

/** A command: whatever is not a read. Sent at most once (promise P6). */
export interface UpstreamCommand extends AnyCommand {
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** The same, its body sent as it is. */
export interface ContentCommand extends AnyCommand {
  readonly content: Content | undefined;
}

export type CommandAnswer<Answer = UpstreamAnswer> =
  /** Ajax answered, now or to an earlier identical command whose answer this is (`replayed`). */
  | {
      readonly kind: 'answered';
      readonly answer: Answer;
      readonly commandId: string;
      readonly replayed: boolean;
    }
  /** It goes on without its caller: asked for, or held for 25 s after it was sent (promise P5). */
  | { readonly kind: 'accepted'; readonly receipt: Receipt; readonly replayed: boolean };

interface AnyAnswer {
  readonly status: number;
  /** Seconds from a Retry-After header of Ajax. */
  readonly retryAfterSeconds: number | undefined;
  /** Present on answers of reads that went through the cache. */
  readonly cache: CacheMark | undefined;
}

/** What Ajax answered, whatever its status; `body` is undefined when there was none. */
export interface UpstreamAnswer extends AnyAnswer {
  readonly body: unknown;
}

/** The same as it came. */
export interface ContentAnswer extends AnyAnswer {
  /** Empty when there was none. */
  readonly bytes: Uint8Array;
  /** Undefined when Ajax named none. */
  readonly type: string | undefined;
}

export interface CacheMark {
  readonly state: 'HIT' | 'MISS' | 'STALE';
  readonly ageSeconds: number;
  readonly ttlSeconds: number;
  /** When a polling client should read again, in seconds; undefined: an earlier version of the coordinator answered. */
  readonly suggestedIntervalSeconds?: number;
}

export interface CoordinatorClient {
  /**
   * @throws GatewayError login_failed, account_type_unsupported, operator_key_invalid, upstream_*, budget_exhausted,
   * coordinator_unavailable, storage_unavailable
   */
  login(credentials: LoginRequest, context: CallContext): Promise<LoginAnswer>;
  /** Forgets the account's upstream session (Ajax has no logout), unless it signed in later than that. */
  forget(account: string, context: CallContext, unlessLaterThan?: LastSignIn): Promise<void>;
  /**
   * @throws GatewayError upstream_login_required, upstream_timeout, upstream_error, budget_exhausted,
   * operator_key_invalid, coordinator_unavailable, storage_unavailable; JobWaiting
   */
  read(read: UpstreamRead): Promise<UpstreamAnswer>;
  /** Whatever Ajax answers, JSON or not. @throws GatewayError as `read` */
  readContent(read: Omit<UpstreamRead, 'job'>): Promise<ContentAnswer>;
  /**
   * @throws GatewayError as `read`, command_not_executed and command_outcome_unknown with the member `command_id`,
   * idempotency_key_in_use, idempotency_key_reused
   */
  command(command: UpstreamCommand): Promise<CommandAnswer>;
  /** @throws GatewayError as `command`, malformed_json, unsupported_media_type, payload_too_large */
  commandContent(command: ContentCommand): Promise<CommandAnswer<ContentAnswer>>;
  /** @throws GatewayError command_not_found: never existed, forgotten, or somebody else's */
  receipt(account: string, id: string, context: CallContext): Promise<Receipt>;
  /** Newest first. */
  receipts(account: string, limit: number, context: CallContext): Promise<readonly Receipt[]>;
  /**
   * Takes a command out of the line: it is `not_executed` then.
   * @throws GatewayError command_not_found, command_already_sent
   */
  cancelCommand(account: string, id: string, context: CallContext): Promise<Receipt>;
  /** @throws GatewayError job_not_found */
  job(account: string, id: string, context: CallContext): Promise<Job>;
  /** Its reads leave the line; what was sent goes on for the cache. @throws GatewayError job_not_found */
  cancelJob(account: string, id: string, context: CallContext): Promise<Job>;
  budget(account: string, context: CallContext): Promise<BudgetStatus>;
  /** Prometheus text format. */
  metrics(context: CallContext): Promise<string>;
  status(context: CallContext): Promise<CoordinatorStatus>;
  /**
   * The kill switch: nothing is sent to Ajax any more from the answer on, or again.
   * @throws GatewayError storage_unavailable: stopped for now, but a restart would not know; or still stopped
   */
  switchUpstream(to: UpstreamSwitch, context: CallContext): Promise<UpstreamStop>;
}

/** What a gateway knows of the last sign-in of an account. */
export interface LastSignIn {
  /** The greatest mark it has of the account; undefined when it has none. */
  readonly mark: string | undefined;
  /** Epoch ms; only for want of a mark, because clocks differ. */
  readonly at: number;
}

export interface CoordinatorClientOptions {
  readonly fetch: CoordinatorFetch;
  /** Sent as a bearer token. */
  readonly secret: string;
  /** Where requests are addressed; in process only its form matters. */
  readonly baseUrl?: string;
  /** `fetch` is the coordinator's own app, in this process. */
  readonly isInProcess?: boolean;
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
  const authorization = `Bearer ${options.secret}`;

  async function send(
    method: string,
    path: string,
    context: CallContext,
    extra: { content?: Content | undefined; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const { content } = extra;
    const url = `${baseUrl}${path}`;
    const headers = {
      authorization,
      [coordinatorHeaders.correlationId]: context.correlationId,
      [coordinatorHeaders.heldMs]: String(Math.round(context.heldMs ?? 0)),
      ...(content === undefined ? {} : { 'content-type': content.type }),
      ...extra.headers,
    };
    const request =
      options.isInProcess && method === 'GET'
        ? plainRead(url, headers, context.signal)
        : new Request(url, {
            method,
            headers,
            ...(content === undefined ? {} : { body: content.bytes as Uint8Array<ArrayBuffer> }),
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
      const error = await toError(response);
      if (context.meter !== undefined && error.code === 'quota_exceeded') {
        context.meter.refused++;
        context.meter.left = response.headers.get(coordinatorHeaders.quotaLeft) ?? undefined;
      }
      throw error;
    }
    return response;
  }

  async function parsed<T extends z.ZodType>(schema: T, response: Response): Promise<z.infer<T>> {
    const body = await readJson(response);
    const result = schema.safeParse(body);
    if (!result.success) throw unavailable(result.error);
    return result.data;
  }

  async function sendRead(
    { account, path, query, lane, weight, languages, noCache, job, ...context }: UpstreamRead,
    headers: Record<string, string>,
  ): Promise<Response> {
    const { meter } = context;
    const response = await send('GET', pathOf(account, path, query), context, {
      headers: {
        ...headers,
        ...laneHeaders(lane, weight),
        // What a command has to look up first is no read of its own.
        ...(meter?.quota === undefined || lane !== 'interactive' ? {} : quotaHeaders(meter, meter.quota)),
        ...languageHeaders(languages),
        ...(noCache ? { 'cache-control': 'no-cache' } : {}),
        ...(job === undefined
          ? {}
          : { [coordinatorHeaders.job]: `${job.id} ${encodeURI(job.request.path)}` }),
      },
    });
    if (meter !== undefined) note(meter, response);
    if (isOwnAccept(response)) throw new JobWaiting(await parsed(jobSchema, response));
    return response;
  }

  async function sendCommand<Answer>(
    { account, method, path, query, content, lane, weight, languages, commandId, ...rest }: ContentCommand,
    headers: Record<string, string>,
    read: (response: Response) => Promise<Answer>,
  ): Promise<CommandAnswer<Answer>> {
    const { idempotencyKey, respondAsync, ...context } = rest;
    try {
      const response = await send(method, pathOf(account, path, query), context, {
        content,
        headers: {
          ...headers,
          ...laneHeaders(lane, weight),
          ...languageHeaders(languages),
          [coordinatorHeaders.commandId]: commandId,
          ...(idempotencyKey === undefined
            ? {}
            : { [coordinatorHeaders.idempotencyKey]: encodeURIComponent(idempotencyKey) }),
          ...(respondAsync ? { [coordinatorHeaders.prefer]: 'respond-async' } : {}),
        },
      });
      const replayed = response.headers.get(coordinatorHeaders.replayed) === 'true';
      if (isOwnAccept(response)) {
        return { kind: 'accepted', receipt: await parsed(receiptSchema, response), replayed };
      }
      return {
        kind: 'answered',
        answer: await read(response),
        commandId: response.headers.get(coordinatorHeaders.commandId) ?? commandId,
        replayed,
      };
    } catch (error) {
      // Without an answer nobody can say whether the coordinator sent the command (promise P6).
      if (!isUnanswered(error)) throw error;
      throw new GatewayError('command_outcome_unknown', {
        cause: error,
        members: { command_id: commandId },
      });
    }
  }

  return {
    async login(credentials, context) {
      const content = jsonContent(credentials);
      return parsed(loginAnswerSchema, await send('POST', '/v1/login', context, { content }));
    },
    async forget(account, context, last) {
      const known = {
        ...(last === undefined ? {} : { unless_signed_in_after: String(last.at) }),
        ...(last?.mark === undefined ? {} : { unless_signed_in_beyond: last.mark }),
      };
      const query = last === undefined ? '' : `?${new URLSearchParams(known)}`;
      await send('DELETE', `${accountPath(account)}/session${query}`, context);
    },
    read: async (read) => toAnswer(await sendRead(read, {})),
    readContent: async (read) => toContentAnswer(await sendRead(read, ANY_CONTENT)),
    command({ body, ...command }) {
      const content = body === undefined ? undefined : jsonContent(body);
      return sendCommand({ ...command, content }, {}, toAnswer);
    },
    commandContent: (command) => sendCommand(command, ANY_CONTENT, toContentAnswer),
    receipt: async (account, id, context) =>
      parsed(
        receiptSchema,
        await send('GET', `${accountPath(account)}/commands/${encodeURIComponent(id)}`, context),
      ),
    receipts: async (account, limit, context) =>
      parsed(
        receiptListSchema,
        await send('GET', `${accountPath(account)}/commands?limit=${limit}`, context),
      ),
    cancelCommand: async (account, id, context) =>
      parsed(
        receiptSchema,
        await send('DELETE', `${accountPath(account)}/commands/${encodeURIComponent(id)}`, context),
      ),
    job: async (account, id, context) =>
      parsed(jobSchema, await send('GET', `${accountPath(account)}/jobs/${encodeURIComponent(id)}`, context)),
    cancelJob: async (account, id, context) =>
      parsed(
        jobSchema,
        await send('DELETE', `${accountPath(account)}/jobs/${encodeURIComponent(id)}`, context),
      ),
    async metrics(context) {
      const response = await send('GET', '/metrics', context);
      return response.text();
    },
    async budget(account, context) {
      const path = `/v1/budget?account=${encodeURIComponent(account)}`;
      return parsed(budgetStatusSchema, await send('GET', path, context));
    },
    async status(context) {
      return parsed(coordinatorStatusSchema, await send('GET', '/status', context));
    },
    async switchUpstream(to, context) {
      return parsed(
        upstreamStopSchema,
        await send('PUT', '/v1/upstream', context, { content: jsonContent(to) }),
      );
    },
  };
}

const accountPath = (account: string) => `/v1/accounts/${encodeURIComponent(account)}`;

/** @throws GatewayError invalid_request */
function pathOf(account: string, path: readonly string[], query: UpstreamCall['query']): string {
  // URLs resolve such segments away, and the call would reach another place than its caller meant.
  if (path.some((segment) => ['', '.', '..'].includes(segment))) {
    throw new GatewayError('invalid_request', { detail: 'A path segment is empty or relative' });
  }
  const search = typeof query === 'string' ? query : new URLSearchParams(query).toString();
  return `${[accountPath(account), 'ajax', ...path.map(encodeURIComponent)].join('/')}${search === '' ? '' : `?${search}`}`;
}

const laneHeaders = (lane: Lane, weight = 1) => ({
  [coordinatorHeaders.lane]: lane,
  [coordinatorHeaders.weight]: String(weight),
});

const quotaHeaders = ({ requestId }: Meter, quota: string) => ({
  [coordinatorHeaders.request]: requestId,
  [coordinatorHeaders.quota]: quota,
});

function note(meter: Meter, { headers }: Response): void {
  const cache = headers.get(coordinatorHeaders.cache);
  if (cache === 'MISS') meter.fetched++;
  else if (cache !== null) meter.cached++;
  meter.left = headers.get(coordinatorHeaders.quotaLeft) ?? meter.left;
}
const languageHeaders = (languages: string | undefined): Record<string, string> =>
  languages === undefined ? {} : { [coordinatorHeaders.languages]: languages };

/** 202 of the coordinator itself: Ajax has a 202 of its own. */
const isOwnAccept = ({ status, headers }: Response) =>
  status === 202 && headers.get(coordinatorHeaders.origin) === 'coordinator';

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

/** Whether a request whose transport failed so may have arrived. */
export const mayHaveArrived = (cause: unknown): boolean =>
  (cause as { code?: unknown } | undefined)?.code !== NOT_WRITTEN;

/** True when the coordinator may have got the request. Its own refusals, and connections never made, are answers. */
function isUnanswered(error: unknown): boolean {
  if (!(error instanceof GatewayError) || error.code !== 'coordinator_unavailable') return false;
  return error.cause !== undefined && mayHaveArrived(error.cause);
}

async function toAnswer(response: Response): Promise<UpstreamAnswer> {
  return { ...markOf(response), body: await readJson(response) };
}

/** Asks for whatever Ajax answers. */
const ANY_CONTENT = { [coordinatorHeaders.content]: 'any' };

async function toContentAnswer(response: Response): Promise<ContentAnswer> {
  const bytes =
    handedOver(response)?.slice() ??
    (await response.arrayBuffer().catch((error: unknown) => {
      throw unavailable(error);
    }));
  const type = response.headers.get('content-type') ?? undefined;
  return { ...markOf(response), bytes: new Uint8Array(bytes), type };
}

function markOf(response: Response): AnyAnswer {
  const state = response.headers.get(coordinatorHeaders.cache);
  const suggestedIntervalSeconds = Number(response.headers.get(coordinatorHeaders.suggestedInterval) ?? 0);
  const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  return {
    status: response.status,
    retryAfterSeconds: Number.isNaN(retryAfter) ? undefined : retryAfter,
    cache:
      state === 'HIT' || state === 'MISS' || state === 'STALE'
        ? {
            state,
            ageSeconds: Number(response.headers.get('age') ?? 0),
            ttlSeconds: Number(response.headers.get(coordinatorHeaders.cacheTtl) ?? 0),
            ...(suggestedIntervalSeconds > 0 ? { suggestedIntervalSeconds } : {}),
          }
        : undefined,
  };
}

const decoder = new TextDecoder();
const textOf = (body: Uint8Array) => decoder.decode(body);

async function readJson(response: Response): Promise<unknown> {
  let text: string;
  try {
    const body = handedOver(response);
    text = body === undefined ? await response.text() : textOf(body);
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
