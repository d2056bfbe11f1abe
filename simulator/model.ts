/** The state of the simulated world. Mutable on purpose: verbs change it in place. */

export const permissions = [
  'USER_ADD',
  'USER_DELETE',
  'USER_ROLE_UPDATE',
  'USER_PERMISSIONS_UPDATE',
  'USER_NOTIFICATION_SETTINGS_UPDATE',
  'ROOM_ADD_UPDATE_DELETE',
  'DEVICE_ADD_UPDATE_DELETE',
  'CAMERA_ADD_UPDATE_DELETE',
  'CAMERA_GET',
  'GROUP_ADD_UPDATE_DELETE',
  'EVENTS_GET',
  'GET',
  'ARM',
  'DISARM',
  'NIGHT_MODE',
  'PANIC',
  'HUB_NET_SETTINGS_UPDATE',
  'HUB_OTHER_SETTINGS_UPDATE',
  'STATE_COMMANDS',
  'FIRMWARE_COMMANDS',
  'SCENARIO',
  'CHIMES_UPDATE',
  'PRIVACY_ACCESS_SETTINGS',
  'MUTE_FIRE_PROTECT',
  'BLE_ACCESS',
  'START_BUKHOOR',
] as const;

export type Permission = (typeof permissions)[number];
export type HubRole = 'MASTER' | 'USER' | 'PRO';

/** An account of the simulator, with everything needed to log in. */
export interface DemoAccount {
  readonly login: string;
  readonly password: string;
  /** Base32 secret of accounts with a second factor (RFC 6238). */
  readonly totp?: string;
  readonly userId: string;
  readonly description: string;
  readonly hubIds: readonly string[];
}

export interface Account extends DemoAccount {
  firstName: string;
  language: string;
  readonly phone: string;
  hasImage: boolean;
}

export interface Member {
  readonly userId: string;
  readonly role: HubRole;
  permissions: readonly Permission[];
}

export interface Room {
  readonly id: string;
  name: string;
  hasImage: boolean;
}

export interface Group {
  readonly id: string;
  name: string;
  armed: boolean;
  bulkArmInvolved: boolean;
  bulkDisarmInvolved: boolean;
  hasImage: boolean;
}

export interface Camera {
  readonly id: string;
  readonly roomId: string;
  readonly name: string;
  readonly streamUrl: string;
}

export type DeviceAlarm = 'leak' | 'smoke' | 'heat' | 'co' | 'motion' | 'glass';

export interface Device {
  readonly id: string;
  /** As on the wire: `DoorProtect`, `Keypad`, ... Key of the catalogue. */
  readonly type: string;
  readonly index: number;
  readonly color: string;
  /** Average temperature where it hangs, degrees Celsius. */
  readonly baseTemperature: number;
  /** Charge when the world began, percent. */
  readonly baseBattery: number;
  /** Chance that a contact opens by itself in a quarter of an hour, 0..1. */
  readonly traffic: number;
  /** Power drawn while switched on. */
  readonly watts: number;
  name: string;
  roomId: string;
  groupId: string | undefined;
  /** Settings a client may change with PUT, over the factory settings of the catalogue. */
  settings: Record<string, unknown>;
  nightModeArm: boolean;
  online: boolean;
  tampered: boolean;
  /** `natural` lets the seed and the time decide. */
  contact: 'natural' | 'open' | 'closed';
  /** Was open when the system was armed over it: stays so until then (epoch milliseconds). */
  heldOpenUntil: number;
  batteryOverride: number | undefined;
  temperatureOverride: number | undefined;
  channels: boolean[];
  valveOpen: boolean;
  bypass: readonly string[];
  readonly alarms: Set<DeviceAlarm>;
}

export type ArmingTarget = { readonly kind: 'hub' } | { readonly kind: 'group'; readonly groupId: string };

/** Two-stage arming in progress or ended. */
export interface ArmingOperation {
  readonly token: string;
  readonly target: ArmingTarget;
  readonly command: 'ARM' | 'NIGHT_MODE_ON';
  readonly ignoreProblems: boolean;
  readonly userId: string;
  readonly endsAt: number;
  outcome: 'IN_PROGRESS' | 'SUCCESS' | 'ERROR';
  reason?: string | undefined;
}

export interface LogRow {
  readonly eventSource: 'HUB';
  readonly eventId: string;
  readonly hubId: string;
  readonly hubName: string;
  readonly eventType: string;
  readonly eventTypeV2: string;
  readonly eventCode: string;
  readonly eventTag: string;
  readonly sourceObjectType: string;
  readonly sourceObjectId: string;
  readonly sourceObjectName: string;
  readonly sourceRoomId?: string;
  readonly sourceRoomName?: string;
  readonly cmsDeviceIndex: number;
  readonly timestamp: number;
  readonly transition: 'TRIGGERED' | 'RECOVERED' | 'IMPULSE';
  readonly additionalData: null;
  readonly additionalDataV2: readonly unknown[];
}

export interface Hub {
  readonly id: string;
  readonly subtype: string;
  readonly color: string;
  readonly timeZone: string;
  readonly firmwareVersion: string;
  readonly spaceId: string;
  readonly city: string;
  readonly country: string;
  readonly members: Member[];
  readonly rooms: Room[];
  readonly groups: Group[];
  readonly devices: Device[];
  readonly cameras: Camera[];
  readonly scenarios: readonly { readonly id: string; readonly name: string }[];
  name: string;
  settings: Record<string, unknown>;
  hasImage: boolean;
  online: boolean;
  externallyPowered: boolean;
  groupsEnabled: boolean;
  /** Without groups: the whole hub. With groups each group has its own state. */
  armed: boolean;
  nightMode: boolean;
  twoStage: { readonly enabled: boolean; readonly countdownSeconds: number };
  operations: ArmingOperation[];
  /** Events since the world began, oldest first; what came before is computed when read. */
  log: LogRow[];
  eventCount: number;
}

export interface World {
  readonly seed: number;
  /** Epoch milliseconds; natural changes are reckoned from here. */
  readonly startedAt: number;
  readonly living: boolean;
  readonly accounts: readonly Account[];
  /** By uppercase id. */
  readonly hubs: ReadonlyMap<string, Hub>;
}
