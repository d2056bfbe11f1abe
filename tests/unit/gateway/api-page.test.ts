import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { serveApiPage } from '../../../src/dashboard.ts';
import type { GatewayEnv } from '../../../src/kernel/context.ts';
import { GatewayError } from '../../../src/kernel/errors.ts';

it('the page of the API says how to build it where it is not built', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-empty-'));
  const app = new Hono<GatewayEnv>().get('/docs', serveApiPage(empty));
  let refusal: unknown;
  app.onError((error, c) => {
    refusal = error;
    return c.body(null, 404);
  });
  await app.request('/docs');
  expect(refusal).toBeInstanceOf(GatewayError);
  expect(refusal).toMatchObject({ code: 'not_found', message: expect.stringContaining('npm run build') });
  rmSync(empty, { recursive: true });
});
