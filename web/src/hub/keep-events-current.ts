import { createEffect, createSignal, onCleanup } from 'solid-js';
import type { Events } from './create-events.ts';

/** Reads the log when it is due and somebody may be looking. Stops with the component that calls it. */
export function keepEventsCurrent({ dueAtMs, refresh }: Pick<Events, 'dueAtMs' | 'refresh'>): void {
  const [isHidden, setHidden] = createSignal(document.hidden);
  const onVisibilityChange = () => setHidden(document.hidden);
  document.addEventListener('visibilitychange', onVisibilityChange);
  onCleanup(() => document.removeEventListener('visibilitychange', onVisibilityChange));

  createEffect(() => {
    const dueAt = dueAtMs();
    if (isHidden() || dueAt === undefined) return;
    const timer = setTimeout(refresh, Math.max(0, dueAt - Date.now()));
    onCleanup(() => clearTimeout(timer));
  });
}
