/** Rows of a hub's log, and whoever listens for them. */
import { kindOf } from './catalogue.ts';
import type { Account, Device, Hub, LogRow, World } from './model.ts';
import { hexOf } from './random.ts';

/** Rows the log keeps of what happened since the start: as many as 50 pages can show. */
const LOG_CAPACITY = 2_500;

export interface EventKind {
  /** `M_<family>_<signal>`; see the upstream's event classifier. */
  readonly code: string;
  readonly tag: string;
  readonly type: string;
  /** Where it differs from `type`. */
  readonly typeV2?: string;
  readonly transition: LogRow['transition'];
}

export interface EventSource {
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly roomId?: string;
  readonly index: number;
}

export type EventListener = (row: LogRow) => void;

export function userSource(account: Account): EventSource {
  return { type: 'USER', id: account.userId, name: account.firstName, index: 0 };
}

export function hubSource(hub: Hub): EventSource {
  return { type: 'HUB', id: hub.id, name: hub.name, index: 0 };
}

export function deviceSource(device: Device): EventSource {
  return {
    type: kindOf(device.type).sourceType,
    id: device.id,
    name: device.name,
    roomId: device.roomId,
    index: device.index,
  };
}

export function logRow(
  world: World,
  hub: Hub,
  serial: string,
  kind: EventKind,
  source: EventSource,
  timestamp: number,
  initiator?: EventSource,
): LogRow {
  const room = hub.rooms.find(({ id }) => id === source.roomId);
  return {
    eventSource: 'HUB',
    eventId: hexOf(32, world.seed, hub.id, serial),
    hubId: hub.id,
    hubName: hub.name,
    eventType: kind.type,
    eventTypeV2: kind.typeV2 ?? kind.type,
    eventCode: kind.code,
    eventTag: kind.tag,
    sourceObjectType: source.type,
    sourceObjectId: source.id,
    sourceObjectName: source.name,
    ...(room && { sourceRoomId: room.id, sourceRoomName: room.name }),
    cmsDeviceIndex: source.index,
    timestamp: Math.round(timestamp),
    transition: kind.transition,
    additionalData: null,
    additionalDataV2: initiator
      ? [
          {
            additionalDataV2Type: 'INITIATOR_INFO',
            objectType: initiator.type,
            hexId: initiator.id,
            objectName: initiator.name,
          },
        ]
      : [],
  };
}

export interface EventLog {
  append(hub: Hub, kind: EventKind, source: EventSource, initiator?: EventSource): void;
  /** Calls the listener with every row from now on; the result stops it. */
  listen(listener: EventListener): () => void;
}

export function createEventLog(world: World, clock: () => number): EventLog {
  const listeners = new Set<EventListener>();
  return {
    append(hub, kind, source, initiator) {
      const row = logRow(world, hub, `live-${hub.eventCount++}`, kind, source, clock(), initiator);
      hub.log.push(row);
      if (hub.log.length > LOG_CAPACITY) hub.log.shift();
      for (const listener of listeners) listener(row);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
