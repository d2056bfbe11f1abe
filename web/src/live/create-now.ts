import { type Accessor, createSignal, onCleanup } from 'solid-js';

/** The time in milliseconds, ticking once a second: for "12 s ago". */
export function createNow(): Accessor<number> {
  const [now, setNow] = createSignal(Date.now());
  const timer = setInterval(() => setNow(Date.now()), 1000);
  onCleanup(() => clearInterval(timer));
  return now;
}
