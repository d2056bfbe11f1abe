/** Serves what web/ has built: hashed files for a year, the pages themselves always revalidated. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serveStatic } from '@hono/node-server/serve-static';
import type { MiddlewareHandler } from 'hono';
import type { GatewayEnv } from './kernel/context.ts';
import { GatewayError } from './kernel/errors.ts';

export const dashboardDirectory = fileURLToPath(new URL('../web/dist', import.meta.url));

/** What the file server calls when there is no such file. */
const missing = async () => {};

const HASHED = 'public, max-age=31536000, immutable';
const REVALIDATED = 'no-cache';

/**
 * Files below `directory`; the page for any other address a browser opens, because the dashboard routes by itself.
 * Paths of the API, well-known addresses (RFC 8615) and files that do not exist are not found.
 */
export function serveDashboard(directory = dashboardDirectory): MiddlewareHandler<GatewayEnv> {
  const isBuilt = existsSync(`${directory}/index.html`);
  const files = serveStatic({
    root: directory,
    precompressed: true,
    onFound: (path, c) =>
      c.header('Cache-Control', path.includes('/assets/') && !path.endsWith('.html') ? HASHED : REVALIDATED),
  });
  const page = serveStatic({
    root: directory,
    path: 'index.html',
    onFound: (_path, c) => c.header('Cache-Control', REVALIDATED),
  });
  return async (c) => {
    const isOwn = !/^\/(api|\.well-known)(\/|$)/.test(c.req.path);
    const isPage = !/\.[a-z0-9]+$/i.test(c.req.path) || c.req.path === '/index.html';
    const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
    if (!isBuilt || !isRead || !isOwn) return c.notFound();
    const response = await (isPage ? page : files)(c, missing);
    return response ?? c.notFound();
  };
}

/**
 * The page of the API's description; its files are in the dashboard's folder.
 * @throws GatewayError not_found where it is not built
 */
export function serveApiPage(directory = dashboardDirectory): MiddlewareHandler<GatewayEnv> {
  const page = serveStatic({
    root: directory,
    path: 'docs/index.html',
    onFound: (_path, c) => c.header('Cache-Control', REVALIDATED),
  });
  return async (c) => {
    const response = await page(c, missing);
    if (response !== undefined) return response;
    const detail =
      'This page is not built here: run `npm run build`. What it shows is at /api/v1/openapi.json';
    throw new GatewayError('not_found', { detail });
  };
}
