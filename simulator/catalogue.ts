/** Device models of the demo: what each can sense and do, and its factory settings as they appear on the wire. */

export interface DeviceKind {
  /** Type in log entries and arming errors. */
  readonly sourceType: string;
  /** Device family in event codes: `M_<family>_<signal>`. */
  readonly family: string;
  readonly firmware: string;
  readonly mains?: true;
  /** Has neither a radio link to watch nor a thermometer, as the panic button. */
  readonly bare?: true;
  readonly arms?: true;
  readonly contact?: true;
  readonly alarm?: 'leak' | 'smoke' | 'motion' | 'glass';
  /** `array`: `switchState`; `channels`: `channelStatuses`. */
  readonly switches?: 'array' | 'channels';
  readonly channelCount?: number;
  readonly valve?: true;
  readonly air?: true;
  readonly camera?: true;
  readonly onDemandPhoto?: true;
  readonly siren?: true;
  readonly settings: Readonly<Record<string, unknown>>;
}

const contactSettings = { alwaysActive: false, extraContactAware: false, reedContactAware: true };
const motionSettings = { alwaysActive: false, sensitivity: 1, sirenTriggers: ['MOTION'] };
const photoSettings = {
  ...motionSettings,
  photosPerAlarm: 3,
  alarmWithPhotosLimitPerArmingSession: 10,
  dataChannelPingEnabled: true,
  imageResolution: '320x240',
};
const fireSettings = {
  tempDiffAlarmEnable: 'TEMP_DIFF_ALARM_ENABLED',
  tempAlarmEnable: 'TEMP_ALARM_ENABLED',
  configSmokeChamber: ['SMOKE_CHAMBER_ENABLE'],
  sirenTriggers: ['TEMPERATURE', 'TEMPERATURE_DIFF', 'SMOKE'],
};
const switchSettings = {
  actionsOnArming: [],
  voltageProtectionEnabled: true,
  currentProtectionEnabled: true,
  lockupRelayTimeSeconds: 0,
  contactNormalState: 'NO',
  lockupRelayMode: 'BISTABLE',
  eventSettings: ['USER_EVENTS_ENABLED', 'SCENARIO_EVENTS_ENABLED'],
};
const keypadSettings = {
  blockOnMultiplePasswordFailures: true,
  timeToBlockOnMultiplePasswordFailuresMinutes: 3,
  allowFastArming: false,
  starButtonFunction: 'PANIC',
  brightnessLevel: 3,
  volumeLevel: 5,
  associatedGroupId: null,
  accessProfiles: ['KEYBOARD_PASSWORD', 'USER_PASSWORD'],
  functionality: ['ONE_TOUCH'],
  sirenTriggers: ['SECURITY_BUTTON'],
};
const sirenSettings = {
  beepOnArmDisarm: true,
  blinkWhileArmed: true,
  sirenVolumeLevel: 'LOUD',
  v2sirenVolumeLevel: 'LOUD',
  beepOnDelay: true,
  associatedGroupId: null,
  alarmRestrictionMode: 'ALWAYS',
  alarmDuration: 30,
  beepVolumeLevel: 'QUIET',
};

export const catalogue: Readonly<Record<string, DeviceKind>> = {
  DoorProtect: {
    sourceType: 'DOOR_PROTECT',
    family: '01',
    firmware: '5.57.1.2',
    arms: true,
    contact: true,
    settings: { ...contactSettings, sirenTriggers: ['REED'], twoStageArmingRole: 'NONE' },
  },
  DoorProtectPlus: {
    sourceType: 'DOOR_PROTECT_PLUS',
    family: '0F',
    firmware: '6.60.1.0',
    arms: true,
    contact: true,
    settings: {
      ...contactSettings,
      sirenTriggers: ['REED', 'SHOCK'],
      shockSensorAware: true,
      shockSensorSensitivity: 4,
      ignoreSimpleImpact: true,
      accelerometerAware: false,
      accelerometerTiltDegrees: 5,
      accelerometerTiltAlarmDelaySeconds: 1,
    },
  },
  MotionProtect: {
    sourceType: 'MOTION_PROTECT',
    family: '02',
    firmware: '5.57.2.0',
    arms: true,
    alarm: 'motion',
    settings: motionSettings,
  },
  MotionProtectOutdoor: {
    sourceType: 'MOTION_PROTECT_OUTDOOR',
    family: '0E',
    firmware: '5.61.1.4',
    arms: true,
    alarm: 'motion',
    settings: { ...motionSettings, antimasking: true, masked: false },
  },
  MotionCam: {
    sourceType: 'MOTION_CAM',
    family: '0D',
    firmware: '5.61.2.1',
    arms: true,
    alarm: 'motion',
    camera: true,
    settings: photoSettings,
  },
  MotionCamPhod: {
    sourceType: 'MOTION_CAM',
    family: '0D',
    firmware: '5.64.0.3',
    arms: true,
    alarm: 'motion',
    camera: true,
    onDemandPhoto: true,
    settings: {
      ...photoSettings,
      photosPerDemand: 2,
      photoOnDemandAvailabilityCondition: 'ALWAYS_AVAILABLE',
    },
  },
  GlassProtect: {
    sourceType: 'GLASS_PROTECT',
    family: '04',
    firmware: '5.57.1.0',
    arms: true,
    alarm: 'glass',
    settings: { alwaysActive: false, extraContactAware: false, sensitivity: 1, sirenTriggers: ['GLASS'] },
  },
  FireProtect2: {
    sourceType: 'FIRE_PROTECT_2_BASE',
    family: '4D',
    firmware: '6.58.4.2',
    alarm: 'smoke',
    settings: fireSettings,
  },
  FireProtect2Plus: {
    sourceType: 'FIRE_PROTECT_2_BASE',
    family: '4D',
    firmware: '6.58.4.2',
    alarm: 'smoke',
    settings: { ...fireSettings, coAlarmEnable: 'CO_ALARM_ENABLED', coAlarm: 'CO_ALARM_NOT_DETECTED' },
  },
  LeaksProtect: {
    sourceType: 'LEAKS_PROTECT',
    family: '05',
    firmware: '5.56.0.1',
    alarm: 'leak',
    settings: { sirenTriggers: ['LEAK'] },
  },
  Keypad: { sourceType: 'KEYPAD', family: '0A', firmware: '5.58.1.1', settings: keypadSettings },
  KeypadPlus: {
    sourceType: 'KEYPAD_PLUS',
    family: '28',
    firmware: '6.60.2.0',
    settings: { ...keypadSettings, nfcMode: 'ENABLED' },
  },
  SpaceControl: {
    sourceType: 'SPACE_CONTROL',
    family: '0B',
    firmware: '5.54.1.0',
    settings: { panicEnabled: true, sirenTriggers: ['SECURITY_BUTTON'], falsePressFilter: 'DISABLED' },
  },
  Button: {
    sourceType: 'BUTTON',
    family: '0C',
    firmware: '5.56.2.0',
    bare: true,
    settings: {
      buttonMode: 'PANIC_BUTTON',
      brightness: 'LOW',
      falsePressFilter: 'LONG_PUSH',
      sirenTriggers: ['SECURITY_BUTTON'],
      batteryPing: 'ENABLED',
    },
  },
  Socket: {
    sourceType: 'SOCKET',
    family: '1E',
    firmware: '5.54.3.1',
    mains: true,
    switches: 'array',
    settings: { ...switchSettings, indicationEnabled: true, indicationBrightness: 'MIN' },
  },
  WallSwitch: {
    sourceType: 'WALL_SWITCH',
    family: '1F',
    firmware: '5.54.3.1',
    mains: true,
    switches: 'array',
    settings: switchSettings,
  },
  Relay: {
    sourceType: 'RELAY',
    family: '12',
    firmware: '5.54.2.6',
    mains: true,
    switches: 'array',
    settings: {
      actionsOnArming: [],
      lockupRelayTimeSeconds: 0,
      contactNormalState: 'NO',
      lockupRelayMode: 'BISTABLE',
      eventSettings: ['USER_EVENTS_ENABLED'],
    },
  },
  LightSwitchTwoGang: {
    sourceType: 'LIGHT_SWITCH_BASE',
    family: '44',
    firmware: '6.59.1.0',
    mains: true,
    switches: 'channels',
    channelCount: 2,
    settings: {
      settingsSwitch: ['LED_INDICATOR_ENABLED', 'STATE_MEMORY_ENABLED'],
      panelColor: 'FOG',
      touchSensitivity: 5,
      eventSettings: [],
      buttonOne: { buttonName: 'Ceiling' },
      buttonTwo: { buttonName: 'Counter' },
    },
  },
  HomeSiren: {
    sourceType: 'HOME_SIREN',
    family: '15',
    firmware: '5.57.0.4',
    siren: true,
    settings: sirenSettings,
  },
  StreetSiren: {
    sourceType: 'STREET_SIREN',
    family: '14',
    firmware: '5.57.0.4',
    siren: true,
    settings: { ...sirenSettings, alertIfMoved: true, externallyPowered: true },
  },
  LifeQuality: {
    sourceType: 'LIFE_QUALITY',
    family: '47',
    firmware: '6.56.0.2',
    air: true,
    settings: {
      indication: 'OVERALL_ON',
      minComfortTemperature: 19,
      maxComfortTemperature: 25,
      minComfortHumidity: 35,
      maxComfortHumidity: 60,
      minComfortCO2: 400,
      maxComfortCO2: 1000,
      eventType: ['TEMPERATURE', 'HUMIDITY', 'CO2'],
      accelerationAware: 'ACCELERATION_NOT_ACTIVE',
    },
  },
  WaterStop: {
    sourceType: 'WATER_STOP_BASE',
    family: '48',
    firmware: '6.57.1.1',
    valve: true,
    settings: {
      buttonCfg: 'ALLOWED',
      indicationMode: 'ENABLED',
      armingActions: ['NOTHING'],
      eventSettings: ['USER_EVENTS_ENABLED'],
      extPower: 'SUPPLY',
      preventionEnable: 'ENABLED',
      preventionDaysPeriod: 14,
      preventionExecuteHours: 3,
      preventionExecuteMinutes: 30,
    },
  },
  RangeExtender2: {
    sourceType: 'RANGE_EXTENDER_2',
    family: '1B',
    firmware: '6.60.0.8',
    settings: {
      externallyPowered: true,
      ledBrightnessLevel: 4,
      photoTransferIterations: 3,
      radioConnectionOk: true,
    },
  },
};

const unknownKind: DeviceKind = {
  sourceType: 'UNIVERSAL_DEVICE',
  family: '00',
  firmware: '1.0.0.0',
  settings: {},
};

export function kindOf(type: string): DeviceKind {
  return catalogue[type] ?? unknownKind;
}
