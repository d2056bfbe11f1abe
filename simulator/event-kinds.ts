/** The events the simulator writes, with the codes seen in the field. */
import type { DeviceKind } from './catalogue.ts';
import type { EventKind } from './events.ts';
import type { DeviceAlarm } from './model.ts';

const security = (code: string, tag: string): EventKind => ({
  code,
  tag,
  type: 'SECURITY',
  transition: 'IMPULSE',
});

export const securityEvents = {
  disarmed: security('M_22_00', 'Disarm'),
  armed: security('M_22_01', 'Arm'),
  armedWithProblems: security('M_22_26', 'ArmWithMalfunctions'),
  armingFailed: security('M_22_24', 'ArmAttempt'),
  nightModeOn: security('M_22_02', 'NightModeOn'),
  nightModeOnWithProblems: security('M_22_27', 'NightModeOnWithMalfunctions'),
  nightModeFailed: security('M_22_25', 'NightModeOnAttempt'),
  nightModeOff: security('M_22_28', 'NightModeOff'),
  groupDisarmed: security('M_22_29', 'GroupDisarm'),
  groupArmed: security('M_22_2A', 'GroupArm'),
  groupArmedWithProblems: security('M_22_2D', 'GroupArmWithMalfunctions'),
  groupArmingFailed: security('M_22_2E', 'GroupArmAttempt'),
} as const;

export const panicPressed: EventKind = {
  code: 'M_22_03',
  tag: 'PanicButtonPressed',
  type: 'ALARM',
  transition: 'TRIGGERED',
};

export const fireDetectorsMuted: EventKind = {
  code: 'M_22_36',
  tag: 'FireDetectorsMuted',
  type: 'USER',
  transition: 'IMPULSE',
};

export const keypadArmed = (family: string, armed: boolean) =>
  security(`M_${family}_${armed ? '21' : '20'}`, armed ? 'Arm' : 'Disarm');

export const hubConnection = (online: boolean): EventKind => ({
  code: online ? 'M_21_0B' : 'M_21_0A',
  tag: online ? 'ServerConnectionRestored' : 'ServerConnectionLoss',
  type: online ? 'FUNCTION_RECOVERED' : 'MALFUNCTION',
  transition: online ? 'RECOVERED' : 'TRIGGERED',
});

export const hubPower = (present: boolean): EventKind => ({
  code: present ? 'M_21_01' : 'M_21_00',
  tag: present ? 'ExternalPowerRestored' : 'ExternalPowerDisconnected',
  type: present ? 'FUNCTION_RECOVERED' : 'MALFUNCTION',
  transition: present ? 'RECOVERED' : 'TRIGGERED',
});

export const deviceConnection = (online: boolean): EventKind => ({
  code: online ? 'M_ABS_05' : 'M_ABS_04',
  tag: online ? 'Online' : 'Offline',
  type: online ? 'FUNCTION_RECOVERED' : 'MALFUNCTION',
  transition: online ? 'RECOVERED' : 'TRIGGERED',
});

export const deviceLid = (open: boolean): EventKind => ({
  code: open ? 'M_ABS_00' : 'M_ABS_01',
  tag: open ? 'TamperOpened' : 'TamperClosed',
  type: open ? 'MALFUNCTION' : 'FUNCTION_RECOVERED',
  transition: open ? 'TRIGGERED' : 'RECOVERED',
});

/** On ABS codes the battery is the other way round than all the rest: 02 is well, 03 is low. */
export const deviceBattery = (low: boolean): EventKind => ({
  code: low ? 'M_ABS_03' : 'M_ABS_02',
  tag: low ? 'LowBattery' : 'BatteryCharged',
  type: low ? 'MALFUNCTION' : 'FUNCTION_RECOVERED',
  transition: low ? 'TRIGGERED' : 'RECOVERED',
});

export const contactMoved = (kind: DeviceKind, open: boolean): EventKind => ({
  code: `M_${kind.family}_${open ? '20' : '21'}`,
  tag: open ? 'DoorOpened' : 'DoorClosed',
  type: open ? 'ALARM' : 'ALARM_RECOVERED',
  transition: open ? 'TRIGGERED' : 'RECOVERED',
});

const alarmTags: Readonly<Record<DeviceAlarm, readonly [signal: string, on: string, off: string]>> = {
  leak: ['20', 'LeakageDetected', 'NoLeakageDetected'],
  smoke: ['20', 'SmokeDetected', 'NoSmokeDetected'],
  heat: ['22', 'TemperatureAboveThreshold', 'TemperatureBackToNormal'],
  co: ['30', 'CoDetected', 'CoLevelOk'],
  motion: ['20', 'MotionDetected', 'NoMotionDetected'],
  glass: ['20', 'GlassBreakDetected', 'NoGlassBreakDetected'],
};

export function deviceAlarm(kind: DeviceKind, alarm: DeviceAlarm, active: boolean): EventKind {
  const [signal, on, off] = alarmTags[alarm];
  const recovered = signal.slice(0, 1) + String(Number(signal.slice(1)) + 1);
  return {
    code: `M_${kind.family}_${active ? signal : recovered}`,
    tag: active ? on : off,
    type: active ? 'ALARM' : 'ALARM_RECOVERED',
    transition: active ? 'TRIGGERED' : 'RECOVERED',
  };
}

export const switched = (kind: DeviceKind, on: boolean): EventKind => ({
  code: `M_${kind.family}_${on ? '21' : '20'}`,
  tag: on ? 'SwitchedOn' : 'SwitchedOff',
  type: 'COMMON',
  typeV2: 'SMART_HOME_ACTUATOR',
  transition: 'IMPULSE',
});

export const valveMoved = (open: boolean): EventKind => ({
  code: open ? 'M_48_33' : 'M_48_34',
  tag: open ? 'ValveOpened' : 'ValveClosed',
  type: 'COMMON',
  typeV2: 'SMART_HOME_ACTUATOR',
  transition: 'IMPULSE',
});

export const photoTaken = (kind: DeviceKind): EventKind => ({
  code: `M_${kind.family}_45`,
  tag: 'PhotoByUser',
  type: 'USER',
  transition: 'IMPULSE',
});
