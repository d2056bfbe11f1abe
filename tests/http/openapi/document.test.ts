import { Validator } from '@seriousme/openapi-schema-validator';
import { inspectRoutes } from 'hono/dev';
import { afterAll, describe, expect, it } from 'vitest';
import { demoWorld } from '../../../src/kernel/demo-world.ts';
import { errorRegistry } from '../../../src/kernel/errors.ts';
import { anyRequest, behindTheDoor } from '../../../src/kernel/problems.ts';
import { startDemo } from './demo.ts';
import { exampleOf, strictly } from './described.ts';

const demo = await startDemo();
const { gateway, document, operations, tags } = demo;
afterAll(() => gateway.close());

/** The dashboard and the page of this description are for people, and answer HTML. */
const forPeople = /^\/(docs.*|\*)$/;

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    expect(document.openapi).toBe('3.1.0');
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('has every route of the gateway, and no other', () => {
    const routes = inspectRoutes(gateway.app)
      .filter(({ isMiddleware, path }) => !isMiddleware && !forPeople.test(path))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
    const described = operations.map(({ method, path }) => `${method} ${path}`);
    expect(described.length).toBeGreaterThan(20);
    expect([...new Set(routes)].sort()).toEqual(described.sort());
  });

  it('names every operation once, says what it does, and puts it under a tag that is explained', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids).toEqual([...new Set(ids)]);
    for (const operation of operations) {
      expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(operation.summary, operation.operationId).toMatch(/^[A-Z].{3,}[^.]$/);
      expect(tags, operation.operationId).toEqual(expect.arrayContaining([...operation.tags]));
    }
    expect(new Set(operations.flatMap((operation) => operation.tags))).toEqual(new Set(tags));
  });

  it('is served from wherever its reader found it', () => {
    expect(document.servers).toMatchObject([{ url: '/' }]);
  });

  it('gives every parameter and body an example', () => {
    for (const { operationId, parameters, requestBody } of operations) {
      for (const parameter of parameters) {
        const { name, required, examples } = parameter;
        expect(exampleOf(parameter), `${operationId} ${name}`).toBeDefined();
        // The page would send what nobody asked for.
        if (!required)
          expect(examples?.[name], `${operationId} ${name}`).toMatchObject({ 'x-disabled': true });
      }
      for (const media of Object.values(requestBody?.content ?? {})) {
        const examples = [media.example, ...Object.values(media.examples ?? {}).map(({ value }) => value)];
        const given = examples.filter((example) => example !== undefined);
        expect(given, operationId).not.toHaveLength(0);
        for (const example of given)
          expect(strictly(media.schema).safeParse(example).error, operationId).toBeUndefined();
      }
    }
  });

  it('documents every error code: with its operations, with any request, or as one of the inside', () => {
    const ofOperations = operations.flatMap(({ responses }) =>
      Object.values(responses).flatMap((answer) => answer['x-error-codes'] ?? []),
    );
    const documented = new Set([...ofOperations, ...anyRequest, ...behindTheDoor]);
    expect([...documented].sort()).toEqual(Object.keys(errorRegistry).sort());
    const inside: string[] = [...behindTheDoor];
    expect(ofOperations.filter((code) => inside.includes(code))).toEqual([]);
  });

  it('lists with each status the codes that have it, for people and for programs', () => {
    for (const { operationId, responses } of operations)
      for (const [status, answer] of Object.entries(responses)) {
        if (answer.content?.['application/problem+json'] === undefined) continue;
        const codes = answer['x-error-codes'] ?? [];
        expect(codes, `${operationId} ${status}`).not.toHaveLength(0);
        for (const code of codes as (keyof typeof errorRegistry)[]) {
          if (status !== 'default') expect(errorRegistry[code].status).toBe(Number(status));
          expect(answer.description).toContain(`\`${code}\`: ${errorRegistry[code].title}`);
        }
      }
  });

  it('tells what any request may meet in the answer for every other status', () => {
    for (const { operationId, responses } of operations)
      expect(responses.default?.['x-error-codes'], operationId).toEqual(anyRequest);
  });

  it('shows the plan of an operation in words too', () => {
    for (const operation of operations) {
      const plan = operation['x-required-plan'];
      if (plan === undefined) continue;
      const words = plan === 'free' ? 'Any plan.' : `Plan: ${plan} or higher.`;
      expect(operation.description, operation.operationId).toContain(words);
    }
  });

  it('holds nothing of this installation', () => {
    const text = JSON.stringify(document);
    for (const secret of ['a test secret', 'metrics token of', 'admin secret of', 'test-key', 'ajax.test'])
      expect(text).not.toContain(secret);
  });

  it('is compressed for who takes it so, and small enough to be read on a phone', async () => {
    const headers = { 'accept-encoding': 'gzip' };
    const response = await gateway.fetch('/api/v1/openapi.json', { headers });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect((await response.arrayBuffer()).byteLength).toBeLessThan(60_000);
  });
});

describe('what any request may meet', () => {
  it.each([
    ['not_found', '/api/v1/nothing', 'GET'],
    ['method_not_allowed', '/health', 'DELETE'],
  ])('%s, looks as documented', async (code, path, method) => {
    const response = await gateway.fetch(path, { method });
    const body: unknown = await response.json();
    expect(body).toMatchObject({ code });
    const [operation] = operations;
    const described = operation?.responses.default;
    expect(described?.['x-error-codes']).toContain(code);
    const schema = described?.content?.['application/problem+json']?.schema ?? {};
    expect(strictly(schema).safeParse(body).error).toBeUndefined();
  });
});

describe("the world of the document's examples", () => {
  it('is that of the demo', async () => {
    const [account] = gateway.simulator.accounts;
    expect(account).toMatchObject({
      login: demoWorld.login,
      password: demoWorld.password,
      userId: demoWorld.userId.toUpperCase(),
      hubIds: [demoWorld.hub.id, demoWorld.shop.id],
    });
    const client = await gateway.signIn();
    const read = (path: string) => client.json(`/api/v1/ajax/hubs${path}`);
    expect(await read('')).toMatchObject([demoWorld.hub, demoWorld.shop]);
    const { id, name } = demoWorld.room;
    const rooms = expect.arrayContaining([expect.objectContaining({ id, roomName: name })]);
    expect(await read(`/${demoWorld.hub.id}/rooms`)).toEqual(rooms);
    const groups = expect.arrayContaining([expect.objectContaining(demoWorld.group)]);
    expect(await read(`/${demoWorld.shop.id}/groups`)).toEqual(groups);
    expect(await read(`/${demoWorld.hub.id}/devices/${demoWorld.device.id}`)).toMatchObject(demoWorld.device);
  });
});
