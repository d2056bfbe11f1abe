import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
let client: SignedInClient;
beforeAll(async () => {
  gateway = await createTestGateway();
  client = await gateway.signIn();
});
afterAll(() => gateway.close());

it('one answer of Ajax in another form is not kept for 30 minutes: the next read asks again', async () => {
  const { faults } = gateway.simulator;
  faults.push({ match: { path: /\/hubs$/ }, times: 1, outcome: { status: 200, body: { odd: true } } });
  expect((await client.fetch('/api/v1/ajax/hubs')).status).toBe(502);
  gateway.clock.skip(2_500);
  expect((await client.fetch('/api/v1/ajax/hubs')).status).toBe(200);
});
