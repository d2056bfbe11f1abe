/** The session gate of everything below `/user/{userId}`, and the user's own profile. */
import { Hono } from 'hono';
import { z } from 'zod';
import { bindingBody, userBody } from '../bodies.ts';
import { forbidden, notFound, notImitated, unauthorized } from '../errors.ts';
import { type ApiDependencies, type ApiEnv, done, readBody } from './context.ts';
import { readImage } from './image.ts';

const profileBody = z.looseObject({
  firstName: z.string().min(1).optional(),
  language: z.string().length(2).optional(),
});

export function userRoutes({ world, sessions, arming }: ApiDependencies) {
  const app = new Hono<ApiEnv>();

  app.use('/user/:userId/*', async (context, next) => {
    const userId = sessions.userOf(context.req.header('x-session-token') ?? '');
    const account = world.accounts.find((each) => each.userId === userId);
    if (!account) return unauthorized('Unauthorized');
    if (context.req.param('userId').toUpperCase() !== account.userId) return forbidden('USER');
    context.set('account', account);
    return next();
  });

  // A hub that exists but is not bound to the caller is 403, one that does not exist 404.
  app.use('/user/:userId/hubs/:hubId/*', async (context, next) => {
    const hub = world.hubs.get(context.req.param('hubId').toUpperCase());
    if (!hub) return notFound();
    const member = hub.members.find(({ userId }) => userId === context.var.account.userId);
    if (!member) return forbidden('HUB');
    arming.settle(hub);
    context.set('hub', hub);
    context.set('member', member);
    return next();
  });

  app.get('/user/:userId', (context) => context.json(userBody(context.var.account)));
  app.put('/user/:userId', async (context) => {
    const body = await readBody(context, 'UserGeneralInfo', profileBody);
    if ('refusal' in body) return body.refusal;
    const { account } = context.var;
    account.firstName = body.value.firstName ?? account.firstName;
    account.language = body.value.language ?? account.language;
    return done();
  });
  app.post('/user/:userId/image', async (context) => {
    const refusal = await readImage(context);
    if (refusal) return refusal;
    context.var.account.hasImage = true;
    return done();
  });
  app.delete('/user/:userId/image', (context) => {
    context.var.account.hasImage = false;
    return done();
  });
  for (const path of ['login', 'phone', 'passwordHash']) {
    app.put(`/user/:userId/${path}`, () => notImitated());
  }

  app.get('/user/:userId/hubs', (context) =>
    context.json(
      [...world.hubs.values()].flatMap((hub) =>
        hub.members
          .filter(({ userId }) => userId === context.var.account.userId)
          .map((member) => bindingBody(hub, member)),
      ),
    ),
  );
  return app;
}
