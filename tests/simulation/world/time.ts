/**
 * True time, which nobody in the world can read: what happens next happens at once, however far away it is. Between
 * two events everything runs that waits for nothing but other code.
 */
import { ciphering } from './same-thread-crypto.ts';

export interface Time {
  /** Milliseconds since the beginning. */
  now(): number;
  /** Runs `event` once, so many milliseconds from now; returns a function that cancels. */
  after(delayMs: number, event: () => void): () => void;
  /** Lets the world run until then; ends early when `isOver` says so. */
  runUntil(endMs: number, isOver: () => boolean): Promise<void>;
  /** Events so far. */
  events(): number;
}

interface Event {
  readonly at: number;
  readonly number: number;
  run: (() => void) | undefined;
}

const isBefore = (one: Event, other: Event) =>
  one.at < other.at || (one.at === other.at && one.number < other.number);

export function createTime(): Time {
  /** A binary heap. */
  const events: Event[] = [];
  let now = 0;
  let numbers = 0;
  let happened = 0;

  function add(event: Event): void {
    let place = events.push(event) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = events[above] as Event;
      if (!isBefore(event, parent)) break;
      events[place] = parent;
      place = above;
    }
    events[place] = event;
  }

  function takeFirst(): Event | undefined {
    const first = events[0];
    const last = events.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= events.length) break;
      if (below + 1 < events.length && isBefore(events[below + 1] as Event, events[below] as Event)) below++;
      const child = events[below] as Event;
      if (!isBefore(child, last)) break;
      events[place] = child;
      place = below;
    }
    events[place] = last;
    return first;
  }

  return {
    now: () => now,
    events: () => happened,
    after(delayMs, run) {
      const event: Event = { at: now + Math.max(0, delayMs), number: ++numbers, run };
      add(event);
      return () => {
        event.run = undefined;
      };
    },
    runUntil: (endMs, isOver) =>
      new Promise((resolve, reject) => {
        function happen(): boolean {
          while (events[0] !== undefined && events[0].run === undefined) takeFirst();
          const next = events[0];
          if (next === undefined || next.at > endMs) {
            now = endMs;
            return false;
          }
          takeFirst();
          now = next.at;
          happened++;
          const { run } = next;
          next.run = undefined;
          run?.();
          return true;
        }
        function step(): void {
          try {
            // Keys are derived on other threads, in no order: only then is there something to wait for.
            if (ciphering() > 0 || (!isOver() && happen())) {
              // One turn of the event loop: all promises that can go on have gone on by then.
              setImmediate(step);
            } else resolve();
          } catch (error) {
            reject(error);
          }
        }
        setImmediate(step);
      }),
  };
}
