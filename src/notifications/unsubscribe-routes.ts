import { createRoute, z } from '@hono/zod-openapi';
import { html } from 'hono/html';
import { GatewayError } from '../kernel/errors.ts';
import { createRouter, forEverybody } from '../kernel/openapi.ts';
import { problems } from '../kernel/problems.ts';
import type { NotificationDependencies } from './dependencies.ts';
import { readUnsubscribeToken } from './mail/unsubscribe.ts';
import { writePreferences } from './preferences.ts';
import { unsubscribeParams } from './schema.ts';
import { languageOf, mailWords } from './texts/index.ts';

const page = {
  description: 'A page',
  content: { 'text/html': { schema: z.string(), example: '<!doctype html>...' } },
};
const always = {
  path: '/unsubscribe/{token}' as const,
  tags: ['notifications'],
  ...forEverybody,
  request: { params: unsubscribeParams },
};

const askRoute = createRoute({
  ...always,
  method: 'get',
  operationId: 'askToUnsubscribe',
  summary: 'Where the link in a mail leads: asks, and changes nothing',
  description: 'Programs that look into mails follow links.',
  responses: { 200: page, ...problems('probe_refused', 'unsubscribe_link_invalid') },
});
const unsubscribeRoute = createRoute({
  ...always,
  method: 'post',
  operationId: 'unsubscribe',
  summary: 'No more mails of this kind (RFC 8058), without a session',
  responses: {
    200: page,
    ...problems('probe_refused', 'unsubscribe_link_invalid', 'database_unavailable', 'origin_not_allowed'),
  },
});

/** `/api/v1/mail` */
export function unsubscribeRoutes(deps: NotificationDependencies) {
  const { config, database, trail } = deps;
  const claimOf = async (token: string) => {
    const claim = await readUnsubscribeToken(deps, token);
    if (claim === undefined) throw new GatewayError('unsubscribe_link_invalid');
    return claim;
  };
  const draw = (language: string, title: string, message: string, button: string | undefined) =>
    html`<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body><main><h1>${title}</h1><p>${message}</p>${
      button === undefined ? '' : html`<form method="post"><button>${button}</button></form>`
    }<p><a href="${config.publicUrl}">${config.projectName}</a></p></main></body>
</html>
`;

  return createRouter()
    .openapi(askRoute, async (c) => {
      await claimOf(c.req.valid('param').token);
      const language = languageOf(c.req.header('accept-language'));
      const { confirm } = mailWords(language);
      return c.html(draw(language, confirm.title, confirm.message, confirm.title), 200);
    })
    .openapi(unsubscribeRoute, async (c) => {
      const { accountId, kind } = await claimOf(c.req.valid('param').token);
      const { facts } = c.var;
      await database.run((sql) =>
        sql.transaction(async (tx) => {
          await writePreferences(tx, accountId, [{ kind, channel: 'mail', enabled: false }]);
          await trail.event(
            tx,
            { action: 'notification.unsubscribe', method: 'POST', endpoint: c.req.path, payload: { kind } },
            facts,
            // Whoever has the mail; of no session.
            { accountId, sessionId: null },
            { outcome: 'done', statusCode: 200 },
          );
        }),
      );
      const language = languageOf(c.req.header('accept-language'));
      const { unsubscribed } = mailWords(language);
      return c.html(draw(language, unsubscribed.title, unsubscribed.message, undefined), 200);
    });
}
