/** Keeps the state of the embedded simulator in a file, so that a second start of the demo keeps all data. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseSimulatorState, type SimulatorState } from '../simulator/simulator.ts';
import type { Clock } from './kernel/clock.ts';
import type { Log } from './kernel/log.ts';

export interface DemoStateKeeper {
  /** Something may have changed: it is in the file within a second, at once when the file was not written lately. */
  changed(): void;
  /** Writes what is not written yet. */
  close(): void;
}

export interface DemoStateOptions {
  readonly file: string;
  readonly state: () => SimulatorState;
  readonly clock: Clock;
  readonly log: Log;
}

/** A process that is killed loses at most so much. */
const WRITE_EVERY_MS = 1_000;

/** What an earlier run left; undefined when there is nothing, or nothing that can be read. */
export function readDemoState(file: string, log: Log): SimulatorState | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isMissing) log.warn({ file, error }, 'the state of the demo cannot be read: it starts anew');
    return undefined;
  }
  const state = parseSimulatorState(parsed(text));
  if (state === undefined) log.warn({ file }, 'not a state of the demo: it starts anew');
  return state;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error would quote the file, which holds tokens.
    return undefined;
  }
}

export function keepDemoState({ file, state, clock, log }: DemoStateOptions): DemoStateKeeper {
  let writtenAt = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;

  function write(): void {
    cancel = undefined;
    writtenAt = clock.monotonic();
    try {
      // Renamed into place, so that a reader never sees half a file (rename(2)). It holds tokens: owner only.
      writeFileSync(`${file}.tmp`, JSON.stringify(state()), { mode: 0o600 });
      renameSync(`${file}.tmp`, file);
    } catch (error) {
      // The demo goes on without memory.
      log.warn({ file, error }, 'the state of the demo was not saved');
    }
  }

  return {
    changed() {
      cancel ??= clock.after(writtenAt + WRITE_EVERY_MS - clock.monotonic(), write);
    },
    close() {
      if (cancel === undefined) return;
      cancel();
      write();
    },
  };
}
