/** Commands to a hub and its groups. */
import { Hono } from 'hono';
import { z } from 'zod';
import type { ArmingCommand } from '../arming.ts';
import { armingRefused, badRequest, errorMessage, forbidden, notFound, wrongState } from '../errors.ts';
import { fireDetectorsMuted, panicPressed } from '../event-kinds.ts';
import { userSource } from '../events.ts';
import type { ArmingTarget, Permission } from '../model.ts';
import {
  type ApiContext,
  type ApiDependencies,
  type ApiEnv,
  done,
  readBody,
  requireControl,
  requireOnline,
} from './context.ts';

const hubArming = z.looseObject({
  command: z.enum(['ARM', 'DISARM', 'NIGHT_MODE_ON', 'NIGHT_MODE_OFF']),
  ignoreProblems: z.boolean(),
});
const groupArming = z.looseObject({ command: z.enum(['ARM', 'DISARM']), ignoreProblems: z.boolean() });
const panicBody = z.looseObject({
  location: z.looseObject({
    latitude: z.number(),
    longitude: z.number(),
    accuracy: z.number(),
    speed: z.number(),
    timestamp: z.number(),
  }),
});
const muteFire = z.looseObject({
  muteType: z.enum(['ALL_FIRE_DETECTORS', 'ALL_FIRE_DETECTORS_EXCEPT_TRIGGERED']),
});
const muteSound = z.looseObject({
  command: z.enum(['MUTE_DEVICE_OFFLINE_SOUND_INDICATIONS', 'MUTE_DEVICE_BATTERY_LOW_SOUND_INDICATIONS']),
});
const groupsMode = z.looseObject({ groupsMode: z.enum(['ON', 'OFF']) });

const permissionFor: Readonly<Record<ArmingCommand, Permission>> = {
  ARM: 'ARM',
  DISARM: 'DISARM',
  NIGHT_MODE_ON: 'NIGHT_MODE',
  NIGHT_MODE_OFF: 'NIGHT_MODE',
};

export function commandRoutes({ arming, events }: ApiDependencies) {
  const app = new Hono<ApiEnv>().basePath('/user/:userId/hubs/:hubId');

  function execute(
    context: ApiContext,
    target: ArmingTarget,
    body: { command: ArmingCommand; ignoreProblems: boolean },
  ): Response {
    const { hub, account, member } = context.var;
    const permission = permissionFor[body.command];
    if (!member.permissions.includes(permission)) return forbidden(permission);
    const offline = requireOnline(context, body.command);
    if (offline) return offline;
    if (body.command === 'NIGHT_MODE_OFF' && !hub.groupsEnabled) {
      return badRequest('NIGHT_MODE_OFF may be issued only when groups mode is enabled; use DISARM');
    }
    const result = arming.execute(hub, account, target, body.command, body.ignoreProblems);
    switch (result.kind) {
      case 'done':
        return done();
      case 'started':
        return Response.json({ token: result.token }, { status: 202 });
      case 'refused':
        return armingRefused(result.reasons);
    }
  }

  function status(context: ApiContext): Response {
    const { hub } = context.var;
    const operation = hub.operations.find(({ token }) => token === context.req.query('token'));
    if (!operation) return notFound();
    return Response.json({
      status: operation.outcome,
      ...(operation.reason !== undefined && { errorMessage: errorMessage(operation.reason) }),
    });
  }

  app.put('/commands/arming', async (context) => {
    const body = await readBody(context, 'ArmCommand', hubArming);
    return 'refusal' in body ? body.refusal : execute(context, { kind: 'hub' }, body.value);
  });
  app.get('/commands/arming', status);

  const groupIn = (context: ApiContext) => {
    const id = context.req.param('groupId')?.toUpperCase();
    return context.var.hub.groups.find((group) => group.id === id);
  };
  app.put('/groups/:groupId/commands/arming', async (context) => {
    const group = groupIn(context);
    if (!group) return notFound();
    const body = await readBody(context, 'GroupArmCommand', groupArming);
    if ('refusal' in body) return body.refusal;
    if (!context.var.hub.groupsEnabled) return badRequest('Groups mode is disabled');
    return execute(context, { kind: 'group', groupId: group.id }, body.value);
  });
  app.get('/groups/:groupId/commands/arming', (context) => (groupIn(context) ? status(context) : notFound()));

  app.put('/commands/panic', async (context) => {
    const refusal = requireControl(context, 'PANIC', 'PANIC');
    if (refusal) return refusal;
    const body = await readBody(context, 'Panic', panicBody);
    if ('refusal' in body) return body.refusal;
    events.append(context.var.hub, panicPressed, userSource(context.var.account));
    return done();
  });

  app.put('/commands/muteFireDetectors', async (context) => {
    const refusal = requireControl(context, 'MUTE_FIRE_PROTECT', 'MUTE_FIRE_DETECTORS');
    if (refusal) return refusal;
    const body = await readBody(context, 'MuteCommand', muteFire);
    if ('refusal' in body) return body.refusal;
    events.append(context.var.hub, fireDetectorsMuted, userSource(context.var.account));
    return done();
  });

  app.put('/commands/muteSoundIndication', async (context) => {
    const refusal = requireControl(context, 'STATE_COMMANDS', 'MUTE_SOUND_INDICATION');
    if (refusal) return refusal;
    const body = await readBody(context, 'MuteSoundIndicationCommand', muteSound);
    return 'refusal' in body ? body.refusal : new Response(null, { status: 202 });
  });

  app.put('/commands/groupsMode', async (context) => {
    const refusal = requireControl(context, 'GROUP_ADD_UPDATE_DELETE', 'GROUPS_MODE');
    if (refusal) return refusal;
    const body = await readBody(context, 'UpdateGroupsModeCommand', groupsMode);
    if ('refusal' in body) return body.refusal;
    const { hub } = context.var;
    const on = body.value.groupsMode === 'ON';
    if (on === hub.groupsEnabled) return done();
    if (hub.armed || hub.nightMode || hub.groups.some(({ armed }) => armed)) {
      return wrongState('Hub responded with WRONG_STATE: the system must be disarmed');
    }
    if (on && !hub.devices.every((device) => hub.groups.some(({ id }) => id === device.groupId))) {
      return wrongState('Hub responded with WRONG_STATE: all devices must be assigned to existing groups');
    }
    hub.groupsEnabled = on;
    return done();
  });

  for (const command of ['requestRestoreAfterAlarmCondition', 'restoreAfterAlarmCondition', 'searchCancel']) {
    app.put(
      `/commands/${command}`,
      (context) => requireControl(context, 'STATE_COMMANDS', command) ?? done(),
    );
  }
  return app;
}
