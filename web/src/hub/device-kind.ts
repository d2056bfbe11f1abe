/** What a device is, for its icon and its plain name. Ajax has 155 types and adds more; unknown ones stay readable. */
export type DeviceKind =
  | 'door'
  | 'motion'
  | 'camera'
  | 'glass'
  | 'fire'
  | 'leak'
  | 'valve'
  | 'keypad'
  | 'remote'
  | 'button'
  | 'siren'
  | 'socket'
  | 'switch'
  | 'relay'
  | 'air'
  | 'repeater'
  | 'doorbell'
  | 'seismic'
  | 'access'
  | 'speaker'
  | 'wired'
  | 'device';

const kindLabel: Readonly<Record<DeviceKind, string>> = {
  door: 'Opening detector',
  motion: 'Motion detector',
  camera: 'Motion camera',
  glass: 'Glass break detector',
  fire: 'Fire detector',
  leak: 'Leak detector',
  valve: 'Water valve',
  keypad: 'Keypad',
  remote: 'Key fob',
  button: 'Button',
  siren: 'Siren',
  socket: 'Socket',
  switch: 'Switch',
  relay: 'Relay',
  air: 'Air quality',
  repeater: 'Range extender',
  doorbell: 'Doorbell',
  seismic: 'Seismic detector',
  access: 'Access',
  speaker: 'Intercom',
  wired: 'Wired input',
  device: 'Device',
};

// First match wins: the more particular name stands above the more general one (MotionCamVideoDoorbell).
const kindByName: readonly (readonly [RegExp, DeviceKind])[] = [
  [/Doorbell/, 'doorbell'],
  [/DoorProtect/, 'door'],
  [/MotionCam/, 'camera'],
  [/Motion|Curtain|CombiProtect/, 'motion'],
  [/GlassProtect/, 'glass'],
  [/SeismoProtect/, 'seismic'],
  [/LeaksProtect/, 'leak'],
  [/WaterStop/, 'valve'],
  [/SwitchBaseMcp|Button/, 'button'],
  [/Siren|^En54(?!Io|Wire|Fire)/, 'siren'],
  [/FireProtect|En54FireZone/, 'fire'],
  [/Keypad/, 'keypad'],
  [/SpaceControl/, 'remote'],
  [/Socket/, 'socket'],
  [/WallSwitch|LightSwitch/, 'switch'],
  [/Relay/, 'relay'],
  [/LifeQuality/, 'air'],
  [/RangeExtender|VhfBridge/, 'repeater'],
  [/AccessCard|AccessCode/, 'access'],
  [/Speakerphone|SipServer/, 'speaker'],
  [/Transmitter|WireInput|Line|En54Io|UniversalDevice/, 'wired'],
];

export function readDeviceKind(deviceType: string): DeviceKind {
  return kindByName.find(([name]) => name.test(deviceType))?.[1] ?? 'device';
}

/** "Opening detector", or the type's own words for what has no kind yet: "SmokeCurtain" becomes "Smoke curtain". */
export function nameDeviceType(deviceType: string): string {
  const kind = readDeviceKind(deviceType);
  return kind === 'device' ? splitWords(deviceType) || kindLabel.device : kindLabel[kind];
}

/** "RelayOnByUser" becomes "Relay on by user". */
export function splitWords(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([a-z])(\d)/g, '$1 $2')
    .replace(/_/g, ' ')
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
