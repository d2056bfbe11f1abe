import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Sql } from '../db/client.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { idParams } from '../kernel/paging.ts';
import { ofBody, ofChange, ofIds, ofSession, problems } from '../kernel/problems.ts';
import { definitionOf, isEssential } from './catalogue.ts';
import type { NotificationDependencies } from './dependencies.ts';
import { readLanguage, readPreferences, writeLanguage, writePreferences } from './preferences.ts';
import { countUnread, listNotifications, markAllRead, markRead, type NotificationRow } from './read.ts';
import {
  allReadSchema,
  listQuery,
  notificationSchema,
  preferencesBody,
  preferencesSchema,
  summarySchema,
} from './schema.ts';
import { languageOf, textOf } from './texts/index.ts';
import type { Language } from './texts/words.ts';

const tags = ['notifications'];
const SUMMARY_LENGTH = 20;

const summaryRoute = createRoute({
  method: 'get',
  path: '/summary',
  operationId: 'getNotificationSummary',
  tags,
  summary: 'How many are unread, and the newest 20; costs no request to Ajax',
  responses: { 200: jsonContent(summarySchema, 'The summary'), ...problems(...ofSession) },
});
const listRoute = createRoute({
  method: 'get',
  path: '/',
  operationId: 'listNotifications',
  tags,
  summary: "The caller's notifications, newest first",
  request: { query: listQuery },
  responses: {
    200: jsonContent(z.array(notificationSchema), 'Notifications'),
    ...problems(...ofSession, 'invalid_request'),
  },
});
const readOf = <M extends 'patch' | 'post'>(method: M, operationId: string) =>
  createRoute({
    method,
    path: '/{id}/read',
    operationId,
    tags,
    summary: 'Mark a notification as read',
    request: { params: idParams },
    responses: {
      200: jsonContent(notificationSchema, 'The notification'),
      ...problems(...ofSession, ...ofIds, ...ofChange, 'notification_not_found'),
    },
  });
const patchReadRoute = readOf('patch', 'markNotificationRead');
const postReadRoute = readOf('post', 'markNotificationReadByPost');
const allReadOf = (path: '/mark-all-read' | '/read-all', operationId: string) =>
  createRoute({
    method: 'post',
    path,
    operationId,
    tags,
    summary: 'Mark all notifications as read',
    responses: { 200: jsonContent(allReadSchema, 'Done'), ...problems(...ofSession, ...ofChange) },
  });
const markAllReadRoute = allReadOf('/mark-all-read', 'markAllNotificationsRead');
const readAllRoute = allReadOf('/read-all', 'readAllNotifications');
const preferencesRoute = createRoute({
  method: 'get',
  path: '/preferences',
  operationId: 'getNotificationPreferences',
  tags,
  summary: 'What the caller is told about, by kind and channel',
  responses: { 200: jsonContent(preferencesSchema, 'Preferences'), ...problems(...ofSession) },
});
const changePreferencesRoute = createRoute({
  method: 'put',
  path: '/preferences',
  operationId: 'changeNotificationPreferences',
  tags,
  summary: 'Change some preferences, or the language of mails',
  description: 'What is not named stays as it is. Essential kinds cannot be turned off.',
  request: { body: { content: { 'application/json': { schema: preferencesBody } }, required: true } },
  responses: {
    200: jsonContent(preferencesSchema, 'As they are now'),
    ...problems(...ofSession, ...ofBody, ...ofChange),
  },
});

/** `/api/v1/notifications` */
export function notificationRoutes({ config, database, trail, clock }: NotificationDependencies) {
  const read = (id: string, c: Context<GatewayEnv>) =>
    database.run((sql) =>
      sql.transaction(async (tx) => {
        const { caller, facts } = c.var;
        const found = await markRead(tx, caller.accountId, id, new Date(clock.now()));
        if (found === undefined) {
          throw new GatewayError('notification_not_found', { detail: 'Notification not found' });
        }
        if (found.changed) {
          const record = { action: 'notification.read', method: c.req.method, endpoint: c.req.path };
          const end = { outcome: 'done', statusCode: 200 };
          await trail.event(tx, { ...record, resourceId: id }, facts, caller, end);
        }
        return toNotification(found.row, await languageFor(tx, c));
      }),
    );
  const readAll = (c: Context<GatewayEnv>) =>
    database.run((sql) =>
      sql.transaction(async (tx) => {
        const { caller, facts } = c.var;
        const count = await markAllRead(tx, caller.accountId, new Date(clock.now()));
        if (count > 0) {
          const record = { action: 'notification.read_all', method: 'POST', endpoint: c.req.path };
          const end = { outcome: 'done', statusCode: 200 };
          await trail.event(tx, { ...record, payload: { count } }, facts, caller, end);
        }
        return { detail: 'All notifications marked as read' };
      }),
    );
  const preferencesOf = async (sql: Sql, accountId: string) => ({
    language: (await readLanguage(sql, accountId)) ?? null,
    mail_available: config.mail !== undefined,
    preferences: (await readPreferences(sql, accountId)).map((row) => ({
      ...row,
      essential: isEssential(row.kind),
    })),
  });

  return createRouter()
    .openapi(summaryRoute, async (c) => {
      const { accountId } = c.var.caller;
      const summary = await database.run(async (sql) => {
        const language = await languageFor(sql, c);
        const rows = await listNotifications(sql, accountId, { limit: SUMMARY_LENGTH, unreadOnly: false });
        return {
          unread_count: await countUnread(sql, accountId),
          notifications: rows.map((row) => toNotification(row, language)),
        };
      });
      return c.json(summary, 200);
    })
    .openapi(listRoute, async (c) => {
      const { limit, before, unread_only } = c.req.valid('query');
      const rows = await database.run(async (sql) => {
        const language = await languageFor(sql, c);
        const page = { limit, before, unreadOnly: unread_only };
        const found = await listNotifications(sql, c.var.caller.accountId, page);
        return found.map((row) => toNotification(row, language));
      });
      return c.json(rows, 200);
    })
    .openapi(patchReadRoute, async (c) => c.json(await read(c.req.valid('param').id, c), 200))
    .openapi(postReadRoute, async (c) => c.json(await read(c.req.valid('param').id, c), 200))
    .openapi(markAllReadRoute, async (c) => c.json(await readAll(c), 200))
    .openapi(readAllRoute, async (c) => c.json(await readAll(c), 200))
    .openapi(preferencesRoute, async (c) =>
      c.json(await database.run((sql) => preferencesOf(sql, c.var.caller.accountId)), 200),
    )
    .openapi(changePreferencesRoute, async (c) => {
      const { language, preferences = [] } = c.req.valid('json');
      const refused = preferences.findIndex(({ kind, enabled }) => isEssential(kind) && !enabled);
      if (refused >= 0) throw essentialRefused(refused);
      const { caller, facts } = c.var;
      const now = await database.run((sql) =>
        sql.transaction(async (tx) => {
          if (language !== undefined) await writeLanguage(tx, caller.accountId, language);
          await writePreferences(tx, caller.accountId, preferences);
          const record = { action: 'notification.preferences', method: 'PUT', endpoint: c.req.path };
          const payload = { preferences, ...(language === undefined ? {} : { language }) };
          const end = { outcome: 'done', statusCode: 200 };
          await trail.event(tx, { ...record, payload }, facts, caller, end);
          return preferencesOf(tx, caller.accountId);
        }),
      );
      return c.json(now, 200);
    });
}

/** What they have chosen, else as their browser says. */
export async function languageFor(sql: Sql, c: Context<GatewayEnv>): Promise<Language> {
  const named = c.req.header('accept-language');
  return (await readLanguage(sql, c.var.caller.accountId)) ?? languageOf(named);
}

function essentialRefused(index: number): GatewayError {
  const msg = 'This kind cannot be turned off';
  const loc = ['body', 'preferences', index, 'enabled'];
  return new GatewayError('invalid_request', {
    detail: `${loc.join('.')}: ${msg}`,
    errors: [{ loc, msg, type: 'custom' }],
  });
}

export function toNotification(row: NotificationRow, language: Language): z.infer<typeof notificationSchema> {
  const { title, message } = textOf(language, row.kind, row.message, row.params);
  return {
    id: row.id,
    kind: row.kind,
    title,
    message,
    type: definitionOf(row.kind, row.message)?.tone ?? 'info',
    link: row.link,
    is_read: row.readAt !== null,
    created_at: row.createdAt.toISOString(),
  };
}
