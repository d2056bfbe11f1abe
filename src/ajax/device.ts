import type { z } from '@hono/zod-openapi';
import type { UpstreamDevice, UpstreamDeviceInfo } from '../../coordinator/contract/upstream.ts';
import type { deviceDetailSchema, deviceSchema } from './schema.ts';

export type Device = z.infer<typeof deviceSchema>;
export type DeviceDetail = z.infer<typeof deviceDetailSchema>;

/** Item of the device list. What is not known is left out: clients would draw a null battery as an empty one. */
export function toDevice(hubId: string, device: UpstreamDeviceInfo): Device {
  const model = device.model ?? undefined;
  return {
    ...identity(hubId, device, model),
    online: device.online ?? model?.online ?? true,
    ...known({
      state: model?.state,
      battery_level: model?.batteryChargeLevelPercentage,
      signal_level: model?.signalLevel,
      temperature: model?.temperature ?? model?.actualTemperature,
      humidity: model?.actualHumidity,
      co2: model?.actualCO2,
      tampered: model?.tampered,
      reed_closed: model?.reedClosed,
      leak_detected: model?.leakDetected,
      smoke_alarm: model?.smokeAlarm,
      temperature_alarm: model?.tempAlarm,
      co_alarm: model?.coAlarm,
      valve_state: model?.valveState,
      switch_state: model && switchState(model),
      channels_on: model?.channelStatuses,
      power_watts: model?.powerConsumptionWatts,
      bypass_state: model?.bypassState,
      malfunctions: model?.malfunctions,
      issues_count: model?.issuesCount,
    }),
  };
}

export function toDeviceDetail(hubId: string, device: UpstreamDevice): DeviceDetail {
  return {
    ...identity(hubId, device, undefined),
    online: device.online ?? true,
    state: device.state ?? null,
    color: device.color ?? null,
    battery_level: device.batteryChargeLevelPercentage ?? null,
    firmware_version: device.firmwareVersion ?? null,
    temperature: device.temperature ?? device.actualTemperature ?? null,
    signal_level: device.signalLevel ?? null,
    tampered: device.tampered ?? null,
    night_mode_arm: device.nightModeArm ?? null,
    arm_delay: device.armDelaySeconds ?? null,
    alarm_delay: device.alarmDelaySeconds ?? null,
    cms_index: device.cmsDeviceIndex ?? null,
    bypassState: device.bypassState ?? [],
    malfunctions: device.malfunctions ?? [],
  };
}

/** Both spellings: the first gateway sent camelCase, its dashboard reads snake_case. */
function identity(
  hubId: string,
  device: UpstreamDeviceInfo | UpstreamDevice,
  model: UpstreamDevice | undefined,
) {
  const deviceType = device.deviceType ?? model?.deviceType ?? 'Unknown';
  const roomId = device.roomId ?? model?.roomId ?? null;
  const groupId = device.groupId ?? model?.groupId ?? null;
  return {
    id: device.id,
    hubId,
    hub_id: hubId,
    name: device.deviceName ?? model?.deviceName ?? null,
    deviceType,
    device_type: deviceType,
    roomId,
    room_id: roomId,
    groupId,
    group_id: groupId,
  };
}

/** Switches with several channels only list those that are on. */
function switchState({ switchState: state, channelStatuses }: UpstreamDevice): string[] | undefined {
  if (typeof state === 'string') return [state];
  if (state || !channelStatuses) return state ?? undefined;
  return [channelStatuses.length > 0 ? 'SWITCHED_ON' : 'SWITCHED_OFF'];
}

type Known<T> = { [K in keyof T]?: NonNullable<T[K]> };

function known<T extends object>(fields: T): Known<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  ) as Known<T>;
}
