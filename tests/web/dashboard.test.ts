import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';
import { findViolations, launchBrowser, type OpenedPage, openPage } from './browser.ts';

const OWNER = { login: 'demo@ajaxsecurflow.dev', password: 'demo-1234' };
const OFFICE = { login: 'office@ajaxsecurflow.dev', password: 'office-1234' };
const OFFICE_HUB = 'Studio Norte';
const HOME = 'Linden Street 12';
const SHOP = 'Lumen Coffee';

// Every test signs in anew, and logins may use a tenth of the budget only: these tests are about something else.
const roomy = {
  env: { AJAX_BUDGET_REQUESTS: '5000' },
  simulator: { living: false, budget: { limit: 5000, windowMs: 60_000 } },
};

let product: Product;
let browser: Browser;
let opened: OpenedPage[] = [];

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(roomy), launchBrowser()]);
});

afterEach(async () => {
  const pages = opened;
  opened = [];
  await Promise.all(pages.map((page) => page.close()));
  expect(pages.flatMap((page) => page.complaints)).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

async function open(path = '/', options: BrowserContextOptions = {}): Promise<Page> {
  const next = await openPage(browser, { baseURL: product.url, ...options });
  opened.push(next);
  await next.page.goto(path);
  return next.page;
}

async function fillIn(page: Page, { login, password } = OWNER): Promise<void> {
  await page.getByLabel('E-mail').fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function openSignedIn(path = '/', options: BrowserContextOptions = {}, account = OWNER): Promise<Page> {
  const page = await open(path, options);
  await fillIn(page, account);
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  return page;
}

const hubIdOf = (name: string): string => {
  const hub = product.simulator.control.hubs().find((candidate) => candidate.name === name);
  if (!hub) throw new Error(`the simulator has no hub named ${name}`);
  return hub.id;
};

/** The home's page, with the home in a known state and every contact closed. */
async function openHome(state: string, options: BrowserContextOptions = {}): Promise<Page> {
  const { control } = product.simulator;
  const homeId = hubIdOf(HOME);
  for (const device of control.hub(homeId).devices) {
    if (device.type.startsWith('DoorProtect')) control.closeDoor(device.id);
  }
  control.setHubState(homeId, state);
  const page = await openSignedIn(`/hubs/${homeId}`, options);
  await page.getByRole('heading', { name: HOME, level: 1 }).waitFor();
  return page;
}

const armState = (page: Page) => page.getByTestId('hub-state');

async function order(page: Page, control: string, confirmation = control): Promise<void> {
  await page
    .getByRole('group', { name: /Change the arm state/ })
    .getByRole('button', { name: control, exact: true })
    .click();
  await page.getByRole('dialog').getByRole('button', { name: confirmation, exact: true }).click();
}

describe('signing in', () => {
  it('shows the hubs of the account', async () => {
    const page = await openSignedIn();
    await page.getByRole('link', { name: new RegExp(HOME) }).waitFor();
    await page.getByRole('link', { name: new RegExp(SHOP) }).waitFor();
  });

  it('says when the password does not match, and keeps what was typed', async () => {
    const page = await open();
    await fillIn(page, { ...OWNER, password: 'not the password' });
    await page.getByRole('alert').getByText('That did not match').waitFor();
    expect(await page.getByLabel('E-mail').inputValue()).toBe(OWNER.login);
  });

  it('that has to wait its turn says so in whole sentences, and for how long', async () => {
    const page = await open();
    await page.route('**/api/v1/auth/token', (route) =>
      route.fulfill({
        status: 429,
        headers: { 'retry-after': '25' },
        json: { code: 'budget_exhausted', status: 429, detail: 'Too much work is waiting' },
      }),
    );
    await fillIn(page);
    const alert = page.getByRole('alert');
    await alert.getByText('One moment, please').waitFor();
    await alert
      .getByText('Sign-ins are limited so that everybody gets a turn. Try again in 25 seconds.')
      .waitFor();
  });

  it('returns to the address the person came for', async () => {
    const page = await openSignedIn('/activity');
    await page.getByRole('heading', { name: 'Activity', level: 1 }).waitFor();
  });
});

describe('a first visit', () => {
  it('meets the sign-in form and not a single refusal', async () => {
    const page = await open('/welcome');
    const refusals: string[] = [];
    page.on('response', (response) => {
      if (response.status() >= 400) refusals.push(`${response.status()} ${response.url()}`);
    });
    await page.goto('/');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.waitForLoadState('networkidle');
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(refusals).toEqual([]);
  });
});

describe('a hub', () => {
  it('that the account does not have is asked for once, and nothing of it', async () => {
    const page = await openSignedIn();
    await page.getByRole('link', { name: new RegExp(HOME) }).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.includes('/hubs/NOSUCHHUB') && request.resourceType() === 'fetch') asked.push(pathname);
    });
    await page.goto('/hubs/NOSUCHHUB');
    await page.getByRole('heading', { name: 'Hub not found' }).waitFor();
    await page.waitForLoadState('networkidle');
    expect(asked).toEqual(['/api/v1/ajax/hubs/NOSUCHHUB']);
  });

  it('that answers only at the second try shows its devices then', async () => {
    const page = await openSignedIn();
    const hubPath = `/api/v1/ajax/hubs/${hubIdOf(HOME)}`;
    await page.route(
      ({ pathname }) => pathname === hubPath,
      (route) =>
        route.fulfill({
          status: 503,
          json: { code: 'upstream_unavailable', status: 503, detail: 'Ajax is down' },
        }),
      { times: 1 },
    );
    await page.goto(`/hubs/${hubIdOf(HOME)}`);
    await page.getByText('Ajax is down.', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Terrace door').waitFor();
  });
});

describe('a reading from the cache', () => {
  it('says how old it is, not when it was asked for', async () => {
    const page = await openSignedIn();
    await page.route('**/api/v1/ajax/**', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'x-cache': 'HIT', age: '150' } });
    });
    for (const path of ['/', `/hubs/${hubIdOf(HOME)}`]) {
      await page.goto(path);
      await page.getByText('Read 2 min ago').waitFor();
    }
  });
});

describe('a reading that is stale', () => {
  it('says in words of what time it is, on the list and on the page of the hub', async () => {
    const page = await openSignedIn();
    await page.route('**/api/v1/ajax/**', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'x-cache': 'STALE', age: '3600' } });
    });
    const stale = page.getByText(/^As of \d\d:\d\d, Ajax is busy\.$/);
    await page.goto('/');
    await stale.waitFor();
    await page.goto(`/hubs/${hubIdOf(HOME)}`);
    await page.getByText('Terrace door').waitFor();
    // Of the state and of the devices.
    expect(await stale.count()).toBe(2);
    expect(await findViolations(page)).toEqual([]);
  });
});

describe('the plan', () => {
  const inBar = (page: Page) => page.getByRole('banner').locator('.account-badge');
  const inMenu = (page: Page) => page.getByRole('region', { name: 'Account' }).getByText('Premium');

  it.each([720, 768])('stands in the bar at %i px and leaves room for the rest', async (width) => {
    const page = await openSignedIn('/', { viewport: { width, height: 900 } });
    await inBar(page).waitFor();
    expect(await inBar(page).innerText()).toMatch(/^Plan:\s*Premium$/);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  });

  it('is in the menu on a phone, where the bar has no room', async () => {
    const page = await openSignedIn('/', { viewport: { width: 390, height: 800 } });
    expect(await inBar(page).isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Account' }).click();
    await inMenu(page).waitFor();
  });
});

describe('arming', () => {
  it('asks first, then shows the new state and says so', async () => {
    const page = await openHome('DISARMED');
    await page.getByRole('button', { name: 'Arm', exact: true }).click();
    await page.getByRole('dialog', { name: `Arm ${HOME}?` }).waitFor();
    expect(product.simulator.control.hub(hubIdOf(HOME)).state).toBe('DISARMED');

    await page.getByRole('dialog').getByRole('button', { name: 'Arm', exact: true }).click();
    await page.getByRole('status').getByText(`${HOME} was armed at`).waitFor();
    await armState(page).getByText('Armed', { exact: true }).waitFor();
    expect(product.simulator.control.hub(hubIdOf(HOME)).state).toBe('ARMED');
  });

  it('sends nothing when the question is cancelled', async () => {
    const page = await openHome('ARMED');
    await page.getByRole('button', { name: 'Disarm' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(product.simulator.control.hub(hubIdOf(HOME)).state).toBe('ARMED');
  });

  it('switches night mode on and off', async () => {
    const page = await openHome('DISARMED');
    await order(page, 'Night mode', 'Turn on');
    await armState(page).getByText('Night mode').waitFor();
    await order(page, 'Disarm');
    await armState(page).getByText('Disarmed').waitFor();
  });

  it('names what is open when the hub refuses, and arms anyway on request', async () => {
    const page = await openHome('DISARMED');
    const { control } = product.simulator;
    const door = control.hub(hubIdOf(HOME)).devices.find((device) => device.name === 'Terrace door');
    control.openDoor(door?.id ?? '');

    await order(page, 'Arm');
    const dialog = page.getByRole('dialog', { name: `${HOME} is not ready` });
    await dialog.getByText('Terrace door').waitFor();
    expect(control.hub(hubIdOf(HOME)).state).toBe('DISARMED');

    await dialog.getByRole('button', { name: 'Arm anyway' }).click();
    await armState(page).getByText('Armed', { exact: true }).waitFor();
  });

  it('in two stages shows that it is on the way, then that it is done', async () => {
    const { control } = product.simulator;
    const officeId = hubIdOf(OFFICE_HUB);
    control.setHubState(officeId, 'DISARMED');
    control.setTwoStageArming(officeId, { enabled: true, countdownSeconds: 3 });
    const page = await openSignedIn(`/hubs/${officeId}`, {}, OFFICE);
    await order(page, 'Arm');
    await armState(page).getByText('Arming…').waitFor();
    expect(control.hub(officeId).state).toBe('DISARMED');

    await armState(page).getByText('Armed', { exact: true }).waitFor();
    await page.getByRole('status').getByText(`${OFFICE_HUB} was armed at`).waitFor();
    expect(control.hub(officeId).state).toBe('ARMED');
  });

  it('in two stages can be called off while it is on the way', async () => {
    const { control } = product.simulator;
    const officeId = hubIdOf(OFFICE_HUB);
    control.setHubState(officeId, 'DISARMED');
    control.setTwoStageArming(officeId, { enabled: true, countdownSeconds: 60 });
    const page = await openSignedIn(`/hubs/${officeId}`, {}, OFFICE);
    await order(page, 'Arm');
    await armState(page).getByText('Arming…').waitFor();

    await order(page, 'Disarm');
    await page.getByRole('status').getByText(`${OFFICE_HUB} was disarmed at`).waitFor();
    await armState(page).getByText('Disarmed').waitFor();
  });

  it('says that the outcome is not known when the answer is lost, and shows the state as it is', async () => {
    const { control, faults } = product.simulator;
    const page = await openHome('DISARMED');
    faults.push({
      match: { method: 'PUT', path: 'commands/arming' },
      times: 1,
      executes: true,
      outcome: 'network-error',
    });
    await order(page, 'Arm');
    const dialog = page.getByRole('dialog', { name: 'The outcome is not known' });
    await dialog.getByText('It may have worked, or not.').waitFor();
    expect(control.hub(hubIdOf(HOME)).state).toBe('ARMED');

    await dialog.getByRole('button', { name: 'Look at the state' }).click();
    await armState(page).getByText('Armed', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Activity' }).click();
    await page.getByText('Not known').first().waitFor();
  });

  it('of unknown outcome does not claim to show the state anew when it could not be read', async () => {
    const page = await openHome('DISARMED');
    await acceptOrders(page, { outcome: 'unknown' });
    const hubPath = `/api/v1/ajax/hubs/${hubIdOf(HOME)}`;
    await page.route(
      ({ pathname }) => pathname === hubPath,
      (route) =>
        route.fulfill({
          status: 503,
          json: { code: 'upstream_unavailable', status: 503, detail: 'Ajax is down' },
        }),
    );
    await order(page, 'Arm');
    const dialog = page.getByRole('dialog', { name: 'The outcome is not known' });
    await dialog.getByText('its state could not be read').waitFor();
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    await dialog.waitFor({ state: 'detached' });
  });

  it('of unknown outcome says that its state has been read anew once it was', async () => {
    const page = await openHome('DISARMED');
    await acceptOrders(page, { outcome: 'unknown' });
    await order(page, 'Arm');
    const dialog = page.getByRole('dialog', { name: 'The outcome is not known' });
    await dialog.getByText('its state on this page has just been read anew').waitFor();
  });

  /** The order is answered 202 at once, and its receipt says `ends` when the page asks a second time. */
  async function acceptOrders(page: Page, ends: object): Promise<void> {
    const id = '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e';
    const accepted = { success: false, outcome: 'accepted', command_id: id, message: '' };
    await page.route('**/arm-state', (route) =>
      route.fulfill({ status: 202, headers: { location: `/api/v1/commands/${id}` }, json: accepted }),
    );
    let looks = 0;
    await page.route(`**/api/v1/commands/${id}`, (route) => {
      looks += 1;
      return route.fulfill({ json: { id, code: null, ...(looks > 1 ? ends : { outcome: 'pending' }) } });
    });
  }

  it('that was only accepted is followed by its receipt until it is done', async () => {
    const page = await openHome('DISARMED');
    await acceptOrders(page, { outcome: 'done', status: 204 });
    await order(page, 'Arm');
    await page.getByRole('status').getByText('is on its way. Ajax has not answered yet').waitFor();
    product.simulator.control.setHubState(hubIdOf(HOME), 'ARMED');
    await page.getByRole('status').getByText(`${HOME} was armed at`).waitFor();
    await armState(page).getByText('Armed', { exact: true }).waitFor();
  });

  it.each([
    [
      { outcome: 'failed', code: 'arming_refused', status: 412, message: 'A door is open' },
      `${HOME} is not ready`,
      'Nothing has changed. A door is open.',
    ],
    [
      { outcome: 'not_executed', code: 'command_not_executed' },
      `${HOME} did not change`,
      'the order was not sent',
    ],
    [{ outcome: 'unknown' }, 'The outcome is not known', 'Check the hub before you send the order again'],
  ])('whose receipt ends with %j says so plainly', async (ends, title, words) => {
    const page = await openHome('DISARMED');
    await acceptOrders(page, ends);
    await order(page, 'Arm');
    await page.getByRole('dialog', { name: title }).getByText(words).waitFor();
    expect(await findViolations(page)).toEqual([]);
  });

  it('arms one group and shows the hub as partly armed', async () => {
    const page = await openSignedIn(`/hubs/${hubIdOf(SHOP)}`);
    await armState(page).getByText('Partly armed').waitFor();
    await page.getByRole('button', { name: 'Arm Office', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Arm', exact: true }).click();
    await page.getByRole('button', { name: 'Disarm Office' }).waitFor();
    await armState(page).getByText('Partly armed').waitFor();
  });

  it('says that the hub is offline instead of pretending', async () => {
    const page = await openHome('DISARMED');
    product.simulator.control.setHubOnline(hubIdOf(HOME), false);
    try {
      await order(page, 'Arm');
      await page.getByRole('dialog').getByText('The hub is offline').waitFor();
    } finally {
      product.simulator.control.setHubOnline(hubIdOf(HOME), true);
    }
  });
});

describe('the events of a hub', () => {
  const rows = (page: Page) => page.getByRole('region', { name: 'Events' }).getByRole('listitem');

  it('are read with the keyboard, go back as far as wanted, and tell of an order that was just given', async () => {
    const page = await openHome('DISARMED');
    let looks = 0;
    page.on('request', (request) => {
      if (new URL(request.url()).pathname.endsWith('/logs')) looks += 1;
    });
    await tabTo(page, /^Events$/);
    await page.keyboard.press('Enter');
    await expect.poll(() => rows(page).count()).toBe(25);
    await tabTo(page, /^Load earlier$/);
    await page.keyboard.press('Enter');
    await expect.poll(() => rows(page).count()).toBe(50);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Load earlier');
    expect(looks).toBe(2);

    const oldest = await rows(page).last().elementHandle();
    const { control } = product.simulator;
    const motion = control.hub(hubIdOf(HOME)).devices.find(({ type }) => type === 'MotionProtect');
    await order(page, 'Arm');
    await rows(page).first().getByText('Armed', { exact: true }).waitFor();
    control.setAlarm(motion?.id ?? '', 'motion', true);
    await page.getByRole('button', { name: 'Refresh the events' }).click();
    await rows(page).first().getByText('Alarm', { exact: true }).waitFor();
    control.setAlarm(motion?.id ?? '', 'motion', false);
    expect(await rows(page).count()).toBe(52);
    expect(await oldest?.evaluate((row) => row.isConnected)).toBe(true);
    expect(await findViolations(page)).toEqual([]);
  });

  it('fit a phone in the dark, and say what is wrong and which plan includes them', async () => {
    const page = await openHome('DISARMED', {
      colorScheme: 'dark',
      viewport: { width: 390, height: 844 },
    });
    const failOnce = (status: number, problem: object) =>
      page.route('**/logs?*', (route) => route.fulfill({ status, json: { status, ...problem } }), {
        times: 1,
      });
    await failOnce(503, { code: 'upstream_unavailable', detail: 'Ajax is down' });
    await page.getByRole('link', { name: 'Events' }).click();
    await page.getByRole('alert').getByText('Ajax is down.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => rows(page).count()).toBe(25);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    expect(await findViolations(page)).toEqual([]);

    await failOnce(403, { code: 'plan_required', required_plan: 'basic' });
    await page.getByRole('button', { name: 'Refresh the events' }).click();
    await page.getByText('Basic plan').waitFor();
    expect(await rows(page).count()).toBe(0);
    expect(await findViolations(page)).toEqual([]);
  });
});

describe('using the keyboard alone', () => {
  it('signs in, opens the hub and arms it', async () => {
    product.simulator.control.setHubState(hubIdOf(HOME), 'DISARMED');
    const page = await open();
    await page.getByLabel('E-mail').focus();
    await page.keyboard.type(OWNER.login);
    await page.keyboard.press('Tab');
    await page.keyboard.type(OWNER.password);
    await page.keyboard.press('Enter');

    await page.getByRole('link', { name: new RegExp(HOME) }).waitFor();
    await tabTo(page, new RegExp(HOME));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: HOME, level: 1 }).waitFor();

    await tabTo(page, /^Night mode$/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(page, /^Turn on$/);
    await page.keyboard.press('Enter');
    await armState(page).getByText('Night mode').waitFor();
  });

  it('stays on the button of a group when its order is done', async () => {
    const page = await openSignedIn(`/hubs/${hubIdOf(SHOP)}`);
    await page.getByRole('button', { name: 'Disarm Roastery' }).press('Enter');
    await tabTo(page, /^Disarm$/);
    await page.keyboard.press('Enter');
    const arm = page.getByRole('button', { name: 'Arm Roastery', exact: true });
    await arm.waitFor();
    expect(await arm.evaluate((button) => button === document.activeElement)).toBe(true);
  });

  it('closes the question with Escape and returns to the button', async () => {
    const page = await openHome('ARMED');
    const disarm = page.getByRole('button', { name: 'Disarm' });
    await disarm.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await disarm.evaluate((button) => button === document.activeElement)).toBe(true);
  });
});

async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    const text = await page.evaluate(() => document.activeElement?.textContent ?? '');
    if (name.test(text.trim())) return;
  }
  throw new Error(`40 presses of Tab never reached ${name}`);
}

describe('on a phone', () => {
  it.each(['/', '/activity', '/hub'])('%s never scrolls sideways', async (path) => {
    const page = await openSignedIn(path === '/hub' ? `/hubs/${hubIdOf(HOME)}` : path, {
      viewport: { width: 360, height: 740 },
    });
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  });
});

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  it('has no accessibility violations on any page', async () => {
    const page = await open('/', { colorScheme });
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await findViolations(page)).toEqual([]);

    await fillIn(page);
    await page.getByRole('link', { name: new RegExp(HOME) }).waitFor();
    expect(await findViolations(page)).toEqual([]);

    await page.getByRole('link', { name: new RegExp(HOME) }).click();
    await page.getByText('Terrace door').waitFor();
    expect(await findViolations(page)).toEqual([]);

    await page.getByRole('button', { name: 'Disarm' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await findViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');

    await page.getByRole('link', { name: 'Activity' }).click();
    await page.getByRole('heading', { name: 'Today' }).waitFor();
    expect(await findViolations(page)).toEqual([]);
  });
});

describe('the session', () => {
  it('is renewed without a word when the access token is gone', async () => {
    const page = await openSignedIn();
    await page.context().clearCookies({ name: 'access_token' });
    await page.reload();
    await page.getByRole('link', { name: new RegExp(HOME) }).waitFor();
    const names = (await page.context().cookies()).map((cookie) => cookie.name);
    expect(names).toContain('access_token');
  });

  it('that cannot be renewed leads to signing in, and back', async () => {
    const page = await openSignedIn(`/hubs/${hubIdOf(HOME)}`);
    await page.getByRole('heading', { name: HOME, level: 1 }).waitFor();
    await page.context().clearCookies();
    await page.getByRole('link', { name: 'Activity' }).click();
    await page.getByText('Your session has ended').waitFor();
    await fillIn(page);
    await page.getByRole('heading', { name: 'Activity', level: 1 }).waitFor();
  });

  it('asks for the password again when Ajax has ended its side', async () => {
    const page = await openSignedIn();
    product.simulator.control.revokeSessions();
    await page.goto(`/hubs/${hubIdOf(SHOP)}`);
    await page.getByText('the gateway needs your password once more').waitFor();
    await fillIn(page);
    await page.getByRole('heading', { name: SHOP, level: 1 }).waitFor();
  });

  it('ends by signing out, on the server too', async () => {
    const page = await openSignedIn();
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});

describe('the theme', () => {
  it('can be chosen, and is remembered', async () => {
    const page = await openSignedIn('/', { colorScheme: 'light' });
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByText('Dark', { exact: true }).click();
    await page.reload();
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  });
});
