import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';
import { COMMAND_ID, own, receipt, refuse, scriptedCoordinator, upstream } from '../scripted-coordinator.ts';

const coordinator = scriptedCoordinator();
let gateway: TestGateway;
let client: SignedInClient;
let hubId: string;

beforeAll(async () => {
  gateway = await createTestGateway({ coordinatorFetch: coordinator.wrap });
  client = await gateway.signIn();
  hubId = (await client.json<{ id: string }[]>('/api/v1/ajax/hubs'))[0]?.id ?? '';
});
afterEach(() => coordinator.clear());
afterAll(async () => {
  expect(gateway.logged.filter((line) => line.includes('unhandled error'))).toEqual([]);
  await gateway.close();
});

const disarm = (headers: Record<string, string> = {}) =>
  client.fetch(`/api/v1/ajax/hubs/${hubId}/arm-state`, { method: 'POST', body: '{"armState":0}', headers });
const answerCommands = (answer: () => Response | Promise<Response>) =>
  coordinator.on((request) => (request.method === 'PUT' ? answer() : undefined));
const sent = () => coordinator.seen.filter(({ method }) => method === 'PUT');
const lastRow = async () =>
  (await client.json<Record<string, unknown>[]>('/api/v1/security/audit-logs?limit=1'))[0];

describe('what the coordinator is told of a command', () => {
  it('is a fresh id each time, and the weight of the plan', async () => {
    answerCommands(() => upstream(undefined, 204));
    await disarm();
    await disarm();
    const ids = sent().map(({ headers }) => headers.get('coordinator-command-id'));
    for (const id of ids) expect(z.uuid().safeParse(id).success).toBe(true);
    expect(new Set(ids).size).toBe(2);
    expect(sent()[0]?.headers.get('coordinator-weight')).toBe('4');
    expect(sent()[0]?.headers.get('coordinator-lane')).toBe('command');
    expect(sent()[0]?.headers.get('idempotency-key')).toBeNull();
    expect(sent()[0]?.headers.get('prefer')).toBeNull();
  });

  it('is the weight of the plan for reads as well (promise P4)', async () => {
    await client.fetch('/api/v1/ajax/hubs');
    const weights = coordinator.seen.map(({ headers }) => headers.get('coordinator-weight'));
    expect([...new Set(weights)]).toEqual(['4']);
  });

  it('never comes from the client: forged headers of the protocol go nowhere', async () => {
    answerCommands(() => upstream(undefined, 204));
    await disarm({
      'coordinator-command-id': COMMAND_ID,
      'coordinator-weight': '100',
      'coordinator-job': `${COMMAND_ID} /x`,
      'coordinator-held-ms': '0',
    });
    expect(sent()[0]?.headers.get('coordinator-command-id')).not.toBe(COMMAND_ID);
    expect(sent()[0]?.headers.get('coordinator-weight')).toBe('4');
    for (const { headers } of coordinator.seen) expect(headers.get('coordinator-job')).toBeNull();
  });
});

describe('arm-state 200', () => {
  it('names its command, in the answer and in the trail', async () => {
    answerCommands(() => upstream(undefined, 204));
    const response = await disarm();
    const { command_id } = (await response.json()) as { command_id: string };
    expect(command_id).toBe(sent()[0]?.headers.get('coordinator-command-id'));
    expect(response.headers.get('idempotency-replayed')).toBeNull();
    expect(await lastRow()).toMatchObject({ outcome: 'done', payload: { command: 'DISARM', command_id } });
  });

  it('that answers as an earlier command did is marked, with the id of that one', async () => {
    answerCommands(() =>
      upstream(undefined, 204, { 'coordinator-replayed': 'true', 'coordinator-command-id': COMMAND_ID }),
    );
    const response = await disarm({ 'idempotency-key': '"again"' });
    expect(response.status).toBe(200);
    expect(response.headers.get('idempotency-replayed')).toBe('true');
    expect(await response.json()).toMatchObject({ outcome: 'done', command_id: COMMAND_ID });
    expect(sent()[0]?.headers.get('idempotency-key')).toBe('again');
    expect(await lastRow()).toMatchObject({
      outcome: 'replayed',
      status_code: 200,
      payload: { command: 'DISARM', command_id: COMMAND_ID },
    });
  });
});

describe('arm-state 202', () => {
  it('of two-stage arming leads to its receipt', async () => {
    answerCommands(() => upstream({ token: 't' }, 202));
    const response = await disarm();
    expect(response.status).toBe(202);
    const body = (await response.json()) as { command_id: string };
    expect(body).toMatchObject({ success: false, outcome: 'in_progress', message: expect.any(String) });
    expect(response.headers.get('location')).toBe(`/api/v1/commands/${body.command_id}`);
    expect(response.headers.get('preference-applied')).toBeNull();
  });

  it.each([
    ['respond-async', 'respond-async'],
    ['return=minimal, Respond-Async; x, wait=5', 'respond-async'],
    ['wait=10', null],
    ['foo="respond-async, "', null],
    ['\u00ff,,,=;"', null],
  ])('with Prefer: %s is the receipt, and says whether the wish was granted', async (prefer, applied) => {
    answerCommands(() => own(receipt(), 202));
    const response = await disarm({ prefer });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      success: false,
      outcome: 'accepted',
      command_id: COMMAND_ID,
      message: expect.any(String),
    });
    expect(response.headers.get('location')).toBe(`/api/v1/commands/${COMMAND_ID}`);
    expect(response.headers.get('preference-applied')).toBe(applied);
    expect(sent()[0]?.headers.get('prefer')).toBe(applied);
    expect(await lastRow()).toMatchObject({ outcome: null, status_code: null });
  });

  it('of an earlier command is marked in the trail, and followed by that one alone', async () => {
    answerCommands(() => own(receipt(), 202, { 'coordinator-replayed': 'true' }));
    expect((await disarm()).status).toBe(202);
    expect(await lastRow()).toMatchObject({
      outcome: 'replayed',
      status_code: 202,
      payload: { command_id: COMMAND_ID },
    });
  });
});

describe('arm-state 422', () => {
  it.each([
    ['a key too long', 'k'.repeat(256)],
    ['no key', '""'],
    ['an open quote', '"abc'],
    ['another alphabet', '"\u00e9\u00ff"'],
    ['two keys', '"a", "b"'],
    ['a very long value', 'k'.repeat(50_000)],
  ])('refuses an Idempotency-Key with %s, names the header and sends nothing', async (_what, key) => {
    const response = await disarm({ 'idempotency-key': key });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: 'invalid_request',
      detail: expect.stringContaining('Idempotency-Key'),
      errors: [{ loc: ['header', 'idempotency-key'] }],
    });
    expect(coordinator.seen).toEqual([]);
  });

  it('refuses a key that belongs to another command', async () => {
    answerCommands(() => refuse('idempotency_key_reused', 422));
    const response = await disarm({ 'idempotency-key': '"k"' });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'idempotency_key_reused' });
    expect(await lastRow()).toMatchObject({ outcome: 'not_executed', status_code: 422 });
  });
});

describe('arm-state 409', () => {
  it('says when to repeat a key whose command is on its way, and which command that is', async () => {
    answerCommands(() =>
      refuse('idempotency_key_in_use', 409, { command_id: COMMAND_ID }, { 'retry-after': '2' }),
    );
    const response = await disarm({ 'idempotency-key': 'k' });
    expect(response.status).toBe(409);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({
      code: 'idempotency_key_in_use',
      command_id: COMMAND_ID,
    });
    expect(await lastRow()).toMatchObject({ outcome: 'not_executed', status_code: 409 });
  });
});

describe('an error of a command', () => {
  it.each([
    [
      'a refusal of Ajax',
      () => upstream({ message: 'no', rejectionReasons: [] }, 412),
      412,
      'arming_refused',
    ],
    [
      'its deadline',
      () => refuse('command_not_executed', 429, {}, { 'retry-after': '7' }),
      429,
      'command_not_executed',
    ],
    ['a lost answer', () => Promise.reject(new Error('reset')), 504, 'command_outcome_unknown'],
    ['a fault of the coordinator', () => refuse('internal_error', 500), 504, 'command_outcome_unknown'],
    ['a 202 that cannot be followed', () => upstream({}, 202), 504, 'command_outcome_unknown'],
  ])('carries the id of its receipt: %s', async (_what, answer, status, code) => {
    answerCommands(answer);
    const response = await disarm();
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      code,
      command_id: sent()[0]?.headers.get('coordinator-command-id'),
    });
    expect(response.headers.get('idempotency-replayed')).toBeNull();
  });

  it('that an earlier command had is marked as a replay', async () => {
    answerCommands(() =>
      upstream({ message: 'no' }, 403, {
        'coordinator-replayed': 'true',
        'coordinator-command-id': COMMAND_ID,
      }),
    );
    const response = await disarm({ 'idempotency-key': 'k' });
    expect(response.status).toBe(403);
    expect(response.headers.get('idempotency-replayed')).toBe('true');
    expect(await response.json()).toMatchObject({ code: 'upstream_forbidden', command_id: COMMAND_ID });
    expect(await lastRow()).toMatchObject({
      outcome: 'replayed',
      status_code: 403,
      payload: { command_id: COMMAND_ID },
    });
  });

  it.each([
    ['command_outcome_unknown', 504],
    ['command_not_executed', 429],
  ])('%s of an earlier command is marked as a replay', async (code, status) => {
    answerCommands(() => refuse(code, status, { command_id: COMMAND_ID }));
    const response = await disarm();
    expect(response.status).toBe(status);
    expect(response.headers.get('idempotency-replayed')).toBe('true');
    expect(await lastRow()).toMatchObject({
      outcome: 'replayed',
      status_code: status,
      payload: { command_id: COMMAND_ID },
    });
  });

  it('before there was a command carries none', async () => {
    const response = await client.fetch('/api/v1/ajax/hubs/00000000/arm-state', {
      method: 'POST',
      body: '{"armState":0}',
    });
    expect(response.status).toBe(404);
    expect(await response.json()).not.toHaveProperty('command_id');
  });
});
