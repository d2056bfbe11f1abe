import { For, type JSX, Match, Show, Switch } from 'solid-js';
import type { Device } from '../api/types.ts';
import { Notice, Trouble } from '../design/notice.tsx';
import type { Live } from '../live/create-live.ts';
import { Staleness } from '../live/staleness.tsx';
import { Locked } from '../session/locked.tsx';
import type { HubControl } from './create-hub.ts';
import { DeviceRow } from './device-row.tsx';
import { needsAttention } from './device-status.ts';
import { groupByRoom } from './rooms-with-devices.ts';

export function DevicesPanel(props: { readonly control: HubControl }): JSX.Element {
  return (
    <section class="panel devices" aria-labelledby="devices-title">
      <div class="panel__head">
        <h2 id="devices-title" class="visually-hidden">
          Devices
        </h2>
        <Show when={props.control.devices?.data()}>{(devices) => <Count devices={devices()} />}</Show>
      </div>
      <Show
        when={props.control.devices}
        fallback={
          <Locked title="Rooms and devices" requiredPlan="basic">
            Doors, batteries, signal and temperature, room by room.
          </Locked>
        }
      >
        {(devices) => (
          <>
            <Staleness live={devices()} />
            <Rooms devices={devices()} control={props.control} />
          </>
        )}
      </Show>
    </section>
  );
}

function Rooms(props: {
  readonly devices: Live<readonly Device[]>;
  readonly control: HubControl;
}): JSX.Element {
  return (
    <Switch fallback={<DevicesSkeleton />}>
      <Match when={props.devices.data()?.length === 0}>
        <Notice icon="device" title="No devices yet">
          Devices added in the Ajax app show up here by themselves.
        </Notice>
      </Match>
      <Match when={props.devices.data()}>
        {(devices) => (
          <div class="rooms">
            <For each={groupByRoom(props.control.rooms?.data() ?? [], devices())}>
              {(room) => (
                <section class="room" aria-label={room.name}>
                  <h3 class="rows__name">{room.name}</h3>
                  <ul class="room__devices">
                    <For each={room.devices}>{(device) => <DeviceRow device={device} />}</For>
                  </ul>
                </section>
              )}
            </For>
          </div>
        )}
      </Match>
      <Match when={props.devices.error()}>
        <Trouble
          title="The devices could not be read"
          error={props.devices.error()}
          onRetry={props.devices.refresh}
        />
      </Match>
    </Switch>
  );
}

function Count(props: { readonly devices: readonly Device[] }): JSX.Element {
  const troubled = () => props.devices.filter(needsAttention).length;
  return (
    <p class="panel__note">
      {props.devices.length} in all
      <Show when={troubled() > 0} fallback=", all in order">
        {`, ${troubled()} ${troubled() === 1 ? 'needs' : 'need'} attention`}
      </Show>
    </p>
  );
}

function DevicesSkeleton(): JSX.Element {
  return (
    <div class="rooms" role="status">
      <span class="visually-hidden">Loading the devices</span>
      <For each={[1, 2, 3, 4]}>{() => <div class="skeleton skeleton--block" />}</For>
    </div>
  );
}
