/** Refusals in the API's description: a route names its error codes, and their statuses follow from the registry. */
import { z } from '@hono/zod-openapi';
import { type ErrorCode, errorRegistry } from './errors.ts';
import { exampleOf } from './problem-examples.ts';
import { headersNamed } from './response-headers.ts';

const rejectionReason = z
  .object({
    source_type: z.string().nullable(),
    source_id: z.string().nullable(),
    code: z.string().nullable(),
  })
  .openapi('RejectionReason');

const fieldError = z
  .object({
    loc: z.array(z.union([z.string(), z.number()])).openapi({ description: 'Path into the request' }),
    msg: z.string(),
    type: z.string(),
  })
  .openapi('FieldError', {
    example: { loc: ['body', 'armState'], msg: 'Expected 0, 1 or 2', type: 'custom' },
  });

export const problemSchema = z
  .object({
    type: z.string().openapi({ description: '`urn:ajaxsecurflow:error:` and the code' }),
    title: z.string().openapi({ description: 'The same for every occurrence of the code' }),
    status: z.number().int(),
    detail: z.string().openapi({ description: 'What happened here, for people' }),
    code: z.string().openapi({ description: 'Stable: programs switch on it. Later versions may add codes' }),
    retryable: z.boolean().openapi({ description: 'The same request may succeed later' }),
    action: z.string().openapi({ description: 'What to do about it' }),
    correlation_id: z.string().optional(),
    errors: z.array(fieldError).optional(),
    command_id: z.string().optional().openapi({ description: 'Of a command: its receipt' }),
    rejection_reasons: z
      .array(rejectionReason)
      .optional()
      .openapi({ description: 'What kept a hub from arming' }),
    locked_until: z.iso.datetime().optional().openapi({ description: 'Until then nobody signs in' }),
    quota: z.string().optional().openapi({ description: 'minute or hour' }),
    limit: z.number().int().optional().openapi({ description: 'Of the quota' }),
    feature: z.string().optional(),
    plan: z.string().optional().openapi({ description: 'The plan of the caller' }),
    required_plan: z.string().optional().openapi({ description: 'The lowest plan with the feature' }),
    upstream_status: z.number().int().optional().openapi({ description: 'Status Ajax answered with' }),
    upstream_message_id: z.string().optional().openapi({ description: 'For questions to Ajax support' }),
  })
  .openapi('Problem', { example: exampleOf('budget_exhausted') });

type StatusOf<C extends ErrorCode> = (typeof errorRegistry)[C]['status'];

/** The body of a refusal with one of the codes. */
export type ProblemOf<C extends ErrorCode> = Omit<z.infer<typeof problemSchema>, 'code' | 'status'> & {
  code: C;
  status: StatusOf<C>;
};

type WithStatus<C extends ErrorCode, S> = C extends ErrorCode ? (StatusOf<C> extends S ? C : never) : never;

/** Problem answers by status, typed with the codes each can carry. */
export type ProblemAnswers<C extends ErrorCode> = {
  [S in StatusOf<C>]: {
    description: string;
    content: { 'application/problem+json': { schema: z.ZodType<ProblemOf<WithStatus<C, S>>> } };
  };
};

/** The answers of a route that may be refused with these codes (RFC 9457), and with those `any request` may meet. */
export function problems<const C extends ErrorCode>(...codes: readonly C[]): ProblemAnswers<C> {
  const byStatus = Map.groupBy(new Set<ErrorCode>(codes), (code) => errorRegistry[code].status);
  const answers = [...byStatus].map(([status, those]) => [status, problemAnswer(those)]);
  return Object.fromEntries(answers) as ProblemAnswers<C>;
}

/** One answer for several codes. */
export function problemAnswer(codes: readonly ErrorCode[]) {
  const statuses = new Set(codes.map((code) => errorRegistry[code].status));
  return {
    description: codes.map((code) => `- \`${code}\`: ${errorRegistry[code].title}`).join('\n'),
    headers: headersNamed(
      ...(codes.some((code) => errorRegistry[code].retryable) ? (['Retry-After'] as const) : []),
      ...(statuses.has(401) ? (['WWW-Authenticate'] as const) : []),
      ...(statuses.has(405) ? (['Allow'] as const) : []),
    ),
    content: {
      'application/problem+json': {
        schema: problemSchema,
        examples: Object.fromEntries(
          codes.map((code) => [code, { $ref: `#/components/examples/${code}` }] as const),
        ),
      },
    },
    'x-error-codes': codes,
  };
}

/** Before or beside every route: a route names of them only what it may meet at its own address or in its own body. */
export const anyRequest = [
  'not_found',
  'method_not_allowed',
  'probe_refused',
  'malformed_json',
  'json_ambiguous',
  'json_too_complex',
  'payload_too_large',
  'unsupported_media_type',
  'internal_error',
] as const;

/** Of the listener, before there is a request: `tests/runtime/hostile` sends what is refused so. */
export const beforeRequest = [
  'malformed_request',
  'uri_too_long',
  'headers_too_large',
  'request_timeout',
] as const;

/** Only between the parts of the product, never at its door. */
export const behindTheDoor = ['coordinator_secret_invalid'] as const;

/** Of every change: pages of other origins may not make one with a visitor's cookies. */
export const ofChange = ['origin_not_allowed'] as const;

/** Of every route with ids in its address: one that is no id, or looks like a probe. */
export const ofIds = ['invalid_request', 'probe_refused'] as const;

/** Of every route that looks into a JSON body. */
export const ofJson = [
  'malformed_json',
  'json_ambiguous',
  'json_too_complex',
  'payload_too_large',
  'unsupported_media_type',
] as const;

/** Of every route that takes a JSON body. */
export const ofBody = [...ofJson, 'invalid_request'] as const;

/** Of every route for those who are signed in. */
export const ofSession = ['invalid_credentials', 'database_unavailable'] as const;

/** Of every route that asks the coordinator. */
export const ofCoordinator = ['coordinator_unavailable', 'storage_unavailable'] as const;

/** Of every route that asks Ajax. */
export const ofUpstream = [
  ...ofCoordinator,
  'budget_exhausted',
  'operator_key_invalid',
  'upstream_throttled',
  'upstream_unavailable',
  'upstream_stopped',
  'upstream_error',
  'upstream_timeout',
] as const;
