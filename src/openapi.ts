/** The description of the API (OpenAPI 3.1): what the routes say of themselves, and what is said once for all. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { compress } from 'hono/compress';
import type { GatewayEnv } from './kernel/context.ts';
import { type ErrorCode, errorRegistry } from './kernel/errors.ts';
import { createRouter, forEverybody, jsonContent } from './kernel/openapi.ts';
import { exampleOf } from './kernel/problem-examples.ts';
import { anyRequest, beforeRequest, behindTheDoor, problemAnswer } from './kernel/problems.ts';
import { headersNamed, responseHeaders } from './kernel/response-headers.ts';
import { withExamples } from './openapi.examples.ts';

type Document = ReturnType<OpenAPIHono<GatewayEnv>['getOpenAPI31Document']>;
type Parameter = NonNullable<Operation['parameters']>[number];
type Response = NonNullable<NonNullable<Operation['responses']>['default']>;
type Reference = Extract<Response, { $ref: string }>;
type Answer = Exclude<Response, Reference>;
type Operation = NonNullable<NonNullable<Document['paths']>[string]['get']>;

export interface OpenApiDependencies {
  /** With all of its routes by the time the first request arrives. */
  readonly app: OpenAPIHono<GatewayEnv>;
  readonly name: string;
  readonly version: string;
}

const documentRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  operationId: 'getOpenApi',
  tags: ['gateway'],
  ...forEverybody,
  summary: 'This description',
  // No secret in it: what a client sent and what it gets back have nothing to do with one another.
  middleware: [compress()],
  responses: {
    200: jsonContent(
      z
        .record(z.string(), z.unknown())
        .openapi('OpenApiDocument', { example: { openapi: '3.1.0', info: {}, paths: {} } }),
      'OpenAPI 3.1',
    ),
  },
});

/** `/api/v1/openapi.json` */
export function openApiRoutes(deps: OpenApiDependencies) {
  let document: Document | undefined;
  return createRouter().openapi(documentRoute, (c) => {
    document ??= describeApi(deps);
    return c.json(document as unknown as Record<string, unknown>, 200);
  });
}

const description = `
Sign in with \`POST /api/v1/auth/token\` and send the access token as \`Authorization: Bearer ...\`; browsers get it as an
HttpOnly cookie too. Every refusal is a problem details object (RFC 9457) with a stable \`code\` and what to do about it;
the codes a route can answer are listed with it and in \`x-error-codes\`. The plan a route needs is in
\`x-required-plan\`: free, basic, pro or premium; higher plans include what lower ones do.

Requests that need Ajax share one budget. Read from the cache where the age of the data is good enough, follow
\`Retry-After\`, and poll as slowly as \`X-Suggested-Interval\` says.
`.trim();

const tags = [
  { name: 'auth', description: 'Signing in and out, and the account.' },
  { name: 'ajax', description: 'Hubs with their devices, rooms and groups, and arming.' },
  { name: 'commands', description: 'Receipts: what became of each command. Kept for a day after its end.' },
  { name: 'jobs', description: 'Reads asked for with `Prefer: respond-async`. Kept for 15 minutes.' },
  { name: 'billing', description: 'Plans, vouchers and payments of the account.' },
  { name: 'budget', description: 'The request budget all accounts share.' },
  { name: 'notifications', description: 'What the account is told, and how.' },
  { name: 'webhooks', description: 'Notifications posted to addresses of the account, signed.' },
  { name: 'security', description: "The account's own audit trail." },
  { name: 'support', description: 'Messages to the operator.' },
  { name: 'gateway', description: 'What this gateway is and how it does. For everybody.' },
  { name: 'admin', description: 'For the operator.' },
  { name: 'users', description: 'The same as `auth`, where clients of the first gateway look for it.' },
];

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'The access token of `POST /api/v1/auth/token`' },
  cookie: { type: 'apiKey', in: 'cookie', name: 'access_token', description: 'The same, in browsers' },
  refreshCookie: { type: 'apiKey', in: 'cookie', name: 'refresh_token' },
  adminSecret: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Admin-Secret',
    description: 'ADMIN_SECRET_KEY, where the operator has set one',
  },
  metricsToken: { type: 'http', scheme: 'bearer', description: 'METRICS_TOKEN of the operator' },
} as const;

const signedIn: Record<string, string[]>[] = [{ bearer: [] }, { cookie: [] }];

/** Before or beside every route: said once, and every operation refers to it. */
const ANY_REQUEST = 'AnyRequest';

function describeApi({ app, name, version }: OpenApiDependencies): Document {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: name, version, description, license: { name: 'MIT' } },
    // As seen from whoever reads the document: right behind any proxy.
    servers: [{ url: '/', description: 'This gateway' }],
    security: signedIn,
    tags,
  });
  const codes = (Object.keys(errorRegistry) as ErrorCode[]).filter(
    (code) => !(behindTheDoor as readonly ErrorCode[]).includes(code),
  );
  const { headers, ...answer } = problemAnswer([...anyRequest, ...beforeRequest]);
  const anyAnswer = {
    ...answer,
    description: `What any request may meet:\n${answer.description}`,
    headers: { ...headers, ...onEveryAnswer },
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  document.components = {
    ...document.components,
    securitySchemes,
    headers: responseHeaders,
    responses: { [ANY_REQUEST]: anyAnswer },
    examples: Object.fromEntries(
      codes.map((code) => [code, { summary: errorRegistry[code].title, value: exampleOf(code) }]),
    ),
  };
  for (const operation of operationsOf(document)) complete(operation, anyAnswer);
  return withExamples(document);
}

const onEveryAnswer = headersNamed('X-Correlation-ID');

function complete(operation: Operation, anyAnswer: Answer): void {
  operation.parameters = operation.parameters?.map(leftOut) ?? [];
  const plan = planOf(operation);
  if (plan !== undefined) {
    operation['x-required-plan'] = plan;
    const words = plan === 'free' ? 'Any plan.' : `Plan: ${plan} or higher.`;
    operation.description = [operation.description, words].filter(Boolean).join('\n\n');
  }
  for (const response of Object.values(operation.responses ?? {}))
    response.headers = { ...response.headers, ...onEveryAnswer };
  operation.responses = {
    ...operation.responses,
    default: withOwn(operation.responses?.default, anyAnswer),
  };
}

/** A route that answers for others has more to say of every other status. */
function withOwn(own: Response | undefined, any: Answer): Response {
  if (own === undefined || !('content' in own)) return { $ref: `#/components/responses/${ANY_REQUEST}` };
  return {
    ...any,
    description: `${own.description}\n\n${any.description}`,
    content: { ...any.content, ...own.content },
  };
}

/**
 * Scalar sends every parameter that has an example. One that is not required shows what could be sent, and is left out
 * until somebody ticks it.
 */
function leftOut(parameter: Parameter): Parameter {
  if (!('in' in parameter) || parameter.required) return parameter;
  const { example, schema = {}, ...rest } = parameter;
  const value: unknown = example ?? ('example' in schema ? schema.example : undefined);
  return { ...rest, schema, examples: { [parameter.name]: { value, 'x-disabled': true } } };
}

/** Who is signed in has a plan, if only the lowest; others need none. */
function planOf(operation: Operation): string | undefined {
  const named: unknown = operation['x-required-plan'];
  if (typeof named === 'string') return named;
  return (operation.security ?? signedIn).some((scheme) => 'bearer' in scheme) ? 'free' : undefined;
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

function operationsOf({ paths = {} }: Document): Operation[] {
  return Object.values(paths).flatMap((item) => methods.flatMap((method) => item[method] ?? []));
}
