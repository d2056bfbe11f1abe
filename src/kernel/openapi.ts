/** The OpenAPI router every module builds on: one way to refuse a request that does not fit. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { GatewayEnv } from './context.ts';
import { type FieldError, GatewayError } from './errors.ts';

/** A router whose validators throw `invalid_request` instead of answering by themselves. */
export function createRouter() {
  return new OpenAPIHono<GatewayEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error, result.target);
    },
  });
}

/** A readable `detail` for people, and the fields for programs, in the shape existing clients know. */
export function invalidRequest(error: z.ZodError, target: string): GatewayError {
  const source = target === 'json' ? 'body' : target === 'param' ? 'path' : target;
  const errors: FieldError[] = error.issues.map((issue) => ({
    loc: [source, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))],
    msg: issue.message,
    type: issue.code,
  }));
  const detail = errors.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ');
  return new GatewayError('invalid_request', { detail, errors, cause: error });
}

export function jsonContent<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    retryable: z.boolean(),
    action: z.string(),
    correlation_id: z.string().optional(),
  })
  .openapi('Problem', {
    example: {
      type: 'urn:ajaxsecurflow:error:budget_exhausted',
      title: 'Too much work is waiting for the shared request budget',
      status: 429,
      detail: 'Too much work is waiting for the shared request budget',
      code: 'budget_exhausted',
      retryable: true,
      action: 'Wait for the seconds of the Retry-After header; nothing was sent to Ajax.',
      correlation_id: '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e',
    },
  });

const descriptions = {
  400: 'The body is not valid JSON, or Ajax could not execute the request',
  401: 'Not signed in, or the credentials were refused',
  403: 'The plan or the Ajax account does not allow this',
  404: 'No such resource for this account',
  409: 'The command is on its way already',
  412: 'The hub is in the wrong state, or refused to arm',
  413: 'The body is too large',
  422: 'A value of the request is not acceptable',
  429: 'Nothing was sent: wait for Retry-After',
  502: 'Ajax failed, or the connection of the account to Ajax is lost',
  503: 'A part of the gateway, Ajax or the hub is unavailable',
  504: 'No answer in time; the outcome of a command is unknown',
} as const;

/** Problem answers (RFC 9457) of a route, by status. */
export function problemAnswers<S extends keyof typeof descriptions>(...statuses: readonly S[]) {
  const content = { 'application/problem+json': { schema: problemSchema } };
  const entries = statuses.map((status) => [status, { description: descriptions[status], content }]);
  return Object.fromEntries(entries) as Record<S, { description: string; content: typeof content }>;
}
