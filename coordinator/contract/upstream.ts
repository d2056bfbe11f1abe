/**
 * What Ajax answers, as far as this project reads it: one set of schemas for the gateway, the coordinator and the
 * simulator. The upstream drifts between versions, so unknown fields pass through, enumerations are plain strings,
 * and only what identifies a resource is required.
 */
import { z } from 'zod';

const text = z.string().nullish();
const flag = z.boolean().nullish();
const whole = z.number().nullish();
const texts = z.array(z.string()).nullish();

/** A bare array, or the same array under `key` as some deployments answer. */
function list<Item extends z.ZodType>(item: Item, ...keys: readonly string[]) {
  return z.preprocess((body) => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
    const wrapped = keys.map((key) => (body as Record<string, unknown>)[key]).find(Array.isArray);
    return wrapped ?? body;
  }, z.array(item));
}

export const upstreamLoginResponse = z.looseObject({
  sessionToken: z.string().min(1),
  userId: z.string().min(1),
  refreshToken: z.string().min(1),
});
export type UpstreamLoginResponse = z.infer<typeof upstreamLoginResponse>;

export const upstreamErrorDetail = z.looseObject({ resource: text, field: text, code: text, message: text });
export type UpstreamErrorDetail = z.infer<typeof upstreamErrorDetail>;

export const upstreamErrorMessage = z.looseObject({
  message: text,
  /** Quote it to Ajax support. */
  messageId: text,
  errors: z.array(upstreamErrorDetail).nullish(),
});
export type UpstreamErrorMessage = z.infer<typeof upstreamErrorMessage>;

/** Ajax says 503 for two different things: for itself, and for one hub that cannot be reached. */
export const isHubOffline = (message: string) =>
  /offline|not delivered|undelivered|no connection/i.test(message);

export const upstreamArmingErrors = z.looseObject({
  message: text,
  rejectionReasons: z.array(z.looseObject({ sourceType: text, sourceId: text, code: text })),
});
export type UpstreamArmingErrors = z.infer<typeof upstreamArmingErrors>;

export const upstreamImageUrls = z.looseObject({ small: text, medium: text, big: text });

export const upstreamHubBinding = z.looseObject({
  hubId: z.string().min(1),
  /** MASTER, USER, PRO. */
  hubBindingRole: text,
});
export type UpstreamHubBinding = z.infer<typeof upstreamHubBinding>;

export const upstreamHubList = list(upstreamHubBinding, 'hubs');
export type UpstreamHubList = z.infer<typeof upstreamHubList>;

export const upstreamHub = z.looseObject({
  id: z.string().min(1),
  name: text,
  hubSubtype: text,
  /** With groups: ARMED_, DISARMED_ or PARTIALLY_ARMED_, then NIGHT_MODE_ON or NIGHT_MODE_OFF. */
  state: text,
  groupsEnabled: flag,
  /** There is no `online`: an empty array is read as offline. */
  activeChannels: texts,
  color: text,
  tampered: flag,
  externallyPowered: flag,
  connectionTestInProgress: flag,
  blockedByServiceProvider: flag,
  armPreventionMode: text,
  battery: z.looseObject({ chargeLevelPercentage: whole, state: text }).nullish(),
  firmware: z
    .looseObject({
      version: text,
      newVersionAvailable: flag,
      latestAvailableVersion: text,
      autoupdateEnabled: flag,
    })
    .nullish(),
  ethernet: z
    .looseObject({ enabled: flag, ip: text, mask: text, gate: text, dns: text, dhcp: flag })
    .nullish(),
  gsm: z.looseObject({ signalLevel: text, simCardState: text, networkStatus: text }).nullish(),
  wifi: z.looseObject({ enabled: flag, ssid: text, signalLevel: text }).nullish(),
  noiseLevel: z.looseObject({ high: flag, avgValueChannel1: whole, avgValueChannel2: whole }).nullish(),
  jeweller: z.looseObject({ detectorPingIntervalSeconds: whole, lostHeartbeatsThreshold: whole }).nullish(),
  limits: z
    .looseObject({ rooms: whole, groups: whole, cameras: whole, sensors: whole, users: whole })
    .nullish(),
  warnings: z.looseObject({ hub: whole, allDevices: whole }).nullish(),
  hubMalfunctions: texts,
  alarmCondition: texts,
  armPreventionConditions: texts,
  /** A constant such as EUROPE_KIEV, not an IANA name. */
  timeZone: text,
  twoStageArming: z
    .looseObject({
      enabled: flag,
      applicationTriggeredArming: z
        .looseObject({ countdownDurationSeconds: whole, state: text, expirationUnixTime: whole })
        .nullish(),
    })
    .nullish(),
  imageUrls: upstreamImageUrls.nullish(),
});
export type UpstreamHub = z.infer<typeof upstreamHub>;

/** Device detail. Which of the fields exist depends on the model; the 148 models share the first block. */
export const upstreamDevice = z.looseObject({
  id: z.string().min(1),
  deviceType: text,
  deviceName: text,
  roomId: text,
  groupId: text,
  malfunctions: texts,
  issuesCount: whole,
  bypassState: texts,
  estimatedArmingState: text,
  cmsDeviceIndex: whole,

  color: text,
  firmwareVersion: text,
  online: flag,
  state: text,
  signalLevel: text,
  temperature: whole,
  batteryChargeLevelPercentage: whole,
  tampered: flag,
  nightModeArm: flag,
  armDelaySeconds: whole,
  alarmDelaySeconds: whole,
  /** A boolean on some models, ABSENT or PRESENT on others. */
  externalPower: z.union([z.boolean(), z.string()]).nullish(),
  externallyPowered: z.union([z.boolean(), z.string()]).nullish(),
  dataChannelSignalQuality: text,

  reedClosed: flag,
  extraContactClosed: flag,
  leakDetected: flag,
  tempAlarm: text,
  smokeAlarm: text,
  coAlarm: text,
  /** An array on switches and sockets, one string on call points. */
  switchState: z.union([z.array(z.string()), z.string()]).nullish(),
  channelStatuses: texts,
  powerConsumedWattsPerHour: whole,
  powerConsumptionWatts: whole,
  currentMilliAmpers: whole,
  currentMilliAmpere: whole,
  voltageVolts: whole,
  actualTemperature: whole,
  actualHumidity: whole,
  actualCO2: whole,
  valveState: text,
});
export type UpstreamDevice = z.infer<typeof upstreamDevice>;

/** Item of the device list; `model` comes only with `enrich=true`. */
export const upstreamDeviceInfo = z.looseObject({
  id: z.string().min(1),
  deviceType: text,
  deviceName: text,
  roomId: text,
  groupId: text,
  color: text,
  online: flag,
  model: upstreamDevice.nullish(),
});
export type UpstreamDeviceInfo = z.infer<typeof upstreamDeviceInfo>;

export const upstreamDeviceList = list(upstreamDeviceInfo, 'devices');
export type UpstreamDeviceList = z.infer<typeof upstreamDeviceList>;

export const upstreamRoom = z.looseObject({
  id: z.string().min(1),
  roomName: text,
  imageUrls: upstreamImageUrls.nullish(),
});
export type UpstreamRoom = z.infer<typeof upstreamRoom>;

export const upstreamRooms = list(upstreamRoom, 'rooms');
export type UpstreamRooms = z.infer<typeof upstreamRooms>;

export const upstreamGroup = z.looseObject({
  id: z.string().min(1),
  groupName: text,
  state: text,
  bulkArmInvolved: flag,
  bulkDisarmInvolved: flag,
  imageUrls: upstreamImageUrls.nullish(),
  twoStageArming: z.looseObject({ enabled: flag }).nullish(),
});
export type UpstreamGroup = z.infer<typeof upstreamGroup>;

export const upstreamGroups = list(upstreamGroup, 'groups');
export type UpstreamGroups = z.infer<typeof upstreamGroups>;

/** The profile carries neither the user's id nor a last name. */
export const upstreamUser = z.looseObject({
  login: text,
  firstName: text,
  phone: text,
  language: text,
  agreementVersion: whole,
  attachedCompanyId: text,
  imageUrls: upstreamImageUrls.nullish(),
  passwordIntegrity: texts,
});
export type UpstreamUser = z.infer<typeof upstreamUser>;

export const upstreamLogEntry = z.looseObject({
  eventId: text,
  /** HUB, SPACE or VIDEO. */
  eventSource: text,
  hubId: text,
  hubName: text,
  /** Deprecated by the upstream in favour of `eventTypeV2`. */
  eventType: text,
  eventTypeV2: text,
  eventCode: text,
  eventTag: text,
  sourceObjectType: text,
  sourceObjectId: text,
  sourceObjectName: text,
  sourceRoomId: text,
  sourceRoomName: text,
  cmsDeviceIndex: whole,
  /** Epoch milliseconds. */
  timestamp: whole,
  /** TRIGGERED, RECOVERED or IMPULSE. */
  transition: text,
  additionalData: z.unknown().optional(),
  additionalDataV2: z.array(z.unknown()).nullish(),
});
export type UpstreamLogEntry = z.infer<typeof upstreamLogEntry>;

export const upstreamLogEntries = list(upstreamLogEntry, 'logs', 'events');
export type UpstreamLogEntries = z.infer<typeof upstreamLogEntries>;

const boundUserBase = {
  id: z.string().min(1),
  firstName: text,
  keypadPrefix: text,
  hubBindingRole: text,
  imageUrls: upstreamImageUrls.nullish(),
};

export const upstreamBoundUserDetails = z.looseObject({
  ...boundUserBase,
  permissions: texts,
  groupsPermissions: z.array(z.looseObject({ groupId: text, groupPermissions: texts })).nullish(),
  notificationSettings: z
    .looseObject({ alarms: texts, malfunctions: texts, armings: texts, events: texts })
    .nullish(),
});
export type UpstreamBoundUserDetails = z.infer<typeof upstreamBoundUserDetails>;

/** A user of a hub; `model` comes only with `enrich=true`. */
export const upstreamBoundUser = z.looseObject({
  ...boundUserBase,
  model: upstreamBoundUserDetails.nullish(),
});
export type UpstreamBoundUser = z.infer<typeof upstreamBoundUser>;

export const upstreamBoundUsers = list(upstreamBoundUser, 'users');
export type UpstreamBoundUsers = z.infer<typeof upstreamBoundUsers>;

export const upstreamCamera = z.looseObject({
  id: z.string().min(1),
  roomId: text,
  name: text,
  serviceType: text,
  /** May hold the camera's credentials. */
  streamDataUrl: text,
  dvr: flag,
  parentCameraId: text,
  streamAccessDeniedToCurrentUser: flag,
  streamAvailableToAnyUser: flag,
});
export type UpstreamCamera = z.infer<typeof upstreamCamera>;

export const upstreamCameras = list(upstreamCamera, 'cameras');
export type UpstreamCameras = z.infer<typeof upstreamCameras>;

export const upstreamSpaceBinding = z.looseObject({ id: z.string().min(1), name: text });
export type UpstreamSpaceBinding = z.infer<typeof upstreamSpaceBinding>;

export const upstreamSpaceBindings = list(upstreamSpaceBinding, 'spaces');
export type UpstreamSpaceBindings = z.infer<typeof upstreamSpaceBindings>;

export const upstreamSpace = z.looseObject({
  id: z.string().min(1),
  name: text,
  /** HUB, SMART_LOCK, VIDEO_EDGE. */
  devices: z.array(z.looseObject({ id: z.string().min(1), type: text })).nullish(),
  rooms: z.array(z.looseObject({ id: z.string().min(1), name: text })).nullish(),
  timeZone: text,
  address: z.looseObject({ country: text, city: text, addressLine1: text }).nullish(),
});
export type UpstreamSpace = z.infer<typeof upstreamSpace>;

/** 202 of an arming command: two-stage arming is running, the hub is not armed yet. */
export const upstreamArmingStarted = z.looseObject({ token: z.string().min(1) });
export type UpstreamArmingStarted = z.infer<typeof upstreamArmingStarted>;

export const upstreamArmingStatus = z.looseObject({
  /** IN_PROGRESS, SUCCESS, ERROR. */
  status: z.string().min(1),
  errorMessage: upstreamErrorMessage.nullish(),
});
export type UpstreamArmingStatus = z.infer<typeof upstreamArmingStatus>;

/** Throttling may arrive with status 200: an object whose only member is a message about the limit. */
export const upstreamThrottleMessage = z.strictObject({
  message: z.string().regex(/exceeded the limit|too many requests/i),
});
export type UpstreamThrottleMessage = z.infer<typeof upstreamThrottleMessage>;
