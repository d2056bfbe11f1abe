/** The demo as a newcomer meets it: `npm start` with nothing in the environment, on the simulator of its own. */
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

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-demo-'));
  demo = launch('node', { DATA_DIR: dataDirectory });
  [url, browser] = await Promise.all([demo.address, launchBrowser()]);
});

afterEach(async () => {
  await opened.close();
  expect(opened.complaints).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  if (demo) await stop(demo.process, 'SIGTERM');
  rmSync(dataDirectory, { recursive: true, force: true });
});

async function pick(login: string): Promise<Page> {
  opened = await openPage(browser, { baseURL: url });
  const { page } = opened;
  await page.goto('/');
  await page.getByRole('button', { name: new RegExp(login) }).click();
  return page;
}

const signIn = (page: Page) => page.getByRole('button', { name: 'Sign in', exact: true });

describe('a card of the demo', () => {
  it('fills the form in and leaves signing in one press away', async () => {
    const page = await pick('office@');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: /Studio Norte/ }).waitFor();
  });

  it('of the account with a second factor brings a code that is good now', async () => {
    const page = await pick('secure@');
    const code = page.getByLabel('Two-factor code');
    await code.waitFor({ state: 'visible' });
    await page.waitForFunction(() => {
      const input = document.querySelector<HTMLInputElement>('[name=totp]');
      return /^\d{6}$/.test(input?.value ?? '');
    });
    await signIn(page).click();
    await page.getByRole('link', { name: /Villa Aurora/ }).waitFor();
  });

  it('of another account takes the code away again', async () => {
    const page = await pick('secure@');
    await page.getByRole('button', { name: /demo@/ }).click();
    await page.getByLabel('Two-factor code').waitFor({ state: 'hidden' });
    await signIn(page).click();
    await page.getByRole('link', { name: /Linden Street 12/ }).waitFor();
  });
});
