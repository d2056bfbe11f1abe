/** Serves the built dashboard: hashed files for a year, the page itself always revalidated. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serveStatic } from '@hono/node-server/serve-static';
import type { MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import type { GatewayEnv } from './kernel/context.ts';
import { GatewayError } from './kernel/errors.ts';

export const dashboardDirectory = fileURLToPath(new URL('../web/dist', import.meta.url));

const HASHED = 'public, max-age=31536000, immutable';
const REVALIDATED = 'no-cache';

/**
 * Files below `directory`; the page for any other address a browser opens, because the dashboard routes by itself.
 * @throws GatewayError not_found for paths of the API and for files that do not exist
 */
export function serveDashboard(directory = dashboardDirectory): MiddlewareHandler<GatewayEnv> {
  const isBuilt = existsSync(`${directory}/index.html`);
  const files = serveStatic({
    root: directory,
    onFound: (path, c) =>
      c.header('Cache-Control', path.includes('/assets/') && !path.endsWith('.html') ? HASHED : REVALIDATED),
  });
  const page = serveStatic({
    root: directory,
    path: 'index.html',
    onFound: (_path, c) => c.header('Cache-Control', REVALIDATED),
  });
  const compressed = compress();

  return async (c, next) => {
    const isPage = !/\.[a-z0-9]+$/i.test(c.req.path) || c.req.path === '/index.html';
    if (!isBuilt || c.req.path.startsWith('/api/')) throw new GatewayError('not_found');
    await compressed(c, async () => {
      const response = await (isPage ? page : files)(c, next);
      if (response) c.res = response;
    });
  };
}
