import { expect, test } from 'vitest';
import { createLine, type Place } from '../../../coordinator/queue/line.ts';

test('accounts take turns in the line, and more urgent work goes first (P3, P4)', () => {
  const line = createLine<Place>();
  for (const account of ['flood', 'flood', 'flood', 'one', 'one', 'two']) {
    line.enqueue({ urgency: 'interactive', account });
  }
  line.enqueue({ urgency: 'command', account: 'late' });
  const order: string[] = [];
  for (let job = line.next(() => true); job; job = line.next(() => true)) order.push(job.account);
  expect(order).toEqual(['late', 'flood', 'one', 'two', 'flood', 'one', 'flood']);
});
