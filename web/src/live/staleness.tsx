import { type JSX, Show } from 'solid-js';
import { Icon } from '../design/icons.tsx';
import { writeClock } from '../design/time.ts';
import type { Live } from './create-live.ts';

/** Says of what time the data is while Ajax is busy and the gateway has nothing newer; nothing otherwise. */
export function Staleness(props: {
  readonly live: Pick<Live<unknown>, 'staleSinceMs'>;
  readonly fallback?: JSX.Element;
}): JSX.Element {
  return (
    <Show when={props.live.staleSinceMs()} fallback={props.fallback}>
      {(sinceMs) => (
        <span class="stale">
          <Icon name="clock" />
          As of {writeClock(sinceMs())}, Ajax is busy.
        </span>
      )}
    </Show>
  );
}
