/** HTTP in front of the coordinator: parses, asks, shapes the answer. Reached in process or over the network alike. */
import { zValidator } from '@hono/zod-validator';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { z } from 'zod';
import { languagesToForward } from '../src/kernel/accept-language.ts';
import { secretCheck } from '../src/kernel/crypto.ts';
import { GatewayError, problemResponse } from '../src/kernel/errors.ts';
import { isCorrelationId, newId } from '../src/kernel/ids.ts';
import type { Log } from '../src/kernel/log.ts';
import { type QuotaWindow, quotaWindows } from '../src/kernel/quota.ts';
import { withJsonOnly } from './account-reads.ts';
import type { CallAnswer, RequestContext } from './call.ts';
import type { CommandRequest } from './commands/commands.ts';
import { type Content, isJsonType } from './contract/content.ts';
import { coordinatorHeaders } from './contract/headers.ts';
import { handOver } from './contract/in-process.ts';
import {
  accountSchema,
  type Job,
  type JobRequest,
  jobRequestSchema,
  laneSchema,
  loginRequestSchema,
  type Receipt,
  type SignIn,
  signInMarkSchema,
  upstreamSwitchSchema,
} from './contract/messages.ts';
import type { Coordinator } from './coordinator.ts';
import type { RequestQuota } from './quota/quotas.ts';
import { withSpread } from './spread-refusals.ts';
import { decodeSegments } from './upstream/path.ts';
import { parseJson } from './upstream/refusals.ts';

export interface CoordinatorAppOptions {
  readonly coordinator: Coordinator;
  /** Shared with the gateways; sent as a bearer token. */
  readonly secret: string;
  /** Reads the metrics, and nothing else. */
  readonly metricsToken?: string | undefined;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const MAX_BODY_BYTES = 10 * 1024 * 1024;
const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Statuses whose responses have no body (Fetch standard, "null body status"). */
const NULL_BODY_STATUSES = new Set([204, 205, 304]);

interface Env {
  readonly Variables: {
    correlationId: string;
    quota: { readonly account: string; readonly windows: readonly QuotaWindow[] } | undefined;
  };
}

export function createCoordinatorApp(options: CoordinatorAppOptions): Hono<Env> {
  const { coordinator, secret, metricsToken, log, random } = options;
  const problem = (c: Context<Env>, error: GatewayError) => toProblemResponse(c, error, random);
  const isSecret = secretCheck(secret);
  const isMetricsToken = metricsToken === undefined ? undefined : secretCheck(metricsToken);
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    const given = c.req.header(coordinatorHeaders.correlationId);
    c.set('correlationId', isCorrelationId(given) ? given : newId());
    await next();
    // Not by `c.header`: on an answer that is made it makes another, whose body is a stream.
    const { headers } = c.res;
    if (!headers.has(coordinatorHeaders.origin)) headers.set(coordinatorHeaders.origin, 'coordinator');
    const quota = c.get('quota');
    if (quota !== undefined)
      headers.set(coordinatorHeaders.quotaLeft, coordinator.quotas.left(quota.account, quota.windows));
  });

  app.use(async (c, next) => {
    const given = c.req.header('authorization')?.match(/^Bearer (.+)$/)?.[1] ?? '';
    const isKnown =
      isSecret(given) || (isMetricsToken !== undefined && c.req.path === '/metrics' && isMetricsToken(given));
    if (!isKnown) throw new GatewayError('coordinator_secret_invalid');
    await next();
  });
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new GatewayError('payload_too_large', { detail: 'At most 10 MB are accepted' });
    },
  });
  // Nobody reads a body of a GET, and asking whether there is one makes a stream of nothing.
  app.use((c, next) => (c.req.method === 'GET' ? next() : limit(c, next)));

  app.post('/v1/login', zValidator('json', loginRequestSchema, refuse), async (c) =>
    c.json(await coordinator.login(c.req.valid('json'), contextOf(c))),
  );

  app.delete('/v1/accounts/:account/session', async (c) => {
    await coordinator.forget(accountOf(c.req.param('account')), lastSignInOf(c));
    return c.body(null, 204);
  });

  app.all('/v1/accounts/:account/ajax/*', async (c) => {
    const { method } = c.req;
    if (!METHODS.has(method)) throw new GatewayError('method_not_allowed');
    const { pathname, search } = new URL(c.req.url);
    const request = {
      account: accountOf(c.req.param('account')),
      // The raw path, because a decoded one no longer tells where a segment ends.
      segments: decodeSegments(pathname.split('/').slice(5).join('/')),
      query: search.slice(1),
      lane: laneOf(c),
      weight: weightOf(c),
      languages: languagesToForward(c.req.header(coordinatorHeaders.languages)),
    };
    if (method !== 'GET') return command(c, { ...request, ...(await commandOf(c)) });
    const quota = quotaOf(c);
    if (quota !== undefined) c.set('quota', { account: request.account, windows: quota.windows });
    const noCache = /\bno-cache\b/i.test(c.req.header('cache-control') ?? '');
    const read = { ...request, noCache, anyContent: takesAnyContent(c), quota };
    const job = jobOf(c);
    const answer =
      job === undefined
        ? await coordinator.read(read, contextOf(c))
        : await coordinator.jobs.read(job.id, job.request, read);
    if ('id' in answer) return accepted(c, answer);
    const response = toResponse(answer);
    response.headers.set(coordinatorHeaders.suggestedInterval, String(coordinator.suggestInterval(read)));
    return response;
  });

  async function command(c: Context<Env>, request: CommandRequest): Promise<Response> {
    const result = await coordinator.commands.submit(request, contextOf(c));
    const isAccepted = result.kind === 'accepted';
    const response = isAccepted ? accepted(c, result.receipt) : toResponse(answerTo(c, result.answer));
    response.headers.set(coordinatorHeaders.commandId, isAccepted ? result.receipt.id : result.id);
    if (result.replayed) response.headers.set(coordinatorHeaders.replayed, 'true');
    return response;
  }

  app.get('/v1/accounts/:account/commands', async (c) => {
    const limit = Number.parseInt(c.req.query('limit') ?? '20', 10);
    if (!(limit >= 1 && limit <= 100)) {
      throw new GatewayError('invalid_request', { detail: 'limit is a whole number from 1 to 100' });
    }
    return c.json(await coordinator.commands.receipts(accountOf(c.req.param('account')), limit));
  });
  app.get('/v1/accounts/:account/commands/:id', async (c) =>
    c.json(await coordinator.commands.receipt(accountOf(c.req.param('account')), c.req.param('id'))),
  );
  app.delete('/v1/accounts/:account/commands/:id', async (c) =>
    c.json(await coordinator.commands.cancel(accountOf(c.req.param('account')), c.req.param('id'))),
  );
  app.get('/v1/accounts/:account/jobs/:id', async (c) =>
    c.json(await coordinator.jobs.find(accountOf(c.req.param('account')), c.req.param('id'))),
  );
  app.delete('/v1/accounts/:account/jobs/:id', async (c) =>
    c.json(await coordinator.jobs.cancel(accountOf(c.req.param('account')), c.req.param('id'))),
  );

  app.put('/v1/upstream', zValidator('json', upstreamSwitchSchema, refuse), async (c) => {
    const { stopped, reason } = c.req.valid('json');
    const { killSwitch } = coordinator;
    await (stopped ? killSwitch.stop(reason) : killSwitch.resume());
    log.warn({ stopped, correlation_id: c.get('correlationId') }, 'the operator has switched the upstream');
    return c.json(killSwitch.stopped() ?? null);
  });
  app.get('/v1/budget', (c) => c.json(coordinator.budget(accountOf(c.req.query('account') ?? ''))));
  app.get('/status', async (c) => c.json(await coordinator.status()));
  app.get('/metrics', async (c) =>
    c.text(await coordinator.metrics(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );

  app.notFound((c) => problem(c, new GatewayError('not_found')));
  app.onError((error, c) => {
    if (error instanceof GatewayError) return problem(c, error);
    // The validator's answer to a body that does not parse.
    if (error instanceof HTTPException && error.status === 400)
      return problem(c, new GatewayError('malformed_json'));
    // A caller that left gets no answer anyway; what it gets must not look like a fault.
    if (c.req.raw.signal.aborted) return problem(c, new GatewayError('coordinator_unavailable'));
    log.error({ error, correlation_id: c.get('correlationId') }, 'unexpected error');
    return problem(c, new GatewayError('internal_error'));
  });
  return app;
}

function toProblemResponse(c: Context<Env>, error: GatewayError, random: () => number): Response {
  const response = problemResponse(withSpread(error, random), c.get('correlationId'));
  response.headers.set(coordinatorHeaders.origin, 'coordinator');
  // This life ends, and what had not begun is for the next.
  if (error.code === 'coordinator_unavailable') response.headers.set(coordinatorHeaders.repeatable, 'true');
  return response;
}

/** The coordinator's own 202: Ajax has one too. */
function accepted(c: Context<Env>, body: Job | Receipt): Response {
  return c.json(body, 202, { [coordinatorHeaders.origin]: 'coordinator' });
}

function contextOf(c: Context<Env>): RequestContext {
  const held = Number.parseInt(c.req.header(coordinatorHeaders.heldMs) ?? '', 10);
  return {
    correlationId: c.get('correlationId'),
    signal: c.req.raw.signal,
    heldMs: Number.isNaN(held) ? 0 : Math.max(0, held),
  };
}

/** What a sign-out must not overtake; a mark says more than a time. */
function lastSignInOf(c: Context<Env>): SignIn | undefined {
  const mark = c.req.query('unless_signed_in_beyond');
  if (mark !== undefined) {
    if (signInMarkSchema.safeParse(mark).success) return { mark };
    throw new GatewayError('invalid_request', { detail: 'unless_signed_in_beyond is the mark of a sign-in' });
  }
  const after = c.req.query('unless_signed_in_after');
  if (after === undefined) return undefined;
  if (/^\d{1,16}$/.test(after)) return { at: Number(after) };
  throw new GatewayError('invalid_request', { detail: 'unless_signed_in_after is in epoch milliseconds' });
}

function accountOf(text: string): string {
  const account = accountSchema.safeParse(text);
  if (!account.success)
    throw new GatewayError('invalid_request', { detail: 'The account is not an Ajax user id' });
  return account.data;
}

function laneOf(c: Context<Env>): 'command' | 'interactive' | 'background' {
  const fallback = c.req.method === 'GET' ? 'interactive' : 'command';
  const lane = laneSchema.safeParse(c.req.header(coordinatorHeaders.lane) ?? fallback);
  if (!lane.success || lane.data === 'auth') {
    throw new GatewayError('invalid_request', {
      detail: 'A call is in lane command, interactive or background',
    });
  }
  return lane.data;
}

const MOST_WEIGHT = 100;

function weightOf(c: Context<Env>): number {
  const weight = Number.parseInt(c.req.header(coordinatorHeaders.weight) ?? '1', 10);
  if (!(weight >= 1 && weight <= MOST_WEIGHT)) {
    throw new GatewayError('invalid_request', { detail: `A weight is from 1 to ${MOST_WEIGHT}` });
  }
  return weight;
}

/** There are as many of them as plans. */
const quotasByText = new Map<string, readonly QuotaWindow[]>();
const MOST_QUOTAS = 100;

/** @throws GatewayError invalid_request */
function quotaOf(c: Context<Env>): RequestQuota | undefined {
  const text = c.req.header(coordinatorHeaders.quota);
  const requestId = c.req.header(coordinatorHeaders.request);
  if (text === undefined || requestId === undefined) return undefined;
  const known = quotasByText.get(text);
  if (known !== undefined) return { requestId, windows: known };
  const windows = text.split(' ').map((part): QuotaWindow => {
    const [, name, limit] = /^(minute|hour)=(\d{1,9})$/.exec(part) ?? [];
    if (name !== 'minute' && name !== 'hour') {
      throw new GatewayError('invalid_request', { detail: 'A quota is for instance minute=10 hour=100' });
    }
    return { name, limit: Number(limit), ...quotaWindows[name] };
  });
  if (quotasByText.size >= MOST_QUOTAS) quotasByText.clear();
  quotasByText.set(text, windows);
  return { requestId, windows };
}

const LONGEST_KEY = 255;

async function commandOf(c: Context<Env>) {
  const key = decoded(c.req.header(coordinatorHeaders.idempotencyKey));
  if (key !== undefined && (key === '' || key.length > LONGEST_KEY)) {
    throw new GatewayError('invalid_request', {
      detail: `An Idempotency-Key has 1 to ${LONGEST_KEY} characters`,
    });
  }
  const content = await contentOf(c);
  return {
    method: c.req.method,
    id: idOf(c.req.header(coordinatorHeaders.commandId)) ?? newId(),
    idempotencyKey: key,
    // Only what can be journalled may outlive its caller: everybody else waits for the end.
    respondAsync:
      c.req.header(coordinatorHeaders.prefer) === 'respond-async' &&
      (content === undefined || isJsonType(content.type)),
    content,
  };
}

/** `<id> <path of the request>` */
function jobOf(c: Context<Env>): { id: string; request: JobRequest } | undefined {
  const header = c.req.header(coordinatorHeaders.job);
  if (header === undefined) return undefined;
  const [given, path] = header.split(' ', 2);
  const id = idOf(given);
  const request = jobRequestSchema.safeParse({ path: decoded(path) });
  if (id === undefined || !request.success) {
    throw new GatewayError('invalid_request', {
      detail: 'A job is named by a UUID and the path of its request',
    });
  }
  return { id, request: request.data };
}

const uuidSchema = z.uuid();

/** @throws GatewayError invalid_request */
function idOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const id = uuidSchema.safeParse(text);
  if (!id.success) throw new GatewayError('invalid_request', { detail: 'An id is a UUID' });
  return id.data.toLowerCase();
}

/** @throws GatewayError invalid_request */
function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    throw new GatewayError('invalid_request', { detail: 'A header is not encoded as it should be' });
  }
}

/** @throws GatewayError unsupported_media_type for a body without a type, malformed_json */
async function contentOf(c: Context<Env>): Promise<Content | undefined> {
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  if (bytes.length === 0) return undefined;
  const type = c.req.header('content-type') ?? '';
  if (type === '') throw new GatewayError('unsupported_media_type');
  if (isJsonType(type) && parseJson(bytes) === undefined) throw new GatewayError('malformed_json');
  return { type, bytes };
}

const takesAnyContent = (c: Context<Env>) => c.req.header(coordinatorHeaders.content) === 'any';

const answerTo = (c: Context<Env>, answer: CallAnswer) =>
  takesAnyContent(c) ? answer : withJsonOnly(answer);

/** Which field is wrong is enough: the values are secrets. */
function refuse(result: { success: boolean; error?: { issues: readonly z.core.$ZodIssue[] } }): void {
  if (result.success) return;
  const errors = (result.error?.issues ?? []).map(({ path, message, code }) => ({
    loc: ['body', ...path.map((part) => (typeof part === 'number' ? part : String(part)))],
    msg: message,
    type: code ?? 'invalid',
  }));
  throw new GatewayError('invalid_request', { errors });
}

/** The words of Ajax: its status and body, and none of its headers but Content-Type and Retry-After. */
function toResponse({ status, body, contentType, retryAfterSeconds, cache }: CallAnswer): Response {
  const hasBody = body.length > 0 && !NULL_BODY_STATUSES.has(status);
  const response = new Response(hasBody ? (body as Uint8Array<ArrayBuffer>) : null, {
    status,
    headers: {
      [coordinatorHeaders.origin]: 'upstream',
      ...(hasBody && contentType !== undefined ? { 'content-type': contentType } : {}),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      ...(cache === undefined
        ? {}
        : {
            [coordinatorHeaders.cache]: cache.state,
            [coordinatorHeaders.cacheTtl]: String(Math.floor(cache.ttlMs / 1_000)),
            age: String(Math.floor(cache.ageMs / 1_000)),
          }),
    },
  });
  return hasBody ? handOver(response, body) : response;
}
