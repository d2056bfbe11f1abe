/** The imitated API as one app, to be mounted at `/api`. */
import { Hono } from 'hono';
import type { ApiKeys } from '../api-keys.ts';
import { errorMessage, forbidden, methodNotAllowed, notFound, notImitated, unauthorized } from '../errors.ts';
import { airQualityRoutes } from './air-quality.ts';
import { authRoutes } from './auth.ts';
import { commandRoutes } from './commands.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { deviceRoutes } from './devices.ts';
import { hubRoutes } from './hub.ts';
import { peopleRoutes, spaceRoutes } from './people.ts';
import { roomRoutes } from './rooms.ts';
import { userRoutes } from './user.ts';

/** Operations the upstream has and the simulator refuses with 501: below a hub, by their first segment. */
const notImitatedBelowHub = [
  'accessCodes',
  'accessControl',
  'billing',
  'billings',
  'dayAlarmZones',
  'firmwareUpdate',
  'installation',
  'invites',
  'modules',
  'monitoring',
  'network',
  'pros',
  'subscribe',
  'unsubscribe',
];

export function createApi(dependencies: ApiDependencies, apiKeys: ApiKeys) {
  const app = new Hono<ApiEnv>({ strict: false }).basePath('/api');

  app.use(async (context, next) => {
    if (!apiKeys.accepts(context.req.header('x-api-key'))) return unauthorized();
    return next();
  });
  app.all('/company/*', () => unauthorized('Company token is missing'));
  app.all('/swagger/*', () => notFound());

  app.route('/', authRoutes(dependencies));
  app.route('/', userRoutes(dependencies));
  app.route('/', hubRoutes(dependencies));
  app.route('/', roomRoutes(dependencies));
  app.route('/', peopleRoutes(dependencies));
  app.route('/', spaceRoutes(dependencies));
  app.route('/', deviceRoutes(dependencies));
  app.route('/', commandRoutes(dependencies));
  app.route('/', airQualityRoutes(dependencies));

  const hub = '/user/:userId/hubs/:hubId';
  for (const segment of notImitatedBelowHub) app.all(`${hub}/${segment}/*`, () => notImitated());
  app.on(
    'POST',
    ['/user/:userId/hubs', `${hub}/devices`, `${hub}/groups`, `${hub}/cameras`, `${hub}/users`],
    () => notImitated(),
  );
  app.on('DELETE', [`${hub}/logs`, `${hub}/groups/:groupId`, `${hub}/users/:boundUserId`], () =>
    notImitated(),
  );
  app.on('PUT', [`${hub}/commands/updateFirmware`, `${hub}/commands/switchOnDemandPhotoMode`], () =>
    notImitated(),
  );
  app.all('/pro/*', () => forbidden('PRO'));

  app.notFound((context) => {
    const allowed = methodsAt(app.routes, new URL(context.req.url).pathname);
    return allowed.length > 0 ? methodNotAllowed(allowed) : notFound();
  });
  app.onError((error) => {
    console.error('simulator: unexpected error', error);
    return Response.json(errorMessage('Unexpected error occurred'), { status: 500 });
  });
  return app;
}

/** Methods that some route answers at this path. */
function methodsAt(routes: readonly { method: string; path: string }[], path: string): readonly string[] {
  const segments = path.replace(/\/$/, '').split('/');
  const found = routes.filter((route) => {
    if (route.method === 'ALL' || route.path.endsWith('*')) return false;
    const pattern = route.path.replace(/\/$/, '').split('/');
    return (
      pattern.length === segments.length &&
      pattern.every((part, index) => part.startsWith(':') || part === segments[index])
    );
  });
  return [...new Set(found.map(({ method }) => method))];
}
