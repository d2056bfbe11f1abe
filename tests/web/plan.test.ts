import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';
import { type Shop, startShop } from '../support/shop.ts';
import {
  type Call,
  expectSound,
  OWNER,
  signIn,
  signInByApi,
  startVisitors,
  tenant,
  type Visitors,
} from './visitors.ts';

// Every test signs in anew, and logins may use a tenth of the budget only: these tests are about something else.
const roomy = {
  env: { AJAX_BUDGET_REQUESTS: '5000', DEFAULT_PLAN: 'free', ADMIN_EMAILS: OWNER.login },
  simulator: { living: false, extraAccounts: 20, budget: { limit: 5000, windowMs: 60_000 } },
};

let shop: Shop;
let product: Product;
let visitors: Visitors;
let asOwner: Call;

beforeAll(async () => {
  shop = await startShop(roomy);
  product = shop.product;
  [visitors, asOwner] = await Promise.all([
    startVisitors(() => product.url),
    signInByApi(product.url, OWNER),
  ]);
});
afterEach(async () => {
  await visitors.leave();
  await shop.holdEvents(false);
});
afterAll(async () => {
  await visitors?.close();
  await shop?.close();
});

const planName = (page: Page) => page.getByRole('heading', { level: 2 }).first();
const hero = (page: Page, name: string) => page.locator('.plan-hero__name', { hasText: name });
const badge = (page: Page, name: string) => page.locator('.account-badge', { hasText: name });
const subscription = (page: Page) => page.getByRole('region', { name: 'Subscription' });
const history = (page: Page) => page.getByRole('region', { name: 'History' });

async function makeVoucher(plan: string): Promise<string> {
  const [voucher] = await asOwner<{ code: string }[]>('POST', '/billing/generate', { plan });
  return voucher?.code ?? '';
}

async function enterCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Code').fill(code);
  await page.getByRole('button', { name: 'Redeem' }).click();
}

/** Goes through the checkout of Stripe and comes back. */
async function buy(page: Page, plan: string): Promise<void> {
  await page.getByRole('button', { name: `Buy ${plan}` }).click();
  await page.waitForURL(/\/c\/pay\//);
  await page.getByRole('button').click();
  await page.waitForURL(new RegExp(`^${product.url}`));
}

/** How often a browser has asked the gateway for something. */
function countRequests(page: Page, path: string): () => number {
  let count = 0;
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === `/api/v1${path}`) count += 1;
  });
  return () => count;
}

describe('a voucher', () => {
  it('is redeemed however its code is typed, says what it did, and every page follows', async () => {
    const page = await visitors.openSignedIn(tenant(1), '/plan');
    await hero(page, 'Free').waitFor();
    const code = await makeVoucher('pro');
    await enterCode(page, ` ${code.toLowerCase().replaceAll('-', ' ')} `);
    await page.getByText('Pro for 30 days, from now on.').waitFor();
    await hero(page, 'Pro').waitFor();
    await page.getByText(/^From a voucher, until \d+ \w+ \d{4}\. Then Free\.$/).waitFor();
    await history(page).getByText('Voucher: Pro, 30 days').waitFor();
    await badge(page, 'Pro').waitFor();
    expect(await page.getByLabel('Code').inputValue()).toBe('');

    await page.getByRole('link', { name: 'Hubs', exact: true }).click();
    await page.getByRole('link', { name: /Flat 1/ }).click();
    await page.getByText('Front door').waitFor();
  });

  it('that does not exist says that nothing was redeemed, and keeps what was typed', async () => {
    const page = await visitors.openSignedIn(tenant(2), '/plan');
    await enterCode(page, 'AJAX-0000-0000-0001');
    const alert = page.getByRole('alert');
    await alert.getByText('Nothing was redeemed').waitFor();
    await alert.getByText(/There is no such voucher/).waitFor();
    expect(await page.getByLabel('Code').inputValue()).toBe('AJAX-0000-0000-0001');
    await expectSound(page);
  });

  it('is redeemed once by a double click', async () => {
    const page = await visitors.openSignedIn(tenant(3), '/plan');
    const sent = countRequests(page, '/billing/redeem');
    await page.getByLabel('Code').fill(await makeVoucher('basic'));
    await page.getByRole('button', { name: 'Redeem' }).dblclick();
    await page.getByText('Basic for 30 days, from now on.').waitFor();
    expect(sent()).toBe(1);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('whose answer is lost shows in the plan all the same', async () => {
    const page = await visitors.openSignedIn(tenant(4), '/plan');
    await page.route('**/billing/redeem', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await enterCode(page, await makeVoucher('premium'));
    await page.getByRole('alert').getByText('The gateway did not answer').waitFor();
    await hero(page, 'Premium').waitFor();
  });

  it('cannot be redeemed offline, which is said, and can be once the connection is back', async () => {
    const page = await visitors.openSignedIn(tenant(5), '/plan');
    await hero(page, 'Free').waitFor();
    const code = await makeVoucher('basic');
    await page.context().setOffline(true);
    await enterCode(page, code);
    await page.getByRole('alert').getByText('Check your connection').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Redeem' }).click();
    await hero(page, 'Basic').waitFor();
  });
});

it('hubs are read no faster than what is left of the quota lasts', async () => {
  const page = await visitors.open('/');
  await page.clock.install();
  await page.route('**/api/v1/ajax/hubs', async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), ratelimit: '"hour";r=1;t=600' };
    await route.fulfill({ response, headers });
  });
  const reads = countRequests(page, '/ajax/hubs');
  await signIn(page, tenant(16));
  await page.getByRole('link', { name: /Flat 16/ }).waitFor();
  expect(reads()).toBe(1);
  await page.clock.runFor('05:00');
  expect(reads()).toBe(1);
  await page.clock.runFor('06:00');
  await expect.poll(reads).toBe(2);
});

describe('buying a plan', () => {
  it('asks for one checkout, waits for the payment, and says when it is there', async () => {
    const page = await visitors.openSignedIn(tenant(6), '/plan', { locale: 'de-DE' });
    const sent = countRequests(page, '/billing/create-checkout-session');
    await shop.holdEvents(true);
    await page.getByRole('button', { name: 'Buy Pro' }).dblclick();
    await page.waitForURL(/\/c\/pay\//);
    expect(sent()).toBe(1);
    await page.getByRole('button').click();
    await page.getByText('Waiting for the payment').waitFor();
    await hero(page, 'Free').waitFor();
    await expectSound(page);

    await shop.holdEvents(false);
    await page.getByText('Pro is yours').waitFor();
    await hero(page, 'Pro').waitFor();
    await badge(page, 'Pro').waitFor();
    await history(page).getByText('10,00 €').waitFor();
    expect(new URL(page.url()).search).toBe('');
  });

  it('says after a minute that it takes longer, and not to pay again', async () => {
    const page = await visitors.openSignedIn(tenant(7), '/plan');
    await planName(page).waitFor();
    await page.clock.install();
    await page.goto('/billing?success=true&session_id=cs_of_a_test');
    await page.getByText('Waiting for the payment').waitFor();
    await page.clock.fastForward('01:01');
    await page.getByText('Do not pay again').waitFor();
  });

  it('that is left half-way says that nothing was charged', async () => {
    const page = await visitors.openSignedIn(tenant(7), '/plan');
    await page.getByRole('button', { name: 'Buy Basic' }).click();
    await page.waitForURL(/\/c\/pay\//);
    await page.getByRole('link').click();
    await page.getByText('Nothing was bought').waitFor();
    await page.getByRole('button', { name: 'Buy Basic' }).waitFor();
  });

  it('says so when the payment service is away, and lets the person try again', async () => {
    const page = await visitors.openSignedIn(tenant(8), '/plan');
    await page.getByRole('button', { name: 'Buy Pro' }).waitFor();
    shop.stripe.setDown(true);
    try {
      await page.getByRole('button', { name: 'Buy Pro' }).click();
      await page.getByRole('alert').getByText('Nothing was paid or changed').waitFor();
    } finally {
      shop.stripe.setDown(false);
    }
    await buy(page, 'Pro');
    await page.getByText('Pro is yours').waitFor();
  });

  it('by somebody whose session has ended leads to signing in, and back to the plan', async () => {
    const page = await visitors.openSignedIn(tenant(9), '/plan');
    await page.getByRole('button', { name: 'Buy Pro' }).waitFor();
    await page.context().clearCookies();
    await page.getByRole('button', { name: 'Buy Pro' }).click();
    await page.getByText('Your session has ended').waitFor();
    await signIn(page, tenant(9));
    await page.getByRole('button', { name: 'Buy Pro' }).waitFor();
  });
});

describe('a subscription', () => {
  it('is changed, cancelled and kept only after a question, which says what it costs', async () => {
    const page = await visitors.openSignedIn(tenant(10), '/plan');
    await buy(page, 'Basic');
    await page.getByText('Basic is yours').waitFor();
    const dialog = page.getByRole('dialog');

    const changes = countRequests(page, '/billing/change-plan');
    await subscription(page).getByRole('button', { name: 'Change to Premium' }).click();
    await dialog.getByText('charged to your card now').waitFor();
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    expect(changes()).toBe(0);
    await subscription(page).getByRole('button', { name: 'Change to Premium' }).click();
    await dialog.getByRole('button', { name: 'Change to Premium' }).dblclick();
    await hero(page, 'Premium').waitFor();
    expect(changes()).toBe(1);
    // What was said of the purchase is not said of the change.
    await page.getByText('Basic is yours').waitFor();

    await subscription(page).getByRole('button', { name: 'Cancel at the end' }).click();
    await dialog.getByText(/You keep the plan until it ends on \d+ \w+ \d{4}/).waitFor();
    await dialog.getByRole('button', { name: 'Cancel it' }).click();
    await subscription(page).getByText('It is not renewed.').waitFor();
    await hero(page, 'Premium').waitFor();

    await subscription(page).getByRole('button', { name: 'Keep it' }).click();
    await dialog.getByRole('button', { name: 'Keep it' }).click();
    await subscription(page)
      .getByText(/renewed on/)
      .waitFor();
  });

  it('that cannot be changed now says so in the question, and changes nothing', async () => {
    const page = await visitors.openSignedIn(tenant(11), '/plan');
    await buy(page, 'Basic');
    await subscription(page).getByRole('button', { name: 'Change to Pro' }).click();
    const dialog = page.getByRole('dialog');
    shop.stripe.setDown(true);
    try {
      await dialog.getByRole('button', { name: 'Change to Pro' }).click();
      await dialog.getByRole('alert').getByText('That did not work').waitFor();
      await expectSound(page);
    } finally {
      shop.stripe.setDown(false);
    }
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    await hero(page, 'Basic').waitFor();
  });

  it('has its cards and invoices at Stripe, one press away', async () => {
    const page = await visitors.openSignedIn(tenant(11), '/plan');
    await page.getByRole('button', { name: 'Cards and invoices' }).click();
    await page.waitForURL(/\/p\/session\//);
  });
});

describe('the plan', () => {
  it('that changes while a page is open changes the page', async () => {
    const page = await visitors.openSignedIn(tenant(12), '/');
    await page.clock.install();
    await page.goto('/');
    await page.getByRole('link', { name: /Flat 12/ }).click();
    await page.getByText('You are on the Free plan.').first().waitFor();
    const { users } = await asOwner<{ users: { id: string }[] }>('GET', `/admin/users?search=user12@`);
    await asOwner('POST', `/admin/users/${users[0]?.id}/grants`, { plan: 'premium', reason: 'A test' });
    await page.clock.fastForward('01:10');
    await page.getByText('Front door').waitFor();
    await badge(page, 'Premium').waitFor();
  });

  it('that cannot be read says so, and is read at the second try', async () => {
    const page = await visitors.openSignedIn(tenant(13));
    await page.route('**/billing/plan', (route) =>
      route.fulfill({
        status: 503,
        json: { code: 'database_unavailable', status: 503, detail: 'The database is away' },
      }),
    );
    await page.goto('/plan');
    await page.getByRole('alert').getByText('The database is away.').waitFor();
    await page.unroute('**/billing/plan');
    await page.getByRole('button', { name: 'Try again' }).click();
    await hero(page, 'Free').waitFor();
  });

  it('is one press away from a read that the quota refused', async () => {
    const page = await visitors.openSignedIn(tenant(13), '/activity');
    await page.route('**/api/v1/ajax/hubs', (route) =>
      route.fulfill({
        status: 429,
        headers: { 'retry-after': '20' },
        json: { code: 'quota_exceeded', status: 429, detail: 'Your plan lets 10 reads a minute through' },
      }),
    );
    await page.getByRole('link', { name: 'Hubs', exact: true }).click();
    await page.getByText('Try again in 20 seconds.').waitFor();
    await page.getByRole('link', { name: 'See your plan' }).click();
    await hero(page, 'Free').waitFor();
  });

  it('shows what was used today, in figures, as a drawing and as a table', async () => {
    const page = await visitors.openSignedIn(tenant(14), '/');
    await page.getByRole('link', { name: /Flat 14/ }).waitFor();
    await page.getByRole('link', { name: 'Plan', exact: true }).click();
    await page.getByText('99 left now').waitFor();
    const usage = page.getByRole('region', { name: 'Usage', exact: true });
    await usage.getByRole('img', { name: /requests in 30 days/ }).waitFor();
    await usage.getByText('As a table').click();
    expect(await usage.getByRole('row').count()).toBe(31);
    await expectSound(page);
  });
});

describe('a gateway that sells nothing', () => {
  let plain: Product;
  let guests: Visitors;
  beforeAll(async () => {
    plain = await startProduct(roomy);
    guests = await startVisitors(() => plain.url);
  });
  afterAll(async () => {
    await guests?.close();
    await plain?.close();
  });

  it('has no button to buy, and says where plans come from', async () => {
    const page = await guests.openSignedIn(tenant(1), '/plan');
    await subscription(page).getByText('Plans are not sold on this gateway').waitFor();
    expect(await subscription(page).getByRole('button').count()).toBe(0);
    await page.getByRole('button', { name: 'Redeem' }).waitFor();
    await expectSound(page);
    await guests.leave();
  });
});
