/** Puts the examples of schemas where readers of the API's description look for them: beside each answer and body. */
import type { OpenAPIHono } from '@hono/zod-openapi';

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type Components = NonNullable<Document['components']>;
type Schema = NonNullable<Components['schemas']>[string];

interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: unknown;
}

/** Every JSON body and answer with the example of its schema, of its items, or one of each alternative. */
export function withExamples(document: Document): Document {
  const schemas = document.components?.schemas ?? {};
  for (const item of Object.values(document.paths ?? {}))
    for (const { requestBody, responses } of Object.values(item).filter(isOperation)) {
      for (const { content } of [requestBody, ...Object.values(responses)].filter(hasContent))
        for (const media of Object.values(content)) addExample(media, schemas);
    }
  return document;
}

function addExample(media: Media, schemas: Record<string, Schema>): void {
  if (media.example !== undefined || media.examples !== undefined || media.schema === undefined) return;
  const schema = resolve(media.schema, schemas);
  const example = exampleOf(schema, schemas);
  if (example !== undefined) media.example = example;
  else if ('oneOf' in schema && schema.oneOf !== undefined) {
    media.examples = Object.fromEntries(
      schema.oneOf.map((each) => [nameOf(each), { value: exampleOf(resolve(each, schemas), schemas) }]),
    );
  }
}

function exampleOf(schema: Schema, schemas: Record<string, Schema>): unknown {
  if ('example' in schema) return schema.example;
  const items = 'items' in schema ? schema.items : undefined;
  const item = items && exampleOf(resolve(items, schemas), schemas);
  return item === undefined ? undefined : [item];
}

const resolve = (schema: Schema, schemas: Record<string, Schema>): Schema =>
  ('$ref' in schema && schema.$ref ? schemas[nameOf(schema)] : undefined) ?? schema;

const nameOf = (schema: Schema): string =>
  ('$ref' in schema ? (schema.$ref?.split('/').at(-1) ?? '') : '') || 'example';

interface Described {
  readonly requestBody?: unknown;
  readonly responses: Record<string, unknown>;
}

const isOperation = (value: unknown): value is Described =>
  typeof value === 'object' && value !== null && 'responses' in value;

const hasContent = (value: unknown): value is { content: Record<string, Media> } =>
  typeof value === 'object' && value !== null && 'content' in value;
