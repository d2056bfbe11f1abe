/** docker-compose.yml as Compose reads it: aliases resolved, variables filled in. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const serviceSchema = z.looseObject({
  image: z.string(),
  build: z.object({ context: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  healthcheck: z.object({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }).optional(),
  ports: z.array(z.string()).default([]),
  user: z.string().optional(),
  networks: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]),
});
export type ComposeService = z.infer<typeof serviceSchema>;

export const composeText = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8');

const VARIABLE = /\$\{(\w+)(?::([-?])([^}]*))?\}/g;

/** Every variable the file asks for; true when it cannot do without. */
export function composeVariables(): Map<string, boolean> {
  const found = new Map<string, boolean>();
  for (const [, name = '', operator] of composeText.matchAll(VARIABLE)) found.set(name, operator === '?');
  return found;
}

/** @throws Error naming a required variable that is missing, as Compose does */
export function readCompose(env: Readonly<Record<string, string>>): Readonly<Record<string, ComposeService>> {
  const fill = (text: string) =>
    text.replace(VARIABLE, (_match, name: string, operator = '', operand = '') => {
      const value = env[name] ?? '';
      if (value === '' && operator === '?') throw new Error(`${name} ${operand}`);
      return value === '' && operator === '-' ? operand : value;
    });
  // First the YAML, then the variables: a password is no YAML.
  const file: unknown = parse(composeText, { merge: true });
  const filled: unknown = JSON.parse(JSON.stringify(file), (_key, value: unknown) =>
    typeof value === 'string' ? fill(value) : value,
  );
  return z.looseObject({ services: z.record(z.string(), serviceSchema) }).parse(filled).services;
}
