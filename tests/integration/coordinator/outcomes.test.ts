/** What the caller of a command sees, row by row, on the storages of an installation (P5, P6). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandAnswer } from '../../../coordinator/contract/client.ts';
import type { CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import { newId } from '../../../src/kernel/ids.ts';
import { type OpenStorage, storageAdapters } from '../../contract/coordinator-storage-adapters.ts';
import {
  ACCOUNT,
  context,
  createFakeAjax,
  createSignedInWorld,
  createTestClock,
  createWorld,
  type Reply,
  send,
  type World,
} from '../../unit/coordinator/world.ts';

const ARMING = ['hubs', '1', 'commands', 'arming'];
const ARM = { command: 'ARM', ignoreProblems: false };
const { memory: _, ...durable } = storageAdapters;

describe.each(Object.entries(durable))('on %s', (_name, open) => {
  let opened: OpenStorage;
  let storage: CoordinatorStorage;
  beforeAll(async () => {
    opened = await open();
    storage = opened.storage();
  });
  afterAll(() => opened.close());

  /** A world of its own accounts; earlier ones on this storage are dead. */
  const newWorld = (more: object = {}) => createSignedInWorld({ storage, isFirstRun: true, ...more });

  async function outcomeOf(world: World, id: string) {
    // The answer of a command is committed before its caller has it.
    const { outcome, status, code } = await world.client.receipt(ACCOUNT, id, context());
    return { outcome, status, code };
  }

  async function told(command: Promise<CommandAnswer>) {
    try {
      const result = await command;
      return result.kind === 'answered' ? result.answer.status : 'accepted';
    } catch (error) {
      const { code, status, extras } = error as {
        code: string;
        status: number;
        extras: { retryAfterSeconds?: number };
      };
      return { code, status, hasRetryAfter: extras.retryAfterSeconds !== undefined };
    }
  }

  test.each<[string, Reply, unknown, unknown]>([
    ['done', { status: 204 }, 204, { outcome: 'done', status: 204, code: null }],
    ['done, with an answer', { status: 200, body: {} }, 200, { outcome: 'done', status: 200, code: null }],
    [
      'two-stage arming',
      { status: 202, body: { token: 't' } },
      202,
      { outcome: 'in_progress', status: 202, code: null },
    ],
    [
      'failed',
      { status: 412, body: { message: 'A door is open', rejectionReasons: [] } },
      412,
      { outcome: 'failed', status: 412, code: null },
    ],
    [
      'unknown',
      'reset',
      { code: 'command_outcome_unknown', status: 504, hasRetryAfter: false },
      { outcome: 'unknown', status: null, code: 'command_outcome_unknown' },
    ],
    [
      'not executed',
      'refuse',
      { code: 'command_not_executed', status: 429, hasRetryAfter: true },
      { outcome: 'not_executed', status: null, code: 'command_not_executed' },
    ],
  ])('%s', async (_row, reply, seen, recorded) => {
    const world = await newWorld();
    world.ajax.behave(({ method }) => (method === 'PUT' ? reply : undefined));
    const id = newId();
    expect(await told(send(world, ARMING, ARM, { commandId: id }))).toEqual(seen);
    expect(await outcomeOf(world, id)).toEqual(recorded);
    // The next life says the same, but for arming that was still going on.
    const next = await createWorld({ storage });
    expect(await outcomeOf(next, id)).toEqual(recorded);
  });

  test('never sent in time: 429, and nothing after the deadline', async () => {
    const budget = { requests: 2, windowMs: 300_000, reserve: 0 };
    const world = await newWorld({ config: { apiKeys: ['a key of its own'], budget } });
    world.ajax.behave(() => ({ status: 204 }));
    const id = newId();
    expect(await told(send(world, ['hubs', '8'], {}))).toBe(204);
    expect(await told(send(world, ARMING, ARM, { commandId: id }))).toEqual({
      code: 'command_not_executed',
      status: 429,
      hasRetryAfter: true,
    });
    expect(await outcomeOf(world, id)).toMatchObject({ outcome: 'not_executed' });
    await world.clock.advance(60_000);
    expect(world.ajax.arrivals.filter(({ path }) => path.includes('arming'))).toEqual([]);
  });

  test('a crash while it waited: not executed; a crash after it was sent: unknown', async () => {
    const clock = createTestClock();
    const ajax = createFakeAjax(clock);
    const first = await newWorld({ clock, ajax });
    const [sent, waiting] = [newId(), newId()];
    ajax.hold();
    void send(first, ARMING, ARM, { commandId: sent }).catch(() => {});
    // Waits for its turn behind the other.
    await send(first, ARMING, { command: 'DISARM' }, { commandId: waiting, respondAsync: true });
    while (!ajax.arrivals.some(({ path }) => path.includes('arming'))) await clock.settle();
    const second = await createWorld({ clock, ajax, storage });
    expect(await outcomeOf(second, sent)).toMatchObject({ outcome: 'unknown' });
    expect(await outcomeOf(second, waiting)).toMatchObject({ outcome: 'not_executed' });
    expect(ajax.arrivals.filter(({ path }) => path.includes('arming'))).toHaveLength(1);
  });

  test('four retries of one arm are one PUT, over a crash too', async () => {
    const clock = createTestClock();
    const ajax = createFakeAjax(clock);
    // All tests happen at the same time by their clocks: on a hub of its own this one is the last.
    const arming = ['hubs', 'retried', 'commands', 'arming'];
    ajax.behave(({ method }) => (method === 'PUT' ? 'reset' : undefined));
    let world = await newWorld({ clock, ajax });
    for (let retry = 0; retry < 4; retry++) {
      if (retry === 2) world = (await createWorld({ clock, ajax, storage })) as World;
      expect(await told(send(world, arming, ARM))).toMatchObject({ code: 'command_outcome_unknown' });
    }
    expect(ajax.arrivals.filter(({ path }) => path.includes('arming'))).toHaveLength(1);
  });
});
