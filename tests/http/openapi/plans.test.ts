import { eq } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { grants } from '../../../src/billing/table.ts';
import { type Plan, plans } from '../../../src/kernel/caller.ts';
import { newId } from '../../../src/kernel/ids.ts';
import { letRequestsGo, prepare, refusedByAjax, send, startDemo } from './demo.ts';
import { requestsOf } from './described.ts';

const demo = await startDemo({ DEFAULT_PLAN: 'free' });
const { gateway, operations } = demo;
const client = await gateway.signIn();
const { id: accountId } = await client.json<{ id: string }>('/api/v1/auth/me');
afterAll(() => gateway.close());

async function holdPlan(plan: Plan): Promise<void> {
  await gateway.database.run(async (sql) => {
    await sql.delete(grants).where(eq(grants.accountId, accountId));
    await sql.insert(grants).values({ id: newId(), accountId, plan, source: 'admin', from: new Date(0) });
  });
  // Plans are remembered for 1 s; a command is taken for the one before it for 30 s.
  gateway.clock.skip(31_000);
}

const guarded = operations.filter((operation) => operation['x-required-plan'] !== undefined);

describe('x-required-plan', () => {
  it('is there for every operation that takes a session, and for no other', () => {
    const takesSession = operations.filter(({ security }) => security.some((each) => 'bearer' in each));
    expect(guarded).toEqual(takesSession);
    expect(guarded.length).toBeGreaterThan(10);
  });

  const rows = guarded.map((operation) => [operation.operationId, operation] as const);
  it.each(rows)('of %s is what a request with each plan gets', { timeout: 60_000 }, async (id, operation) => {
    const required = operation['x-required-plan'] as Plan;
    const [request] = requestsOf(operation);
    if (request === undefined) throw new Error('No example');
    for (const plan of plans) {
      await holdPlan(plan);
      await prepare(demo, operation);
      const who = operation.path.endsWith('/logout') ? await gateway.signIn() : client;
      const response = await send(gateway, operation, request, who);
      const isEnough = plans.indexOf(plan) >= plans.indexOf(required);
      const refused = refusedByAjax[id];
      if (isEnough && refused !== undefined) expect(response.status, plan).toBe(refused);
      else if (isEnough) expect(response.status, plan).toBeLessThan(300);
      else {
        expect(response.status, plan).toBe(403);
        expect(await response.json()).toMatchObject({
          code: 'plan_required',
          plan,
          required_plan: required,
        });
      }
    }
    if (id === 'switchUpstream') await letRequestsGo(demo, client);
  });
});
