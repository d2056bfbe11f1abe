import { z } from '@hono/zod-openapi';
import { lowestPlanOf } from '../access/index.ts';
import { acceptLanguageParameter } from '../kernel/accept-language.ts';
import { demoWorld } from '../kernel/demo-world.ts';
import { idempotencyKeyParameter } from '../kernel/idempotency-key.ts';
import type { createRouter } from '../kernel/openapi.ts';
import { preferParameter } from '../kernel/prefer.ts';
import { problems } from '../kernel/problems.ts';
import { headersNamed, headersSometimes } from '../kernel/response-headers.ts';
import { cacheHeaders } from './cache-headers.ts';
import { ofPassedCommand, ofPassedRead } from './problems.ts';
import { freshnessParameter } from './reader.ts';

const home = `hubs/${demoWorld.hub.id}`;
const room = { path: `${home}/rooms/${demoWorld.room.id}`, body: { roomName: demoWorld.room.name } };

/** Requests the demo answers; Ajax has nothing with PATCH so far, and says so. */
const examples = {
  get: {
    path: `${home}/scenarios`,
    answer: [{ scenario: { ...demoWorld.scenario, enabled: true } }],
  },
  post: {
    path: `${home}/devices/${demoWorld.lamp.id}/command`,
    body: { command: 'SWITCH_ON', deviceType: 'Socket' },
    key: 'floor-lamp-on',
  },
  put: { ...room, key: 'name-of-the-entrance' },
  patch: { ...room, key: 'name-of-the-entrance-alone' },
  delete: { path: 'image', key: 'no-picture-of-mine' },
} as const;

/** Whatever its type: what is more special is described beside it. */
const ANY_TYPE = '*/*';
const words = { schema: z.unknown() };

/** The session is renewed and the limit waited for, or the gateway says in its own words that it was in vain. */
const neverOfAjax = ['401', '429'];
/** Whether a mutation was executed is not known then. */
const neverOfCommand = [...neverOfAjax, '502', '504'];

const readHeaders = headersSometimes(...cacheHeaders, 'Retry-After');
const commandHeaders = {
  ...headersNamed('X-Command-ID', 'Idempotency-Replayed', 'Preference-Applied'),
  ...headersSometimes('Location', 'Retry-After'),
};

/** OpenAPI has no path parameter of several segments, so no route can be made from this: it only describes. */
export function describePassThrough(router: ReturnType<typeof createRouter>): void {
  for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
    const isRead = method === 'get';
    const example = examples[method];
    const name = method.toUpperCase();
    router.openAPIRegistry.registerPath({
      method,
      path: '/user/{user_id}/{path}',
      operationId: `passThrough${name[0]}${method.slice(1)}`,
      tags: ['ajax'],
      summary: `Pass-through: ${name} as Ajax answers it`,
      description: isRead ? aboutReads : aboutCommands,
      'x-required-feature': 'access_proxy',
      'x-required-plan': lowestPlanOf('access_proxy'),
      parameters: isRead
        ? [freshnessParameter, languageOfAjax]
        : [keyLike('key' in example ? example.key : ''), preferParameter, languageOfAjax],
      request: {
        params: paramsWith(example.path),
        ...(isRead ? {} : { body: { content: bodyLike('body' in example ? example.body : undefined) } }),
      },
      responses: {
        '2XX': {
          description: isRead ? 'As Ajax answers' : 'As Ajax answers; 202 with `Location`: on its way',
          headers: isRead ? readHeaders : commandHeaders,
          content: { [ANY_TYPE]: { ...words, ...('answer' in example ? { example: example.answer } : {}) } },
        },
        default: {
          description: 'In the words of Ajax, unless it is a problem.',
          content: { [ANY_TYPE]: words },
        },
        ...(isRead
          ? orWordsOfAjax(ofPassedRead, neverOfAjax)
          : orWordsOfAjax(ofPassedCommand, neverOfCommand)),
      },
    });
  }
}

const aboutAddress =
  'What Ajax has below your own user, with any query. The slashes of `path` are sent as they are, never as `%2F`.';
const aboutReads = `${aboutAddress} Goes through the cache as the typed routes do.`;
const aboutCommands = `${aboutAddress} A command: in the audit trail before it is sent, sent at most once, with a receipt.`;

const paramsWith = (path: string) =>
  z.object({
    user_id: z.string().openapi({
      description: 'Your own Ajax user id: `userId` of POST /api/v1/auth/token',
      example: demoWorld.userId,
    }),
    path: z.string().openapi({
      description: 'Any number of segments, as the API of Ajax has them; may be left out with its slash',
      example: path,
    }),
  });

const languageOfAjax = {
  ...acceptLanguageParameter,
  description: 'Handed on to Ajax, which heeds it where it has texts of its own',
};

/** Each command has one of its own. */
const keyLike = (key: string) => ({ ...idempotencyKeyParameter, example: `"${key}"` });

/** Sent byte for byte, multipart included. */
function bodyLike(example: unknown) {
  return {
    ...(example === undefined ? {} : { 'application/json': { ...words, example } }),
    [ANY_TYPE]: words,
  };
}

/** The gateway's own refusals, beside those of Ajax with the same status. */
function orWordsOfAjax(codes: typeof ofPassedRead | typeof ofPassedCommand, never: readonly string[]) {
  const own = Object.entries(problems(...codes));
  const ofCommand = codes === ofPassedCommand ? headersSometimes('X-Command-ID') : {};
  return Object.fromEntries(
    own.map(([status, answer]) => {
      const headers = { ...('headers' in answer ? (answer.headers as object) : {}), ...ofCommand };
      const content = never.includes(status) ? answer.content : { ...answer.content, [ANY_TYPE]: words };
      return [status, { ...answer, headers, content }];
    }),
  );
}
