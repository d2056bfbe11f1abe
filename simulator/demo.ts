/** The demo's cast: who lives where, and what hangs on which wall. Names are shown to newcomers. */
import type { HubRole, Permission } from './model.ts';

export interface DevicePlan {
  readonly type: string;
  readonly name: string;
  readonly room: string;
  readonly group?: string;
  readonly night?: boolean;
  readonly temperature?: number;
  readonly battery?: number;
  readonly traffic?: number;
  readonly watts?: number;
  readonly on?: boolean;
  readonly offline?: boolean;
  readonly color?: 'BLACK';
}

export interface HubPlan {
  readonly key: string;
  readonly name: string;
  readonly subtype: string;
  readonly color: 'WHITE' | 'BLACK';
  readonly timeZone: string;
  readonly city: string;
  readonly country: string;
  readonly rooms: readonly string[];
  /** Groups of armed ones start armed; an empty list means that groups mode is off. */
  readonly groups: readonly { readonly name: string; readonly armed?: boolean }[];
  readonly devices: readonly DevicePlan[];
  readonly cameras?: readonly { readonly name: string; readonly room: string }[];
  readonly scenarios?: readonly string[];
  readonly twoStageSeconds?: number;
  readonly offline?: boolean;
  readonly armed?: boolean;
}

export interface AccountPlan {
  readonly login: string;
  readonly password: string;
  readonly totp?: string;
  readonly firstName: string;
  readonly phone: string;
  readonly language: string;
  readonly description: string;
  readonly hubs: readonly {
    readonly key: string;
    readonly role: HubRole;
    readonly permissions?: readonly Permission[];
  }[];
}

export const hubPlans: readonly HubPlan[] = [
  {
    key: 'home',
    name: 'Linden Street 12',
    subtype: 'HUB_2_PLUS',
    color: 'WHITE',
    timeZone: 'EUROPE_VIENNA',
    city: 'Vienna',
    country: 'Austria',
    rooms: ['Entrance', 'Living room', 'Kitchen', 'Bedroom', 'Bathroom', 'Garage'],
    groups: [],
    devices: [
      {
        type: 'DoorProtectPlus',
        name: 'Front door',
        room: 'Entrance',
        night: true,
        traffic: 0.4,
        battery: 91,
      },
      { type: 'KeypadPlus', name: 'Hallway keypad', room: 'Entrance', battery: 78 },
      { type: 'HomeSiren', name: 'Hallway siren', room: 'Entrance', battery: 96 },
      { type: 'MotionCamPhod', name: 'Living room camera', room: 'Living room', battery: 84 },
      { type: 'GlassProtect', name: 'Terrace glass', room: 'Living room', night: true, battery: 88 },
      {
        type: 'DoorProtect',
        name: 'Terrace door',
        room: 'Living room',
        night: true,
        traffic: 0.3,
        battery: 73,
      },
      { type: 'LifeQuality', name: 'Living room air', room: 'Living room', battery: 94 },
      { type: 'Socket', name: 'Floor lamp', room: 'Living room', watts: 42, on: true },
      { type: 'FireProtect2', name: 'Kitchen smoke', room: 'Kitchen', battery: 99 },
      { type: 'LeaksProtect', name: 'Dishwasher leak', room: 'Kitchen', battery: 67 },
      { type: 'WallSwitch', name: 'Kitchen lights', room: 'Kitchen', watts: 58 },
      { type: 'MotionProtect', name: 'Bedroom motion', room: 'Bedroom', battery: 82 },
      {
        type: 'DoorProtect',
        name: 'Bedroom window',
        room: 'Bedroom',
        night: true,
        traffic: 0.1,
        battery: 19,
      },
      { type: 'LeaksProtect', name: 'Washing machine leak', room: 'Bathroom', battery: 90 },
      { type: 'WaterStop', name: 'Main water valve', room: 'Bathroom', battery: 100 },
      {
        type: 'MotionProtect',
        name: 'Garage motion',
        room: 'Garage',
        temperature: 13,
        night: true,
        battery: 76,
      },
      { type: 'Relay', name: 'Garage gate', room: 'Garage', temperature: 13 },
    ],
    cameras: [{ name: 'Driveway', room: 'Garage' }],
    scenarios: ['Good night', 'Leaving home'],
  },
  {
    key: 'shop',
    name: 'Lumen Coffee',
    subtype: 'HUB_2_4G',
    color: 'BLACK',
    timeZone: 'EUROPE_VIENNA',
    city: 'Vienna',
    country: 'Austria',
    rooms: ['Sales floor', 'Roastery', 'Office'],
    groups: [{ name: 'Sales floor' }, { name: 'Roastery', armed: true }, { name: 'Office' }],
    devices: [
      { type: 'DoorProtect', name: 'Shop entrance', room: 'Sales floor', group: 'Sales floor', traffic: 0.5 },
      {
        type: 'MotionCam',
        name: 'Counter camera',
        room: 'Sales floor',
        group: 'Sales floor',
        color: 'BLACK',
      },
      { type: 'GlassProtect', name: 'Shop window', room: 'Sales floor', group: 'Sales floor', night: true },
      {
        type: 'LightSwitchTwoGang',
        name: 'Shop lights',
        room: 'Sales floor',
        group: 'Sales floor',
        on: true,
      },
      { type: 'Keypad', name: 'Entrance keypad', room: 'Sales floor', group: 'Sales floor', color: 'BLACK' },
      {
        type: 'MotionProtect',
        name: 'Roastery motion',
        room: 'Roastery',
        group: 'Roastery',
        temperature: 24,
      },
      {
        type: 'FireProtect2Plus',
        name: 'Roaster smoke and CO',
        room: 'Roastery',
        group: 'Roastery',
        temperature: 26,
      },
      { type: 'DoorProtect', name: 'Delivery door', room: 'Roastery', group: 'Roastery', night: true },
      {
        type: 'Socket',
        name: 'Espresso machine',
        room: 'Sales floor',
        group: 'Sales floor',
        watts: 1450,
        on: true,
      },
      { type: 'Button', name: 'Panic button', room: 'Office', group: 'Office' },
      {
        type: 'DoorProtectPlus',
        name: 'Safe door',
        room: 'Office',
        group: 'Office',
        night: true,
        battery: 97,
      },
      {
        type: 'StreetSiren',
        name: 'Facade siren',
        room: 'Sales floor',
        group: 'Sales floor',
        temperature: 11,
      },
    ],
    cameras: [
      { name: 'Till', room: 'Sales floor' },
      { name: 'Back yard', room: 'Roastery' },
    ],
    scenarios: ['Closing time'],
  },
  {
    key: 'office',
    name: 'Studio Norte',
    subtype: 'HUB_2',
    color: 'WHITE',
    timeZone: 'EUROPE_MADRID',
    city: 'Madrid',
    country: 'Spain',
    rooms: ['Reception', 'Open space', 'Server room'],
    groups: [],
    devices: [
      { type: 'DoorProtect', name: 'Main entrance', room: 'Reception', traffic: 0.4 },
      { type: 'KeypadPlus', name: 'Reception keypad', room: 'Reception' },
      { type: 'MotionProtect', name: 'Open space motion', room: 'Open space' },
      { type: 'LifeQuality', name: 'Open space air', room: 'Open space' },
      { type: 'Socket', name: 'Plotter', room: 'Open space', watts: 120 },
      { type: 'FireProtect2', name: 'Server room smoke', room: 'Server room', temperature: 19 },
      { type: 'LeaksProtect', name: 'Air conditioner leak', room: 'Server room', temperature: 19 },
      { type: 'HomeSiren', name: 'Reception siren', room: 'Reception' },
    ],
    twoStageSeconds: 15,
  },
  {
    key: 'warehouse',
    name: 'Riverside Warehouse',
    subtype: 'HUB_PLUS',
    color: 'BLACK',
    timeZone: 'EUROPE_MADRID',
    city: 'Getafe',
    country: 'Spain',
    rooms: ['Hall A', 'Loading dock'],
    groups: [],
    devices: [
      { type: 'DoorProtect', name: 'Gate 1', room: 'Loading dock', temperature: 12 },
      { type: 'DoorProtect', name: 'Gate 2', room: 'Loading dock', temperature: 12, battery: 8 },
      { type: 'MotionProtectOutdoor', name: 'Yard motion', room: 'Loading dock', temperature: 9 },
      { type: 'MotionProtect', name: 'Hall A motion', room: 'Hall A', temperature: 14, offline: true },
      { type: 'RangeExtender2', name: 'Hall A extender', room: 'Hall A', temperature: 14 },
    ],
    armed: true,
    offline: true,
  },
  {
    key: 'villa',
    name: 'Villa Aurora',
    subtype: 'HUB_2_PLUS',
    color: 'WHITE',
    timeZone: 'EUROPE_LISBON',
    city: 'Cascais',
    country: 'Portugal',
    rooms: ['Main house', 'Guest house', 'Garden'],
    groups: [{ name: 'Main house' }, { name: 'Guest house', armed: true }],
    devices: [
      { type: 'DoorProtectPlus', name: 'Main door', room: 'Main house', group: 'Main house', night: true },
      { type: 'MotionCam', name: 'Stairs camera', room: 'Main house', group: 'Main house' },
      { type: 'FireProtect2', name: 'Fireplace smoke', room: 'Main house', group: 'Main house' },
      { type: 'DoorProtect', name: 'Guest house door', room: 'Guest house', group: 'Guest house' },
      {
        type: 'MotionProtectOutdoor',
        name: 'Pool side',
        room: 'Garden',
        group: 'Main house',
        temperature: 17,
      },
      { type: 'SpaceControl', name: 'Key fob', room: 'Main house', group: 'Main house' },
    ],
  },
];

export const accountPlans: readonly AccountPlan[] = [
  {
    login: 'demo@ajaxsecurflow.dev',
    password: 'demo-1234',
    firstName: 'Marta Linden',
    phone: '+43 1 555 0101',
    language: 'en',
    description: 'Owner of a home (Linden Street 12) and of a shop with groups (Lumen Coffee)',
    hubs: [
      { key: 'home', role: 'MASTER' },
      { key: 'shop', role: 'MASTER' },
    ],
  },
  {
    login: 'guest@ajaxsecurflow.dev',
    password: 'guest-1234',
    firstName: 'Jonas Linden',
    phone: '+43 1 555 0102',
    language: 'en',
    description: 'Shares Linden Street 12: may look, but not arm or disarm',
    hubs: [{ key: 'home', role: 'USER', permissions: ['GET', 'EVENTS_GET', 'PANIC', 'STATE_COMMANDS'] }],
  },
  {
    login: 'office@ajaxsecurflow.dev',
    password: 'office-1234',
    firstName: 'Sofia Reyes',
    phone: '+34 91 555 0103',
    language: 'es',
    description: 'An office with two-stage arming (Studio Norte) and a warehouse whose hub is offline',
    hubs: [
      { key: 'office', role: 'MASTER' },
      { key: 'warehouse', role: 'MASTER' },
    ],
  },
  {
    login: 'secure@ajaxsecurflow.dev',
    password: 'secure-1234',
    totp: 'JBSWY3DPEHPK3PXP',
    firstName: 'Inês Duarte',
    phone: '+351 21 555 0104',
    language: 'pt',
    description: 'Protected by a two-factor code; a villa with groups (Villa Aurora)',
    hubs: [{ key: 'villa', role: 'MASTER' }],
  },
];

/** One small flat per extra account, for load tests. */
export function loadHubPlan(index: number): HubPlan {
  return {
    key: `load-${index}`,
    name: `Flat ${index}`,
    subtype: 'HUB_2',
    color: 'WHITE',
    timeZone: 'EUROPE_BERLIN',
    city: 'Berlin',
    country: 'Germany',
    rooms: ['Hall', 'Living room'],
    groups: [],
    devices: [
      { type: 'DoorProtect', name: 'Front door', room: 'Hall' },
      { type: 'MotionProtect', name: 'Hall motion', room: 'Hall' },
      { type: 'Socket', name: 'Lamp', room: 'Living room', watts: 20 },
      { type: 'FireProtect2', name: 'Smoke', room: 'Living room' },
    ],
  };
}

export function loadAccountPlan(index: number): AccountPlan {
  return {
    login: `user${index}@load.test`,
    password: `load-${index}`,
    firstName: `Load ${index}`,
    phone: '+49 30 555 0100',
    language: 'en',
    description: 'Load test account with one hub',
    hubs: [{ key: `load-${index}`, role: 'MASTER' }],
  };
}
