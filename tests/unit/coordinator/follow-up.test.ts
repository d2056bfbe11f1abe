/** What looks after a command waits its turn like everything else of its account. */
import { expect, test } from 'vitest';
import { createFollowUp } from '../../../coordinator/commands/follow-up.ts';
import type { Command } from '../../../coordinator/journal/command.ts';
import { createTestClock } from './world.ts';

const command: Command = {
  ...{ id: 'c', account: 'a1', method: 'PUT', segments: ['hubs', '1', 'commands', 'arming'], hub: '1' },
  ...{ fingerprint: 'f', idempotencyKey: null, state: 'answered', outcome: 'in_progress', code: null },
  ...{ answer: null, message: null, arming: { command: 'ARM', token: 't' }, weight: 4 },
  ...{ createdAt: 0, sentAt: 0, answeredAt: 0, confirmedAt: null },
};

test('polls and the look for the effect have the weight of their account (P4)', async () => {
  const clock = createTestClock();
  const weights: number[] = [];
  const followUp = createFollowUp(
    {
      async perform({ weight }) {
        weights.push(weight);
        const body = Buffer.from('{"status":"SUCCESS"}');
        return { kind: 'answered', status: 200, headers: new Headers(), body };
      },
    },
    {
      async read() {
        throw new Error('Nobody waits for this');
      },
      async readPatiently({ weight }) {
        weights.push(weight);
        const body = Buffer.from('{"id":"1","state":"ARMED"}');
        return { status: 200, body, retryAfterSeconds: undefined, contentType: undefined, cache: undefined };
      },
    },
    clock,
  );
  let isConfirmed = false;
  followUp.follow(command, () => {
    followUp.confirm(command, {
      isLast: () => true,
      write() {
        isConfirmed = true;
      },
    });
  });
  await clock.advance(6_000);
  expect(isConfirmed).toBe(true);
  expect(weights).toEqual([4, 4]);
});
