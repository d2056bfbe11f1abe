/** Builds the world from its plans: same seed, same ids, same devices. */
import { kindOf } from './catalogue.ts';
import {
  type AccountPlan,
  accountPlans,
  type DevicePlan,
  type HubPlan,
  hubPlans,
  loadAccountPlan,
  loadHubPlan,
} from './demo.ts';
import type { Account, Device, Hub, World } from './model.ts';
import { permissions } from './model.ts';
import { fractionOf, hexOf } from './random.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly startedAt: number;
  readonly living: boolean;
  readonly extraAccounts: number;
}

export function createWorld(options: WorldOptions): World {
  const extra = Array.from({ length: options.extraAccounts }, (_, index) => index + 1);
  const accountsPlanned = [...accountPlans, ...extra.map(loadAccountPlan)];
  const hubsPlanned = [...hubPlans, ...extra.map(loadHubPlan)];
  const hubs = hubsPlanned.map((plan) => hubFromPlan(options.seed, plan, accountsPlanned));
  return {
    seed: options.seed,
    startedAt: options.startedAt,
    living: options.living,
    accounts: accountsPlanned.map((plan) => accountFromPlan(options.seed, plan)),
    hubs: new Map(hubs.map((hub) => [hub.id, hub])),
  };
}

const userIdOf = (seed: number, login: string) => hexOf(16, seed, 'user', login);
const hubIdOf = (seed: number, key: string) => hexOf(8, seed, 'hub', key);

function accountFromPlan(seed: number, plan: AccountPlan): Account {
  return {
    login: plan.login,
    password: plan.password,
    ...(plan.totp !== undefined && { totp: plan.totp }),
    userId: userIdOf(seed, plan.login),
    description: plan.description,
    hubIds: plan.hubs.map(({ key }) => hubIdOf(seed, key)),
    firstName: plan.firstName,
    phone: plan.phone,
    language: plan.language,
    hasImage: false,
  };
}

function hubFromPlan(seed: number, plan: HubPlan, accounts: readonly AccountPlan[]): Hub {
  const id = hubIdOf(seed, plan.key);
  const roomId = (name: string) => hexOf(8, seed, id, 'room', name);
  const groupId = (name: string) => hexOf(8, seed, id, 'group', name);
  return {
    id,
    subtype: plan.subtype,
    color: plan.color,
    timeZone: plan.timeZone,
    firmwareVersion: '2.24.0',
    spaceId: hexOf(24, seed, id, 'space'),
    city: plan.city,
    country: plan.country,
    members: accounts.flatMap((account) =>
      account.hubs
        .filter(({ key }) => key === plan.key)
        .map((binding) => ({
          userId: userIdOf(seed, account.login),
          role: binding.role,
          permissions: binding.permissions ?? permissions,
        })),
    ),
    rooms: plan.rooms.map((name) => ({ id: roomId(name), name, hasImage: false })),
    groups: plan.groups.map(({ name, armed = false }) => ({
      id: groupId(name),
      name,
      armed,
      bulkArmInvolved: true,
      bulkDisarmInvolved: true,
      hasImage: false,
    })),
    devices: plan.devices.map((device, index) =>
      deviceFromPlan(hexOf(8, seed, id, 'device', device.name), index, device, roomId, groupId),
    ),
    cameras: (plan.cameras ?? []).map((camera, index) => ({
      id: hexOf(8, seed, id, 'camera', camera.name),
      roomId: roomId(camera.room),
      name: camera.name,
      streamUrl: `rtsp://viewer:demo-stream-password@192.0.2.${20 + index}:554/stream1`,
    })),
    scenarios: (plan.scenarios ?? []).map((name) => ({ id: hexOf(8, seed, id, 'scenario', name), name })),
    name: plan.name,
    settings: {},
    hasImage: false,
    online: !plan.offline,
    externallyPowered: !plan.offline,
    groupsEnabled: plan.groups.length > 0,
    armed: plan.armed ?? false,
    nightMode: false,
    twoStage: { enabled: plan.twoStageSeconds !== undefined, countdownSeconds: plan.twoStageSeconds ?? 30 },
    operations: [],
    log: [],
    eventCount: 0,
  };
}

function deviceFromPlan(
  id: string,
  index: number,
  plan: DevicePlan,
  roomId: (name: string) => string,
  groupId: (name: string) => string,
): Device {
  return {
    id,
    type: plan.type,
    index: index + 1,
    color: plan.color ?? 'WHITE',
    baseTemperature: plan.temperature ?? 21,
    baseBattery: plan.battery ?? 70 + Math.floor(fractionOf(id, 'battery') * 30),
    traffic: plan.traffic ?? 0,
    watts: plan.watts ?? 0,
    name: plan.name,
    roomId: roomId(plan.room),
    groupId: plan.group === undefined ? undefined : groupId(plan.group),
    settings: {},
    nightModeArm: plan.night ?? false,
    online: !plan.offline,
    tampered: false,
    contact: 'natural',
    heldOpenUntil: 0,
    batteryOverride: undefined,
    temperatureOverride: undefined,
    channels: Array.from({ length: kindOf(plan.type).channelCount ?? 1 }, () => plan.on ?? false),
    valveOpen: true,
    bypass: [],
    alarms: new Set(),
  };
}
