import { For, type JSX, Show } from 'solid-js';
import { Icon } from '../design/icons.tsx';
import type { HubState } from './hub-state.ts';
import './state-ring.css';

const GAP = 4;

/**
 * The perimeter: a ring that closes when the hub is armed and stands open when it is not. A hub with groups has one
 * segment for each of them. Decoration; the words beside it say the same.
 */
export function StateRing(props: {
  readonly state: HubState;
  /** Whether each group is armed, in order; empty when the hub has no groups. */
  readonly groups?: readonly boolean[];
  readonly isBusy?: boolean;
}): JSX.Element {
  const groups = () => ((props.groups?.length ?? 0) > 1 ? (props.groups ?? []) : []);

  return (
    <span class="ring" data-state={props.state} classList={{ 'ring--busy': props.isBusy ?? false }}>
      <svg class="ring__drawing" viewBox="0 0 120 120" aria-hidden="true">
        <circle class="ring__track" cx="60" cy="60" r="52" />
        <Show
          when={groups().length > 0}
          fallback={<circle class="ring__line" cx="60" cy="60" r="52" pathLength="100" />}
        >
          <For each={groups()}>
            {(isArmed, index) => (
              <circle
                class="ring__segment"
                classList={{ 'ring__segment--open': !isArmed }}
                cx="60"
                cy="60"
                r="52"
                pathLength="100"
                stroke-dasharray={`${100 / groups().length - GAP} 100`}
                transform={`rotate(${-90 + (360 / groups().length) * index() + GAP * 1.8} 60 60)`}
              />
            )}
          </For>
        </Show>
        <circle class="ring__sweep" cx="60" cy="60" r="52" pathLength="100" />
      </svg>
      <Icon name={props.state} class="ring__icon" />
    </span>
  );
}
