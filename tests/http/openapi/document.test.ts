import { gzipSync } from 'node:zlib';
import { Validator } from '@seriousme/openapi-schema-validator';
import { inspectRoutes } from 'hono/dev';
import { afterAll, describe, expect, it } from 'vitest';
import { demoWorld } from '../../../src/kernel/demo-world.ts';
import { errorRegistry } from '../../../src/kernel/errors.ts';
import { createLog } from '../../../src/kernel/log.ts';
import { anyRequest, beforeRequest, behindTheDoor } from '../../../src/kernel/problems.ts';
import { createHits, createListenerRefusals } from '../../../src/shield/index.ts';
import { startDemo } from './demo.ts';
import { ANY_TYPE, exampleOf, isPassThrough, strictly } from './described.ts';

const demo = await startDemo();
const { gateway, document, operations, tags } = demo;
afterAll(() => gateway.close());

/** The dashboard and the page of this description are for people, and answer HTML. */
const forPeople = /^\/(docs.*|\*)$/;
/** They lead clients of the first gateway to where things are now, and are no part of what a new one should know. */
const moved = ['GET /openapi.json', 'GET /redoc'];

/** One handler of every address and method that may leave the answer to another: no list of routes tells it apart. */
const passed = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map(
  (method) => `${method} /api/v1/ajax/user/{user_id}/{path}`,
);

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
    expect(operations.filter(isPassThrough).map(({ method, path }) => `${method} ${path}`)).toEqual(passed);
    const typed = operations.filter((operation) => !isPassThrough(operation));
    const described = typed.map(({ method, path }) => `${method} ${path}`);
    expect(described.length).toBeGreaterThan(20);
    expect([...new Set(routes)].sort()).toEqual([...described, ...moved].sort());
  });

  it.each(moved)('leaves out %s, which only leads elsewhere', async (route) => {
    const [method = '', path = ''] = route.split(' ');
    const response = await gateway.fetch(path, { method });
    expect([response.status, response.headers.get('location')]).toEqual([308, expect.any(String)]);
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
      for (const [type, media] of Object.entries(requestBody?.content ?? {})) {
        // Nobody can give an example of just anything; of whatever else there is, there is one.
        if (type === ANY_TYPE) continue;
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
    const documented = new Set([...ofOperations, ...behindTheDoor]);
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
      expect(responses.default?.['x-error-codes'], operationId).toEqual([...anyRequest, ...beforeRequest]);
  });

  it('leaves open what is answered only where Ajax answers itself', () => {
    for (const operation of operations) {
      const contents = [operation.requestBody, ...Object.values(operation.responses)].map(
        (each) => each?.content,
      );
      const isOpen = contents.some((content = {}) => ANY_TYPE in content);
      const ranges = Object.keys(operation.responses).filter((status) => status.endsWith('XX'));
      expect([isOpen, ranges], operation.operationId).toEqual(
        isPassThrough(operation) ? [true, ['2XX']] : [false, []],
      );
    }
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
  async function expectAsDocumented(response: Response, code: string): Promise<void> {
    const body: unknown = await response.json();
    expect(body).toMatchObject({ code, status: response.status });
    const described = operations[0]?.responses.default;
    expect(described?.['x-error-codes']).toContain(code);
    const schema = described?.content?.['application/problem+json']?.schema ?? {};
    expect(strictly(schema).safeParse(body).error).toBeUndefined();
    expect(response.headers.get('x-correlation-id')).toEqual(expect.any(String));
  }

  const provoked: readonly [string, string, string, BodyInit | null][] = [
    ['not_found', '/api/v1/nothing', 'GET', null],
    ['method_not_allowed', '/health', 'DELETE', null],
    ['probe_refused', '/wp-admin', 'GET', null],
    ['malformed_json', '/api/v1/auth/logout', 'POST', Uint8Array.of(0xff)],
    ['json_ambiguous', '/api/v1/auth/logout', 'POST', '{"a":1,"a":1}'],
    ['json_too_complex', '/api/v1/auth/logout', 'POST', '['.repeat(100)],
    ['unsupported_media_type', '/api/v1/auth/logout', 'POST', gzipSync('{}')],
    ['payload_too_large', '/api/v1/auth/logout', 'POST', ' '.repeat(10 * 1024 * 1024 + 1)],
  ];

  it.each(provoked)('%s, looks as documented', async (code, path, method, body) => {
    const packed: Record<string, string> =
      code === 'unsupported_media_type' ? { 'content-encoding': 'gzip' } : {};
    const headers = { 'content-type': 'application/json', ...packed };
    const response = await gateway.fetch(path, { method, headers, body });
    await expectAsDocumented(response, code);
  });

  it('is all provoked, but for the error nobody provokes on purpose', () => {
    const codes = [...provoked.map(([code]) => code), 'internal_error'];
    expect(codes.sort()).toEqual([...anyRequest].sort());
  });

  it.each(beforeRequest)('%s, looks as documented where there never was a request', async (code) => {
    const hits = createHits({
      clock: gateway.clock,
      log: createLog('debug', () => {}),
      write: async () => {},
    });
    const refuse = createListenerRefusals([], hits, gateway.clock);
    const response = await refuse(code, { remoteAddress: '203.0.113.5', origin: undefined });
    await expectAsDocumented(response, code);
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
    for (const device of [demoWorld.device, demoWorld.lamp])
      expect(await read(`/${demoWorld.hub.id}/devices/${device.id}`)).toMatchObject(device);
    const scenarios: unknown = await client.json(
      `/api/v1/ajax/user/${demoWorld.userId}/hubs/${demoWorld.hub.id}/scenarios`,
    );
    expect(scenarios).toMatchObject([{ scenario: demoWorld.scenario }, {}]);
  });
});
