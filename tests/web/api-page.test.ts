/** The page of the API's description, in a browser, on the demo. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Launched, launch, stop } from '../support/product.ts';
import { launchBrowser, type OpenedPage, openPage } from './browser.ts';

let dataDirectory: string;
let demo: Launched;
let url: string;
let browser: Browser;
let opened: OpenedPage;
let requested: string[];

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-api-page-'));
  demo = launch('node', { DATA_DIR: dataDirectory });
  [url, browser] = await Promise.all([demo.address, launchBrowser()]);
}, 180_000);

afterEach(async () => {
  await opened?.close();
  expect(opened?.complaints).toEqual([]);
  // Fonts, telemetry, assistants and proxies of others: nothing of it.
  expect(
    requested.filter((address) => !/^(data|blob):/.test(address) && !address.startsWith(`${url}/`)),
  ).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  if (demo) await stop(demo.process, 'SIGTERM');
  rmSync(dataDirectory, { recursive: true, force: true });
});

async function openDocs(address = '/docs'): Promise<Page> {
  opened = await openPage(browser, { baseURL: url });
  requested = [];
  opened.page.context().on('request', (request) => requested.push(request.url()));
  opened.page.setDefaultTimeout(60_000);
  await opened.page.goto(address);
  await opened.page.getByRole('heading', { name: 'AjaxSecurFlow', level: 1 }).waitFor();
  return opened.page;
}

/** Opens the form of an operation, with the token if there is one, and sends it as it stands. */
async function sendRequest(page: Page, operation: RegExp, token?: string) {
  await page.getByRole('button', { name: operation }).click();
  const form = page.getByRole('dialog');
  if (token !== undefined) await form.getByPlaceholder('Token').fill(token);
  await form.getByRole('button', { name: /^Send/ }).first().click();
  return form;
}

describe('the page of the API', () => {
  it('sends a request without a token, and shows the answer', { timeout: 180_000 }, async () => {
    const page = await openDocs('/docs#tag/gateway/GET/api/v1/info');
    const form = await sendRequest(page, /Test Request.*get .*\/info/);
    await form.getByText('office@ajaxsecurflow.dev').first().waitFor();
    expect(requested).toContain(`${url}/api/v1/info`);
  });

  it('sends one with a token as its example stands, and shows the answer', { timeout: 180_000 }, async () => {
    const signIn = await fetch(`${url}/api/v1/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': await userAgent() },
      body: JSON.stringify({ username: 'demo@ajaxsecurflow.dev', password: 'demo-1234' }),
    });
    const { access_token } = (await signIn.json()) as { access_token: string };
    const page = await openDocs('/docs#tag/ajax/GET/api/v1/ajax/hubs/{hub_id}/rooms');
    const form = await sendRequest(page, /Test Request.*get .*\/rooms\)$/, access_token);
    await form.getByText('Living room').first().waitFor();
    expect(requested).toContain(`${url}/api/v1/ajax/hubs/4D24B203/rooms`);
  });

  it('signs in with its own form, and what is sent after that needs no token', {
    timeout: 180_000,
  }, async () => {
    const page = await openDocs('/docs#tag/auth/POST/api/v1/auth/token');
    const form = await sendRequest(page, /Test Request.*post .*\/auth\/token/);
    await form.getByText('token_type').first().waitFor();
    await page.goto('/docs#tag/auth/GET/api/v1/auth/me');
    await page.reload();
    const next = await sendRequest(page, /Test Request.*get .*\/auth\/me/);
    await next.getByText('Linden').first().waitFor();
  });

  it('is one press away in the account menu of the dashboard', { timeout: 180_000 }, async () => {
    opened = await openPage(browser, { baseURL: url });
    requested = [];
    const { page } = opened;
    await page.goto('/');
    await page.getByRole('button', { name: /demo@/ }).click();
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: /^Account/ }).click();
    const link = page.getByRole('link', { name: 'API' });
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe('/docs');
    expect(await link.getAttribute('target')).toBe('_blank');
  });
});

describe('its files', () => {
  it('come compressed and stay for a year; the page is always asked for anew', async () => {
    opened = await openPage(browser, { baseURL: url });
    requested = [];
    const page = await fetch(`${url}/docs`);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
    const html = await page.text();
    const [script = ''] = /\/assets\/docs-scalar-[^"]+\.js/.exec(html) ?? [];
    expect(html).not.toMatch(/<script(?! src)/);
    const answer = await fetch(`${url}${script}`, { headers: { 'accept-encoding': 'gzip' } });
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(answer.headers.get('content-type')).toMatch(/javascript/);
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(Number(answer.headers.get('content-length'))).toBeLessThan(2_000_000);
    expect((await answer.text()).length).toBeGreaterThan(4_000_000);
    const other = await fetch(`${url}/`);
    expect(other.headers.get('content-security-policy')).not.toContain('unsafe');
  });
});

const userAgent = async () => {
  const { page, close } = await openPage(browser);
  const agent = await page.evaluate(() => navigator.userAgent);
  await close();
  return agent;
};
