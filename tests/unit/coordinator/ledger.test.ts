import { describe, expect, test } from 'vitest';
import { createLedger } from '../../../coordinator/budget/ledger.ts';
import type { BookingBatch } from '../../../coordinator/storage/port.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { codeOf, createTestClock } from './world.ts';

/** A ledger on a storage that is down until a test says otherwise, and the batches that were committed. */
function createWorld() {
  const clock = createTestClock();
  const committed: BookingBatch[] = [];
  let isDown = true;
  const ledger = createLedger(
    async (batch) => {
      if (isDown) throw new Error('down');
      committed.push(batch);
    },
    clock,
    silentLog,
  );
  return {
    clock,
    ledger,
    committed,
    recover() {
      isDown = false;
    },
  };
}

describe('the ledger', () => {
  test('answers every booking, however closely it follows a commit that failed', async () => {
    for (let ticks = 0; ticks < 40; ticks++) {
      const { clock, ledger } = createWorld();
      const failing = codeOf(ledger.book('first', 1_000));
      for (let tick = 0; tick < ticks; tick++) await undefined;
      const answer = codeOf(ledger.book('second', 1_000));
      await failing;
      expect(await Promise.race([answer, clock.settle().then(() => 'never')])).toBe('storage_unavailable');
    }
  });

  test('the latest settlement of a booking wins over one that failed', async () => {
    const { clock, ledger, committed, recover } = createWorld();
    ledger.settle('a', 60_000);
    // Asked for while the commit of the first is on its way.
    await undefined;
    ledger.settle('a', 0);
    await clock.settle();
    recover();
    await ledger.book('b', 90_000);
    expect(committed.at(-1)?.settle).toEqual([{ id: 'a', forMs: 0 }]);
  });

  test('takes a settlement that failed along with the next booking', async () => {
    const { clock, ledger, committed, recover } = createWorld();
    ledger.settle('early', 60_000);
    await clock.settle();
    recover();
    await ledger.book('late', 90_000);
    expect(committed).toEqual([
      { book: [{ id: 'late', forMs: 90_000 }], settle: [{ id: 'early', forMs: 60_000 }] },
    ]);
  });
});
