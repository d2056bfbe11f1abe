import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import {
  type Call,
  expectSound,
  OWNER,
  signInByApi,
  startVisitors,
  tenant,
  type Visitors,
} from './visitors.ts';

let product: Product;
let receiver: WebhookReceiver;
let visitors: Visitors;
let asOwner: Call;

beforeAll(async () => {
  [product, receiver] = await Promise.all([
    startProduct({
      env: {
        AJAX_BUDGET_REQUESTS: '5000',
        DEFAULT_PLAN: 'free',
        ADMIN_EMAILS: OWNER.login,
        WEBHOOKS_ALLOW_PRIVATE: 'true',
      },
      simulator: { living: false, extraAccounts: 20, budget: { limit: 5000, windowMs: 60_000 } },
    }),
    startWebhookReceiver(),
  ]);
  [visitors, asOwner] = await Promise.all([
    startVisitors(() => product.url),
    signInByApi(product.url, OWNER),
  ]);
});
afterEach(() => visitors.leave());
afterAll(async () => {
  await visitors?.close();
  await Promise.all([product?.close(), receiver?.close()]);
});

const bell = (page: Page, name: string | RegExp) => page.getByRole('banner').getByRole('link', { name });
const entries = (page: Page) =>
  page.getByRole('region', { name: 'Your notifications' }).getByRole('listitem');

/** Each makes one notification: the account was given a plan. */
async function giveGrants(index: number, count: number): Promise<void> {
  const { users } = await asOwner<{ users: { id: string }[] }>('GET', `/admin/users?search=user${index}@`);
  for (let given = 0; given < count; given += 1) {
    await asOwner('POST', `/admin/users/${users[0]?.id}/grants`, { plan: 'basic', reason: 'A test' });
  }
}

describe('the bell', () => {
  it('counts what is unread, also what comes while the page is open, and asks Ajax nothing for it', async () => {
    const page = await visitors.openSignedIn(tenant(1), '/notifications');
    await bell(page, 'Notifications').waitFor();
    await page.getByText('Nothing yet').waitFor();
    await page.clock.install();
    await page.goto('/notifications');
    await page.getByText('Nothing yet').waitFor();
    await giveGrants(1, 2);
    const asked = product.simulator.journal.count();
    await page.clock.fastForward('00:31');
    await bell(page, 'Notifications, 2 unread').waitFor();
    await expect.poll(() => entries(page).count()).toBe(2);
    expect(product.simulator.journal.count()).toBe(asked);
  });
});

describe('the list', () => {
  it('marks one as read, then all, and the bell follows', async () => {
    const page = await visitors.openSignedIn(tenant(2), '/notifications');
    await page.getByText('Nothing yet').waitFor();
    await giveGrants(2, 3);
    await page.goto('/notifications');
    await bell(page, 'Notifications, 3 unread').waitFor();
    await expectSound(page);

    await page
      .getByRole('button', { name: /^Mark as read/ })
      .first()
      .click();
    await bell(page, 'Notifications, 2 unread').waitFor();
    expect(await page.getByRole('button', { name: /^Mark as read/ }).count()).toBe(2);
    await page.getByText('Unread only').click();
    await expect.poll(() => entries(page).count()).toBe(2);

    await page.getByRole('button', { name: 'Mark all as read' }).click();
    await expect.poll(() => bell(page, /unread/).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Mark all as read' }).isDisabled()).toBe(true);
    await page.getByText('Unread only').click();
    await expect.poll(() => entries(page).count()).toBe(3);
  });

  it('goes back page by page, each entry once', async () => {
    const page = await visitors.openSignedIn(tenant(3), '/');
    await giveGrants(3, 35);
    await page.goto('/notifications');
    await bell(page, 'Notifications, 35 unread').waitFor();
    await expect.poll(() => entries(page).count()).toBe(30);
    await page.getByRole('button', { name: 'Show older' }).click();
    await expect.poll(() => entries(page).count()).toBe(35);
    expect(await page.getByRole('button', { name: 'Show older' }).count()).toBe(0);
  });

  it('opens what an entry is about, which is read then', async () => {
    const page = await visitors.openSignedIn(tenant(4), '/');
    await giveGrants(4, 1);
    await page.goto('/notifications');
    await entries(page).getByRole('link').click();
    await page.getByRole('heading', { name: 'Plan', level: 1 }).waitFor();
    await expect.poll(() => bell(page, /unread/).count()).toBe(0);
  });

  it('that cannot be read says so, and is read at the second try', async () => {
    const page = await visitors.openSignedIn(tenant(4), '/');
    const path = '**/api/v1/notifications?*';
    await page.route(path, (route) => route.abort());
    await page.goto('/notifications');
    await page.getByRole('alert').getByText('The notifications could not be read').waitFor();
    await page.unroute(path);
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => entries(page).count()).toBe(1);
  });
});

describe('the settings', () => {
  it('are kept, and what is essential cannot be turned off', async () => {
    const page = await visitors.openSignedIn(tenant(5), '/notifications?show=preferences');
    const vouchers = page.getByLabel('Vouchers, here');
    expect(await page.getByLabel('Payments, here').isDisabled()).toBe(true);
    expect(await page.getByLabel('This gateway, here').count()).toBe(0);
    const saved = page.waitForResponse((response) => response.request().method() === 'PUT');
    await vouchers.uncheck();
    await saved;
    await page.reload();
    await vouchers.waitFor();
    expect(await vouchers.isChecked()).toBe(false);
    await expectSound(page);
  });

  it('that could not be saved are not shown as if they were', async () => {
    const page = await visitors.openSignedIn(tenant(5), '/notifications?show=preferences');
    await page.route('**/notifications/preferences', (route) =>
      route.request().method() === 'PUT' ? route.abort() : route.continue(),
    );
    const plan = page.getByLabel('Plan, here');
    await plan.click();
    await page.getByRole('alert').getByText('Not saved').waitFor();
    await expect.poll(() => plan.isChecked()).toBe(true);
  });
});

describe('a webhook', () => {
  it('is added with a secret that is shown once, tested, switched off and removed', async () => {
    const page = await visitors.openSignedIn(tenant(6), '/notifications?show=webhooks');
    await page.getByLabel('Address').fill(receiver.url);
    await page.getByLabel('What it is for').fill('My house');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Keep this secret' });
    await dialog.getByText(/^whsec_/).waitFor();
    await expectSound(page);
    await dialog.getByRole('button', { name: 'I have kept it' }).click();
    await page.reload();
    await page.getByText('My house').waitFor();
    expect(await page.getByText(/whsec_/).count()).toBe(0);

    await page.getByRole('button', { name: 'Send a test to My house' }).click();
    await page.getByText(/^Delivered \(200, \d+ ms\)$/).waitFor();
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toHaveLength(1);
    await expectSound(page);

    await page.getByRole('button', { name: 'Switch off My house' }).click();
    await page.getByText('Switched off', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Send a test to My house' }).isDisabled()).toBe(true);

    await page.getByRole('button', { name: 'Remove My house' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('There is none yet.').waitFor();
  });

  it('to an address that is refused says why, and keeps what was typed', async () => {
    const page = await visitors.openSignedIn(tenant(6), '/notifications?show=webhooks');
    await page.getByLabel('Address').fill('https://someone:secret@example.com/');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('alert').getByText('Not added').waitFor();
    expect(await page.getByLabel('Address').inputValue()).toBe('https://someone:secret@example.com/');
  });
});
