import { For, type JSX, Show } from 'solid-js';
import type { ArmState, Hub } from '../api/types.ts';
import { Icon } from '../design/icons.tsx';
import { type HubState, readHubState } from '../hubs/hub-state.ts';
import { Locked } from '../session/locked.tsx';
import { useSession } from '../session/session-context.ts';
import type { ArmingControl } from './create-arming.ts';

const orders: readonly {
  readonly armState: ArmState;
  readonly label: string;
  readonly target: 'armed' | 'night' | 'disarmed';
}[] = [
  { armState: 1, label: 'Arm', target: 'armed' },
  { armState: 2, label: 'Night mode', target: 'night' },
  { armState: 0, label: 'Disarm', target: 'disarmed' },
];

export function ArmControls(props: { readonly hub: Hub; readonly arming: ArmingControl }): JSX.Element {
  const { can } = useSession();
  const state = (): HubState => readHubState(props.hub);
  const isOnTheWay = () => props.arming.arming().step === 'running';

  return (
    <Show
      when={can('send_commands')}
      fallback={
        <div class="hero__locked">
          <Locked title="Arm and disarm from here" requiredPlan="pro">
            Commands, night mode and groups.
          </Locked>
        </div>
      }
    >
      <fieldset class="arm">
        <legend class="visually-hidden">Change the arm state of {props.hub.name}</legend>
        <For each={orders}>
          {(order) => (
            <button
              type="button"
              class="arm__button"
              aria-pressed={!isOnTheWay() && state() === order.target}
              onClick={() => props.arming.ask({ armState: order.armState })}
            >
              <Icon name={order.target} />
              {order.label}
            </button>
          )}
        </For>
      </fieldset>
    </Show>
  );
}
