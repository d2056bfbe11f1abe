/** A process of the world: it can be stopped, go on, and be killed at any moment, and has clocks of its own. */
import type { Clock } from '../../../src/kernel/clock.ts';
import type { Chance } from './chance.ts';
import type { Time } from './time.ts';

export interface SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  isAlive(): boolean;
  isStopped(): boolean;
  /** True time at which it goes on; now when it runs. */
  wakesAt(): number;
  /** Runs here now, or when it goes on; never once it is dead. */
  run(event: () => void): void;
  /** Runs here so much later; not while it is stopped, and never once it is dead. */
  deliver(afterMs: number, event: () => void): () => void;
  /**
   * Stops it, as SIGSTOP does; its monotonic clock goes on. A suspended machine's stands still.
   * A process that is stopped already is not touched.
   */
  stop(forMs: number, how?: 'stopped' | 'suspended'): void;
  /** Told whenever it is stopped. */
  onStop(listener: () => void): void;
  kill(): void;
  /** Its wall clock jumps to another error. */
  setWall(errorMs: number): void;
}

/** Clocks of good machines are off by less than 50 millionths. */
const MOST_DRIFT = 50e-6;
const EPOCH = 1_800_000_000_000;

export function createProcess(
  name: string,
  time: Time,
  chance: Chance,
  wallErrorMs: number,
): SimulatedProcess {
  const bornAt = time.now();
  const rate = 1 + chance.between(-MOST_DRIFT, MOST_DRIFT);
  let wallError = wallErrorMs;
  let suspendedMs = 0;
  let isAlive = true;
  let wakesAt = 0;
  let missed: (() => void)[] = [];
  let tellStopped = () => {};

  const isStopped = () => time.now() < wakesAt;
  const monotonic = () => (time.now() - bornAt) * rate - suspendedMs;

  function run(event: () => void): void {
    if (!isAlive) return;
    if (isStopped()) missed.push(event);
    else event();
  }

  /** One after the other, each with time to have its effects. */
  function wake(): void {
    if (!isAlive) return;
    const events = missed;
    missed = [];
    for (const event of events) time.after(0, () => run(event));
  }

  function deliver(afterMs: number, event: () => void): () => void {
    let isCancelled = false;
    const cancel = time.after(afterMs, () => run(() => isCancelled || event()));
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  return {
    name,
    isAlive: () => isAlive,
    isStopped,
    wakesAt: () => Math.max(time.now(), wakesAt),
    run,
    deliver,
    clock: {
      now: () => Math.floor(EPOCH + time.now() + wallError),
      monotonic,
      after(delayMs, callback) {
        // Runtimes may fire a timer up to a millisecond early.
        const earlyMs = delayMs > 10 && chance.happens(0.3) ? chance.next() : 0;
        const due = monotonic() + delayMs - earlyMs;
        let cancel = () => {};
        const wait = (ms: number) => {
          cancel = deliver(ms / rate, () => {
            // The clock stood still meanwhile.
            const left = due - monotonic();
            if (left > 0.001) wait(left);
            else callback();
          });
        };
        wait(delayMs - earlyMs);
        return () => cancel();
      },
    },
    stop(forMs, how = 'stopped') {
      if (!isAlive || isStopped()) return;
      wakesAt = time.now() + forMs;
      if (how === 'suspended') suspendedMs += forMs * rate;
      time.after(forMs, wake);
      tellStopped();
    },
    onStop(listener) {
      tellStopped = listener;
    },
    kill() {
      isAlive = false;
      missed = [];
    },
    setWall(errorMs) {
      wallError = errorMs;
    },
  };
}
