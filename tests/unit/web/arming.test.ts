import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../web/src/api/api-error.ts';
import type { ArmAnswer, ArmCommand } from '../../../web/src/api/types.ts';
import { createArming } from '../../../web/src/hub/create-arming.ts';

const done: ArmAnswer = { success: true, outcome: 'done', message: '' };
const running: ArmAnswer = { success: false, outcome: 'in_progress', message: '' };
const refuse = (code: string, status: number) => new ApiError({ code, status, detail: code });

function setUp(answer: () => ArmAnswer | ApiError, confirmedAfter = 1) {
  const sent: ArmCommand[] = [];
  let confirmations = 0;
  let nowMs = 0;
  const control = createArming({
    send: async (command) => {
      sent.push(command);
      const result = answer();
      if (result instanceof ApiError) throw result;
      return result;
    },
    confirm: async () => {
      confirmations += 1;
      return confirmations >= confirmedAfter;
    },
    pause: async (ms) => {
      nowMs += ms;
    },
    now: () => nowMs,
  });
  return { control, sent, confirmations: () => confirmations };
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
    const { control, confirmations } = setUp(() => done, 2);
    control.ask({ armState: 1 });
    await control.carryOut();
    expect(confirmations()).toBe(2);
  });

  it('of two stages is followed until the hub shows it', async () => {
    const { control } = setUp(() => running, 5);
    control.ask({ armState: 1 });
    await control.carryOut();
    expect(control.arming()).toMatchObject({ step: 'done', atMs: 10_000 });
  });

  it('of two stages that never ends is not known, not done', async () => {
    const { control } = setUp(() => running, Number.POSITIVE_INFINITY);
    control.ask({ armState: 1 });
    await control.carryOut();
    expect(control.arming().step).toBe('unknown');
  });

  it('of two stages can be replaced while it runs', async () => {
    const answers = [running, done];
    const { control, sent } = setUp(() => answers.shift() ?? done, 3);
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
    const { control } = setUp(() => running, 5);
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

  it('that failed says why', async () => {
    const { control } = setUp(() => refuse('hub_offline', 503));
    control.ask({ armState: 1 });
    await control.carryOut();
    expect(control.arming()).toMatchObject({ step: 'failed', error: { code: 'hub_offline' } });
  });
});
