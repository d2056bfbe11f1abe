import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

interface Hub {
  id: string;
  name: string;
  state: string;
  exact_state: string;
}
interface AuditRow {
  action: string;
  outcome: string;
  status_code: number;
  resource_id: string;
  correlation_id: string;
  payload: unknown;
  user_id: string;
  latency_ms: number;
}

let gateway: TestGateway;
let owner: SignedInClient;
let office: SignedInClient;
let home: Hub;
let shop: Hub;

beforeAll(async () => {
  gateway = await createTestGateway();
  owner = await gateway.signIn(0);
  office = await gateway.signIn(2);
  const hubs = await owner.json<Hub[]>('/api/v1/ajax/hubs');
  if (!hubs[0] || !hubs[1]) throw new Error('the demo owner has two hubs');
  [home, shop] = [hubs[0], hubs[1]];
});
afterEach(() => gateway.simulator.faults.clear());
afterAll(() => gateway.close());

const arm = (client: SignedInClient, hubId: string, body: unknown, headers = {}) =>
  client.fetch(`/api/v1/ajax/hubs/${hubId}/arm-state`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers,
  });
const stateOf = async (client: SignedInClient, hubId: string) =>
  (await client.json<Hub>(`/api/v1/ajax/hubs/${hubId}`)).state;
const lastRow = async (client: SignedInClient) => {
  const [row] = await client.json<AuditRow[]>('/api/v1/security/audit-logs?limit=1');
  if (!row) throw new Error('the trail is empty');
  return row;
};
const fail = (
  outcome: Parameters<TestGateway['simulator']['faults']['push']>[0]['outcome'],
  executes = false,
) =>
  gateway.simulator.faults.push({
    match: { method: 'PUT', path: '/commands/arming' },
    times: 1,
    outcome,
    executes,
  });

describe('POST arm-state 200', () => {
  it.each([
    [{ armState: 1, ignoreProblems: true }, 'ARMED'],
    [{ arm_state: 2, ignore_problems: true }, 'NIGHT_MODE'],
    [{ armState: 0 }, 'DISARMED'],
  ])('does %j, and the next read shows it', async (body, state) => {
    const response = await arm(owner, home.id, body);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      success: true,
      outcome: 'done',
      command_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      message: expect.any(String),
    });
    expect(await stateOf(owner, home.id)).toBe(state);
  });

  it('shows a change to everybody who shares the hub, though their answer was cached', async () => {
    const guest = await gateway.signIn(1);
    expect(await stateOf(guest, home.id)).toBe('DISARMED');
    await arm(owner, home.id, { armState: 1, ignoreProblems: true });
    expect(await stateOf(guest, home.id)).toBe('ARMED');
    await arm(owner, home.id, { armState: 0 });
    expect(await stateOf(guest, home.id)).toBe('DISARMED');
  });

  it('arms one group; a partly armed hub never reads as disarmed', async () => {
    const groups = await owner.json<{ id: string; state: string }[]>(`/api/v1/ajax/hubs/${shop.id}/groups`);
    for (const group of groups) await arm(owner, shop.id, { armState: 0, groupId: group.id });
    expect(await stateOf(owner, shop.id)).toBe('DISARMED');
    const response = await arm(owner, shop.id, {
      armState: 1,
      group_id: groups[0]?.id,
      ignoreProblems: true,
    });
    expect(response.status).toBe(200);
    const hub = await owner.json<Hub>(`/api/v1/ajax/hubs/${shop.id}`);
    expect(hub).toMatchObject({ state: 'ARMED', exact_state: 'PARTIALLY_ARMED_NIGHT_MODE_OFF' });
  });
});

describe('POST arm-state 202', () => {
  it('tells that two-stage arming has only begun, and the trail how it ended', async () => {
    const [studio] = await office.json<Hub[]>('/api/v1/ajax/hubs');
    const response = await arm(office, studio?.id ?? '', { armState: 1, ignoreProblems: true });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ success: false, outcome: 'in_progress' });
    expect(await lastRow(office)).toMatchObject({ outcome: null, status_code: null });
    expect(await stateOf(office, studio?.id ?? '')).toBe('DISARMED');
    gateway.clock.skip(60_000);
    expect(await stateOf(office, studio?.id ?? '')).toBe('ARMED');
    // Coordinator and trail look every 3 s.
    await expect
      .poll(() => lastRow(office), { timeout: 15_000 })
      .toMatchObject({ outcome: 'done', status_code: 202 });
  }, 20_000);
});

describe('POST arm-state 412', () => {
  it('lists what keeps the hub from arming, and arms when told to ignore it', async () => {
    const devices = await owner.json<{ id: string; deviceType: string }[]>(
      `/api/v1/ajax/hubs/${home.id}/devices`,
    );
    const door = devices.find(({ deviceType }) => deviceType === 'DoorProtectPlus')?.id ?? '';
    gateway.simulator.control.openDoor(door);
    const refused = await arm(owner, home.id, { armState: 1 });
    expect(refused.status).toBe(412);
    expect(await refused.json()).toMatchObject({
      code: 'arming_refused',
      rejection_reasons: [{ source_id: door, source_type: expect.any(String), code: expect.any(String) }],
    });
    expect(await lastRow(owner)).toMatchObject({ outcome: 'failed', status_code: 412 });
    expect((await arm(owner, home.id, { armState: 1, ignoreProblems: true })).status).toBe(200);
    gateway.simulator.control.closeDoor(door);
    await arm(owner, home.id, { armState: 0 });
  });
});

describe('POST arm-state refused', () => {
  it.each([
    [{ armState: 3 }],
    [{ armState: '1' }],
    [{}],
    [[]],
    [{ armState: 2, groupId: 'A1' }],
    [{ armState: 1, groupId: '../../users' }],
    [{ armState: 1, ignoreProblems: 'yes' }],
    [{ armState: 1, arm_state: 0 }],
    [{ armState: 1, groupId: 'A1', group_id: 'B2' }],
    [{ armState: 1, ignoreProblems: false, ignore_problems: true }],
  ])('answers 422 for %j and sends nothing', async (body) => {
    const before = gateway.simulator.journal.count();
    const response = await arm(owner, home.id, body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid_request', detail: expect.any(String) });
    expect(gateway.simulator.journal.count()).toBe(before);
  });

  it('answers 403 in the words of Ajax for a user without the right', async () => {
    const response = await arm(await gateway.signIn(1), home.id, { armState: 1 });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'upstream_forbidden' });
  });

  it('answers 503 hub_offline for a hub that cannot be reached', async () => {
    const [, warehouse] = await office.json<Hub[]>('/api/v1/ajax/hubs');
    const response = await arm(office, warehouse?.id ?? '', { armState: 0 });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'hub_offline' });
  });

  it.each([
    [
      { status: 422, body: { message: 'no', errors: [{ field: 'command', code: 'invalid' }] } },
      422,
      'upstream_unprocessable',
    ],
    [{ status: 409, body: { message: 'conflict' } }, 409, 'upstream_conflict'],
    [{ status: 500, body: { message: 'x', messageId: 'f00' } }, 502, 'upstream_error'],
    [{ status: 503, body: { message: 'maintenance' } }, 503, 'upstream_unavailable'],
    [{ status: 504, body: { message: 'backend' } }, 504, 'command_outcome_unknown'],
    [{ status: 400, body: 'not json at all' }, 400, 'upstream_bad_request'],
  ])('keeps the meaning of the upstream answer %j', async (outcome, status, code) => {
    // Late enough not to be taken for the one before, of which nobody knows the outcome.
    gateway.clock.skip(31_000);
    fail(outcome);
    const response = await arm(owner, home.id, { armState: 1 });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code, detail: expect.any(String) });
  });
});

describe('the outcome of a command', () => {
  it('is unknown when the connection is lost after sending, and the state is read anew', async () => {
    await arm(owner, home.id, { armState: 0 });
    fail('network-error', true);
    const response = await arm(owner, home.id, { armState: 1, ignoreProblems: true });
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ code: 'command_outcome_unknown' });
    expect(await lastRow(owner)).toMatchObject({ outcome: 'unknown', status_code: 504 });
    expect(await stateOf(owner, home.id)).toBe('ARMED');
  });

  it('is one execution after an expired session: a 401 proves it was not executed', async () => {
    gateway.simulator.control.expireSessions();
    gateway.simulator.journal.clear();
    expect((await arm(owner, home.id, { armState: 0 })).status).toBe(200);
    const puts = gateway.simulator.journal.arrivals().filter(({ method }) => method === 'PUT');
    expect(puts.map(({ status }) => status)).toEqual([401, 204]);
  });

  it('is repeated after throttling, within its deadline', async () => {
    fail({ status: 429, body: { message: 'slow down' }, headers: { 'retry-after': '1' } });
    gateway.simulator.journal.clear();
    const response = await arm(owner, home.id, { armState: 1, ignoreProblems: true });
    expect(response.status).toBe(200);
    const puts = gateway.simulator.journal.arrivals().filter(({ method }) => method === 'PUT');
    expect(puts.map(({ status }) => status)).toEqual([429, 204]);
  });
});

describe('the audit trail', () => {
  it('names who did what from where, and how it ended, in one row', async () => {
    const correlationId = 'my-correlation-0001';
    await arm(owner, home.id, { armState: 0 }, { 'x-correlation-id': correlationId });
    expect(await lastRow(owner)).toMatchObject({
      user_id: expect.any(String),
      action: 'hub.disarm',
      method: 'POST',
      endpoint: `/api/v1/ajax/hubs/${home.id}/arm-state`,
      resource_id: home.id,
      payload: { command: 'DISARM', ignoreProblems: false },
      outcome: 'done',
      status_code: 200,
      ip_address: '203.0.113.5',
      user_agent: 'test-client/1.0',
      severity: 'warning',
      correlation_id: correlationId,
      latency_ms: expect.any(Number),
    });
  });

  it('belongs to its owner alone', async () => {
    const rows = await office.json<AuditRow[]>('/api/v1/security/audit-logs?limit=200');
    expect(rows.some(({ resource_id }) => resource_id === home.id)).toBe(false);
  });

  it('pages without gaps or repetitions while rows are added', async () => {
    const first = await owner.json<{ id: number }[]>('/api/v1/security/audit-logs?limit=3');
    await arm(owner, home.id, { armState: 0 });
    const next = await owner.json<{ id: number }[]>(
      `/api/v1/security/audit-logs?limit=3&before_id=${first.at(-1)?.id}`,
    );
    const ids = [...first, ...next].map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
    expect(ids).toHaveLength(6);
  });

  it('names the range of limit', async () => {
    const response = await owner.fetch('/api/v1/security/audit-logs?limit=201');
    expect(await response.json()).toMatchObject({
      detail: 'query.limit: Expected a whole number from 1 to 200',
    });
  });

  it.each([
    'limit=x',
    'limit=1.5',
    'offset=-1',
    'offset=abc',
    'offset=1e9',
    'before_id=abc',
    'before_id=0',
    'before_id=1.5',
    'before_id=9007199254740993',
  ])('says to people what it expects instead of %s', async (query) => {
    const response = await owner.fetch(`/api/v1/security/audit-logs?${query}`);
    const { detail } = (await response.json()) as { detail: string };
    expect(response.status).toBe(422);
    expect(detail).toMatch(
      /^query\.\w+: Expected (a whole number from \d+ to \d+|the id of a row of the trail: .+)$/,
    );
    expect(detail).not.toMatch(/NaN|received|Invalid/);
  });

  it.each(['limit=0', 'limit=201', 'limit=x', 'offset=-1', 'before_id=0'])(
    'answers 422 for ?%s',
    async (query) => {
      expect((await owner.fetch(`/api/v1/security/audit-logs?${query}`)).status).toBe(422);
    },
  );
});
