/** Bodies as they go over the wire, made from the world's state. */

import { kindOf } from './catalogue.ts';
import { airOf, batteryOf, isOpen, mainsOf, signalOf, temperatureOf } from './living.ts';
import type { Account, Camera, Device, Group, Hub, Member, Room, World } from './model.ts';
import { fractionOf } from './random.ts';
import { hubStateOf, isArmed, LOW_BATTERY_PERCENT } from './security.ts';

const noImage = { small: null, medium: null, big: null };

function imageUrls(id: string, hasImage: boolean) {
  if (!hasImage) return noImage;
  const url = (size: string) => `https://images.ajax.invalid/${id}/${size}.png`;
  return { small: url('small'), medium: url('medium'), big: url('big') };
}

export function userBody(account: Account) {
  return {
    login: account.login,
    firstName: account.firstName,
    phone: account.phone,
    language: account.language,
    agreementVersion: 3,
    attachedCompanyId: null,
    imageUrls: imageUrls(account.userId, account.hasImage),
    passwordIntegrity: [],
  };
}

export function roomBody(room: Room) {
  return { id: room.id, roomName: room.name, imageUrls: imageUrls(room.id, room.hasImage) };
}

export function groupBody(hub: Hub, group: Group) {
  const running = hub.operations.some(
    ({ outcome, target }) =>
      outcome === 'IN_PROGRESS' && target.kind === 'group' && target.groupId === group.id,
  );
  return {
    id: group.id,
    groupName: group.name,
    bulkArmInvolved: group.bulkArmInvolved,
    bulkDisarmInvolved: group.bulkDisarmInvolved,
    state: group.armed ? 'ARMED' : 'DISARMED',
    imageUrls: imageUrls(group.id, group.hasImage),
    twoStageArming: {
      enabled: hub.twoStage.enabled,
      applicationTriggeredArmingState: running ? 'IN_PROGRESS' : 'NOT_STARTED',
    },
  };
}

export function cameraBody(camera: Camera) {
  return {
    id: camera.id,
    roomId: camera.roomId,
    name: camera.name,
    serviceType: 'RTSP_STREAM',
    streamDataUrl: camera.streamUrl,
    dvr: false,
    parentCameraId: null,
    streamAccessDeniedToCurrentUser: false,
    streamAvailableToAnyUser: true,
  };
}

export function bindingBody(hub: Hub, member: Member) {
  return { hubId: hub.id, hubBindingRole: member.role };
}

export function boundUserBody(account: Account, member: Member, keypadPrefix: number) {
  return {
    id: account.userId,
    firstName: account.firstName,
    imageUrls: imageUrls(account.userId, account.hasImage),
    keypadPrefix: String(keypadPrefix),
    hubBindingRole: member.role,
  };
}

export function boundUserDetails(hub: Hub, account: Account, member: Member, keypadPrefix: number) {
  const groupPermissions = (['ARM', 'DISARM'] as const).filter((each) => member.permissions.includes(each));
  return {
    ...boundUserBody(account, member, keypadPrefix),
    notificationSettings: {
      alarms: ['PUSH', 'CALL'],
      malfunctions: ['PUSH'],
      armings: ['PUSH'],
      events: ['PUSH'],
    },
    permissions: member.permissions,
    groupsPermissions: hub.groups.map(({ id }) => ({ groupId: id, groupPermissions })),
    restoreAfterAlarmConditionPermissions: member.role === 'MASTER' ? ['CONFIRMED_ALARMS'] : [],
  };
}

export function spaceBody(hub: Hub) {
  return {
    id: hub.spaceId,
    name: hub.name,
    devices: [{ id: hub.id, type: 'HUB' }],
    rooms: hub.rooms.map(({ id, name }) => ({ id, name })),
    timeZone: hub.timeZone,
    address: { country: hub.country, state: '', city: hub.city, zipCode: '', addressLine1: hub.name },
  };
}

/** Settings a client may change with PUT on the hub. */
const hubFactorySettings = {
  panicSirenOnPanicButton: true,
  panicSirenOnAnyTamper: false,
  armPreventionMode: 'ALERT_USER',
  armPreventionConditions: ['LOW_BATTERY_CHARGE', 'TAMPERED'],
  pingPeriodSeconds: 60,
  offlineAlarmSeconds: 300,
  ledBrightnessLevel: 6,
  jeweller: { detectorPingIntervalSeconds: 36, lostHeartbeatsThreshold: 8 },
  fireAlarm: { triggerOnAllSensors: true, doubleImpulses: false, alarmPropagationTimeoutSeconds: 0 },
  connectionLostAsMalfunction: false,
  alarmAsMalfunctionWhenArming: false,
  externalPowerLossDelayTimer: 0,
  safeBatteryCharging: 'DISABLED',
  batteryChargingFlags: [],
  malfunctionsIgnoreSettings: [],
  defaultTamperMode: 'ENABLED',
  debugLogState: 'NO_LOGS',
};

export const hubSettingNames = Object.keys(hubFactorySettings);

export function hubBody(world: World, hub: Hub, now: number) {
  const channels = hub.subtype.includes('PLUS') ? ['ETHERNET', 'WIFI', 'GSM'] : ['ETHERNET', 'GSM'];
  const issues = hub.devices.map((device) => issuesOf(world, device, now));
  const running = hub.operations.find(
    ({ outcome, target }) => outcome === 'IN_PROGRESS' && target.kind === 'hub',
  );
  return {
    ...hubFactorySettings,
    ...hub.settings,
    id: hub.id,
    name: hub.name,
    hubSubtype: hub.subtype,
    state: hubStateOf(hub),
    groupsEnabled: hub.groupsEnabled,
    color: hub.color,
    tampered: false,
    externallyPowered: hub.externallyPowered,
    connectionTestInProgress: false,
    blockedByServiceProvider: false,
    battery: { chargeLevelPercentage: hub.externallyPowered ? 100 : 64, state: 'CHARGED' },
    activeChannels: hub.online ? channels : [],
    firmware: {
      version: hub.firmwareVersion,
      newVersionAvailable: false,
      latestAvailableVersion: hub.firmwareVersion,
      autoupdateEnabled: true,
    },
    hardwareVersions: { cpu: 3, ethernet: 1, flash: 2, pcb: 8, rfm: 3, modem: 6 },
    limits: { rooms: 50, groups: 25, cameras: 100, sensors: 200, users: 200 },
    warnings: { hub: hub.externallyPowered ? 0 : 1, allDevices: issues.reduce((sum, each) => sum + each, 0) },
    ethernet: {
      enabled: true,
      ip: '192.0.2.10',
      mask: '255.255.255.0',
      gate: '192.0.2.1',
      dns: '192.0.2.1',
      dhcp: true,
    },
    gsm: {
      gprsEnabled: true,
      roamingEnabled: false,
      simCardState: 'OK',
      signalLevel: hub.online ? 'NORMAL' : 'NO_SIGNAL',
      activeSimCard: 1,
      networkStatus: hub.online ? '4G' : 'UNKNOWN',
    },
    ...(hub.subtype.includes('PLUS') && {
      wifi: {
        enabled: true,
        ssid: 'demo-network',
        password: 'demo-wifi-password',
        channel: 6,
        ip: '192.0.2.11',
        securityProtocol: 'WPA2',
        dhcp: true,
        signalLevel: 'STRONG',
      },
    }),
    noiseLevel: {
      high: false,
      avgValueChannel1: -98 + Math.round(6 * fractionOf(hub.id, 'noise', Math.floor(now / 600_000))),
      avgValueChannel2: -101,
    },
    hubMalfunctions: [],
    alarmCondition: [],
    timeZone: hub.timeZone,
    hubAddress: { countryCode: '', locality: hub.city, address: hub.name },
    geoFence: { radiusMeters: 200, latitude: '48.2082', longitude: '16.3738' },
    modemImei: `35${hub.id.replaceAll(/\D/g, '').padEnd(13, '0')}`,
    twoStageArming: {
      enabled: hub.twoStage.enabled,
      applicationTriggeredArming: {
        countdownDurationSeconds: hub.twoStage.countdownSeconds,
        state: running ? 'IN_PROGRESS' : 'NOT_STARTED',
        ...(running && { expirationUnixTime: Math.ceil(running.endsAt / 1_000) }),
      },
      deviceTriggeredArming: {
        countdownDurationSeconds: hub.twoStage.countdownSeconds,
        finalDoorBounceCountdownDurationSeconds: 5,
        state: 'NOT_STARTED',
      },
    },
    imageUrls: imageUrls(hub.id, hub.hasImage),
  };
}

function issuesOf(world: World, device: Device, now: number): number {
  const lowBattery = !kindOf(device.type).mains && batteryOf(world, device, now) < LOW_BATTERY_PERCENT;
  return [device.tampered, !device.online, lowBattery].filter(Boolean).length;
}

export function deviceInfoBody(device: Device) {
  return {
    id: device.id,
    deviceType: device.type,
    deviceName: device.name,
    roomId: device.roomId,
    groupId: device.groupId ?? null,
    color: device.color,
    online: device.online,
  };
}

/** Device detail. Which fields exist depends on the model, as upstream. */
export function deviceBody(world: World, hub: Hub, device: Device, now: number) {
  const kind = kindOf(device.type);
  const armed = isArmed(hub, device);
  return {
    ...kind.settings,
    ...device.settings,
    id: device.id,
    deviceType: device.type,
    deviceName: device.name,
    roomId: device.roomId,
    groupId: device.groupId ?? null,
    color: device.color,
    firmwareVersion: kind.firmware,
    malfunctions: [],
    capabilities: [],
    issuesCount: issuesOf(world, device, now),
    bypassState: device.bypass,
    estimatedArmingState: armed ? 'ARMED' : 'DISARMED',
    assignedExtender: 0,
    cmsDeviceIndex: device.index,
    ...(!kind.mains && { batteryChargeLevelPercentage: batteryOf(world, device, now) }),
    ...(!kind.bare && {
      online: device.online,
      state: armed ? 'ACTIVE' : 'PASSIVE',
      signalLevel: device.online ? signalOf(world, device, now) : 'NO_SIGNAL',
      temperature: temperatureOf(world, device, now),
    }),
    ...(!kind.bare && !kind.mains && { tampered: device.tampered }),
    ...(kind.arms && {
      nightModeArm: device.nightModeArm,
      armDelaySeconds: 0,
      alarmDelaySeconds: 0,
      armingMode: 'NORMAL',
    }),
    ...(kind.contact && {
      reedClosed: !isOpen(world, device, armed, now),
      extraContactClosed: true,
    }),
    ...measurements(world, device, now),
  };
}

function measurements(world: World, device: Device, now: number): Record<string, unknown> {
  const kind = kindOf(device.type);
  const alarm = (name: 'leak' | 'smoke' | 'heat' | 'co') => device.alarms.has(name);
  if (kind.alarm === 'leak') return { leakDetected: alarm('leak') };
  if (kind.alarm === 'smoke') {
    return {
      smokeAlarm: `SMOKE_ALARM_${alarm('smoke') ? '' : 'NOT_'}DETECTED`,
      tempAlarm: `TEMP_ALARM_${alarm('heat') ? '' : 'NOT_'}DETECTED`,
      tempHighDiffAlarm: 'TEMP_HIGH_DIFF_ALARM_NOT_DETECTED',
      ...('coAlarm' in kind.settings && { coAlarm: `CO_ALARM_${alarm('co') ? '' : 'NOT_'}DETECTED` }),
      externalPower: false,
    };
  }
  if (kind.camera) return { dataChannelOk: true, dataChannelSignalQuality: 'HIGH' };
  if (kind.valve) {
    return {
      valveState: device.valveOpen ? 'OPEN' : 'CLOSED',
      motorState: 'OFF',
      extPower: 'SUPPLY',
      errorDescriptions: [],
    };
  }
  if (kind.air) {
    const air = airOf(world, device, now);
    return {
      actualTemperature: air.temperature,
      actualHumidity: air.humidity,
      actualCO2: air.co2,
      dataChannelOk: 'OK',
      dataChannelSignalQuality: 'HIGH',
    };
  }
  if (kind.switches === 'channels') {
    return {
      channelStatuses: device.channels.flatMap((on, index) => (on ? [`CHANNEL_${index + 1}_ON`] : [])),
      protectStatuses: [],
    };
  }
  if (kind.switches === 'array') {
    const switchState = [device.channels[0] ? 'SWITCHED_ON' : 'SWITCHED_OFF'];
    if (device.watts === 0) return { switchState };
    const mains = mainsOf(world, device, now);
    return {
      switchState,
      voltageVolts: mains.voltage,
      currentMilliAmpers: mains.milliAmperes,
      powerConsumedWattsPerHour: mains.wattHours,
    };
  }
  return {};
}
