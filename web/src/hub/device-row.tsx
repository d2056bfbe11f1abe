import { For, type JSX, Show } from 'solid-js';
import type { Device } from '../api/types.ts';
import { Battery, Signal } from '../design/gauges.tsx';
import { Icon } from '../design/icons.tsx';
import { nameDeviceType, readDeviceKind } from './device-kind.ts';
import { LOW_BATTERY_PERCENT, readDeviceStatus } from './device-status.ts';

export function DeviceRow(props: { readonly device: Device }): JSX.Element {
  const status = () => readDeviceStatus(props.device);

  return (
    <li
      class="row device"
      classList={{
        'device--offline': !props.device.online,
        'device--troubled': status().problems.length > 0,
        'device--active': status().isActive,
      }}
    >
      <span class="row__icon device__icon">
        <Icon name={readDeviceKind(props.device.deviceType)} />
      </span>
      <div class="row__words">
        <p class="device__name">{props.device.name}</p>
        <p class="device__type">{nameDeviceType(props.device.deviceType)}</p>
        <For each={status().problems}>
          {(problem) => (
            <p class="device__problem">
              <Icon name="alert" />
              {problem}
            </p>
          )}
        </For>
      </div>
      <div class="device__readings">
        <Show when={status().reading}>
          <span class="device__reading">{status().reading}</span>
        </Show>
        <span class="device__gauges">
          <Show when={props.device.temperature !== undefined}>
            <span class="gauge">{props.device.temperature}&nbsp;°C</span>
          </Show>
          <Show when={props.device.online && props.device.signal_level}>
            {(level) => <Signal level={level()} />}
          </Show>
          <Show when={props.device.battery_level !== undefined}>
            <Battery
              percent={props.device.battery_level ?? 0}
              isLow={(props.device.battery_level ?? 0) <= LOW_BATTERY_PERCENT}
            />
          </Show>
        </span>
      </div>
    </li>
  );
}
