/** The least an authenticated read can be: a verified token and a constant. */
import { Hono } from 'hono';
import { claimsOf, listen, settings } from './settings.ts';

const app = new Hono();
app.onError((_, c) => c.json({ error: 'invalid_token' }, 401));
app.get('/hubs', async (c) => {
  await claimsOf(c.req.header('authorization'));
  return c.body(settings.body, 200, { 'content-type': 'application/json' });
});
listen(app);
