/** What one caller writes must not stop the storage for all. */
import { expect, test } from 'vitest';
import { createDatabaseStorage } from '../../../coordinator/storage/postgres.ts';
import { openPglite } from '../../../src/db/pglite.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { startTestCoordinator } from '../../support/coordinator.ts';
import {
  ACCOUNT,
  CREDENTIALS,
  codeOf,
  context,
  createFakeAjax,
  get,
  put,
} from '../../unit/coordinator/world.ts';

const long = Array.from({ length: 700 }, (_, n) => ((n * 2_654_435_761) % 4_294_967_296).toString(36)).join(
  '',
);

test.each([
  [
    'a hub id cut in the middle of a character',
    ['hubs', `${'a'.repeat(63)}\u{1F600}`, 'commands', 'arming'],
    undefined,
  ],
  ['a query longer than an index takes', ['hubs', '1'], { q: long }],
] as const)('%s: others are served afterwards (P7, P11)', async (_name, path, query) => {
  const database = await openPglite();
  const ajax = createFakeAjax(systemClock);
  const world = await startTestCoordinator({ storage: createDatabaseStorage(database), send: ajax.send });
  try {
    await world.client.login(CREDENTIALS, context());
    await codeOf(
      query === undefined
        ? put(world, [...path], {})
        : world.client.read({ account: ACCOUNT, path, query, lane: 'interactive', ...context() }),
    );
    await codeOf(get(world, ['hubs', '2']));
    expect(await codeOf(get(world, ['hubs', '3']))).toBe('none');
  } finally {
    await world.host.close();
    await database.close();
  }
});
