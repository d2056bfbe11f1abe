import { createRoute, z } from '@hono/zod-openapi';
import { type AdministratorPolicy, administratorsOnly } from '../access/index.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { ofSession, problems } from '../kernel/problems.ts';
import { type Notifications, notificationSchema, pageQuery } from '../notifications/index.ts';

export interface AlertDependencies {
  readonly notifications: Pick<Notifications, 'listAlerts'>;
  readonly administrators: AdministratorPolicy;
}

/** `/api/v1/admin/alerts`: what administrators were told about this installation. */
export function alertsRoutes({ notifications, administrators }: AlertDependencies) {
  const listRoute = createRoute({
    method: 'get',
    path: '/',
    operationId: 'listOperatorAlerts',
    tags: ['admin'],
    summary: 'What the caller was told as an administrator, newest first',
    ...administratorsOnly(
      administrators,
      'Kept for 180 days, also where the caller does not want it among their notifications. Who became an ' +
        'administrator later was not told.',
    ),
    request: { query: pageQuery },
    responses: {
      200: jsonContent(z.array(notificationSchema), 'Alerts'),
      ...problems(...ofSession, 'administrator_required', 'invalid_request'),
    },
  });
  return createRouter().openapi(listRoute, async (c) =>
    c.json(await notifications.listAlerts(c, c.req.valid('query')), 200),
  );
}
