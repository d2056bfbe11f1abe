import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/kernel/clock.ts';
import { createLog } from '../../../src/kernel/log.ts';
import { keepDemoState, readDemoState } from '../../../src/main.demo-state.ts';
import { simulatorAt } from './client.ts';

let folder: string;
let file: string;
let logged: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-demo-state-'));
  file = join(folder, 'simulator.json');
  logged = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A clock whose timers run when it is moved. */
function handClock() {
  let now = 50_000;
  let timers: { at: number; callback: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(delayMs, callback) {
      const timer = { at: now + Math.max(0, delayMs), callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
  };
  const advance = (ms: number) => {
    now += ms;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter((each) => !due.includes(each));
    for (const { callback } of due) callback();
  };
  return { clock, advance };
}

function keeping(target = file) {
  const simulator = simulatorAt();
  let writes = 0;
  const state = () => {
    writes++;
    return simulator.state();
  };
  const log = createLog('warn', (line) => logged.push(line));
  const { clock, advance } = handClock();
  const keeper = keepDemoState({ file: target, state, clock, log });
  return { simulator, keeper, advance, log, writes: () => writes };
}

describe('the file of the demo', () => {
  test('is written at most once a second, and only after a change', () => {
    const { keeper, advance, writes } = keeping();
    advance(10_000);
    expect(existsSync(file)).toBe(false);
    keeper.changed();
    advance(0);
    expect(writes()).toBe(1);
    for (let elapsed = 0; elapsed < 3_000; elapsed += 100) {
      keeper.changed();
      advance(100);
    }
    expect(writes()).toBe(4);
    advance(10_000);
    expect(writes()).toBe(4);
  });

  test('is written at close when something is not written yet', () => {
    const { keeper, simulator, writes, log } = keeping();
    keeper.close();
    expect(writes()).toBe(0);
    keeper.changed();
    keeper.close();
    expect(readDemoState(file, log)).toEqual(simulator.state());
    keeper.close();
    expect(writes()).toBe(1);
  });

  test('is for its owner only and leaves nothing half written beside it', () => {
    const { keeper } = keeping();
    keeper.changed();
    keeper.close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}.tmp`)).toBe(false);
  });

  test('that cannot be written does not end the demo', () => {
    const { keeper } = keeping(join(folder, 'missing', 'simulator.json'));
    keeper.changed();
    keeper.close();
    expect(logged.join()).toContain('not saved');
  });

  test('that is missing is no reason to warn', () => {
    expect(readDemoState(file, keeping().log)).toBeUndefined();
    expect(logged).toEqual([]);
  });

  test.each(['', '{"format":1,', '[]', '{"refreshToken":"do-not-quote"'])(
    'that holds %j is ignored with a warning that does not quote it',
    (content) => {
      writeFileSync(file, content);
      expect(readDemoState(file, keeping().log)).toBeUndefined();
      expect(logged).toHaveLength(1);
      expect(logged.join()).not.toContain('do-not-quote');
    },
  );

  test('that is a folder is ignored with a warning', () => {
    expect(readDemoState(folder, keeping().log)).toBeUndefined();
    expect(logged).toHaveLength(1);
  });
});
