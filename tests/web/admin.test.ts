import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';
import { expectSound, OWNER, signIn, signInByApi, startVisitors, tenant, type Visitors } from './visitors.ts';

const SECRET = 'a second thing administrators know';

let product: Product;
let visitors: Visitors;

beforeAll(async () => {
  product = await startProduct({
    env: {
      AJAX_BUDGET_REQUESTS: '5000',
      DEFAULT_PLAN: 'free',
      ADMIN_EMAILS: OWNER.login,
      ADMIN_SECRET_KEY: SECRET,
    },
    simulator: { living: false, extraAccounts: 20, budget: { limit: 5000, windowMs: 60_000 } },
  });
  visitors = await startVisitors(() => product.url);
});
afterEach(() => visitors.leave());
afterAll(async () => {
  await visitors?.close();
  await product?.close();
});

async function enterSecret(page: Page, secret = SECRET): Promise<void> {
  await page.getByLabel('Secret', { exact: true }).fill(secret);
  await page.getByRole('button', { name: 'Go on' }).click();
}

async function openAdmin(view = ''): Promise<Page> {
  const page = await visitors.openSignedIn(OWNER, `/admin${view}`);
  await enterSecret(page);
  await page.getByRole('navigation', { name: 'Views of the administration' }).waitFor();
  return page;
}

const view = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Views of the administration' }).getByRole('link', { name });

describe('a message to support', () => {
  it('says where the answer will go, reaches administrators, and is done with once marked', async () => {
    const writer = await visitors.openSignedIn(tenant(4), '/support');
    const answer = writer.locator('.support__answer');
    await answer.getByText(tenant(4).login).waitFor();
    await writer.getByText('Answer to another address').click();
    await writer.getByLabel('E-mail').fill('else@example.com');
    await answer.getByText('else@example.com').waitFor();
    await writer.getByLabel('What it is about').selectOption('technical');
    await writer.getByLabel('Subject').fill('A hub is <b>missing</b>');
    await writer.getByLabel('Message').fill('Since yesterday.\nAll of it.');
    await expectSound(writer);
    await writer.getByRole('button', { name: 'Send' }).dblclick();
    await writer.getByText('Your message is with the operator.').waitFor();
    await writer.getByText('The answer goes to else@example.com.').last().waitFor();
    expect(await writer.getByLabel('Message').inputValue()).toBe('');

    const page = await openAdmin('?show=messages');
    await page.getByText('A hub is <b>missing</b>', { exact: true }).waitFor();
    expect(await page.getByRole('listitem').filter({ hasText: 'else@example.com' }).count()).toBe(1);
    await expectSound(page);
    await page.getByRole('button', { name: 'Done: A hub is <b>missing</b>' }).click();
    await page.getByText('Nothing is open.').waitFor();
    await page.getByText('Also what is done').click();
    await page.getByRole('button', { name: 'Open again: A hub is <b>missing</b>' }).waitFor();
  });

  it('beyond the limit is not lost from the form, and says when to try again', async () => {
    const call = await signInByApi(product.url, tenant(5));
    for (let sent = 0; sent < 5; sent += 1) {
      await call('POST', '/support/contact', {
        subject: 'Again',
        message: 'Again',
        email_confirmation: false,
      });
    }
    const page = await visitors.openSignedIn(tenant(5), '/support');
    await page.getByLabel('Subject').fill('Once more');
    await page.getByLabel('Message').fill('Kept');
    await page.getByRole('button', { name: 'Send' }).click();
    await page
      .getByRole('alert')
      .getByText(/Try again in \d+ minutes/)
      .waitFor();
    expect(await page.getByLabel('Message').inputValue()).toBe('Kept');
  });
});

describe('the administration', () => {
  it('is not shown to others, who are told so at its address', async () => {
    const page = await visitors.openSignedIn(tenant(1), '/admin');
    await page.getByText('Only for administrators').waitFor();
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('link', { name: 'Notifications' }).last().waitFor();
    expect(await page.getByRole('link', { name: 'Administration' }).count()).toBe(0);
    await expectSound(page);
  });

  it('asks for the secret once, refuses a wrong one, and stores it nowhere', async () => {
    const page = await visitors.openSignedIn(OWNER, '/');
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('link', { name: 'Administration' }).click();
    await enterSecret(page, 'a guess');
    await page.getByRole('alert').getByText('That is not the secret').waitFor();
    await expectSound(page);
    await enterSecret(page);
    await page.getByRole('button', { name: 'Stop everything' }).waitFor();
    await view(page, 'Users').click();
    await page.getByRole('main').getByText(OWNER.login).waitFor();
    await page.getByRole('link', { name: 'Hubs', exact: true }).click();
    await page.goBack();
    await page.getByRole('heading', { name: 'Users', exact: true }).waitFor();

    const { cookies, origins } = await page.context().storageState();
    expect(JSON.stringify([cookies, origins])).not.toContain(SECRET);
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page, OWNER);
    await page.getByLabel('Secret', { exact: true }).waitFor();
  });

  it('gives a plan and takes it back, each with its reason', async () => {
    await signInByApi(product.url, tenant(2));
    const page = await openAdmin('?show=users');
    await page.getByRole('searchbox').fill('user2@');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('button', { name: 'Give a plan to user2@load.test' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Plan').selectOption('pro');
    await dialog.getByRole('button', { name: 'Give' }).click();
    // Without a reason the browser holds the form back.
    expect(await dialog.count()).toBe(1);
    await dialog.getByLabel('Why').fill('Helped with the translation');
    await expectSound(page);
    await dialog.getByRole('button', { name: 'Give' }).click();

    await page.getByText('Grants (1)').click();
    await page.getByText('“Helped with the translation”').waitFor();
    await expectSound(page);
    await page.getByRole('button', { name: 'Take back pro of user2@load.test' }).click();
    await dialog.getByLabel('Why').fill('By mistake');
    await dialog.getByRole('button', { name: 'Take back' }).click();
    // What was open stays open.
    await page.getByText(/^Taken back on/).waitFor();
  });

  it('makes vouchers, gives them as a file, and revokes one', async () => {
    const page = await openAdmin('?show=vouchers');
    await page.getByLabel('How many').fill('3');
    await page.getByLabel('Batch (optional)').fill('fair');
    await page.getByRole('button', { name: 'Make', exact: true }).dblclick();
    await page.getByText('3 vouchers are made.').waitFor();
    const codes = await page.locator('.made__codes code').allInnerTexts();
    await page
      .getByText(codes[0] ?? '')
      .nth(1)
      .waitFor();
    expect(await page.getByRole('button', { name: /^Revoke/ }).count()).toBe(3);
    await expectSound(page);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export CSV' }).click(),
    ]);
    const csv = await readFile(await download.path(), 'utf8');
    for (const code of codes) expect(csv).toContain(code);

    await page.getByRole('button', { name: `Revoke ${codes[0]}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText(/revoked on/).waitFor();
    expect(await page.getByRole('button', { name: /^Revoke/ }).count()).toBe(2);
  });

  it('stops everything to Ajax after a question with a reason, and lets it go again', async () => {
    const asTenant = await signInByApi(product.url, tenant(3));
    const page = await openAdmin();
    await page.getByRole('button', { name: 'Stop everything' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why').fill('The key is being replaced');
    await dialog.getByRole('button', { name: 'Stop everything' }).click();
    await page.getByText('Everything to Ajax is stopped').waitFor();
    await page.getByText('“The key is being replaced”').waitFor();
    await expectSound(page);
    await expect(asTenant('GET', '/ajax/hubs')).rejects.toThrow('upstream_stopped');

    await page.getByRole('button', { name: 'Let them go again' }).click();
    await dialog.getByRole('button', { name: 'Let them go' }).click();
    await page.getByText('Requests go to Ajax').waitFor();
    await expect(asTenant('GET', '/ajax/hubs')).resolves.toHaveLength(1);
    await page.reload();
    await enterSecret(page);
    await page.getByText('All requests to Ajax are stopped').waitFor();
  });

  it('shows every alert, however many other notifications there are, page by page', async () => {
    const asOwner = await signInByApi(product.url, OWNER, { 'x-admin-secret': SECRET });
    for (let n = 0; n < 22; n += 1) {
      for (const stopped of [true, false])
        await asOwner('PUT', '/admin/upstream', { stopped, reason: `Drill ${n}` });
    }
    const page = await openAdmin();
    const alerts = page.getByRole('region', { name: 'Alerts' });
    await alerts.getByText('Drill 21').waitFor();
    expect(await alerts.getByText('Drill 5').count()).toBe(0);
    await alerts.getByRole('button', { name: 'Show more' }).click();
    await alerts.getByText('Drill 5').waitFor();
  });

  it('shows what failed for good, and tries it again or gives it up', async () => {
    const letter = {
      ...{ id: '01a217c5-3ebf-71b2-b08c-26a8211b1054', kind: 'mail.send', data: {}, attempts: 11 },
      ...{ created_at: '2026-08-01T09:30:00.000Z', failed_at: '2026-08-01T12:10:00.000Z' },
      reason: 'Error EAUTH: 535 Authentication failed',
    };
    const page = await openAdmin();
    let letters = [letter];
    await page.route('**/admin/dead-letters**', async (route) => {
      if (route.request().method() === 'GET') return route.fulfill({ json: letters });
      expect(new URL(route.request().url()).pathname).toMatch(`${letter.id}/retry`);
      letters = [];
      return route.fulfill({ json: letter });
    });
    await view(page, 'Failed jobs').click();
    await page.getByText('535 Authentication failed').waitFor();
    await expectSound(page);
    await page.getByRole('button', { name: 'Try again: mail.send' }).click();
    await page.getByText('There are none.').waitFor();
  });

  it('names the API keys where there are several, and the one that Ajax refuses', async () => {
    const page = await visitors.openSignedIn(OWNER);
    await page.route('**/admin/coordinator', async (route) => {
      const response = await route.fetch();
      const status = await response.json();
      const [key] = status.keys;
      await route.fulfill({
        response,
        json: { ...status, keys: [key, { ...key, place: 2, state: 'failing' }] },
      });
    });
    await page.goto('/admin');
    await enterSecret(page);
    const keys = page.getByRole('region', { name: 'API keys' });
    await keys.getByText('Refused by Ajax, tried once a minute').waitFor();
    expect(await keys.getByRole('listitem').count()).toBe(2);
    await expectSound(page);
  });
});
