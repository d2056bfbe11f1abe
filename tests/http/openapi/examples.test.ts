/** Every example of the API's description is sent, and the answer compared with what is documented. */
import { afterAll, describe, expect, it } from 'vitest';
import { demoWorld } from '../../../src/kernel/demo-world.ts';
import { prepare, refusedByAjax, send, startDemo } from './demo.ts';
import { ANY_TYPE, answerOf, differences, examplesOf, requestsOf, strictly } from './described.ts';

const demo = await startDemo();
const { gateway, operations } = demo;
const shared = await gateway.signIn();
afterAll(() => gateway.close());

const named = operations.map((operation) => [operation.operationId, operation] as const);
/** Their session ends, or its tokens change. */
const clientOf = (path: string) =>
  /\/(auth|users)\//.test(path) ? gateway.signIn() : Promise.resolve(shared);

describe('the examples', () => {
  it.each(named)('of %s are answered as documented', { timeout: 60_000 }, async (id, operation) => {
    const requests = requestsOf(operation);
    expect(requests.length).toBeGreaterThan(0);
    for (const request of requests) {
      const client = await clientOf(operation.path);
      await prepare(demo, operation);
      // A command is taken for the one before it for 30 s.
      gateway.clock.skip(31_000);
      const response = await send(gateway, operation, request, client);
      const said = `${request.name}: ${await response.clone().text()}`;
      // What is only accepted does not wait for what Ajax says.
      const refused = 'Prefer' in request.headers ? undefined : refusedByAjax[id];
      if (refused === undefined) expect(response.status, said).toBeLessThan(300);
      else expect(response.status, said).toBe(refused);
      expect(await differences(operation, response), request.name).toEqual([]);
      if (response.headers.get('content-type') !== 'application/json' || response.status !== 200) continue;
      const { content = {} } = answerOf(operation, 200) ?? {};
      const [example] = Object.values(
        examplesOf(content['application/json'] ?? content[ANY_TYPE] ?? { schema: {} }),
      );
      if (request === requests[0])
        expect(await response.json()).toSatisfy((real) => resembles(example, real));
    }
  });

  it.each(named)('of the answers of %s fit their own schema', (_id, operation) => {
    const answers = Object.entries(operation.responses).filter(([status]) => status !== 'default');
    for (const [status, { content = {} }] of answers)
      for (const [type, media] of Object.entries(content)) {
        const examples = Object.entries(examplesOf(media));
        // Nobody can give an example of just anything.
        if (type !== ANY_TYPE) expect(examples, `${status} ${type}`).not.toHaveLength(0);
        for (const [name, example] of examples)
          expect(
            strictly(media.schema).safeParse(example).error?.issues,
            `${status} ${name}`,
          ).toBeUndefined();
      }
  });
});

const demoValues: ReadonlySet<string> = new Set(
  Object.values(demoWorld).flatMap((value) => (typeof value === 'string' ? [value] : Object.values(value))),
);

/** Members an example has are there, and whatever it shows of the demo's world is so. */
function resembles(example: unknown, real: unknown): boolean {
  if (Array.isArray(example)) {
    return Array.isArray(real) && example.every((item) => real.some((each) => resembles(item, each)));
  }
  if (typeof example === 'object' && example !== null) {
    if (typeof real !== 'object' || real === null) return false;
    return Object.entries(example).every(
      ([key, value]) => key in real && resembles(value, (real as Record<string, unknown>)[key]),
    );
  }
  return typeof example === 'string' && demoValues.has(example) ? real === example : true;
}
