import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import type { Reading, ReadOptions } from '../api/gateway.ts';
import { isLasting, nextPauseMs } from './pace.ts';

export interface Live<T> {
  /** The last good reading; it stays while later readings fail. */
  readonly data: Accessor<T | undefined>;
  readonly error: Accessor<unknown>;
  readonly readAtMs: Accessor<number | undefined>;
  /** When Ajax said what is shown, if the gateway had nothing newer. */
  readonly staleSinceMs: Accessor<number | undefined>;
  readonly refresh: (options?: ReadOptions) => Promise<void>;
}

interface LiveOptions {
  readonly intervalMs: number;
  /** What this belongs to: nothing is read before that was, for it may not exist. */
  readonly after?: Live<unknown>;
}

/**
 * Reads now and then again at `intervalMs` while the page is visible. Belongs to the component that creates it and
 * stops with it.
 */
export function createLive<T>(
  read: (options: ReadOptions) => Promise<Reading<T>>,
  { intervalMs, after }: LiveOptions,
): Live<T> {
  // A store keeps what did not change: rows stay the same elements, and the focus stays on them.
  const [reading, setReading] = createStore<{ data?: T }>({});
  const [error, setError] = createSignal<unknown>();
  const [readAtMs, setReadAtMs] = createSignal<number>();
  const [staleSinceMs, setStaleSinceMs] = createSignal<number>();
  const gone = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failuresInARow = 0;
  let dueAtMs = 0;
  let latest = 0;

  async function refresh(options: ReadOptions = {}): Promise<void> {
    latest += 1;
    const turn = latest;
    let suggestedIntervalMs: number | undefined;
    try {
      const answer = await read({ ...options, signal: gone.signal });
      // A slow answer must not overwrite a newer one.
      if (turn !== latest || gone.signal.aborted) return;
      suggestedIntervalMs = answer.suggestedIntervalMs;
      failuresInARow = 0;
      setReading('data', reconcile(answer.data));
      setReadAtMs(Date.now());
      setStaleSinceMs(answer.staleSinceMs);
      setError(undefined);
    } catch (reason) {
      if (turn !== latest || gone.signal.aborted) return;
      failuresInARow += 1;
      setError(reason);
      if (isLasting(reason)) return;
    }
    schedule(nextPauseMs({ intervalMs, suggestedIntervalMs, failuresInARow, error: error() }));
  }

  function schedule(pauseMs: number): void {
    dueAtMs = Date.now() + pauseMs;
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(refresh, pauseMs);
  }

  function onVisibilityChange(): void {
    clearTimeout(timer);
    if (!document.hidden && dueAtMs > 0) timer = setTimeout(refresh, Math.max(0, dueAtMs - Date.now()));
  }

  document.addEventListener('visibilitychange', onVisibilityChange);
  onCleanup(() => {
    document.removeEventListener('visibilitychange', onVisibilityChange);
    clearTimeout(timer);
    gone.abort();
  });
  const isTime = createMemo(() => !after || after.data() !== undefined);
  createEffect(
    on(isTime, (now) => {
      if (now) void refresh();
    }),
  );

  return { data: () => reading.data, error, readAtMs, staleSinceMs, refresh };
}
