import type { RejectionReason } from '../api/api-error.ts';
import type { Device } from '../api/types.ts';
import { nameDeviceType } from './device-kind.ts';
import { nameMalfunction, readDeviceStatus } from './device-status.ts';

export interface ArmingObstacle {
  readonly name: string;
  readonly problem: string;
  readonly deviceType: string | undefined;
}

/**
 * Ajax names what prevents arming by id and a bare code; the device list says it in words. Several reasons of one
 * device become one line.
 */
export function describeObstacles(
  reasons: readonly RejectionReason[],
  devices: readonly Device[],
): readonly ArmingObstacle[] {
  const seen = new Set<string>();
  return reasons.flatMap((reason) => {
    const key = reason.source_id ?? `${reason.source_type}/${reason.code}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [
      describeObstacle(
        reason,
        devices.find((device) => device.id === reason.source_id),
      ),
    ];
  });
}

function describeObstacle(reason: RejectionReason, device: Device | undefined): ArmingObstacle {
  if (device) {
    const { reading, isActive, problems } = readDeviceStatus(device);
    const seen = [isActive ? reading : undefined, ...problems].filter((text) => text !== undefined);
    return {
      name: device.name,
      problem: seen.join(' · ') || describeCode(reason.code),
      deviceType: device.deviceType,
    };
  }
  return {
    name: reason.source_type ? nameDeviceType(reason.source_type) : 'Unnamed device',
    problem: describeCode(reason.code),
    deviceType: reason.source_type ?? undefined,
  };
}

function describeCode(code: string | null): string {
  if (!code) return 'Not ready';
  return /^[0-9A-F]{1,4}$/i.test(code) ? `Not ready (code ${code})` : nameMalfunction(code);
}
