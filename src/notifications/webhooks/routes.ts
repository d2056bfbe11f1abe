import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { AuditAction } from '../../audit/index.ts';
import type { Sql } from '../../db/client.ts';
import type { GatewayEnv } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { createRouter, jsonContent } from '../../kernel/openapi.ts';
import { idParams } from '../../kernel/paging.ts';
import { ofBody, ofChange, ofIds, ofSession, problems } from '../../kernel/problems.ts';
import type { NotificationDependencies } from '../dependencies.ts';
import { pageQuery } from '../schema.ts';
import type { webhookDeliveries } from '../table.ts';
import { languageOf } from '../texts/index.ts';
import { deliver } from './deliver.ts';
import {
  changeEndpoint,
  checkUrl,
  createEndpoint,
  deleteEndpoint,
  type EndpointRow,
  findEndpoint,
  findPendingTest,
  listDeliveries,
  listEndpoints,
  MOST_ENDPOINTS,
  replaceSecret,
} from './endpoints.ts';
import {
  changeEndpointBody,
  deliverySchema,
  endpointSchema,
  endpointWithSecretSchema,
  newEndpointBody,
} from './schema.ts';
import type { TargetPolicy } from './target.ts';

const tags = ['webhooks'];
const ofOne = [...ofSession, ...ofIds, 'webhook_not_found'] as const;

const listRoute = createRoute({
  method: 'get',
  path: '/',
  operationId: 'listWebhooks',
  tags,
  summary: "The caller's webhooks",
  responses: { 200: jsonContent(z.array(endpointSchema), 'Webhooks'), ...problems(...ofSession) },
});
const addRoute = createRoute({
  method: 'post',
  path: '/',
  operationId: 'createWebhook',
  tags,
  summary: 'Have notifications of some kinds posted to an address',
  description: `Signed as [Standard Webhooks](https://www.standardwebhooks.com) has it. At most ${MOST_ENDPOINTS}.`,
  request: { body: { content: { 'application/json': { schema: newEndpointBody } }, required: true } },
  responses: {
    201: jsonContent(endpointWithSecretSchema, 'The webhook, and its secret for the only time'),
    ...problems(...ofSession, ...ofBody, ...ofChange, 'webhook_url_refused', 'webhook_limit_reached'),
  },
});
const changeRoute = createRoute({
  method: 'patch',
  path: '/{id}',
  operationId: 'changeWebhook',
  tags,
  summary: 'Change a webhook, or switch it on or off',
  request: {
    params: idParams,
    body: { content: { 'application/json': { schema: changeEndpointBody } }, required: true },
  },
  responses: {
    200: jsonContent(endpointSchema, 'As it is now'),
    ...problems(...ofOne, ...ofBody, ...ofChange, 'webhook_url_refused'),
  },
});
const deleteRoute = createRoute({
  method: 'delete',
  path: '/{id}',
  operationId: 'deleteWebhook',
  tags,
  summary: 'Remove a webhook with its log',
  request: { params: idParams },
  responses: { 200: jsonContent(endpointSchema, 'As it was'), ...problems(...ofOne, ...ofChange) },
});
const secretRoute = createRoute({
  method: 'post',
  path: '/{id}/secret',
  operationId: 'replaceWebhookSecret',
  tags,
  summary: 'A new secret; the old one is no longer used',
  request: { params: idParams },
  responses: {
    200: jsonContent(endpointWithSecretSchema, 'The webhook, and its secret for the only time'),
    ...problems(...ofOne, ...ofChange),
  },
});
const testRoute = createRoute({
  method: 'post',
  path: '/{id}/test',
  operationId: 'testWebhook',
  tags,
  summary: 'Send a test',
  description:
    'Accepted, not sent yet: the log of deliveries tells how it went. While a test is under way, that one is answered.',
  request: { params: idParams },
  responses: { 202: jsonContent(deliverySchema, 'The delivery'), ...problems(...ofOne, ...ofChange) },
});
const deliveriesRoute = createRoute({
  method: 'get',
  path: '/{id}/deliveries',
  operationId: 'listWebhookDeliveries',
  tags,
  summary: 'What was sent to a webhook and what came back, newest first',
  description: 'Kept for 30 days.',
  request: { params: idParams, query: pageQuery },
  responses: { 200: jsonContent(z.array(deliverySchema), 'Deliveries'), ...problems(...ofOne) },
});

interface Changed<T> extends Pick<AuditAction, 'resourceId'> {
  readonly result: T;
  readonly payload?: unknown;
}

/** `/api/v1/webhooks` */
export function webhookRoutes(deps: NotificationDependencies, policy: TargetPolicy) {
  const { database, trail, clock } = deps;

  /** The change and its record in one transaction. */
  const changing = <T>(
    c: Context<GatewayEnv>,
    statusCode: number,
    action: string,
    change: (tx: Sql) => Promise<Changed<T>>,
  ) =>
    database.run((sql) =>
      sql.transaction(async (tx) => {
        const { result, resourceId, payload } = await change(tx);
        const { caller, facts } = c.var;
        const record = { action, method: c.req.method, endpoint: c.req.path, resourceId, payload };
        await trail.event(tx, record, facts, caller, { outcome: 'done', statusCode });
        return result;
      }),
    );

  return createRouter()
    .openapi(listRoute, async (c) => {
      const rows = await database.run((sql) => listEndpoints(sql, c.var.caller.accountId));
      return c.json(rows.map(toEndpoint), 200);
    })
    .openapi(addRoute, async (c) => {
      const body = c.req.valid('json');
      await checkUrl(body.url, policy);
      const { row, secret } = await changing(c, 201, 'webhook.create', async (tx) => {
        const result = await createEndpoint(deps, tx, c.var.caller.accountId, body);
        return { result, resourceId: result.row.id, payload: body };
      });
      c.header('Cache-Control', 'no-store');
      return c.json({ ...toEndpoint(row), secret }, 201);
    })
    .openapi(changeRoute, async (c) => {
      const { id } = c.req.valid('param');
      const body = c.req.valid('json');
      if (body.url !== undefined) await checkUrl(body.url, policy);
      const row = await changing(c, 200, 'webhook.change', async (tx) => ({
        result: await changeEndpoint(tx, c.var.caller.accountId, id, withoutUndefined(body)),
        ...{ resourceId: id, payload: body },
      }));
      return c.json(toEndpoint(row), 200);
    })
    .openapi(deleteRoute, async (c) => {
      const { id } = c.req.valid('param');
      const row = await changing(c, 200, 'webhook.delete', async (tx) => ({
        result: await deleteEndpoint(tx, c.var.caller.accountId, id),
        resourceId: id,
      }));
      return c.json(toEndpoint(row), 200);
    })
    .openapi(secretRoute, async (c) => {
      const { id } = c.req.valid('param');
      const { row, secret } = await changing(c, 200, 'webhook.replace_secret', async (tx) => ({
        result: await replaceSecret(deps, tx, c.var.caller.accountId, id),
        resourceId: id,
      }));
      c.header('Cache-Control', 'no-store');
      return c.json({ ...toEndpoint(row), secret }, 200);
    })
    .openapi(testRoute, async (c) => {
      const { id } = c.req.valid('param');
      const { accountId } = c.var.caller;
      const pending = await database.run((sql) => findPendingTest(sql, accountId, id));
      if (pending !== undefined) return c.json(toDelivery(pending), 202);
      const language = languageOf(c.req.header('accept-language'));
      const delivery = await changing(c, 202, 'webhook.test', async (tx) => {
        const endpoint = await findEndpoint(tx, accountId, id);
        const told = {
          ...{ id: newId(clock.now()), accountId, kind: 'webhook' as const, message: 'test', params: {} },
          ...{ link: null, createdAt: new Date(clock.now()) },
        } as const;
        return { result: await deliver(deps, tx, endpoint, told, language), resourceId: id };
      });
      return c.json(toDelivery(delivery), 202);
    })
    .openapi(deliveriesRoute, async (c) => {
      const { id } = c.req.valid('param');
      const page = c.req.valid('query');
      const rows = await database.run((sql) => listDeliveries(sql, c.var.caller.accountId, id, page));
      return c.json(rows.map(toDelivery), 200);
    });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
const withoutUndefined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;

function toEndpoint(row: EndpointRow): z.infer<typeof endpointSchema> {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    kinds: [...row.kinds],
    enabled: row.enabled,
    disabled_reason: row.disabledReason,
    created_at: row.createdAt.toISOString(),
    last_delivered_at: row.lastDeliveredAt?.toISOString() ?? null,
  };
}

function toDelivery(row: typeof webhookDeliveries.$inferSelect): z.infer<typeof deliverySchema> {
  return {
    id: row.id,
    type: row.type,
    state: row.state,
    attempts: row.attempts,
    response_status: row.responseStatus,
    error: row.error,
    duration_ms: row.durationMs,
    created_at: row.createdAt.toISOString(),
    ended_at: row.endedAt?.toISOString() ?? null,
  };
}
