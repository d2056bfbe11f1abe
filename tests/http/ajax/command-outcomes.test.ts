import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
let client: SignedInClient;
let hubId: string;
/** What stands between gateway and coordinator does with a command. */
let transport: 'sound' | 'refused' | 'fault' | (() => void) = 'sound';

beforeAll(async () => {
  gateway = await createTestGateway({
    coordinatorFetch: (next) => async (request) => {
      if (request.method !== 'PUT' || transport === 'sound') return next(request);
      if (typeof transport === 'function') {
        transport();
        return next(request);
      }
      if (transport === 'refused') throw Object.assign(new Error('refused'), { code: 'ERR_NOT_WRITTEN' });
      const fault = { code: 'internal_error', detail: 'An internal server error occurred' };
      return Response.json(fault, { status: 500, headers: { 'coordinator-origin': 'coordinator' } });
    },
  });
  client = await gateway.signIn();
  hubId = (await client.json<{ id: string }[]>('/api/v1/ajax/hubs'))[0]?.id ?? '';
});
afterEach(() => {
  gateway.simulator.faults.clear();
  transport = 'sound';
});
afterAll(() => gateway.close());

const disarm = (init: RequestInit = {}) =>
  client.fetch(`/api/v1/ajax/hubs/${hubId}/arm-state`, { method: 'POST', body: '{"armState":0}', ...init });
const lastRow = async () =>
  (
    await client.json<{ id: number; outcome: string | null; status_code: number }[]>(
      '/api/v1/security/audit-logs?limit=1',
    )
  )[0];
const puts = () => gateway.simulator.journal.arrivals().filter(({ method }) => method === 'PUT').length;

describe('the outcome in the audit trail', () => {
  it('of a command whose client left after it was sent is never called a failure', async () => {
    gateway.simulator.faults.push({ match: { method: 'PUT' }, times: 1, outcome: 'hang' });
    gateway.simulator.journal.clear();
    const leaving = new AbortController();
    const sent = disarm({ signal: leaving.signal });
    await expect.poll(puts).toBe(1);
    leaving.abort();
    await sent;
    expect(await lastRow()).toMatchObject({ outcome: null, status_code: null });
  });

  it('of a command whose client left before it was sent is not_executed', async () => {
    // Late enough after the end of the one before not to be taken for it.
    const lastOutcome = async () =>
      (await client.json<{ outcome: string }[]>('/api/v1/commands?limit=1'))[0]?.outcome;
    await expect.poll(lastOutcome, { timeout: 20_000 }).not.toBe('pending');
    gateway.clock.skip(31_000);
    const leaving = new AbortController();
    transport = () => leaving.abort();
    await disarm({ signal: leaving.signal });
    await expect.poll(async () => (await lastRow())?.outcome).toBe('not_executed');
  });

  it('is not_executed when the coordinator was never reached', async () => {
    transport = 'refused';
    expect((await disarm()).status).toBe(503);
    expect(await lastRow()).toMatchObject({ outcome: 'not_executed', status_code: 503 });
  });

  it('is unknown, for the caller too, when the coordinator failed over the command', async () => {
    transport = 'fault';
    const response = await disarm();
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ code: 'command_outcome_unknown' });
    expect(await lastRow()).toMatchObject({ outcome: 'unknown', status_code: 504 });
  });

  it('of a command that was accepted is its end, once its receipt has one', async () => {
    const accepted = await disarm({ headers: { prefer: 'respond-async' } });
    expect(accepted.status).toBe(202);
    expect(await lastRow()).toMatchObject({ outcome: null, status_code: null });
    // The trail looks every 3 s.
    await expect.poll(lastRow, { timeout: 10_000 }).toMatchObject({ outcome: 'done', status_code: 202 });
  }, 15_000);
});
