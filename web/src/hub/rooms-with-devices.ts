import type { Device, Room } from '../api/types.ts';
import { needsAttention } from './device-status.ts';

export interface RoomWithDevices {
  readonly id: string;
  readonly name: string;
  readonly devices: readonly Device[];
}

/** Devices under their rooms, in the rooms' order; devices of no known room come last. Empty rooms are left out. */
export function groupByRoom(rooms: readonly Room[], devices: readonly Device[]): readonly RoomWithDevices[] {
  const known = new Set(rooms.map((room) => room.id));
  const placed = rooms.map((room) => ({
    id: room.id,
    name: room.roomName || 'Unnamed room',
    devices: devices.filter((device) => device.roomId === room.id),
  }));
  const elsewhere = devices.filter((device) => !device.roomId || !known.has(device.roomId));
  return [...placed, { id: 'elsewhere', name: 'Without a room', devices: elsewhere }]
    .filter((room) => room.devices.length > 0)
    .map((room) => ({ ...room, devices: room.devices.toSorted(troubledFirst) }));
}

const troubledFirst = (a: Device, b: Device): number =>
  Number(needsAttention(b)) - Number(needsAttention(a)) || a.name.localeCompare(b.name);
