/** Device commands: which exist, which a device understands, and what they do. */
import { z } from 'zod';
import { kindOf } from '../catalogue.ts';
import { badRequest, invalid, wrongState } from '../errors.ts';
import { photoTaken, switched, valveMoved } from '../event-kinds.ts';
import { deviceSource, type EventLog, userSource } from '../events.ts';
import type { Account, Device, Hub } from '../model.ts';
import { done } from './context.ts';

const accepted = () => new Response(null, { status: 202 });

const commands = [
  ...['CONNECTION_TEST_START', 'CONNECTION_TEST_STOP', 'DETECTION_TEST_START', 'DETECTION_TEST_STOP', 'MUTE'],
  ...['SWITCH_ON', 'SWITCH_OFF', 'SOUND_TEST_START', 'UNLOCK_DEVICE', 'DEVICE_SWITCH_STATE'],
  ...['FIRE_SENSOR_TEST', 'MOTION_OUTDOOR_DETECTION_TEST_START'],
  ...['MOTION_OUTDOOR_UPPER_MOTION_SENSOR_DETECTION_TEST_START'],
  ...['MOTION_OUTDOOR_LOWER_MOTION_SENSOR_DETECTION_TEST_START'],
  ...['MOTION_OUTDOOR_ANTIMASKING_MOTION_SENSOR_DETECTION_TEST_START', 'MULTI_TRANSMITTER_POWER_RESET'],
  ...['DISABLE_BYPASS', 'ENABLE_ENGINEER_BYPASS', 'ENABLE_TAMPER_BYPASS', 'DISABLE_DEVICE_ONETIME_BYPASS'],
  ...['ENABLE_WHOLE_DEVICE_ONETIME_BYPASS', 'ENABLE_TAMPER_DEVICE_ONETIME_BYPASS', 'RESET_PASSWORD'],
  ...['RESET_FORCE_DISARM_PASSWORD', 'MAKE_PHOTO', 'UNREGISTERED_FIBRA_DEVICE_BLINK_START'],
  ...['UNREGISTERED_FIBRA_DEVICE_BLINK_STOP', 'START_CALIBRATION', 'STOP_CALIBRATION', 'BUS_POWER_ON'],
  ...['BUS_POWER_OFF', 'IWH_TEST_START', 'IWH_TEST_STOP', 'SELF_TEST', 'BRIGHTNESS'],
];

const channel = z.enum(['CHANNEL_1', 'CHANNEL_2', 'CHANNEL_3', 'CHANNEL_4']);
const bus = z.enum(['BUS_1', 'BUS_2', 'BUS_3', 'BUS_4', 'BUS_5', 'BUS_6', 'BUS_7', 'BUS_8']);

export const deviceCommandBody = z.looseObject({
  command: z.string().refine((command) => commands.includes(command), 'unknown command'),
  deviceType: z.string().min(1),
  additionalParam: z
    .discriminatedUnion('additionalParamType', [
      z.looseObject({ additionalParamType: z.literal('CHANNELS'), channels: z.array(channel).min(1) }),
      z.looseObject({
        additionalParamType: z.literal('BRIGHTNESS_STATUS'),
        brightnessInPercentage: z.number().int().min(0).max(100),
        channels: z.array(channel),
        brightnessType: z.enum(['BRIGHTNESS_TYPE_ABSOLUTE', 'BRIGHTNESS_TYPE_RELATIVE']),
      }),
      z.looseObject({ additionalParamType: z.literal('POWERED_BUSES'), buses: z.array(bus) }),
    ])
    .optional(),
});

export type DeviceCommandBody = z.infer<typeof deviceCommandBody>;

const bypassAfter: Readonly<Record<string, readonly string[]>> = {
  DISABLE_BYPASS: [],
  DISABLE_DEVICE_ONETIME_BYPASS: [],
  ENABLE_ENGINEER_BYPASS: ['ENGINEER_BYPASS_ACTIVE'],
  ENABLE_TAMPER_BYPASS: ['TAMPER_BYPASS_ACTIVE'],
  ENABLE_WHOLE_DEVICE_ONETIME_BYPASS: ['ONETIME_FULL_BYPASS_ENABLED'],
  ENABLE_TAMPER_DEVICE_ONETIME_BYPASS: ['ONETIME_TAMPER_BYPASS_ENABLED'],
};

export function executeDeviceCommand(
  events: EventLog,
  hub: Hub,
  device: Device,
  account: Account,
  body: DeviceCommandBody,
): Response {
  const kind = kindOf(device.type);
  const initiator = userSource(account);
  if (!device.online) return wrongState('Hub responded with WRONG_STATE: device is offline');
  switch (body.command) {
    case 'SWITCH_ON':
    case 'SWITCH_OFF': {
      if (!kind.switches) return notUnderstood(device, body.command);
      const on = body.command === 'SWITCH_ON';
      const indexes = channelIndexes(device, body);
      if (!indexes)
        return invalid([{ resource: 'DeviceCommand', field: 'additionalParam', code: 'invalid' }]);
      for (const index of indexes) device.channels[index] = on;
      events.append(hub, switched(kind, on), deviceSource(device), initiator);
      return done();
    }
    case 'DEVICE_SWITCH_STATE': {
      if (!kind.valve) return notUnderstood(device, body.command);
      device.valveOpen = !device.valveOpen;
      events.append(hub, valveMoved(device.valveOpen), deviceSource(device), initiator);
      return done();
    }
    case 'MAKE_PHOTO': {
      if (!kind.onDemandPhoto) return notUnderstood(device, body.command);
      events.append(hub, photoTaken(kind), deviceSource(device), initiator);
      return accepted();
    }
    case 'SOUND_TEST_START':
      return kind.siren ? accepted() : notUnderstood(device, body.command);
    case 'MUTE':
    case 'FIRE_SENSOR_TEST':
    case 'SELF_TEST':
      if (kind.alarm !== 'smoke') return notUnderstood(device, body.command);
      return body.command === 'MUTE' ? done() : accepted();
    case 'CONNECTION_TEST_START':
    case 'CONNECTION_TEST_STOP':
    case 'DETECTION_TEST_START':
    case 'DETECTION_TEST_STOP':
      return accepted();
    default: {
      const bypass = bypassAfter[body.command];
      if (!bypass) return notUnderstood(device, body.command);
      device.bypass = bypass;
      return done();
    }
  }
}

/** Channels to switch: those named, or all. Undefined when one does not exist on the device. */
function channelIndexes(device: Device, body: DeviceCommandBody): readonly number[] | undefined {
  const param = body.additionalParam;
  if (param?.additionalParamType !== 'CHANNELS') return device.channels.map((_, index) => index);
  const indexes = param.channels.map((name) => Number(name.slice('CHANNEL_'.length)) - 1);
  return indexes.every((index) => index < device.channels.length) ? indexes : undefined;
}

const notUnderstood = (device: Device, command: string) =>
  badRequest(`Command ${command} can't be executed by ${device.type}`);
