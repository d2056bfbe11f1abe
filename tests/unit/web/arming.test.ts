import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../web/src/api/api-error.ts';
import type { ArmAnswer, ArmCommand, Command } from '../../../web/src/api/types.ts';
import { type Arming, createArming } from '../../../web/src/hub/create-arming.ts';

const ID = '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e';
const done: ArmAnswer = { success: true, outcome: 'done', command_id: ID, message: '' };
const running: ArmAnswer = { success: false, outcome: 'in_progress', command_id: ID, message: '' };
const accepted: ArmAnswer = { success: false, outcome: 'accepted', command_id: ID, message: '' };
const refuse = (code: string, status: number) => new ApiError({ code, status, detail: code });
const pending = { outcome: 'pending' } as Command;
const inProgress = { outcome: 'in_progress' } as Command;
const ended = (outcome: Command['outcome'], rest: Partial<Command> = {}) =>
  ({ outcome, code: null, status: null, message: null, ...rest }) as Command;

interface World {
  readonly isReadable?: boolean;
  readonly confirmedAfter?: number;
  /** What the receipt says, one after the other; the last one stays. */
  readonly receipts?: readonly (Command | ApiError)[];
}

function setUp(
  answer: () => ArmAnswer | ApiError,
  { isReadable = true, confirmedAfter = 1, receipts = [inProgress] }: World = {},
) {
  const sent: ArmCommand[] = [];
  const asked: string[] = [];
  /** What the page shows at each look at the receipt. */
  const shown: Arming[] = [];
  const waiting = [...receipts];
  let confirmations = 0;
  let nowMs = 0;
  const control = createArming({
    send: async (command) => {
      sent.push(command);
      const result = answer();
      if (result instanceof ApiError) throw result;
      return result;
    },
    receipt: async (commandId) => {
      asked.push(commandId);
      shown.push(control.arming());
      const [receipt] = waiting.length > 1 ? waiting.splice(0, 1) : waiting;
      if (!receipt || receipt instanceof ApiError) throw receipt;
      return receipt;
    },
    confirm: async () => {
      confirmations += 1;
      if (!isReadable) return 'unread';
      return confirmations >= confirmedAfter ? 'reached' : 'not_reached';
    },
    pause: async (ms) => {
      nowMs += ms;
    },
    now: () => nowMs,
  });
  return { control, sent, asked, shown, confirmations: () => confirmations };
}

describe('an order', () => {
  it('is sent only after it was confirmed', async () => {
    const { control, sent } = setUp(() => done);
    control.ask({ armState: 1 });
    expect(control.arming().step).toBe('asking');
    expect(sent).toEqual([]);
    await control.carryOut();
    expect(sent).toEqual([{ armState: 1 }]);
    expect(control.arming().step).toBe('done');
  });

  it('names its group', async () => {
    const { control, sent } = setUp(() => done);
    control.ask({ armState: 0, group: { id: 'G1', name: 'Office' } });
    await control.carryOut();
    expect(sent).toEqual([{ armState: 0, groupId: 'G1' }]);
  });

  it('is read back once more when the first reading does not show it yet', async () => {
    const { control, confirmations } = setUp(() => done, { confirmedAfter: 2 });
    control.ask({ armState: 1 });
    await control.carryOut();
    expect(confirmations()).toBe(2);
  });

  it('of two stages is followed by its receipt every 3 s until it is done, and then shown', async () => {
    const { control, asked, confirmations } = setUp(() => running, {
      receipts: [inProgress, inProgress, ended('done')],
    });
    control.ask({ armState: 1 });
    await control.carryOut();
    expect(asked).toEqual([ID, ID, ID]);
    expect(control.arming()).toMatchObject({ step: 'done', atMs: 9_000 });
    expect(confirmations()).toBe(1);
  });

  it('that was only accepted says so, and says when its two stages begin', async () => {
    const { control, shown } = setUp(() => accepted, { receipts: [pending, inProgress, ended('done')] });
    control.ask({ armState: 1 });
    await control.carryOut();
    expect(shown).toMatchObject([
      { step: 'running', progress: 'accepted' },
      { step: 'running', progress: 'accepted' },
      { step: 'running', progress: 'in_progress' },
    ]);
    expect(control.arming().step).toBe('done');
  });

  it('whose receipt cannot be read is followed by reading the hub', async () => {
    const { control } = setUp(() => running, {
      receipts: [refuse('command_not_found', 404)],
      confirmedAfter: 3,
    });
    control.ask({ armState: 1 });
    await control.carryOut();
    expect(control.arming()).toMatchObject({ step: 'done', atMs: 9_000 });
  });

  it.each([
    [
      ended('failed', { code: 'arming_refused', status: 412, message: 'A door is open' }),
      { step: 'refused', reasons: [], detail: 'A door is open' },
    ],
    [
      ended('failed', { code: 'hub_offline', status: 503 }),
      { step: 'failed', error: { code: 'hub_offline' } },
    ],
    [
      ended('not_executed', { code: 'command_not_executed' }),
      { step: 'failed', error: { code: 'command_not_executed', retryable: true } },
    ],
    [ended('unknown', { code: 'command_outcome_unknown' }), { step: 'unknown' }],
  ])('whose receipt ends with %j is told like an answer, and the hub is read', async (receipt, expected) => {
    const { control, confirmations } = setUp(() => accepted, { receipts: [pending, receipt] });
    control.ask({ armState: 1 });
    await control.carryOut();
    expect(control.arming()).toMatchObject(expected);
    expect(confirmations()).toBe(1);
  });

  it('that never ends is given up after 5 min: not known, not done', async () => {
    const { control, asked } = setUp(() => running);
    control.ask({ armState: 1 });
    await control.carryOut();
    expect(control.arming().step).toBe('unknown');
    expect(asked).toHaveLength(100);
  });

  it('of two stages can be replaced while it runs', async () => {
    const answers = [running, done];
    const { control, sent } = setUp(() => answers.shift() ?? done, { confirmedAfter: 3 });
    control.ask({ armState: 1 });
    const run = control.carryOut();
    await Promise.resolve();
    control.ask({ armState: 0 });
    await control.carryOut();
    await run;
    expect(sent).toEqual([{ armState: 1 }, { armState: 0 }]);
    expect(control.arming()).toMatchObject({ step: 'done', order: { armState: 0 } });
  });

  it('of two stages goes on when another question is cancelled', async () => {
    const { control } = setUp(() => running, { receipts: [inProgress, inProgress, ended('done')] });
    control.ask({ armState: 1 });
    const run = control.carryOut();
    await Promise.resolve();
    control.ask({ armState: 0 });
    control.dismiss();
    expect(control.arming().step).toBe('running');
    await run;
    expect(control.arming().step).toBe('done');
  });

  it('that is refused can be sent again past the problems', async () => {
    let isRefused = true;
    const { control, sent } = setUp(() => (isRefused ? refuse('arming_refused', 412) : done));
    control.ask({ armState: 1 });
    await control.carryOut();
    expect(control.arming().step).toBe('refused');
    isRefused = false;
    await control.carryOut({ ignoreProblems: true });
    expect(sent.at(-1)).toEqual({ armState: 1, ignoreProblems: true });
    expect(control.arming().step).toBe('done');
  });

  it.each(['command_outcome_unknown', 'network'])(
    'with %s is not known, and the hub is read',
    async (code) => {
      const { control, confirmations } = setUp(() => refuse(code, 504));
      control.ask({ armState: 1 });
      await control.carryOut();
      expect(control.arming().step).toBe('unknown');
      expect(confirmations()).toBe(1);
    },
  );

  it.each([
    ['answered so', () => refuse('command_outcome_unknown', 504), [inProgress]],
    ['whose receipt says so', () => accepted, [pending, ended('unknown')]],
    ['given up', () => running, [inProgress]],
  ])('of unknown outcome, %s, tells whether the state was read after it', async (_what, answer, receipts) => {
    for (const isReadable of [true, false]) {
      const { control } = setUp(answer, { receipts, isReadable, confirmedAfter: Number.POSITIVE_INFINITY });
      control.ask({ armState: 1 });
      await control.carryOut();
      expect(control.arming()).toMatchObject({ step: 'unknown', isStateRead: isReadable });
    }
  });

  it('that failed says why', async () => {
    const { control } = setUp(() => refuse('hub_offline', 503));
    control.ask({ armState: 1 });
    await control.carryOut();
    expect(control.arming()).toMatchObject({ step: 'failed', error: { code: 'hub_offline' } });
  });
});
