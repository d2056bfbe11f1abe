import { z } from '@hono/zod-openapi';
import { demoWorld, exampleUuid } from '../kernel/demo-world.ts';
import { numberFrom } from '../kernel/paging.ts';

/** Ids are opaque to this gateway; their alphabet keeps them harmless in paths and logs. */
const id = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/, 'Expected an id of up to 64 letters and digits');

const text = z.string().nullable();
const flag = z.boolean().nullable();
const number = z.number().nullable();

const hubId = (example: string) => id.openapi({ param: { name: 'hub_id', in: 'path' }, example });

export const hubParams = z.object({ hub_id: hubId(demoWorld.hub.id) });
/** The same with a hub that has groups for its example. */
export const groupsParams = z.object({ hub_id: hubId(demoWorld.shop.id) });
export const deviceParams = hubParams.extend({
  device_id: id.openapi({ param: { name: 'device_id', in: 'path' }, example: demoWorld.device.id }),
});

export const roomParams = hubParams.extend({
  room_id: id.openapi({ param: { name: 'room_id', in: 'path' }, example: demoWorld.room.id }),
});

export const hubSchema = z
  .object({
    id: z.string(),
    name: text,
    role: text.openapi({ description: 'MASTER, USER or PRO' }),
    online: z.boolean().openapi({ description: 'Derived: the hub has an active channel' }),
    state: z.enum(['ARMED', 'NIGHT_MODE', 'DISARMED']).nullable().openapi({
      description: 'A partly armed hub is ARMED here; `exact_state` tells more',
    }),
    exact_state: text.openapi({ description: 'The state in the words of Ajax' }),
    groups_enabled: flag,
    active_channels: z.array(z.string()),
    alarm_condition: z.array(z.string()),
    malfunctions: z.array(z.string()),
    hub_subtype: text,
    timeZone: text,
    color: text,
    externallyPowered: flag,
    tampered: flag,
    firmware: z
      .object({
        version: text,
        newVersionAvailable: flag,
        latestAvailableVersion: text,
        autoupdateEnabled: flag,
      })
      .nullable(),
    ethernet: z.object({ enabled: flag, ip: text, mask: text, gate: text, dns: text, dhcp: flag }).nullable(),
    battery: z.object({ chargeLevelPercentage: number, state: text }).nullable(),
    gsm: z
      .object({
        signalLevel: text,
        gprsEnabled: flag,
        simCardState: text,
        networkStatus: text,
        activeSimCard: z.union([z.string(), z.number()]).nullable(),
      })
      .nullable(),
    jeweller: z.object({ detectorPingIntervalSeconds: number, lostHeartbeatsThreshold: number }).nullable(),
    unavailable: text.openapi({
      description: 'In lists only: the error code when the detail of this hub could not be read',
    }),
  })
  .openapi('HubDetail', {
    example: {
      ...demoWorld.hub,
      role: 'MASTER',
      online: true,
      state: 'DISARMED',
      exact_state: 'DISARMED',
      groups_enabled: false,
      active_channels: ['ETHERNET', 'WIFI', 'GSM'],
      alarm_condition: [],
      malfunctions: [],
      hub_subtype: 'HUB_2_PLUS',
      timeZone: 'EUROPE_VIENNA',
      color: 'WHITE',
      externallyPowered: true,
      tampered: false,
      firmware: {
        version: '2.24.0',
        newVersionAvailable: false,
        latestAvailableVersion: '2.24.0',
        autoupdateEnabled: true,
      },
      ethernet: {
        enabled: true,
        ip: '192.0.2.10',
        mask: '255.255.255.0',
        gate: '192.0.2.1',
        dns: '192.0.2.1',
        dhcp: true,
      },
      battery: { chargeLevelPercentage: 100, state: 'CHARGED' },
      gsm: {
        signalLevel: 'NORMAL',
        gprsEnabled: true,
        simCardState: 'OK',
        networkStatus: '4G',
        activeSimCard: 1,
      },
      jeweller: { detectorPingIntervalSeconds: 36, lostHeartbeatsThreshold: 8 },
      unavailable: null,
    },
  });

const deviceIdentity = {
  id: z.string(),
  hubId: z.string(),
  hub_id: z.string(),
  name: text,
  deviceType: z.string(),
  device_type: z.string(),
  roomId: text,
  room_id: text,
  groupId: text,
  group_id: text,
  online: z.boolean(),
};

const exampleIdentity = {
  ...demoWorld.device,
  hubId: demoWorld.hub.id,
  hub_id: demoWorld.hub.id,
  deviceType: 'DoorProtectPlus',
  device_type: 'DoorProtectPlus',
  roomId: demoWorld.room.id,
  room_id: demoWorld.room.id,
  groupId: null,
  group_id: null,
  online: true,
};

export const deviceSchema = z
  .object({
    ...deviceIdentity,
    state: z.string().optional(),
    battery_level: z.number().optional(),
    signal_level: z.string().optional(),
    temperature: z.number().optional(),
    humidity: z.number().optional(),
    co2: z.number().optional(),
    tampered: z.boolean().optional(),
    reed_closed: z.boolean().optional(),
    leak_detected: z.boolean().optional(),
    smoke_alarm: z.string().optional(),
    temperature_alarm: z.string().optional(),
    co_alarm: z.string().optional(),
    valve_state: z.string().optional(),
    switch_state: z.array(z.string()).optional(),
    channels_on: z.array(z.string()).optional(),
    power_watts: z.number().optional(),
    bypass_state: z.array(z.string()).optional(),
    malfunctions: z.array(z.string()).optional(),
    issues_count: z.number().optional(),
  })
  .openapi('DeviceListItem', {
    example: {
      ...exampleIdentity,
      state: 'PASSIVE',
      battery_level: 91,
      signal_level: 'STRONG',
      temperature: 20,
      tampered: false,
      reed_closed: true,
      bypass_state: [],
      malfunctions: [],
      issues_count: 0,
    },
  });

export const deviceDetailSchema = z
  .object({
    ...deviceIdentity,
    state: text,
    color: text,
    battery_level: number,
    firmware_version: text,
    temperature: number,
    signal_level: text,
    tampered: flag,
    night_mode_arm: flag,
    arm_delay: number,
    alarm_delay: number,
    cms_index: number,
    bypassState: z.array(z.string()),
    malfunctions: z.array(z.string()),
  })
  .openapi('DeviceDetail', {
    example: {
      ...exampleIdentity,
      state: 'PASSIVE',
      color: 'WHITE',
      battery_level: 91,
      firmware_version: '6.60.1.0',
      temperature: 20,
      signal_level: 'STRONG',
      tampered: false,
      night_mode_arm: true,
      arm_delay: 0,
      alarm_delay: 0,
      cms_index: 1,
      bypassState: [],
      malfunctions: [],
    },
  });

export const roomSchema = z
  .object({
    id: z.string(),
    roomName: text,
    imageUrls: z.object({ small: text, medium: text, big: text }).nullable(),
  })
  .openapi('Room', {
    example: {
      id: demoWorld.room.id,
      roomName: demoWorld.room.name,
      imageUrls: { small: null, medium: null, big: null },
    },
  });

const offsetRange = 'Expected a whole number from 0';

export const logQuery = z.object({
  limit: numberFrom(1, 100, 20),
  offset: z.coerce.number(offsetRange).int(offsetRange).min(0, offsetRange).default(0).openapi({
    description: 'Entries to skip, the newest first. Ajax keeps 50 pages; there is nothing beyond',
    example: 0,
  }),
});

const exampleLogEntry = {
  id: '7F0C4D5E6A1B42C39D8E0F1A2B3C4D5E',
  hub_id: demoWorld.hub.id,
  timestamp: 1_785_576_600_000,
  event_code: 'M_22_00',
  event_desc: 'Disarmed',
  user_name: 'Marta Linden',
  device_name: 'Marta Linden',
  transition: 'IMPULSE',
  eventTag: 'Disarm',
  sourceObjectType: 'USER',
  sourceObjectId: demoWorld.userId.toUpperCase(),
  sourceRoomName: null,
  additionalData: null,
  additionalDataV2: [],
};

export const logEntrySchema = z
  .object({
    id: text,
    hub_id: z.string(),
    timestamp: number.openapi({ description: 'Milliseconds since 1970' }),
    event_code: text,
    event_desc: z.string().openapi({
      description: 'In words, in the language of Accept-Language (en, es), where there are any; else the tag',
    }),
    user_name: text,
    device_name: text,
    transition: text.openapi({ description: 'TRIGGERED, RECOVERED or IMPULSE' }),
    eventTag: text,
    sourceObjectType: text,
    sourceObjectId: text,
    sourceRoomName: text,
    additionalData: z.unknown().nullable(),
    additionalDataV2: z.array(z.unknown()).nullable(),
  })
  .openapi('EventLogEntry', {
    example: exampleLogEntry,
  });

export const logSchema = z
  .object({
    logs: z.array(logEntrySchema).openapi({
      description:
        'Newest first. May be fewer than `limit` although more follow, where pages of Ajax are small',
    }),
    total_count: z.number().int().openapi({
      description:
        'Entries known to exist. Ajax tells no total: it is exact only when `total_is_exact` says so',
    }),
    total_is_exact: z.boolean(),
    has_more: z.boolean().openapi({ description: 'Older entries may follow; false is certain' }),
  })
  .openapi('EventLogResponse', {
    example: { logs: [exampleLogEntry], total_count: 50, total_is_exact: false, has_more: true },
  });

export const groupSchema = z
  .object({
    id: z.string(),
    hub_id: z.string(),
    name: text,
    state: z.enum(['ARMED', 'DISARMED']).nullable(),
    exact_state: text,
  })
  .openapi('Group', {
    example: {
      ...demoWorld.group,
      hub_id: demoWorld.shop.id,
      state: 'DISARMED',
      exact_state: 'DISARMED',
    },
  });

const armState = z
  .union([z.literal(0), z.literal(1), z.literal(2)], 'Expected 0 (disarm), 1 (arm) or 2 (night mode)')
  .openapi({ description: '0 disarm, 1 arm, 2 night mode', type: 'integer', enum: [0, 1, 2] });

/** Both spellings of each member are accepted, as existing clients send either. */
export const armStateBody = z
  .object({
    armState: armState.optional(),
    arm_state: armState.optional(),
    groupId: id.nullish(),
    group_id: id.nullish(),
    ignoreProblems: z.boolean().optional(),
    ignore_problems: z.boolean().optional().openapi({
      description: 'Arm although something is open or offline; false by default',
    }),
  })
  .openapi('ArmState', { example: { armState: 1, ignoreProblems: true } })
  .superRefine((body, context) => {
    const pairs = [
      ['armState', 'arm_state'],
      ['groupId', 'group_id'],
      ['ignoreProblems', 'ignore_problems'],
    ] as const;
    for (const [camel, snake] of pairs) {
      if (body[camel] === undefined || body[snake] === undefined || body[camel] === body[snake]) continue;
      const message = `Contradicts ${snake}; send one of the two`;
      context.addIssue({ code: 'custom', path: [camel], message });
    }
  })
  .transform((body, context) => {
    const state = body.armState ?? body.arm_state;
    const groupId = body.groupId ?? body.group_id ?? undefined;
    if (state === undefined) {
      context.addIssue({ code: 'custom', path: ['armState'], message: 'Expected 0, 1 or 2' });
      return z.NEVER;
    }
    if (groupId !== undefined && state === 2) {
      context.addIssue({
        code: 'custom',
        path: ['armState'],
        message: 'Night mode belongs to the whole hub; a group can be armed (1) or disarmed (0)',
      });
      return z.NEVER;
    }
    return { state, groupId, ignoreProblems: body.ignoreProblems ?? body.ignore_problems ?? false };
  });

export const armStateExamples = {
  arm: { summary: 'Arm, whatever is open or offline', value: { armState: 1, ignoreProblems: true } },
  night: { summary: 'Night mode', value: { armState: 2, ignoreProblems: true } },
  disarm: { summary: 'Disarm', value: { armState: 0 } },
};

const commandId = z.uuid().openapi({ description: 'Of its receipt: GET /api/v1/commands/{id}' });

export const armDoneSchema = z
  .object({
    success: z.literal(true),
    outcome: z.literal('done'),
    command_id: commandId,
    message: z.string(),
  })
  .openapi('ArmDone', {
    example: { success: true, outcome: 'done', command_id: exampleUuid, message: 'Command executed' },
  });

export const armUnderWaySchema = z
  .object({
    success: z.literal(false),
    outcome: z.enum(['in_progress', 'accepted']).openapi({
      description:
        'in_progress: two-stage arming has started, the hub is not armed yet; accepted: the command goes on without ' +
        'its caller, who asked for it or was held for 25 s',
    }),
    command_id: commandId,
    message: z.string(),
  })
  .openapi('ArmUnderWay', {
    example: {
      success: false,
      outcome: 'in_progress',
      command_id: exampleUuid,
      message: 'Two-stage arming has started; the hub is not armed yet',
    },
  });

export const budgetSchema = z
  .object({
    limit: z
      .number()
      .int()
      .openapi({ description: 'Upstream requests in any window, of everybody together' }),
    window_seconds: z.number(),
    used: z.number().int(),
    waiting: z.number().int(),
    mine: z.object({ used: z.number().int(), waiting: z.number().int() }),
    predicted_wait_ms: z.number().int(),
  })
  .openapi('Budget', {
    example: {
      limit: 100,
      window_seconds: 60,
      used: 9,
      waiting: 0,
      mine: { used: 8, waiting: 0 },
      predicted_wait_ms: 0,
    },
  });
