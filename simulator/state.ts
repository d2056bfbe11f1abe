/**
 * What a restart must not lose, in a form that survives JSON. The unchangeable part of the world is left out: it comes
 * from the seed and the plans again.
 */
import { z } from 'zod';
import { type Account, type Device, type Hub, permissions, type World } from './model.ts';

/** Goes up when an older file can no longer be understood. */
const FORMAT = 1;

/** Epoch milliseconds. */
const time = z.number();
const settings = z.record(z.string(), z.unknown());

const accountState = z.object({
  userId: z.string(),
  firstName: z.string(),
  language: z.string(),
  hasImage: z.boolean(),
});

const deviceState = z.object({
  id: z.string(),
  name: z.string(),
  roomId: z.string(),
  groupId: z.string().optional(),
  settings,
  nightModeArm: z.boolean(),
  online: z.boolean(),
  tampered: z.boolean(),
  contact: z.enum(['natural', 'open', 'closed']),
  heldOpenUntil: time,
  batteryOverride: z.number().optional(),
  temperatureOverride: z.number().optional(),
  channels: z.array(z.boolean()),
  valveOpen: z.boolean(),
  bypass: z.array(z.string()),
  alarms: z.array(z.enum(['leak', 'smoke', 'heat', 'co', 'motion', 'glass'])),
});

const operationState = z.object({
  token: z.string(),
  target: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('hub') }),
    z.object({ kind: z.literal('group'), groupId: z.string() }),
  ]),
  command: z.enum(['ARM', 'NIGHT_MODE_ON']),
  ignoreProblems: z.boolean(),
  userId: z.string(),
  endsAt: time,
  outcome: z.enum(['IN_PROGRESS', 'SUCCESS', 'ERROR']),
  reason: z.string().optional(),
});

const logRow = z.object({
  eventSource: z.literal('HUB'),
  eventId: z.string(),
  hubId: z.string(),
  hubName: z.string(),
  eventType: z.string(),
  eventTypeV2: z.string(),
  eventCode: z.string(),
  eventTag: z.string(),
  sourceObjectType: z.string(),
  sourceObjectId: z.string(),
  sourceObjectName: z.string(),
  sourceRoomId: z.string().optional(),
  sourceRoomName: z.string().optional(),
  cmsDeviceIndex: z.number(),
  timestamp: time,
  transition: z.enum(['TRIGGERED', 'RECOVERED', 'IMPULSE']),
  additionalData: z.null(),
  additionalDataV2: z.array(z.unknown()),
});

const hubState = z.object({
  id: z.string(),
  name: z.string(),
  settings,
  hasImage: z.boolean(),
  online: z.boolean(),
  externallyPowered: z.boolean(),
  groupsEnabled: z.boolean(),
  armed: z.boolean(),
  nightMode: z.boolean(),
  twoStage: z.object({ enabled: z.boolean(), countdownSeconds: z.number() }),
  members: z.array(
    z.object({
      userId: z.string(),
      role: z.enum(['MASTER', 'USER', 'PRO']),
      permissions: z.array(z.enum(permissions)),
    }),
  ),
  rooms: z.array(z.object({ id: z.string(), name: z.string(), hasImage: z.boolean() })),
  groups: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      armed: z.boolean(),
      bulkArmInvolved: z.boolean(),
      bulkDisarmInvolved: z.boolean(),
      hasImage: z.boolean(),
    }),
  ),
  devices: z.array(deviceState),
  operations: z.array(operationState),
  log: z.array(logRow),
  eventCount: z.int(),
});

const sessionState = z.object({
  sessionToken: z.string(),
  userId: z.string(),
  refreshToken: z.string(),
  secondFactor: z.boolean(),
  sessionEndsAt: time,
  refreshEndsAt: time,
});

const stateSchema = z.object({
  format: z.literal(FORMAT),
  seed: z.number(),
  startedAt: time,
  accounts: z.array(accountState),
  hubs: z.array(hubState),
  sessions: z.array(sessionState),
  /** Arrivals within the window of the budget, per API key. A list, because a key may be any text. */
  arrivals: z.array(z.tuple([z.string(), z.array(time)])),
});

export type SimulatorState = z.infer<typeof stateSchema>;
/** The parts that do not hang on the world. */
export type PartialState = Pick<SimulatorState, 'sessions' | 'arrivals'>;

/** The state in whatever a file held; undefined when it is none. */
export function parseSimulatorState(value: unknown): SimulatorState | undefined {
  return stateSchema.safeParse(value).data;
}

/** A copy: what happens afterwards does not change it. */
export function captureState(world: World, rest: PartialState): SimulatorState {
  // The schema picks what is kept, so that nothing is written that could not be read back.
  return stateSchema.parse({
    format: FORMAT,
    seed: world.seed,
    startedAt: world.startedAt,
    accounts: world.accounts,
    hubs: [...world.hubs.values()].map((hub) => ({
      ...hub,
      devices: hub.devices.map((device) => ({ ...device, alarms: [...device.alarms] })),
    })),
    ...rest,
  });
}

/** Sets a fresh world of the same seed as the state says. What the state does not know stays as planned. */
export function restoreWorld(world: World, saved: SimulatorState): void {
  // The world changes its parts in place; the state is not its to change.
  const copy = structuredClone(saved);
  for (const account of world.accounts) restoreAccount(account, copy);
  for (const hub of world.hubs.values()) restoreHub(hub, copy);
}

function restoreAccount(account: Account, { accounts }: SimulatorState): void {
  const found = accounts.find(({ userId }) => userId === account.userId);
  if (found) Object.assign(account, found);
}

function restoreHub(hub: Hub, { hubs }: SimulatorState): void {
  const found = hubs.find(({ id }) => id === hub.id);
  if (!found) return;
  // Devices are deleted by clients, never added: each has its plan.
  const devices = found.devices.flatMap(({ alarms, ...device }): Device[] => {
    const planned = hub.devices.find(({ id }) => id === device.id);
    // JSON leaves out what is undefined, and then the group of the plan would come back.
    return planned ? [{ ...planned, ...device, groupId: device.groupId, alarms: new Set(alarms) }] : [];
  });
  Object.assign(hub, { ...found, devices } satisfies Partial<Hub>);
}
