/** A new life on a storage that may have lost its last seconds: what it finds may be older than what happened. */
import { expect, test } from 'vitest';
import { createMemoryStorage, type MemorySnapshot } from '../../../coordinator/storage/memory.ts';
import { newId } from '../../../src/kernel/ids.ts';
import {
  ACCOUNT,
  codeOf,
  context,
  createFakeAjax,
  createSignedInWorld,
  createTestClock,
  createWorld,
  get,
  put,
  send,
} from './world.ts';

const ARMING = ['hubs', '1', 'commands', 'arming'];

/** A storage that remembers what it held after each commit, and can fall back to that. */
function createForgetful() {
  const clock = createTestClock();
  const memory = createMemoryStorage(clock);
  const snapshots: MemorySnapshot[] = [];
  const storage = {
    ...memory,
    async commit(commit: Parameters<typeof memory.commit>[0]) {
      const outcome = await memory.commit(commit);
      snapshots.push(memory.snapshot());
      return outcome;
    },
  };
  const loseWhatCameAfter = (commits: number) => {
    const snapshot = snapshots[commits - 1];
    if (snapshot === undefined) throw new RangeError('There were not so many commits');
    memory.rollBack(snapshot);
    memory.restart();
  };
  return { clock, storage, snapshots, loseWhatCameAfter, ajax: createFakeAjax(clock) };
}

test('does not say of a command that waits there that it was not executed: it may have been sent (P6)', async () => {
  const { clock, storage, snapshots, loseWhatCameAfter, ajax } = createForgetful();
  const world = await createSignedInWorld({ clock, storage, ajax });
  const before = snapshots.length;
  const commandId = newId();
  ajax.behave(({ method }) => (method === 'PUT' ? 'hang' : undefined));
  send(world, ARMING, { command: 'ARM' }, { commandId }).catch(() => {});
  await clock.settle();
  expect(ajax.arrivals.at(-1)?.method).toBe('PUT');
  // It was journalled in one commit, and marked as sent in the next.
  loseWhatCameAfter(before + 1);
  const next = await createWorld({ clock, storage, ajax, isFirstRun: false });
  expect(await next.client.receipt(ACCOUNT, commandId, context())).toMatchObject({
    outcome: 'unknown',
    code: 'command_outcome_unknown',
  });
});

test('serves nothing that was fetched before: a change may be forgotten (P8)', async () => {
  const { clock, storage, snapshots, loseWhatCameAfter, ajax } = createForgetful();
  let state = 'DISARMED';
  ajax.behave(({ method, path }) => {
    if (method === 'GET') return { status: 200, body: { state } };
    return path.endsWith('arming') ? { status: 204 } : undefined;
  });
  const world = await createSignedInWorld({ clock, storage, ajax });
  await get(world, ['hubs', '1']);
  await clock.settle();
  const before = snapshots.length;
  await put(world, ARMING, { command: 'ARM' });
  state = 'ARMED';
  loseWhatCameAfter(before);
  const next = await createWorld({ clock, storage, ajax, isFirstRun: false });
  // All tokens count as spent, and what is there is not even served as stale.
  expect(await codeOf(get(next, ['hubs', '1']))).toBe('budget_exhausted');
  await clock.advance(100_000);
  expect(await get(next, ['hubs', '1'])).toMatchObject({ body: { state: 'ARMED' } });
});
