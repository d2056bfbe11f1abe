/** The response headers of the gateway, as the API's description shows them. `required`: on every such answer. */
import type { OpenAPIHono } from '@hono/zod-openapi';

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type Header = NonNullable<NonNullable<Document['components']>['headers']>[string];

const wholeSeconds = { type: 'integer' as const, minimum: 0 };

export const responseHeaders = {
  'X-Correlation-ID': {
    description: 'Of the request, for questions to the operator; a well-formed one of the client is kept',
    required: true,
    schema: { type: 'string' },
    example: '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e',
  },
  'X-Cache': {
    description: 'HIT and MISS; STALE: older than usual, because Ajax or the budget is exhausted',
    required: true,
    schema: { type: 'string', enum: ['HIT', 'MISS', 'STALE'] },
    example: 'HIT',
  },
  'X-Cache-TTL': {
    description: 'Seconds for which the data is served without asking Ajax again',
    required: true,
    schema: wholeSeconds,
    example: 29,
  },
  Age: {
    description: 'Seconds since Ajax answered (RFC 9111)',
    required: true,
    schema: wholeSeconds,
    example: 1,
  },
  'X-Suggested-Interval': {
    description:
      'Seconds a polling client should wait before it asks again: the lifetime of the data, longer under load, and ' +
      'not the same for everybody',
    required: true,
    schema: { type: 'integer', minimum: 1 },
    example: 33,
  },
  'X-Command-ID': {
    description: 'Of a command that was passed through; its receipt is at `/api/v1/commands/{id}`',
    required: true,
    schema: { type: 'string', format: 'uuid' },
    example: '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e',
  },
  Location: {
    description: 'The receipt or the job to follow',
    required: true,
    schema: { type: 'string' },
    example: '/api/v1/commands/01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e',
  },
  'Retry-After': {
    description:
      'Seconds after which a repetition makes sense, where known; not the same for all who are refused at once',
    required: false,
    schema: { type: 'integer', minimum: 1 },
    example: 2,
  },
  RateLimit: {
    description:
      'What is left of the quotas of the plan, and seconds until it is all there again, where known',
    required: false,
    schema: { type: 'string' },
    example: '"minute";r=9;t=52, "hour";r=84;t=3100',
  },
  'RateLimit-Policy': {
    description: 'Reads of Ajax the plan allows (draft-ietf-httpapi-ratelimit-headers)',
    required: false,
    schema: { type: 'string' },
    example: '"minute";q=10;w=60, "hour";q=100;w=3600',
  },
  'Preference-Applied': {
    description: '`respond-async` where that preference was followed (RFC 7240)',
    required: false,
    schema: { type: 'string', enum: ['respond-async'] },
    example: 'respond-async',
  },
  'Idempotency-Replayed': {
    description: '`true`: the answer of an earlier command; nothing was sent',
    required: false,
    schema: { type: 'string', enum: ['true'] },
    example: 'true',
  },
  'WWW-Authenticate': {
    description: 'The scheme to authenticate with',
    required: false,
    schema: { type: 'string' },
    example: 'Bearer',
  },
  Allow: {
    description: 'With 405: the methods the address has',
    required: false,
    schema: { type: 'string' },
    example: 'GET',
  },
  'Set-Cookie': {
    description: 'The session as HttpOnly cookies `access_token` and `refresh_token`',
    required: true,
    schema: { type: 'string' },
    example: 'access_token=eyJhbGciOiJIUzI1NiJ9.e30.c2ln; Path=/; HttpOnly; SameSite=Lax',
  },
} satisfies Record<string, Header>;

export type HeaderName = keyof typeof responseHeaders;

/** `headers` of a response, by reference. */
export function headersNamed(...names: readonly HeaderName[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** The same of a response that has them only sometimes. */
export function headersSometimes(...names: readonly HeaderName[]) {
  return Object.fromEntries(names.map((name) => [name, { ...responseHeaders[name], required: false }]));
}
