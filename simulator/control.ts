/** Hands on the simulated world: what tests and the demo do to it from outside the API. */
import type { ApiKeys } from './api-keys.ts';
import { kindOf } from './catalogue.ts';
import * as kinds from './event-kinds.ts';
import { deviceSource, type EventListener, type EventLog, hubSource } from './events.ts';
import { batteryOf, isOpen } from './living.ts';
import type { Device, DeviceAlarm, Hub, LogRow, World } from './model.ts';
import { applyHubState, hubStateOf, isArmed, LOW_BATTERY_PERCENT } from './security.ts';
import type { Sessions } from './sessions.ts';

export interface DeviceSummary {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly online: boolean;
  readonly armed: boolean;
  /** Of contacts only. */
  readonly open?: boolean;
  /** Of switches only, one per channel. */
  readonly channels?: readonly boolean[];
}

export interface HubSummary {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly online: boolean;
  readonly groupsEnabled: boolean;
  readonly twoStageArming: { readonly enabled: boolean; readonly countdownSeconds: number };
  readonly groups: readonly { readonly id: string; readonly name: string; readonly armed: boolean }[];
  readonly members: readonly { readonly userId: string; readonly role: string }[];
  readonly devices: readonly DeviceSummary[];
}

/** Ids are compared case-insensitively; an unknown id throws. */
export interface Control {
  hubs(): readonly HubSummary[];
  hub(hubId: string): HubSummary;
  /** The whole log of a hub, newest first. */
  log(hubId: string): readonly LogRow[];
  setHubOnline(hubId: string, online: boolean): void;
  setHubPower(hubId: string, externallyPowered: boolean): void;
  renameHub(hubId: string, name: string): void;
  /** Sets the state without a log entry. A state that does not fit the hub's groups mode throws. */
  setHubState(hubId: string, state: string): void;
  /** As if someone typed the code on the keypad: changes the hub, or one group, and writes the log. */
  armByKeypad(hubId: string, armed: boolean, groupId?: string): void;
  setTwoStageArming(hubId: string, options: { enabled: boolean; countdownSeconds?: number }): void;
  setMemberPermissions(hubId: string, userId: string, permissions: readonly string[]): void;
  setDeviceOnline(deviceId: string, online: boolean): void;
  setTampered(deviceId: string, tampered: boolean): void;
  /** An armed contact that opens raises an alarm in the log. */
  openDoor(deviceId: string): void;
  closeDoor(deviceId: string): void;
  /** Lets the seed and the time decide again whether the contact is open. */
  releaseDoor(deviceId: string): void;
  setAlarm(deviceId: string, alarm: DeviceAlarm, active: boolean): void;
  setBattery(deviceId: string, percent: number): void;
  setTemperature(deviceId: string, celsius: number): void;
  /** Ends session tokens, of one account (login or user id) or of all; refresh still works. */
  expireSessions(account?: string): void;
  /** Ends session and refresh tokens: only a new login helps. */
  revokeSessions(account?: string): void;
  /** Refuses a key with 401 as if it had been revoked, or takes it again; one that was never accepted throws. */
  setKeyRevoked(apiKey: string, revoked: boolean): void;
  /** Calls the listener with every new row of any hub's log; the result stops it. */
  onEvent(listener: EventListener): () => void;
}

export interface ControlDependencies {
  readonly world: World;
  readonly sessions: Sessions;
  readonly apiKeys: ApiKeys;
  readonly events: EventLog;
  readonly clock: () => number;
  readonly settle: (hub: Hub) => void;
  readonly logOf: (hub: Hub) => readonly LogRow[];
}

export function createControl({
  world,
  sessions,
  apiKeys,
  events,
  clock,
  settle,
  logOf,
}: ControlDependencies): Control {
  function hubOf(hubId: string): Hub {
    const hub = world.hubs.get(hubId.toUpperCase());
    if (!hub) throw new RangeError(`No such hub: ${hubId}`);
    settle(hub);
    return hub;
  }

  function placeOf(deviceId: string): { hub: Hub; device: Device } {
    for (const hub of world.hubs.values()) {
      const device = hub.devices.find(({ id }) => id === deviceId.toUpperCase());
      if (device) return { hub, device };
    }
    throw new RangeError(`No such device: ${deviceId}`);
  }

  function userIdOf(account: string | undefined): string | undefined {
    if (account === undefined) return undefined;
    const found = world.accounts.find(({ login, userId }) => login === account || userId === account);
    if (!found) throw new RangeError(`No such account: ${account}`);
    return found.userId;
  }

  function summaryOf(hub: Hub): HubSummary {
    return {
      id: hub.id,
      name: hub.name,
      state: hubStateOf(hub),
      online: hub.online,
      groupsEnabled: hub.groupsEnabled,
      twoStageArming: hub.twoStage,
      groups: hub.groups.map(({ id, name, armed }) => ({ id, name, armed })),
      members: hub.members.map(({ userId, role }) => ({ userId, role })),
      devices: hub.devices.map((device) => {
        const kind = kindOf(device.type);
        const armed = isArmed(hub, device);
        return {
          id: device.id,
          type: device.type,
          name: device.name,
          online: device.online,
          armed,
          ...(kind.contact && { open: isOpen(world, device, armed, clock()) }),
          ...(kind.switches && { channels: [...device.channels] }),
        };
      }),
    };
  }

  function moveContact(deviceId: string, open: boolean) {
    const { hub, device } = placeOf(deviceId);
    const armed = isArmed(hub, device);
    const moved = isOpen(world, device, armed, clock()) !== open;
    device.contact = open ? 'open' : 'closed';
    // While disarmed the upstream says nothing about doors.
    if (moved && armed)
      events.append(hub, kinds.contactMoved(kindOf(device.type), open), deviceSource(device));
  }

  return {
    hubs: () => [...world.hubs.keys()].map((id) => summaryOf(hubOf(id))),
    hub: (hubId) => summaryOf(hubOf(hubId)),
    log: (hubId) => logOf(hubOf(hubId)),
    setHubOnline(hubId, online) {
      const hub = hubOf(hubId);
      if (hub.online === online) return;
      hub.online = online;
      events.append(hub, kinds.hubConnection(online), hubSource(hub));
    },
    setHubPower(hubId, externallyPowered) {
      const hub = hubOf(hubId);
      if (hub.externallyPowered === externallyPowered) return;
      hub.externallyPowered = externallyPowered;
      events.append(hub, kinds.hubPower(externallyPowered), hubSource(hub));
    },
    renameHub(hubId, name) {
      hubOf(hubId).name = name;
    },
    setHubState(hubId, state) {
      const hub = hubOf(hubId);
      if (!applyHubState(hub, state)) {
        const mode = hub.groupsEnabled ? 'with' : 'without';
        throw new RangeError(`State ${state} does not exist on a hub ${mode} groups`);
      }
    },
    armByKeypad(hubId, armed, groupId) {
      const hub = hubOf(hubId);
      const group = hub.groups.find(({ id }) => id === groupId?.toUpperCase());
      if (groupId !== undefined && !group) throw new RangeError(`No such group: ${groupId}`);
      const keypad = hub.devices.find(({ type }) => type.startsWith('Keypad'));
      const event = kinds.keypadArmed(keypad ? kindOf(keypad.type).family : '0A', armed);
      if (group) group.armed = armed;
      else {
        hub.armed = armed && !hub.groupsEnabled;
        hub.nightMode = false;
        for (const each of hub.groups) each.armed = armed && hub.groupsEnabled;
      }
      events.append(hub, event, keypad ? deviceSource(keypad) : hubSource(hub));
    },
    setTwoStageArming(hubId, { enabled, countdownSeconds }) {
      const hub = hubOf(hubId);
      hub.twoStage = { enabled, countdownSeconds: countdownSeconds ?? hub.twoStage.countdownSeconds };
    },
    setMemberPermissions(hubId, userId, permissions) {
      const member = hubOf(hubId).members.find((each) => each.userId === userId.toUpperCase());
      if (!member) throw new RangeError(`No such member: ${userId}`);
      member.permissions = permissions as typeof member.permissions;
    },
    setDeviceOnline(deviceId, online) {
      const { hub, device } = placeOf(deviceId);
      if (device.online === online) return;
      device.online = online;
      events.append(hub, kinds.deviceConnection(online), deviceSource(device));
    },
    setTampered(deviceId, tampered) {
      const { hub, device } = placeOf(deviceId);
      if (device.tampered === tampered) return;
      device.tampered = tampered;
      events.append(hub, kinds.deviceLid(tampered), deviceSource(device));
    },
    openDoor: (deviceId) => moveContact(deviceId, true),
    closeDoor: (deviceId) => moveContact(deviceId, false),
    releaseDoor(deviceId) {
      placeOf(deviceId).device.contact = 'natural';
    },
    setAlarm(deviceId, alarm, active) {
      const { hub, device } = placeOf(deviceId);
      if (device.alarms.has(alarm) === active) return;
      if (active) device.alarms.add(alarm);
      else device.alarms.delete(alarm);
      events.append(hub, kinds.deviceAlarm(kindOf(device.type), alarm, active), deviceSource(device));
    },
    setBattery(deviceId, percent) {
      const { hub, device } = placeOf(deviceId);
      const wasLow = batteryOf(world, device, clock()) < LOW_BATTERY_PERCENT;
      device.batteryOverride = percent;
      const low = percent < LOW_BATTERY_PERCENT;
      if (low !== wasLow) events.append(hub, kinds.deviceBattery(low), deviceSource(device));
    },
    setTemperature(deviceId, celsius) {
      placeOf(deviceId).device.temperatureOverride = celsius;
    },
    expireSessions: (account) => sessions.expire(userIdOf(account)),
    revokeSessions: (account) => sessions.revoke(userIdOf(account)),
    setKeyRevoked: (apiKey, revoked) => apiKeys.setRevoked(apiKey, revoked),
    onEvent: (listener) => events.listen(listener),
  };
}
