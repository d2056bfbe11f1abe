import type { Context } from 'hono';
import type { StatusCode } from 'hono/utils/http-status';
import type { ContentAnswer, ContentCommand } from '../../coordinator/contract/client.ts';
import { isJsonType } from '../../coordinator/contract/content.ts';
import { planRefusal } from '../access/index.ts';
import { languagesToForward } from '../kernel/accept-language.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import { createRouter } from '../kernel/openapi.ts';
import { setCacheHeaders } from './cache-headers.ts';
import { commandOptionsOf } from './command-options.ts';
import type { AjaxDependencies } from './dependencies.ts';
import { commandIdOf, type PassedCommand, passCommand, passRead } from './pass-through.ts';
import { contentOf } from './pass-through-content.ts';
import { describePassThrough } from './pass-through-description.ts';
import { passThroughTarget } from './pass-through-target.ts';
import { readerOf } from './reader.ts';

/** `/api/v1/ajax`, as segments after the first slash. */
const BASE_SEGMENTS = 3;
/** What the gateway answers in its own words here; the wrong method or path of it is not for Ajax. */
const TYPED = /^hubs(?:\/|$)/;
const COMMANDS: ReadonlySet<string> = new Set<ContentCommand['method']>(['POST', 'PUT', 'PATCH', 'DELETE']);
const ALLOW = { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE' };

const isCommand = (method: string): method is ContentCommand['method'] => COMMANDS.has(method);

/** The rest of `/api/v1/ajax`: the API of Ajax below the caller's own `/user/{id}` (docs/pass-through.md). */
export function passThroughRoutes(deps: AjaxDependencies) {
  const reader = readerOf(deps);
  const router = createRouter();
  describePassThrough(router);
  // Every method, so that this route hides no 405 of the others.
  return router.all('/*', async (c, next) => {
    const { rawPath, query } = addressOf(c.req.url);
    if (TYPED.test(rawPath)) return next();
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    // Before anything else: what goes nowhere costs nothing.
    const { caller } = c.var;
    const target = passThroughTarget({ method, rawPath, ownId: caller.ajaxUserId });
    if ('refusal' in target) throw new GatewayError('pass_through_refused', { detail: target.refusal });
    if (!caller.features.has('access_proxy')) throw planRefusal('access_proxy', caller.entitlement.plan);
    const languages = languagesToForward(c.req.header('accept-language'));
    c.header('Vary', 'Accept-Language', { append: true });
    const place = { segments: target.segments, query, languages };
    if (method === 'GET') return toResponse(c, await passRead(reader(c), place));
    if (!isCommand(method)) throw new GatewayError('method_not_allowed', { headers: ALLOW });
    return answerCommand(c, method, place);
  });

  async function answerCommand(
    c: Context<GatewayEnv>,
    method: ContentCommand['method'],
    place: Pick<PassedCommand, 'segments' | 'query' | 'languages'>,
  ): Promise<Response> {
    const content = await contentOf(c.req);
    const asked = commandOptionsOf(c);
    const respondAsync = asked.respondAsync && (content === undefined || isJsonType(content.type));
    const options = { ...asked, respondAsync };
    const endpoint = `/api/v1/ajax/user/${[c.var.caller.ajaxUserId, ...place.segments].map(encodeURIComponent).join('/')}`;
    const command = { ...place, method, content, options, endpoint };
    const result = await passCommand(reader(c), deps, command).catch(nameCommand);
    const commandId = commandIdOf(result);
    c.header('X-Command-ID', commandId);
    if (result.replayed) c.header('Idempotency-Replayed', 'true');
    if (result.kind === 'answered') return toResponse(c, result.answer);
    c.header('Location', `/api/v1/commands/${commandId}`);
    if (respondAsync) c.header('Preference-Applied', 'respond-async');
    const message = 'The command is on its way; its receipt tells how it ends';
    return c.json({ success: false, outcome: 'accepted', command_id: commandId, message }, 202);
  }
}

/** Path and query as they came: what is decided about them must not depend on how a URL is normalised. */
function addressOf(url: string): { readonly rawPath: string; readonly query: string } {
  const [address = ''] = url.split('#', 1);
  const queryAt = address.indexOf('?');
  const place = queryAt < 0 ? address : address.slice(0, queryAt);
  const path = place.slice(place.indexOf('/', place.indexOf('://') + 3) + 1);
  return {
    rawPath: path.split('/').slice(BASE_SEGMENTS).join('/'),
    query: queryAt < 0 ? '' : address.slice(queryAt + 1),
  };
}

/** Errors name the command in the same header as answers do. */
function nameCommand(error: unknown): never {
  if (!(error instanceof GatewayError)) throw error;
  const { members, headers } = error.extras;
  if (typeof members?.command_id !== 'string') throw error;
  throw new GatewayError(error.code, {
    ...error.extras,
    headers: { ...headers, 'x-command-id': members.command_id },
  });
}

/** The words of Ajax; of its headers only what says something about the body, and when to come back. */
function toResponse(c: Context<GatewayEnv>, answer: ContentAnswer): Response {
  const { status, bytes, type, retryAfterSeconds, cache } = answer;
  if (retryAfterSeconds !== undefined) c.header('Retry-After', String(retryAfterSeconds));
  setCacheHeaders(c, cache);
  c.status(status as StatusCode);
  if (bytes.length === 0) return c.body(null);
  if (type !== undefined) c.header('Content-Type', type);
  // A page or a drawing somebody uploaded must not run as part of this origin.
  if (type === undefined || !isJsonType(type)) c.header('Content-Disposition', 'attachment');
  return c.body(bytes as Uint8Array<ArrayBuffer>);
}
