/** Addresses of the first gateway that have moved; its clients and their bookmarks still use them. */
import { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { GatewayEnv } from './kernel/context.ts';

const moved: Readonly<Record<string, string>> = {
  '/openapi.json': '/api/v1/openapi.json',
  '/redoc': '/docs',
};

export function olderPaths(name: string) {
  const app = new Hono<GatewayEnv>();
  for (const [from, to] of Object.entries(moved)) app.get(from, (c) => c.redirect(to, 308));
  return app.get('/', greeting(name));
}

/** Its root answered JSON. Whoever asks for that, and for no page, gets it; everybody else gets the dashboard. */
function greeting(name: string) {
  return createMiddleware<GatewayEnv>(async (c, next) => {
    c.header('Vary', 'Accept', { append: true });
    const accepted = c.req.header('accept') ?? '';
    if (accepted.includes('text/html') || !accepted.includes('application/json')) return next();
    return c.json({ message: `${name}: the API is under /api/v1, described at /api/v1/openapi.json` });
  });
}
