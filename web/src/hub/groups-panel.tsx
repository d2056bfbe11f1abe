import { For, type JSX, Show } from 'solid-js';
import type { Group, Hub } from '../api/types.ts';
import { Icon } from '../design/icons.tsx';
import { Staleness } from '../live/staleness.tsx';
import { Locked } from '../session/locked.tsx';
import { useSession } from '../session/session-context.ts';
import type { ArmingControl } from './create-arming.ts';
import type { HubControl } from './create-hub.ts';

export function GroupsPanel(props: { readonly hub: Hub; readonly control: HubControl }): JSX.Element {
  return (
    <Show when={props.hub.groups_enabled}>
      <section class="panel" aria-labelledby="groups-title">
        <h2 id="groups-title" class="panel__title">
          Groups
        </h2>
        <Show
          when={props.control.groups}
          fallback={
            <Locked title="Groups" requiredPlan="basic">
              See and switch each part of the house on its own.
            </Locked>
          }
        >
          {(groups) => (
            <>
              <Staleness live={groups()} />
              <ul class="groups">
                <Show when={!groups().data() && !groups().error()}>
                  <For each={[1, 2]}>{() => <li class="skeleton skeleton--group" aria-hidden="true" />}</For>
                </Show>
                <For each={props.control.activeGroups()}>
                  {(group) => <GroupRow group={group} arming={props.control.arming} />}
                </For>
              </ul>
            </>
          )}
        </Show>
      </section>
    </Show>
  );
}

function GroupRow(props: { readonly group: Group; readonly arming: ArmingControl }): JSX.Element {
  const { can } = useSession();
  const isArmed = () => props.group.state === 'ARMED';

  return (
    <li class="group" data-state={isArmed() ? 'armed' : 'disarmed'}>
      <span class="group__icon">
        <Icon name={isArmed() ? 'armed' : 'disarmed'} />
      </span>
      <span class="group__words">
        <span class="group__name">{props.group.name}</span>
        <span class="group__state">{isArmed() ? 'Armed' : 'Disarmed'}</span>
      </span>
      <Show when={can('send_commands')}>
        <button
          type="button"
          class="button"
          aria-label={`${isArmed() ? 'Disarm' : 'Arm'} ${props.group.name}`}
          onClick={() =>
            props.arming.ask({
              armState: isArmed() ? 0 : 1,
              group: { id: props.group.id, name: props.group.name },
            })
          }
        >
          {isArmed() ? 'Disarm' : 'Arm'}
        </button>
      </Show>
    </li>
  );
}
