/** What the arm state of a hub means: the one word on the wire, which devices watch, what speaks against arming. */
import { kindOf } from './catalogue.ts';
import type { RejectionReason } from './errors.ts';
import { batteryOf, isOpen } from './living.ts';
import type { ArmingTarget, Device, Hub, World } from './model.ts';

export const LOW_BATTERY_PERCENT = 10;

export function hubStateOf(hub: Hub): string {
  if (!hub.groupsEnabled) return hub.armed ? 'ARMED' : hub.nightMode ? 'NIGHT_MODE' : 'DISARMED';
  const armed = hub.groups.filter((group) => group.armed).length;
  const extent = armed === 0 ? 'DISARMED' : armed === hub.groups.length ? 'ARMED' : 'PARTIALLY_ARMED';
  return `${extent}_NIGHT_MODE_${hub.nightMode ? 'ON' : 'OFF'}`;
}

/** Sets the hub as the state says. With groups, a partial state leaves the groups as they are. */
export function applyHubState(hub: Hub, state: string): boolean {
  const withGroups = /^(ARMED|DISARMED|PARTIALLY_ARMED)_NIGHT_MODE_(ON|OFF)$/.exec(state);
  if (hub.groupsEnabled) {
    if (!withGroups) return false;
    hub.nightMode = withGroups[2] === 'ON';
    if (withGroups[1] !== 'PARTIALLY_ARMED') {
      for (const group of hub.groups) group.armed = withGroups[1] === 'ARMED';
    }
    return true;
  }
  if (!['ARMED', 'DISARMED', 'NIGHT_MODE'].includes(state)) return false;
  hub.armed = state === 'ARMED';
  hub.nightMode = state === 'NIGHT_MODE';
  return true;
}

export function isArmed(hub: Hub, device: Device): boolean {
  if (!kindOf(device.type).arms) return false;
  if (hub.nightMode && device.nightModeArm) return true;
  if (!hub.groupsEnabled) return hub.armed;
  return hub.groups.some((group) => group.id === device.groupId && group.armed);
}

/** Devices that a command would set watching. */
export function devicesConcerned(
  hub: Hub,
  target: ArmingTarget,
  command: 'ARM' | 'NIGHT_MODE_ON',
): readonly Device[] {
  return hub.devices.filter((device) => {
    if (!kindOf(device.type).arms) return false;
    if (command === 'NIGHT_MODE_ON') return device.nightModeArm;
    if (target.kind === 'group') return device.groupId === target.groupId;
    if (!hub.groupsEnabled) return true;
    return hub.groups.some((group) => group.id === device.groupId && group.bulkArmInvolved);
  });
}

/** Codes are the signals of the device events: 00 lid open, 03 battery low, 04 lost, 20 contact open. */
export function problemsOf(
  world: World,
  hub: Hub,
  devices: readonly Device[],
  now: number,
): readonly RejectionReason[] {
  if (hub.settings.armPreventionMode === 'IGNORE_WARNINGS') return [];
  return devices
    .filter((device) => device.bypass.length === 0)
    .flatMap((device) => {
      const kind = kindOf(device.type);
      const codes = [
        kind.contact && isOpen(world, device, isArmed(hub, device), now) ? '20' : undefined,
        device.online ? undefined : '04',
        device.tampered ? '00' : undefined,
        batteryOf(world, device, now) < LOW_BATTERY_PERCENT ? '03' : undefined,
      ];
      return codes
        .filter((code) => code !== undefined)
        .map((code) => ({ sourceType: kind.sourceType, sourceId: device.id, code }));
    });
}
