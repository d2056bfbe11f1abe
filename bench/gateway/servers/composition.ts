/** What one would write in an afternoon: jose, a session row in PostgreSQL, a limiter and a cache in Redis, undici. */
import { Hono } from 'hono';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { Pool } from 'undici';
import { claimsOf, listen, settings } from './settings.ts';

const COUNT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count`;
const LIMIT = 1_000_000;
const WINDOW_MS = 60_000;

const sql = postgres(settings.postgresUrl, { max: 10 });
const redis = new Redis(settings.redisUrl);
const upstream = new Pool(settings.upstream, { pipelining: 1 });
await redis.set('cached:hubs', settings.body);

/** @throws Error when nobody is signed in */
async function sessionOf(authorization: string | undefined) {
  const { sid } = await claimsOf(authorization);
  const [row] = await sql<{ user_id: string }[]>`
    select user_id from bench_sessions where id = ${String(sid)} and revoked_at is null and expires_at > now()`;
  if (row === undefined) throw new Error('No session');
  return row;
}

const app = new Hono();
app.onError((_, c) => c.json({ error: 'invalid_token' }, 401));
app.get('/hubs', async (c) => {
  await sessionOf(c.req.header('authorization'));
  const cached = await redis.get('cached:hubs');
  return c.body(cached ?? '', 200, { 'content-type': 'application/json' });
});
app.get('/hubs/:hub/devices/:device', async (c) => {
  const { user_id } = await sessionOf(c.req.header('authorization'));
  const window = Math.floor(Date.now() / WINDOW_MS);
  const count = await redis.eval(COUNT, 1, `limit:${window}`, WINDOW_MS * 2);
  if (Number(count) > LIMIT) return c.json({ error: 'limited' }, 429);
  const { hub, device } = c.req.param();
  const { statusCode, body } = await upstream.request({
    method: 'GET',
    path: `/api/user/${user_id}/hubs/${hub}/devices/${device}`,
  });
  const text = await body.text();
  return new Response(text, { status: statusCode, headers: { 'content-type': 'application/json' } });
});
listen(app);
