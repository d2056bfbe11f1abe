/** Refuses every operation in every way there is, and compares what is answered with what is documented. */
import { afterAll, describe, expect, it } from 'vitest';
import { grants } from '../../../src/billing/table.ts';
import { newId } from '../../../src/kernel/ids.ts';
import type { SignedInClient } from '../../support/gateway.ts';
import { letRequestsGo, prepare, send, startDemo } from './demo.ts';
import { answerOf, differences, type Operation, requestsOf } from './described.ts';
import { OTHER, type Provocation, provocations } from './provocations.ts';

const demo = await startDemo({ DEFAULT_PLAN: 'free' });
const { gateway, operations } = demo;
const client = await signInWithPlan();
const other = await gateway.signIn(OTHER);
afterAll(() => gateway.close());

async function signInWithPlan(): Promise<SignedInClient> {
  const signedIn = await gateway.signIn();
  const { id } = await signedIn.json<{ id: string }>('/api/v1/auth/me');
  const grant = { id: newId(), accountId: id, plan: 'premium', source: 'admin', from: new Date(0) } as const;
  await gateway.database.run((sql) => sql.insert(grants).values(grant));
  gateway.clock.skip(1_001);
  return signedIn;
}

/** What a route cannot be brought to by a request has a test of its own. */
const provokedElsewhere: Readonly<Record<string, readonly string[]>> = {
  getMetrics: ['not_found'],
  ...Object.fromEntries(
    [
      'startCheckout',
      'openPortal',
      'changePlan',
      'cancelSubscription',
      'resumeSubscription',
      'receiveStripeEvent',
    ].map((id) => [id, ['payments_not_configured']]),
  ),
};

const codesOf = ({ responses }: Operation) =>
  Object.entries(responses).flatMap(([status, answer]) =>
    status === 'default' ? [] : (answer['x-error-codes'] ?? []),
  );

describe('what an operation can be refused with', () => {
  const rows = operations.map((operation) => [operation.operationId, operation] as const);
  it.each(rows)('is documented of %s, all of it and no more', { timeout: 120_000 }, async (id, operation) => {
    const seen = new Set<string>(provokedElsewhere[id] ?? []);
    const [request] = requestsOf(operation);
    if (request === undefined) throw new Error('No example');
    for (const [code, provoke] of Object.entries(provocations)) {
      await prepare(demo, operation);
      // A command is taken for the one before it for 30 s.
      gateway.clock.skip(31_000);
      const isOfSession = /\/(auth|users)\//.test(operation.path);
      const mine = isOfSession ? await gateway.signIn() : client;
      const theirs = isOfSession ? await gateway.signIn(OTHER) : other;
      const provocation: Provocation = { demo, operation, request, client: mine, other: theirs };
      for (const response of [await provoke(provocation)].flat()) {
        expect(await differences(operation, response), `${code} ${response.status}`).toEqual([]);
        if (response.headers.get('content-type') !== 'application/problem+json') continue;
        const problem = (await response.json()) as { code: string };
        const answer = answerOf(operation, response.status) ?? operation.responses.default;
        expect(answer?.['x-error-codes'], `${code} ${JSON.stringify(problem)}`).toContain(problem.code);
        seen.add(problem.code);
      }
    }
    demo.coordinator.clear();
    if (id === 'switchUpstream') await letRequestsGo(demo, client);
    expect([...seen].sort()).toEqual(expect.arrayContaining(codesOf(operation).sort()));
  });

  it('includes not_found of the metrics, where there are none', async () => {
    const without = await startDemo({ METRICS_TOKEN: undefined });
    const operation = without.operations.find(({ operationId }) => operationId === 'getMetrics');
    const [request] = operation ? requestsOf(operation) : [];
    if (!operation || !request) throw new Error('No such operation');
    const response = await send(without.gateway, operation, request, undefined);
    expect(await differences(operation, response)).toEqual([]);
    expect(await response.json()).toMatchObject({ code: 'not_found' });
    expect(operation.responses['404']?.['x-error-codes']).toContain('not_found');
    await without.gateway.close();
  });
});
