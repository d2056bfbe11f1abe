/** Devices: list, detail, settings, and what they can be told to do. */
import { Hono } from 'hono';
import { z } from 'zod';
import { deviceBody, deviceInfoBody } from '../bodies.ts';
import { catalogue, kindOf } from '../catalogue.ts';
import { invalid, notFound } from '../errors.ts';
import type { Hub } from '../model.ts';
import { type ApiDependencies, type ApiEnv, done, readBody, requireControl } from './context.ts';
import { deviceCommandBody, executeDeviceCommand } from './device-command.ts';

const settingsBody = z.looseObject({
  deviceName: z.string().trim().min(1),
  roomId: z.string().min(1),
  groupId: z.string().nullish(),
  nightModeArm: z.boolean().optional(),
});

export function deviceRoutes({ world, clock, events }: ApiDependencies) {
  const app = new Hono<ApiEnv>().basePath('/user/:userId/hubs/:hubId/devices');
  const deviceOf = (hub: Hub, id: string) => hub.devices.find((device) => device.id === id.toUpperCase());

  app.get('/', (context) => {
    const { hub } = context.var;
    const enrich = context.req.query('enrich') === 'true';
    return context.json(
      hub.devices.map((device) => ({
        ...deviceInfoBody(device),
        ...(enrich && { model: deviceBody(world, hub, device, clock()) }),
      })),
    );
  });

  app.get('/:deviceId', (context) => {
    const { hub } = context.var;
    const device = deviceOf(hub, context.req.param('deviceId'));
    return device ? context.json(deviceBody(world, hub, device, clock())) : notFound();
  });

  app.put('/:deviceId', async (context) => {
    const refusal = requireControl(context, 'DEVICE_ADD_UPDATE_DELETE', 'DEVICE_UPDATE');
    if (refusal) return refusal;
    const { hub } = context.var;
    const device = deviceOf(hub, context.req.param('deviceId'));
    if (!device) return notFound();
    const body = await readBody(context, device.type, settingsBody);
    if ('refusal' in body) return body.refusal;
    const { deviceName, roomId, groupId, nightModeArm } = body.value;
    const room = hub.rooms.find(({ id }) => id === roomId.toUpperCase());
    if (!room) return invalid([{ resource: device.type, field: 'roomId', code: 'invalid' }]);
    const group = hub.groups.find(({ id }) => id === groupId?.toUpperCase());
    if ((groupId && !group) || (!groupId && hub.groupsEnabled)) {
      return invalid([{ resource: device.type, field: 'groupId', code: 'invalid' }]);
    }
    device.name = deviceName;
    device.roomId = room.id;
    device.groupId = group?.id;
    device.nightModeArm = nightModeArm ?? device.nightModeArm;
    const known = Object.keys(kindOf(device.type).settings);
    const changed = Object.entries(body.value).filter(([name]) => known.includes(name));
    device.settings = { ...device.settings, ...Object.fromEntries(changed) };
    return done();
  });

  app.delete('/:deviceId', (context) => {
    const refusal = requireControl(context, 'DEVICE_ADD_UPDATE_DELETE', 'DEVICE_DELETE');
    if (refusal) return refusal;
    const { hub } = context.var;
    const device = deviceOf(hub, context.req.param('deviceId'));
    if (!device) return notFound();
    hub.devices.splice(hub.devices.indexOf(device), 1);
    return done();
  });

  app.post('/:deviceId/command', async (context) => {
    const refusal = requireControl(context, 'STATE_COMMANDS', 'DEVICE_COMMAND');
    if (refusal) return refusal;
    const { hub, account } = context.var;
    const device = deviceOf(hub, context.req.param('deviceId'));
    if (!device) return notFound();
    const body = await readBody(context, 'DeviceCommand', deviceCommandBody);
    if ('refusal' in body) return body.refusal;
    if (!(body.value.deviceType in catalogue) || body.value.deviceType !== device.type) {
      return invalid([
        {
          resource: 'DeviceCommand',
          field: 'deviceType',
          code: 'invalid',
          message: `device is a ${device.type}`,
        },
      ]);
    }
    return executeDeviceCommand(events, hub, device, account, body.value);
  });
  return app;
}
