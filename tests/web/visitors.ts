/** People with a browser each, who sign in to the product. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { findViolations, launchBrowser, type OpenedPage, openPage } from './browser.ts';

export interface Account {
  readonly login: string;
  readonly password: string;
}

/** The administrator, where ADMIN_EMAILS says so. */
export const OWNER: Account = { login: 'demo@ajaxsecurflow.dev', password: 'demo-1234' };
/** One of the `extraAccounts` of the simulator, from 1. Its hub is named "Flat 1". */
export const tenant = (index: number): Account => ({
  login: `user${index}@load.test`,
  password: `load-${index}`,
});

export interface Visitors {
  /** A browser of its own that has not signed in. */
  open(path?: string, options?: BrowserContextOptions): Promise<Page>;
  openSignedIn(account: Account, path?: string, options?: BrowserContextOptions): Promise<Page>;
  /** Ends all visits; fails when a browser complained about anything. */
  leave(): Promise<void>;
  close(): Promise<void>;
}

export async function startVisitors(url: () => string): Promise<Visitors> {
  const browser: Browser = await launchBrowser();
  let opened: OpenedPage[] = [];

  async function open(path = '/', options: BrowserContextOptions = {}): Promise<Page> {
    const next = await openPage(browser, { baseURL: url(), ...options });
    opened.push(next);
    await next.page.goto(path);
    return next.page;
  }

  return {
    open,
    async openSignedIn(account, path, options) {
      const page = await open(path, options);
      await signIn(page, account);
      return page;
    },
    async leave() {
      const pages = opened;
      opened = [];
      await Promise.all(pages.map((page) => page.close()));
      expect(pages.flatMap((page) => page.complaints)).toEqual([]);
    },
    close: () => browser.close(),
  };
}

export async function signIn(page: Page, { login, password }: Account): Promise<void> {
  await page.getByLabel('E-mail', { exact: true }).fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
}

export type Call = <T>(method: string, path: string, body?: object) => Promise<T>;

/** The API as a program uses it. @param headers go with every call */
export async function signInByApi(
  url: string,
  { login, password }: Account,
  headers: Readonly<Record<string, string>> = {},
): Promise<Call> {
  const send = async (method: string, path: string, body?: object, more: object = {}): Promise<never> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers, ...more },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as never;
  };
  const { access_token } = await send('POST', '/auth/token', { username: login, password });
  return (method, path, body) => send(method, path, body, { authorization: `Bearer ${access_token}` });
}

/** In both themes, and on a phone: nothing axe finds, and nothing to scroll sideways. */
export async function expectSound(page: Page): Promise<void> {
  const size = page.viewportSize();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expectNoViolations(page, colorScheme);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoViolations(page, 'on a phone');
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${page.url()} scrolls sideways`).toBe(0);
  if (size) await page.setViewportSize(size);
}

/** Colours that change just now are measured half-way: what axe finds counts if it stays. */
const expectNoViolations = (page: Page, how: string): Promise<void> =>
  expect
    .poll(() => findViolations(page), { message: `${page.url()} ${how}`, timeout: 8_000, interval: 200 })
    .toEqual([]);
