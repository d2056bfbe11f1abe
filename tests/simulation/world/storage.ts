/** One storage and the ways to it: slow, down, hanging, losing its last seconds, coming back empty. */
import type { MemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import type { Judge } from '../model/judge.ts';
import type { Chance } from './chance.ts';
import type { SimulatedProcess } from './process.ts';
import type { Time } from './time.ts';

export interface SimulatedStorage {
  connect(process: SimulatedProcess): CoordinatorStorage;
  /** Refuses connections, or takes requests and does not answer. */
  interrupt(forMs: number, how: 'down' | 'hanging'): void;
  /** Answers slowly for a while, up to `mostMs`. */
  slow(forMs: number, mostMs: number): void;
  /** Runs on, then falls back to what it holds now and is another incarnation. */
  loseWhatComes(forMs: number): void;
  /** All is gone, and it is another incarnation. */
  empty(): void;
  /** Its clock jumps: it stays within 5 s. */
  stepClock(): void;
}

export interface SimulatedStorageOptions {
  readonly time: Time;
  readonly chance: Chance;
  readonly judge: Judge;
  readonly createMemory: (clock: { now(): number }) => MemoryStorage;
}

type Call = (...values: unknown[]) => Promise<unknown>;

const EPOCH = 1_800_000_000_000;
const MOST_ERROR_MS = 2_500;

export function createSimulatedStorage(options: SimulatedStorageOptions): SimulatedStorage {
  const { time, chance, judge, createMemory } = options;
  let clockError = chance.between(-MOST_ERROR_MS, MOST_ERROR_MS);
  const memory = createMemory({ now: () => Math.floor(EPOCH + time.now() + clockError) });
  let interrupted: { until: number; how: 'down' | 'hanging' } = { until: 0, how: 'down' };
  let slowed = { until: 0, mostMs: 0 };
  let parked: ((isServed: boolean) => void)[] = [];

  const delayMs = () =>
    time.now() < slowed.until ? chance.between(0.2, slowed.mostMs) : chance.between(0.1, 2);

  function call(process: SimulatedProcess, name: keyof CoordinatorStorage, values: unknown[]) {
    return new Promise((resolve, reject) => {
      const refuse = () => process.deliver(delayMs(), () => reject(new Error('The storage is down')));
      const serve = () => {
        if (time.now() < interrupted.until) {
          if (interrupted.how === 'down') return refuse();
          parked.push((isServed) => (isServed ? serve() : refuse()));
          return;
        }
        (memory[name] as Call)(...values).then(
          (result) => {
            judge.stored(process.name, name, values, result);
            process.deliver(delayMs(), () => resolve(result));
          },
          (error: unknown) => process.deliver(delayMs(), () => reject(error)),
        );
      };
      // What is on its way arrives, whatever becomes of its sender. A good storage is near: the way back is enough.
      if (time.now() < slowed.until || time.now() < interrupted.until) time.after(delayMs(), serve);
      else serve();
    });
  }

  return {
    connect: (process) =>
      new Proxy(memory as CoordinatorStorage, {
        get:
          (_target, name: keyof CoordinatorStorage) =>
          (...values: unknown[]) =>
            call(process, name, values),
      }),
    interrupt(forMs, how) {
      interrupted = { until: time.now() + forMs, how };
      time.after(forMs, () => {
        const waiting = parked;
        parked = [];
        for (const go of waiting) go(chance.happens(0.5));
      });
    },
    slow(forMs, mostMs) {
      slowed = { until: time.now() + forMs, mostMs };
    },
    loseWhatComes(forMs) {
      const before = memory.snapshot();
      time.after(forMs, () => {
        memory.rollBack(before);
        memory.restart();
        judge.lost(time.now() - forMs);
      });
    },
    empty() {
      memory.rollBack({ lease: undefined, records: new Map() });
      memory.restart();
      judge.lost(0);
    },
    stepClock() {
      clockError = chance.between(-MOST_ERROR_MS, MOST_ERROR_MS);
    },
  };
}
