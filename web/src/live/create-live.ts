import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import type { Reading, ReadOptions } from '../api/gateway.ts';
import type { QuotaLeft } from '../api/quota-left.ts';
import { isLasting, nextPauseMs } from './pace.ts';

export interface Live<T> {
  /** The last good reading; it stays while later readings fail. */
  readonly data: Accessor<T | undefined>;
  readonly error: Accessor<unknown>;
  /** When Ajax said what is shown. */
  readonly readAtMs: Accessor<number | undefined>;
  /** The same, if the gateway had nothing newer because Ajax is busy. */
  readonly staleSinceMs: Accessor<number | undefined>;
  /** Reads now. Never rejects. @returns whether what is shown now is what this call has read, and not stale */
  readonly refresh: (options?: ReadOptions) => Promise<boolean>;
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
  const [isStale, setStale] = createSignal(false);
  const gone = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failuresInARow = 0;
  let dueAtMs = 0;
  let latest = 0;

  async function refresh(options: ReadOptions = {}): Promise<boolean> {
    // The turn that was due next must not overtake this one.
    clearTimeout(timer);
    latest += 1;
    const turn = latest;
    let suggestedIntervalMs: number | undefined;
    let quotaLeft: readonly QuotaLeft[] = [];
    try {
      const answer = await read({ ...options, signal: gone.signal });
      // A slow answer must not overwrite a newer one.
      if (turn !== latest || gone.signal.aborted) return false;
      ({ suggestedIntervalMs, quotaLeft } = answer);
      failuresInARow = 0;
      setReading('data', reconcile(answer.data));
      setReadAtMs(answer.readAtMs);
      setStale(answer.isStale);
      setError(undefined);
    } catch (reason) {
      if (turn !== latest || gone.signal.aborted) return false;
      failuresInARow += 1;
      setError(reason);
      if (isLasting(reason)) return false;
    }
    schedule(nextPauseMs({ intervalMs, suggestedIntervalMs, quotaLeft, failuresInARow, error: error() }));
    return error() === undefined && !isStale();
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

  const staleSinceMs = () => (isStale() ? readAtMs() : undefined);
  return { data: () => reading.data, error, readAtMs, staleSinceMs, refresh };
}
