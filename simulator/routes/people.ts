/** Who shares a hub, its cameras, and the spaces around it. */
import { Hono } from 'hono';
import { boundUserBody, boundUserDetails, cameraBody, spaceBody } from '../bodies.ts';
import { badRequest, forbidden, invalid, notFound } from '../errors.ts';
import type { Account, Hub, Member, World } from '../model.ts';
import { type ApiDependencies, type ApiEnv, requirePermission } from './context.ts';

export function peopleRoutes({ world }: ApiDependencies) {
  const app = new Hono<ApiEnv>().basePath('/user/:userId/hubs/:hubId');

  app.get('/users', (context) => {
    const { hub } = context.var;
    const enrich = context.req.query('enrich') === 'true';
    return context.json(
      peopleOf(world, hub).map(({ account, member, prefix }) => ({
        ...boundUserBody(account, member, prefix),
        ...(enrich && { model: boundUserDetails(hub, account, member, prefix) }),
      })),
    );
  });
  app.get('/users/:boundUserId', (context) => {
    const { hub } = context.var;
    const id = context.req.param('boundUserId').toUpperCase();
    const found = peopleOf(world, hub).find(({ account }) => account.userId === id);
    if (!found) return notFound();
    return context.json(boundUserDetails(hub, found.account, found.member, found.prefix));
  });

  app.get('/cameras', (context) => {
    const refusal = requirePermission(context, 'CAMERA_GET');
    return refusal ?? context.json(context.var.hub.cameras.map(cameraBody));
  });
  app.get('/cameras/:cameraId', (context) => {
    const refusal = requirePermission(context, 'CAMERA_GET');
    if (refusal) return refusal;
    const id = context.req.param('cameraId').toUpperCase();
    const camera = context.var.hub.cameras.find((each) => each.id === id);
    return camera ? context.json(cameraBody(camera)) : notFound();
  });
  return app;
}

export function spaceRoutes({ world }: ApiDependencies) {
  const app = new Hono<ApiEnv>().basePath('/user/:userId/spaces');
  const isMember = (hub: Hub, account: Account) =>
    hub.members.some(({ userId }) => userId === account.userId);

  app.get('/', (context) => {
    const { hubId, videoEdgeId, size = '100', page = '1' } = context.req.query();
    if (hubId !== undefined && videoEdgeId !== undefined) {
      return badRequest('Only one query parameter hubId or videoEdgeId is allowed');
    }
    if (!/^\d+$/.test(size) || !/^\d+$/.test(page)) return badRequest('size and page must be integers');
    if (Number(size) < 1 || Number(size) > 400 || Number(page) < 1) {
      return invalid([{ resource: 'spaces', field: 'size', code: 'invalid', message: 'out of range' }]);
    }
    const spaces = [...world.hubs.values()]
      .filter((hub) => isMember(hub, context.var.account))
      .filter((hub) => videoEdgeId === undefined && (hubId === undefined || hub.id === hubId.toUpperCase()))
      .map(({ spaceId, name }) => ({ id: spaceId, name }));
    const start = (Number(page) - 1) * Number(size);
    return context.json(spaces.slice(start, start + Number(size)));
  });

  app.get('/:spaceId', (context) => {
    const id = context.req.param('spaceId').toUpperCase();
    const hub = [...world.hubs.values()].find(({ spaceId }) => spaceId === id);
    if (!hub) return notFound();
    return isMember(hub, context.var.account) ? context.json(spaceBody(hub)) : forbidden('SPACE');
  });
  return app;
}

function peopleOf(world: World, hub: Hub): { account: Account; member: Member; prefix: number }[] {
  return hub.members.flatMap((member, index) => {
    const account = world.accounts.find(({ userId }) => userId === member.userId);
    return account ? [{ account, member, prefix: index + 1 }] : [];
  });
}
