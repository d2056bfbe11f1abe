/** Receipts, repetition and cancellation of commands (P5, P6). */
import { describe, expect, test } from 'vitest';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import { newId } from '../../../src/kernel/ids.ts';
import {
  ACCOUNT,
  CREDENTIALS,
  codeOf,
  context,
  createFakeAjax,
  createSignedInWorld,
  createTestClock,
  createWorld,
  get,
  put,
  send,
  sessionBody,
  type World,
} from './world.ts';

const ARMING = ['hubs', '1', 'commands', 'arming'];
const ARM = { command: 'ARM', ignoreProblems: false };
const DISARM = { command: 'DISARM', ignoreProblems: false };
const OTHER = 'b2c3d4e5';

const sent = (world: World) =>
  world.ajax.arrivals
    .filter(({ method, path }) => method === 'PUT' && path.includes('/commands/'))
    .map(({ body }) => JSON.parse(body ?? '{}').command);
const receipt = (world: World, id: string, account = ACCOUNT) => world.client.receipt(account, id, context());
const commandIdOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error) => error.extras.members.command_id,
  );

describe('the receipt of a command', () => {
  test('tells each step: queued, sent, answered, confirmed by a read', async () => {
    const world = await createSignedInWorld();
    const id = newId();
    const release = world.ajax.hold();
    world.ajax.behave(({ method }) =>
      method === 'GET' ? { status: 200, body: { id: '1', state: 'ARMED' } } : { status: 204 },
    );
    const command = put(world, ARMING, ARM, { commandId: id });
    await world.clock.settle();
    expect(await receipt(world, id)).toMatchObject({ state: 'sent', outcome: 'pending', answeredAt: null });
    release();
    await command;
    expect(await receipt(world, id)).toMatchObject({
      id,
      method: 'PUT',
      path: 'hubs/1/commands/arming',
      command: 'ARM',
      hub: '1',
      state: 'answered',
      outcome: 'done',
      status: 204,
      code: null,
      confirmedAt: null,
    });
    await world.clock.advance(2_000);
    const { state, confirmedAt, answeredAt } = await receipt(world, id);
    expect(state).toBe('confirmed');
    expect(confirmedAt).toBe((answeredAt ?? 0) + 2_000);
  });

  test('is not confirmed when the hub shows something else', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method }) =>
      method === 'GET' ? { status: 200, body: { id: '1', state: 'DISARMED' } } : { status: 204 },
    );
    const id = newId();
    await put(world, ARMING, ARM, { commandId: id });
    await world.clock.advance(10_000);
    expect(await receipt(world, id)).toMatchObject({ state: 'answered', outcome: 'done' });
  });

  test('is not confirmed when another command came after it', async () => {
    const world = await createSignedInWorld();
    let state = 'ARMED';
    world.ajax.behave(({ method }) =>
      method === 'GET' ? { status: 200, body: { id: '1', state } } : { status: 204 },
    );
    const first = newId();
    await put(world, ARMING, ARM, { commandId: first });
    await world.clock.advance(1_500);
    state = 'DISARMED';
    await put(world, ARMING, DISARM);
    state = 'ARMED';
    await world.clock.advance(1_000);
    expect(await receipt(world, first)).toMatchObject({ state: 'answered' });
  });

  test('of a group looks at the group', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method, path }) => {
      if (method !== 'GET') return { status: 204 };
      return path.endsWith('/groups') ? { status: 200, body: [{ id: 'g1', state: 'ARMED' }] } : undefined;
    });
    const id = newId();
    await put(world, ['hubs', '1', 'groups', 'g1', 'commands', 'arming'], ARM, { commandId: id });
    await world.clock.advance(2_000);
    expect(await receipt(world, id)).toMatchObject({ state: 'confirmed' });
  });

  test('of a refused command has the words of Ajax', async () => {
    const world = await createSignedInWorld();
    const rejectionReasons = [{ sourceType: 'HUB', sourceId: '1', code: 'OPEN', more: 'x' }];
    world.ajax.behave(() => ({ status: 412, body: { message: 'A door is open', rejectionReasons } }));
    const id = newId();
    expect(await put(world, ARMING, ARM, { commandId: id })).toMatchObject({ status: 412 });
    expect(await receipt(world, id)).toMatchObject({
      outcome: 'failed',
      status: 412,
      message: 'A door is open',
      rejectionReasons: [{ sourceType: 'HUB', sourceId: '1', code: 'OPEN' }],
    });
  });

  test.each<[string, 'reset' | 'refuse', string]>([
    ['without an answer', 'reset', 'unknown'],
    ['that could not be written', 'refuse', 'not_executed'],
  ])('of a command %s says %s: %s', async (_name, reply, outcome) => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method }) => (method === 'PUT' ? reply : undefined));
    const id = newId();
    expect(await commandIdOf(put(world, ARMING, ARM, { commandId: id }))).toBe(id);
    expect(await receipt(world, id)).toMatchObject({ outcome });
  });

  test('is nobody else’s (P7), and unknown ids are not found', async () => {
    const world = await createSignedInWorld();
    const id = newId();
    await put(world, ARMING, ARM, { commandId: id });
    expect(await codeOf(receipt(world, id, OTHER))).toBe('command_not_found');
    expect(await codeOf(receipt(world, newId()))).toBe('command_not_found');
    expect(await world.client.receipts(OTHER, 10, context())).toEqual([]);
  });

  test('lists come newest first and no longer than asked for', async () => {
    const world = await createSignedInWorld();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      const id = newId();
      ids.unshift(id);
      await put(world, ['hubs', String(n), 'commands', 'arming'], ARM, { commandId: id });
    }
    const listed = await world.client.receipts(ACCOUNT, 3, context());
    expect(listed.map(({ id }) => id)).toEqual(ids.slice(0, 3));
  });

  test('is kept for a day', async () => {
    const world = await createSignedInWorld();
    const id = newId();
    await put(world, ['devices'], {}, { commandId: id });
    world.clock.skip(23 * 3_600_000);
    await put(world, ['devices'], {});
    expect(await receipt(world, id)).toMatchObject({ outcome: 'done' });
    world.clock.skip(2 * 3_600_000);
    await put(world, ['devices'], {});
    expect(await codeOf(receipt(world, id))).toBe('command_not_found');
  });
});

describe('a caller', () => {
  test('is held for 25 s at most: a command that was sent is answered with its receipt (P5)', async () => {
    const world = await createSignedInWorld({ config: { requestTimeoutMs: 20_000 } });
    const release = world.ajax.hold();
    world.ajax.behave(() => ({ status: 204 }));
    const command = send(world, ARMING, ARM);
    await world.clock.advance(24_999);
    // The hold of the fake upstream knows no time-out: it stands for an answer that is late.
    await world.clock.advance(1);
    expect(await command).toMatchObject({
      kind: 'accepted',
      receipt: { state: 'sent', outcome: 'pending' },
    });
    release();
    await world.clock.settle();
    const [last] = await world.client.receipts(ACCOUNT, 1, context());
    expect(last).toMatchObject({ outcome: 'done' });
  });

  test('who hangs up before its command is sent costs no token, and it is never sent', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 2, windowMs: 60_000, reserve: 0 } },
    });
    const other = put(world, ['hubs', '2'], {}); // The second token: the first went to the sign-in.
    await world.clock.settle();
    const leaving = new AbortController();
    const id = newId();
    world.ajax.behave(() => ({ status: 204 }));
    await other;
    await world.clock.advance(45_000);
    const command = codeOf(put(world, ARMING, ARM, { commandId: id, signal: leaving.signal }));
    await world.clock.settle();
    leaving.abort();
    expect(await command).not.toBe('none');
    await world.clock.advance(120_000);
    expect(sent(world)).toEqual([]);
    expect(await receipt(world, id)).toMatchObject({ outcome: 'not_executed', state: 'queued' });
  });

  test('who hangs up after it was sent finds its outcome in the receipt', async () => {
    const world = await createSignedInWorld();
    const release = world.ajax.hold();
    world.ajax.behave(() => ({ status: 204 }));
    const leaving = new AbortController();
    const id = newId();
    const command = codeOf(put(world, ARMING, ARM, { commandId: id, signal: leaving.signal }));
    await world.clock.settle();
    leaving.abort();
    await command;
    release();
    await world.clock.settle();
    expect(await receipt(world, id)).toMatchObject({ outcome: 'done' });
    expect(sent(world)).toEqual(['ARM']);
  });
});

describe('commands for one target', () => {
  test('are sent in the order they came, one after the other', async () => {
    const clock = createTestClock();
    let calls = 0;
    const ajax = createFakeAjax(clock, { latencyMs: () => (calls++ % 2 === 0 ? 900 : 10) });
    const world = await createWorldWithLogin({ clock, ajax });
    const all: Promise<unknown>[] = [];
    for (const body of [ARM, DISARM, ARM]) {
      all.push(put(world, ARMING, body));
      await clock.settle();
    }
    await clock.advance(5_000);
    await Promise.all(all);
    expect(sent(world)).toEqual(['ARM', 'DISARM', 'ARM']);
    const puts = world.ajax.arrivals.filter(({ method }) => method === 'PUT');
    expect((puts[1]?.at ?? 0) - (puts[0]?.at ?? 0)).toBeGreaterThanOrEqual(10);
  });

  test('for different hubs do not wait for one another, and panic waits for nobody', async () => {
    const world = await createSignedInWorld();
    world.ajax.hold();
    void put(world, ARMING, ARM).catch(() => {});
    void put(world, ['hubs', '2', 'commands', 'arming'], ARM).catch(() => {});
    void put(world, ['hubs', '1', 'commands', 'panic'], {}).catch(() => {});
    void put(world, ['hubs', '1', 'commands', 'panic'], { again: true }).catch(() => {});
    await world.clock.settle();
    expect(world.ajax.arrivals.filter(({ method }) => method === 'PUT')).toHaveLength(4);
  });

  test('one that waits while its machine sleeps longer than its deadline is never sent', async () => {
    const clock = createTestClock();
    let sleptMs = 0;
    // Timers and the monotonic clock stand still while a machine sleeps; the wall clock does not.
    const own = { ...clock, now: () => clock.now() + sleptMs };
    const ajax = createFakeAjax(own);
    const world = await createSignedInWorld({
      ...{ clock: own, ajax },
      config: { budget: { requests: 2, windowMs: 10_000, reserve: 0 } },
    });
    await get(world, ['hubs']);
    const command = codeOf(put(world, ARMING, ARM));
    await clock.advance(1_000);
    sleptMs = 3_600_000;
    await clock.advance(15_000);
    expect(await command).toBe('command_not_executed');
    expect(sent(world)).toEqual([]);
  });

  test('one that waits for its turn longer than its deadline is never sent', async () => {
    const world = await createSignedInWorld({ config: { requestTimeoutMs: 20_000 } });
    world.ajax.behave(({ method }) => (method === 'PUT' ? 'hang' : undefined));
    const ajax = world.ajax;
    void put(world, ARMING, ARM).catch(() => {});
    await world.clock.settle();
    world.ajax.behave(() => ({ status: 204 }));
    const second = codeOf(put(world, ARMING, DISARM));
    const third = codeOf(put(world, ARMING, ARM));
    await world.clock.advance(14_000);
    expect(ajax.arrivals.filter(({ method }) => method === 'PUT')).toHaveLength(1);
    await world.clock.advance(20_000);
    expect([await second, await third]).toEqual(['none', 'none']);
  });
});

describe('an identical command without a key', () => {
  test('joins the one in flight: four retries of one arm are one PUT', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => 'reset');
    for (let retry = 0; retry < 4; retry++) {
      expect(await codeOf(put(world, ARMING, ARM))).toBe('command_outcome_unknown');
      await world.clock.advance(2_000);
    }
    expect(sent(world)).toEqual(['ARM']);
  });

  test('joins one that is still on its way, and both have the answer', async () => {
    const world = await createSignedInWorld();
    const release = world.ajax.hold();
    world.ajax.behave(() => ({ status: 204 }));
    const results = [send(world, ARMING, ARM), send(world, ARMING, ARM)];
    await world.clock.settle();
    release();
    const [first, second] = await Promise.all(results);
    expect(first).toMatchObject({ kind: 'answered', replayed: false });
    expect(second).toMatchObject({ kind: 'answered', replayed: true, answer: { status: 204 } });
    expect(sent(world)).toEqual(['ARM']);
  });

  test('one of its callers who leaves does not take it out of the line', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 2, windowMs: 15_000, reserve: 0 } },
    });
    world.ajax.behave(() => ({ status: 204 }));
    await put(world, ['hubs', '2'], {});
    const leaving = new AbortController();
    const gone = codeOf(put(world, ARMING, ARM, { signal: leaving.signal }));
    await world.clock.settle();
    const stays = put(world, ARMING, ARM);
    await world.clock.settle();
    leaving.abort();
    await gone;
    await world.clock.advance(15_100);
    expect((await stays).status).toBe(204);
    expect(sent(world)).toEqual(['ARM']);
  });

  test('gets the answer its caller did not wait for', async () => {
    const world = await createSignedInWorld();
    const release = world.ajax.hold();
    world.ajax.behave(() => ({ status: 204 }));
    const leaving = new AbortController();
    const lost = codeOf(put(world, ARMING, ARM, { signal: leaving.signal }));
    await world.clock.settle();
    leaving.abort();
    await lost;
    release();
    await world.clock.settle();
    expect(await send(world, ARMING, ARM)).toMatchObject({ replayed: true, answer: { status: 204 } });
    // Now its caller has the answer: the next is meant anew.
    expect(await send(world, ARMING, ARM)).toMatchObject({ replayed: false });
    expect(sent(world)).toEqual(['ARM', 'ARM']);
  });

  test('is meant anew after an answer, after a failure, and after another command', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method }) => (method === 'PUT' ? { status: 204 } : undefined));
    await put(world, ARMING, ARM);
    await put(world, ARMING, ARM);
    expect(sent(world)).toEqual(['ARM', 'ARM']);
    world.ajax.behave(({ method }) => (method === 'PUT' ? { status: 412, body: {} } : undefined));
    await put(world, ARMING, DISARM);
    await put(world, ARMING, DISARM);
    expect(sent(world)).toEqual(['ARM', 'ARM', 'DISARM', 'DISARM']);
  });

  test('arm, disarm, arm are three commands, also when no answer came to any', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method }) => (method === 'PUT' ? 'reset' : undefined));
    for (const body of [ARM, DISARM, ARM]) await codeOf(put(world, ARMING, body));
    expect(sent(world)).toEqual(['ARM', 'DISARM', 'ARM']);
  });

  test('does not join across a change by another account', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ path }) =>
      path === '/api/login' ? { status: 200, body: sessionBody(7, OTHER) } : undefined,
    );
    await world.client.login({ ...CREDENTIALS, login: 'other@example.com' }, context());
    world.ajax.behave(({ method }) => (method === 'PUT' ? 'reset' : undefined));
    await codeOf(put(world, ARMING, ARM));
    world.ajax.behave(({ method }) => (method === 'PUT' ? { status: 204 } : undefined));
    await put(world, ['hubs', '1', 'groups', 'g', 'commands', 'arming'], DISARM, { account: OTHER });
    await put(world, ARMING, ARM);
    expect(sent(world)).toEqual(['ARM', 'DISARM', 'ARM']);
  });

  test('of another account is its own, though body and hub are the same', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ path }) =>
      path === '/api/login' ? { status: 200, body: sessionBody(7, OTHER) } : undefined,
    );
    await world.client.login({ ...CREDENTIALS, login: 'other@example.com' }, context());
    const release = world.ajax.hold();
    world.ajax.behave(({ method }) => (method === 'PUT' ? { status: 204 } : undefined));
    const both = [put(world, ARMING, ARM), put(world, ARMING, ARM, { account: OTHER })];
    await world.clock.settle();
    release();
    await Promise.all(both);
    expect(sent(world)).toEqual(['ARM', 'ARM']);
  });

  test('is meant anew once the unknown one can no longer take effect', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method }) => (method === 'PUT' ? 'reset' : undefined));
    await codeOf(put(world, ARMING, ARM));
    await world.clock.advance(31_000);
    await codeOf(put(world, ARMING, ARM));
    expect(sent(world)).toEqual(['ARM', 'ARM']);
  });
});

describe('the id of a command', () => {
  test('answers as the command it belongs to, and belongs to one account (P7)', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ path }) =>
      path === '/api/login' ? { status: 200, body: sessionBody(7, OTHER) } : undefined,
    );
    await world.client.login({ ...CREDENTIALS, login: 'other@example.com' }, context());
    world.ajax.behave(() => ({ status: 204 }));
    const commandId = newId();
    await put(world, ARMING, ARM, { commandId });
    expect(await send(world, ARMING, ARM, { commandId })).toMatchObject({ replayed: true });
    expect(await codeOf(send(world, ARMING, DISARM, { commandId }))).toBe('invalid_request');
    expect(await codeOf(send(world, ARMING, ARM, { commandId, account: OTHER }))).toBe('invalid_request');
    expect(sent(world)).toEqual(['ARM']);
  });
});

describe('an Idempotency-Key', () => {
  const key = { idempotencyKey: 'a key of the client' };

  test('answers the same command again with the same result, and sends nothing', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => ({ status: 200, body: { said: 'once' } }));
    const first = await send(world, ARMING, ARM, key);
    await put(world, ARMING, DISARM);
    const again = await send(world, ARMING, ARM, key);
    expect(again).toMatchObject({ replayed: true, answer: { status: 200, body: { said: 'once' } } });
    expect(
      first.kind === 'answered' && again.kind === 'answered' && again.commandId === first.commandId,
    ).toBe(true);
    expect(sent(world)).toEqual(['ARM', 'DISARM']);
  });

  test('also when Ajax refused, or nobody knows', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => ({ status: 412, body: { message: 'no' } }));
    await put(world, ARMING, ARM, key);
    expect(await send(world, ARMING, ARM, key)).toMatchObject({ replayed: true, answer: { status: 412 } });
    world.ajax.behave(() => 'reset');
    const other = { idempotencyKey: 'another' };
    for (let n = 0; n < 2; n++) {
      expect(await codeOf(put(world, ARMING, ARM, other))).toBe('command_outcome_unknown');
    }
    expect(sent(world)).toEqual(['ARM', 'ARM']);
  });

  test('is free again when the command was not executed', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method }) => (method === 'PUT' ? 'refuse' : undefined));
    expect(await codeOf(put(world, ARMING, ARM, key))).toBe('command_not_executed');
    world.ajax.behave(() => ({ status: 204 }));
    expect(await send(world, ARMING, ARM, key)).toMatchObject({ replayed: false, answer: { status: 204 } });
  });

  test('refuses another command, and the same one while it is on its way', async () => {
    const world = await createSignedInWorld();
    const release = world.ajax.hold();
    world.ajax.behave(() => ({ status: 204 }));
    const first = put(world, ARMING, ARM, key);
    await world.clock.settle();
    expect(await codeOf(put(world, ARMING, ARM, key))).toBe('idempotency_key_in_use');
    expect(await codeOf(put(world, ARMING, DISARM, key))).toBe('idempotency_key_reused');
    expect(await codeOf(put(world, ['hubs', '2', 'commands', 'arming'], ARM, key))).toBe(
      'idempotency_key_reused',
    );
    release();
    await first;
    expect(sent(world)).toEqual(['ARM']);
  });

  test('belongs to one account (P7)', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ path }) =>
      path === '/api/login' ? { status: 200, body: sessionBody(7, OTHER) } : undefined,
    );
    await world.client.login({ ...CREDENTIALS, login: 'other@example.com' }, context());
    world.ajax.behave(() => ({ status: 204 }));
    await put(world, ARMING, ARM, key);
    await put(world, ARMING, ARM, { ...key, account: OTHER });
    expect(sent(world)).toEqual(['ARM', 'ARM']);
  });

  test('survives a restart', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const first = await createSignedInWorld({ clock, storage, ajax });
    ajax.behave(() => ({ status: 200, body: { said: 'once' } }));
    await put(first, ARMING, ARM, key);
    const second = await createWorld({ clock, storage, ajax });
    expect(await send(second, ARMING, ARM, key)).toMatchObject({
      replayed: true,
      answer: { body: { said: 'once' } },
    });
    expect(sent(second)).toEqual(['ARM']);
  });

  test('two at once are one command', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => ({ status: 204 }));
    const codes = await Promise.all([1, 2, 3].map(() => codeOf(put(world, ARMING, ARM, key))));
    expect(codes.sort()).toEqual(['idempotency_key_in_use', 'idempotency_key_in_use', 'none']);
    expect(sent(world)).toEqual(['ARM']);
  });
});

describe('an asynchronous command', () => {
  test('is answered with its receipt once it is journalled, and goes on by itself', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => ({ status: 204 }));
    const accepted = await send(world, ARMING, ARM, { respondAsync: true });
    expect(accepted).toMatchObject({ kind: 'accepted', receipt: { outcome: 'pending' } });
    await world.clock.settle();
    const [done] = await world.client.receipts(ACCOUNT, 1, context());
    expect(done).toMatchObject({ outcome: 'done' });
  });

  test('can be cancelled while it waits, and not once it was sent', async () => {
    const world = await createSignedInWorld({
      config: { budget: { requests: 2, windowMs: 60_000, reserve: 0 } },
    });
    world.ajax.behave(() => ({ status: 204 }));
    await put(world, ['hubs', '2'], {});
    await world.clock.advance(45_000);
    const id = newId();
    await send(world, ARMING, ARM, { respondAsync: true, commandId: id });
    expect(await world.client.cancelCommand(ACCOUNT, id, context())).toMatchObject({
      outcome: 'not_executed',
    });
    expect(await world.client.cancelCommand(ACCOUNT, id, context())).toMatchObject({
      outcome: 'not_executed',
    });
    await world.clock.advance(120_000);
    expect(sent(world)).toEqual([]);
    const late = newId();
    await put(world, ARMING, ARM, { commandId: late });
    expect(await codeOf(world.client.cancelCommand(ACCOUNT, late, context()))).toBe('command_already_sent');
    expect(await codeOf(world.client.cancelCommand(OTHER, late, context()))).toBe('command_not_found');
  });
});

describe('two-stage arming', () => {
  const started = { status: 202, body: { token: 'two-stage-1' } };

  test.each([
    ['SUCCESS', 'done'],
    ['ERROR', 'failed'],
  ])('is followed to its end: %s is %s', async (status, outcome) => {
    const world = await createSignedInWorld();
    let polls = 0;
    world.ajax.behave(({ method, path }) => {
      if (method === 'PUT') return started;
      if (!path.includes('token=two-stage-1')) return undefined;
      polls++;
      const ended = { status, errorMessage: status === 'ERROR' ? { message: 'A door is open' } : null };
      return { status: 200, body: polls < 3 ? { status: 'IN_PROGRESS' } : ended };
    });
    const id = newId();
    expect(await put(world, ARMING, ARM, { commandId: id })).toMatchObject(started);
    expect(await receipt(world, id)).toMatchObject({ outcome: 'in_progress', state: 'answered' });
    await world.clock.advance(8_999);
    expect(await receipt(world, id)).toMatchObject({ outcome: 'in_progress' });
    await world.clock.advance(1);
    expect(await receipt(world, id)).toMatchObject({
      outcome,
      message: status === 'ERROR' ? 'A door is open' : null,
    });
    expect(polls).toBe(3);
  });

  test('is followed by the next life after a crash', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const first = await createSignedInWorld({ clock, storage, ajax });
    ajax.behave(({ method, path }) => {
      if (method === 'PUT') return started;
      return path.includes('token=') ? { status: 200, body: { status: 'IN_PROGRESS' } } : undefined;
    });
    const id = newId();
    await put(first, ARMING, ARM, { commandId: id });
    const second = await createWorld({ clock, storage, ajax });
    ajax.behave(({ path }) =>
      path.includes('token=') ? { status: 200, body: { status: 'SUCCESS' } } : undefined,
    );
    await clock.advance(3_000);
    expect(await receipt(second, id)).toMatchObject({ outcome: 'done' });
  });

  test('that Ajax accepts without a way to follow it has an unknown outcome', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method }) => (method === 'PUT' ? { status: 202 } : undefined));
    const id = newId();
    expect(await put(world, ARMING, ARM, { commandId: id })).toMatchObject({ status: 202 });
    expect(await receipt(world, id)).toMatchObject({ outcome: 'unknown', code: 'command_outcome_unknown' });
    // Of a device command it is the usual answer.
    await put(world, ['hubs', '1', 'devices', '2', 'command'], {}, { commandId: newId() });
    const [device] = await world.client.receipts(ACCOUNT, 1, context());
    expect(device).toMatchObject({ outcome: 'done', status: 202 });
  });

  test('whose token Ajax no longer knows has an unknown outcome; so has one that never ends', async () => {
    const world = await createSignedInWorld();
    let answer: { status: number; body: unknown } = { status: 404, body: {} };
    world.ajax.behave(({ method, path }) => {
      if (method === 'PUT') return started;
      return path.includes('token=') ? answer : undefined;
    });
    const [lost, endless] = [newId(), newId()];
    await put(world, ARMING, ARM, { commandId: lost });
    await world.clock.advance(3_000);
    expect(await receipt(world, lost)).toMatchObject({ outcome: 'unknown' });
    answer = { status: 200, body: { status: 'IN_PROGRESS' } };
    await put(world, ARMING, ARM, { commandId: endless });
    await world.clock.advance(6 * 60_000);
    expect(await receipt(world, endless)).toMatchObject({ outcome: 'unknown' });
  });

  test('keeps the hub dirty until after its last poll (P8)', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(({ method, path }) => {
      if (method === 'PUT') return started;
      return path.includes('token=') ? { status: 200, body: { status: 'IN_PROGRESS' } } : undefined;
    });
    await put(world, ARMING, ARM);
    await world.clock.advance(60_000);
    await get(world, ['hubs', '1']);
    await world.clock.advance(1_001);
    expect((await get(world, ['hubs', '1'])).cache).toMatchObject({ state: 'MISS' });
  });
});

describe('after a crash', () => {
  async function crashed(when: 'waiting' | 'sent') {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const budget = { requests: 2, windowMs: 60_000, reserve: 0 };
    const first = await createSignedInWorld({ clock, storage, ajax, config: { budget } });
    if (when === 'waiting') {
      await put(first, ['hubs', '2'], {});
      await clock.advance(45_000);
    }
    ajax.hold();
    const id = newId();
    void send(first, ARMING, ARM, { commandId: id }).catch(() => {});
    await clock.settle();
    const second = await createWorld({ clock, storage, ajax, config: { budget } });
    return { first, second, id, clock };
  }

  test('a command that waited was not executed, and never is', async () => {
    const { second, id, clock } = await crashed('waiting');
    expect(await receipt(second, id)).toMatchObject({
      outcome: 'not_executed',
      code: 'command_not_executed',
    });
    await clock.advance(300_000);
    expect(sent(second)).toEqual([]);
  });

  test('of a command that was sent nobody can say; a retry joins it and is not sent', async () => {
    const { second, id, clock } = await crashed('sent');
    expect(await receipt(second, id)).toMatchObject({ outcome: 'unknown', code: 'command_outcome_unknown' });
    expect(await codeOf(put(second, ARMING, ARM))).toBe('command_outcome_unknown');
    expect(sent(second)).toEqual(['ARM']);
    await clock.settle();
  });

  test('its hub is dirty until the command can no longer take effect (P8)', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const first = await createSignedInWorld({ clock, storage, ajax });
    const release = ajax.hold();
    void send(first, ARMING, ARM).catch(() => {});
    await clock.settle();
    const second = await createWorld({ clock, storage, ajax });
    release();
    ajax.behave(({ method }) => (method === 'GET' ? { status: 200, body: { id: '1' } } : undefined));
    await clock.advance(38_000);
    await get(second, ['hubs', '1']);
    await clock.advance(1_001);
    expect((await get(second, ['hubs', '1'])).cache?.state).toBe('MISS');
    await clock.advance(2_000);
    await get(second, ['hubs', '1']);
    await clock.advance(1_001);
    expect((await get(second, ['hubs', '1'])).cache?.state).toBe('HIT');
  });
});

async function createWorldWithLogin(options: {
  clock: ReturnType<typeof createTestClock>;
  ajax: ReturnType<typeof createFakeAjax>;
}) {
  const world = await createWorld(options);
  const login = world.client.login(CREDENTIALS, context());
  await options.clock.advance(2_000);
  await login;
  return world;
}
