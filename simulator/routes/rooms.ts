/** Rooms and groups. */
import { Hono } from 'hono';
import { z } from 'zod';
import { groupBody, roomBody } from '../bodies.ts';
import { notFound, wrongState } from '../errors.ts';
import type { Hub } from '../model.ts';
import { hexOf } from '../random.ts';
import {
  type ApiContext,
  type ApiDependencies,
  type ApiEnv,
  done,
  readBody,
  requireControl,
} from './context.ts';
import { readImage } from './image.ts';

const roomSchema = z.looseObject({ roomName: z.string().trim().min(1) });
const groupSchema = z.looseObject({
  groupName: z.string().trim().min(1),
  bulkArmInvolved: z.boolean(),
  bulkDisarmInvolved: z.boolean(),
});

export function roomRoutes({ world, clock }: ApiDependencies) {
  const app = new Hono<ApiEnv>().basePath('/user/:userId/hubs/:hubId');

  const roomOf = (hub: Hub, id: string) => hub.rooms.find((room) => room.id === id.toUpperCase());
  const groupOf = (hub: Hub, id: string) => hub.groups.find((group) => group.id === id.toUpperCase());

  const mayEdit = (context: ApiContext) => requireControl(context, 'ROOM_ADD_UPDATE_DELETE', 'ROOM_UPDATE');
  const mayEditGroup = (context: ApiContext) =>
    requireControl(context, 'GROUP_ADD_UPDATE_DELETE', 'GROUP_UPDATE');

  app.get('/rooms', (context) => context.json(context.var.hub.rooms.map(roomBody)));
  app.get('/rooms/:roomId', (context) => {
    const room = roomOf(context.var.hub, context.req.param('roomId'));
    return room ? context.json(roomBody(room)) : notFound();
  });
  app.post('/rooms', async (context) => {
    const refusal = mayEdit(context);
    if (refusal) return refusal;
    const body = await readBody(context, 'NewRoom', roomSchema);
    if ('refusal' in body) return body.refusal;
    const { hub } = context.var;
    const room = {
      id: hexOf(8, world.seed, hub.id, 'new room', hub.rooms.length, clock(), body.value.roomName),
      name: body.value.roomName,
      hasImage: false,
    };
    hub.rooms.push(room);
    return context.json(roomBody(room), 201);
  });
  app.put('/rooms/:roomId', async (context) => {
    const refusal = mayEdit(context);
    if (refusal) return refusal;
    const room = roomOf(context.var.hub, context.req.param('roomId'));
    if (!room) return notFound();
    const body = await readBody(context, 'Room', roomSchema);
    if ('refusal' in body) return body.refusal;
    room.name = body.value.roomName;
    return done();
  });
  app.delete('/rooms/:roomId', (context) => {
    const refusal = mayEdit(context);
    if (refusal) return refusal;
    const { hub } = context.var;
    const room = roomOf(hub, context.req.param('roomId'));
    if (!room) return notFound();
    const occupied = [...hub.devices, ...hub.cameras].some(({ roomId }) => roomId === room.id);
    if (occupied) return wrongState('Room has devices assigned to it');
    hub.rooms.splice(hub.rooms.indexOf(room), 1);
    return done();
  });
  app.on(['POST', 'DELETE'], '/rooms/:roomId/image', async (context) => {
    const refusal = mayEdit(context);
    if (refusal) return refusal;
    const room = roomOf(context.var.hub, context.req.param('roomId'));
    if (!room) return notFound();
    return setImage(context, room);
  });

  app.get('/groups', (context) => {
    const { hub } = context.var;
    return context.json(hub.groups.map((group) => groupBody(hub, group)));
  });
  app.get('/groups/:groupId', (context) => {
    const { hub } = context.var;
    const group = groupOf(hub, context.req.param('groupId'));
    return group ? context.json(groupBody(hub, group)) : notFound();
  });
  app.put('/groups/:groupId', async (context) => {
    const refusal = mayEditGroup(context);
    if (refusal) return refusal;
    const group = groupOf(context.var.hub, context.req.param('groupId'));
    if (!group) return notFound();
    const body = await readBody(context, 'Group', groupSchema);
    if ('refusal' in body) return body.refusal;
    group.name = body.value.groupName;
    group.bulkArmInvolved = body.value.bulkArmInvolved;
    group.bulkDisarmInvolved = body.value.bulkDisarmInvolved;
    return done();
  });
  app.on(['POST', 'DELETE'], '/groups/:groupId/image', async (context) => {
    const refusal = mayEditGroup(context);
    if (refusal) return refusal;
    const group = groupOf(context.var.hub, context.req.param('groupId'));
    if (!group) return notFound();
    return setImage(context, group);
  });
  return app;
}

async function setImage(context: ApiContext, owner: { hasImage: boolean }): Promise<Response> {
  if (context.req.method === 'POST') {
    const refusal = await readImage(context);
    if (refusal) return refusal;
  }
  owner.hasImage = context.req.method === 'POST';
  return done();
}
