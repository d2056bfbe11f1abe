import type { Device } from '../api/types.ts';
import { readDeviceKind } from './device-kind.ts';

export const LOW_BATTERY_PERCENT = 20;

export interface DeviceStatus {
  /** What the device sees: "Closed", "Open", "Dry", "On". Undefined when it has nothing to say. */
  readonly reading: string | undefined;
  /** Open or on: worth noticing, yet nothing is wrong. */
  readonly isActive: boolean;
  /** What is wrong, most serious first. */
  readonly problems: readonly string[];
}

export function readDeviceStatus(device: Device): DeviceStatus {
  return { ...readState(device), problems: readProblems(device) };
}

export const needsAttention = (device: Device): boolean => readProblems(device).length > 0;

function readState(device: Device): Pick<DeviceStatus, 'reading' | 'isActive'> {
  if (device.reed_closed !== undefined) {
    return device.reed_closed ? { reading: 'Closed', isActive: false } : { reading: 'Open', isActive: true };
  }
  if (device.valve_state === 'OPEN' || device.valve_state === 'CLOSED') {
    return { reading: device.valve_state === 'OPEN' ? 'Open' : 'Closed', isActive: false };
  }
  if (device.leak_detected === false) return { reading: 'Dry', isActive: false };
  if (device.switch_state?.length) {
    const isOn = device.switch_state.some((state) => state === 'SWITCHED_ON' || state === 'ON');
    return { reading: isOn ? 'On' : 'Off', isActive: isOn };
  }
  if (readDeviceKind(device.deviceType) === 'air') {
    const parts = [
      device.humidity !== undefined && `${device.humidity} %`,
      device.co2 !== undefined && `${device.co2} ppm`,
    ].filter((part) => part !== false);
    return { reading: parts.join(' · ') || undefined, isActive: false };
  }
  return { reading: undefined, isActive: false };
}

function readProblems(device: Device): readonly string[] {
  const problems: string[] = [];
  if (isDetected(device.smoke_alarm)) problems.push('Smoke detected');
  if (isDetected(device.co_alarm)) problems.push('Carbon monoxide detected');
  if (isDetected(device.temperature_alarm)) problems.push('Too hot');
  if (device.leak_detected) problems.push('Leak detected');
  if (!device.online) problems.push('Offline');
  if (device.tampered) problems.push('Lid is open');
  if ((device.battery_level ?? 100) <= LOW_BATTERY_PERCENT) problems.push('Battery is low');
  if (device.online && device.signal_level === 'NO_SIGNAL') problems.push('No signal');
  const named = (device.malfunctions ?? []).map(nameMalfunction);
  problems.push(...named.filter((name) => !problems.includes(name)));
  if (problems.length === 0 && (device.issues_count ?? 0) > 0) problems.push('Needs a check');
  return problems;
}

/** "SMOKE_ALARM_DETECTED", as opposed to "SMOKE_ALARM_NOT_DETECTED". */
const isDetected = (alarm: string | undefined): boolean =>
  alarm !== undefined && /(?<!NOT_)DETECTED$/.test(alarm);

const malfunctionNames: Readonly<Record<string, string>> = {
  LOW_BATTERY: 'Battery is low',
  BATTERY_LOW: 'Battery is low',
  TAMPERED: 'Lid is open',
  OFFLINE: 'Offline',
};

/** "SMOKE_CHAMBER_DIRTY" becomes "Smoke chamber dirty". */
export function nameMalfunction(malfunction: string): string {
  const words = malfunction.replace(/_/g, ' ').trim().toLowerCase();
  return malfunctionNames[malfunction] ?? words.charAt(0).toUpperCase() + words.slice(1);
}
