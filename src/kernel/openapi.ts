/** The OpenAPI router every module builds on: one way to refuse a request that does not fit. */
import { OpenAPIHono, type z } from '@hono/zod-openapi';
import type { GatewayEnv } from './context.ts';
import { type FieldError, GatewayError } from './errors.ts';
import { type HeaderName, headersNamed } from './response-headers.ts';

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

/** A JSON answer; its example is that of the schema, or of the items of a list. */
export function jsonContent<T extends z.ZodType>(
  schema: T,
  description: string,
  ...headers: readonly HeaderName[]
) {
  return { description, headers: headersNamed(...headers), content: { 'application/json': { schema } } };
}

/** Of a route everybody may call. */
export const forEverybody = { security: [] };
