/** One command per target at a time. */
import { expect, test } from 'vitest';
import { createTurns } from '../../../coordinator/commands/turns.ts';

test('who gives up waiting lets nobody past the one that has its turn', async () => {
  const turns = createTurns();
  const events: string[] = [];
  const stays = new AbortController().signal;
  let end = () => {};
  const first = turns.take('hub', stays, async () => {
    events.push('first begins');
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    events.push('first ends');
  });
  const leaving = new AbortController();
  const second = turns.take('hub', leaving.signal, async () => events.push('second'));
  leaving.abort(new Error('left'));
  await expect(second).rejects.toThrow('left');
  const third = turns.take('hub', stays, async () => events.push('third'));
  await new Promise((resolve) => setImmediate(resolve));
  end();
  await Promise.all([first, third]);
  expect(events).toEqual(['first begins', 'first ends', 'third']);
});
