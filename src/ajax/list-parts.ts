/** The parts of a hub: devices, rooms and groups. */
import type { z } from '@hono/zod-openapi';
import {
  upstreamDevice,
  upstreamDeviceList,
  upstreamGroups,
  upstreamRooms,
} from '../../coordinator/contract/upstream.ts';
import { GatewayError } from '../kernel/errors.ts';
import { type Device, type DeviceDetail, toDevice, toDeviceDetail } from './device.ts';
import { findHub } from './find-hub.ts';
import { type Read, type Reader, read } from './read.ts';
import type { groupSchema, roomSchema } from './schema.ts';

/** One request brings every device with its telemetry, so no device is asked for by itself. */
export async function listDevices(reader: Reader, hubId: string): Promise<Read<Device[]>> {
  const { data: hub } = await findHub(reader, hubId);
  const { data, cache } = await read(reader, upstreamDeviceList, ['hubs', hub.hubId, 'devices'], {
    enrich: 'true',
  });
  return { data: data.map((device) => toDevice(hub.hubId, device)), cache };
}

export async function getDevice(
  reader: Reader,
  hubId: string,
  deviceId: string,
): Promise<Read<DeviceDetail>> {
  const { data: hub } = await findHub(reader, hubId);
  const { data, cache } = await read(reader, upstreamDevice, ['hubs', hub.hubId, 'devices', deviceId]);
  return { data: toDeviceDetail(hub.hubId, data), cache };
}

export type Room = z.infer<typeof roomSchema>;

export async function listRooms(reader: Reader, hubId: string): Promise<Read<Room[]>> {
  const { data: hub } = await findHub(reader, hubId);
  const { data, cache } = await read(reader, upstreamRooms, ['hubs', hub.hubId, 'rooms']);
  const rooms = data.map(({ id, roomName, imageUrls }) => ({
    id,
    roomName: roomName ?? null,
    imageUrls: imageUrls
      ? { small: imageUrls.small ?? null, medium: imageUrls.medium ?? null, big: imageUrls.big ?? null }
      : null,
  }));
  return { data: rooms, cache };
}

/** One room, out of the list: it costs no call of its own. @throws GatewayError upstream_not_found */
export async function getRoom(reader: Reader, hubId: string, roomId: string): Promise<Read<Room>> {
  const { data, cache } = await listRooms(reader, hubId);
  const room = data.find(({ id }) => id.toLowerCase() === roomId.toLowerCase());
  if (room === undefined) {
    throw new GatewayError('upstream_not_found', { detail: 'This hub has no room with this id' });
  }
  return { data: room, cache };
}

const groupStates = ['ARMED', 'DISARMED'] as const;

export async function listGroups(
  reader: Reader,
  hubId: string,
): Promise<Read<z.infer<typeof groupSchema>[]>> {
  const { data: hub } = await findHub(reader, hubId);
  const { data, cache } = await read(reader, upstreamGroups, ['hubs', hub.hubId, 'groups']);
  const groups = data.map(({ id, groupName, state }) => ({
    id,
    hub_id: hub.hubId,
    name: groupName ?? null,
    state: groupStates.find((known) => known === state) ?? null,
    exact_state: state ?? null,
  }));
  return { data: groups, cache };
}
