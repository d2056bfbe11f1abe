/** Reads the API's description as its users do: operations, the requests their examples make, schemas taken strictly. */
import { z } from 'zod';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'cookie';
  readonly required?: boolean;
  readonly examples?: Readonly<Record<string, { readonly value: unknown; readonly 'x-disabled'?: boolean }>>;
  readonly schema: JsonSchema & { readonly example?: unknown };
}

export interface Media {
  readonly schema: JsonSchema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

export interface Answer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly content?: Readonly<Record<string, Media>>;
  readonly 'x-error-codes'?: readonly string[];
}

export interface Operation {
  readonly path: string;
  readonly method: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answer>>;
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly 'x-required-plan'?: string;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Description {
  readonly document: Readonly<Record<string, unknown>> & { readonly openapi: string };
  readonly operations: readonly Operation[];
  readonly tags: readonly string[];
}

const methods = ['get', 'put', 'post', 'delete', 'patch'];

export async function readDescription(response: Response): Promise<Description> {
  const document = (await response.json()) as Description['document'] & {
    paths: Record<string, Record<string, Omit<Operation, 'path' | 'method'>>>;
    security: Operation['security'];
    tags: { name: string }[];
  };
  const resolved = resolveReferences(document.paths, document) as typeof document.paths;
  const operations = Object.entries(resolved).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.includes(method))
      .map(([method, operation]) => ({
        ...{ parameters: [], security: document.security },
        ...operation,
        ...{ path, method: method.toUpperCase() },
      })),
  );
  return { document, operations, tags: document.tags.map(({ name }) => name) };
}

function resolveReferences(value: unknown, root: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, root));
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value && typeof value.$ref === 'string') {
    const target = value.$ref
      .slice(2)
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], root);
    if (target === undefined) throw new Error(`${value.$ref} leads nowhere`);
    return resolveReferences(target, root);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, resolveReferences(member, root)]),
  );
}

/** Members a schema does not name are refused, so that nothing undocumented goes unseen. */
export function strictly(schema: JsonSchema): z.ZodType {
  return z.fromJSONSchema(closed(schema) as Parameters<typeof z.fromJSONSchema>[0]);
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  // Examples and discriminators say nothing about validity.
  const rest = Object.entries(value).filter(
    ([key]) => !['example', 'examples', 'discriminator'].includes(key),
  );
  const schema = Object.fromEntries(rest.map(([key, member]) => [key, closed(member)]));
  const isObject = 'properties' in schema && !('additionalProperties' in schema);
  return isObject ? { ...schema, additionalProperties: false } : schema;
}

/** Values of a media type's examples, by name. */
export function examplesOf({ example, examples = {} }: Media): Record<string, unknown> {
  const named = Object.entries(examples).map(([name, { value }]) => [name, value] as const);
  return example === undefined ? Object.fromEntries(named) : { example, ...Object.fromEntries(named) };
}

export interface ExampleRequest {
  /** What is special about it. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export const exampleOf = ({ name, examples, schema }: Parameter): unknown =>
  examples?.[name]?.value ?? schema.example;

/** The request with every example of its body, and once with each parameter that is not required. */
export function requestsOf(operation: Operation, leave: readonly string[] = []): ExampleRequest[] {
  const path = operation.parameters
    .filter((parameter) => parameter.in === 'path')
    .reduce(
      (at, parameter) => at.replace(`{${parameter.name}}`, String(exampleOf(parameter))),
      operation.path,
    );
  const media = operation.requestBody?.content['application/json'];
  const bodies = Object.entries(media === undefined ? {} : examplesOf(media));
  const base = { method: operation.method, path, headers: {} };
  const plain: ExampleRequest[] =
    bodies.length === 0
      ? [{ ...base, name: 'as it stands' }]
      : bodies.map(([name, body]) => ({ ...base, name: `body ${name}`, body: JSON.stringify(body) }));
  const [first = { ...base, name: '' }] = plain;
  const optional = operation.parameters
    .filter((parameter) => parameter.in !== 'path' && !leave.includes(parameter.name))
    .map((parameter) => {
      const value = String(exampleOf(parameter));
      const name = `${parameter.name}: ${value}`;
      return parameter.in === 'query'
        ? { ...first, name, path: `${path}?${new URLSearchParams({ [parameter.name]: value })}` }
        : { ...first, name, headers: { [parameter.name]: value } };
    });
  return [...plain, ...optional];
}

/** The description of an answer with this status: its own, or of its hundred. */
export const answerOf = ({ responses }: Operation, status: number): Answer | undefined =>
  responses[String(status)] ?? responses[`${Math.floor(status / 100)}XX`];

/** Whatever its type; a type of its own is described beside it. */
export const ANY_TYPE = '*/*';

/** Whose answers are those of Ajax, whatever they are. */
export const isPassThrough = ({ operationId }: Pick<Operation, 'operationId'>): boolean =>
  operationId.startsWith('passThrough');

/** Why an answer is not as documented; empty when it is. */
export async function differences(operation: Operation, response: Response): Promise<string[]> {
  const described = answerOf(operation, response.status) ?? operation.responses.default;
  if (described === undefined) return [`status ${response.status} is not documented`];
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const media = described.content?.[type] ?? described.content?.[ANY_TYPE];
  if (media === undefined) return [`${type} is not documented for ${response.status}`];
  if (media === described.content?.[ANY_TYPE] && type === 'application/problem+json')
    return [`a problem is not documented for ${response.status}`];
  const missing = Object.entries(described.headers ?? {})
    .filter(([name, { required }]) => required && !response.headers.has(name))
    .map(([name]) => `${name} is missing`);
  const body: unknown = type.endsWith('json') ? await response.clone().json() : await response.clone().text();
  const { error } = strictly(media.schema).safeParse(body);
  const misfits = error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
  return [...missing, ...misfits];
}
