/** Buying, changing and ending a plan as an account does it, with the double in the place of Stripe. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../../../simulator/stripe/outbox.ts';
import { stripeEvents } from '../../../src/billing/table.ts';
import { createTestGateway, post, type SignedInClient, type TestGateway } from '../../support/gateway.ts';
import {
  PRICES,
  startStripe,
  stripeEnvironment,
  type TestStripe,
  WEBHOOK_SECRET,
} from '../../support/stripe.ts';
import { until } from '../../support/until.ts';

let gateway: TestGateway;
let stripe: TestStripe;
let client: SignedInClient;
let other: SignedInClient;

const webhook = (payload: string, signature: string) =>
  gateway.fetch('/api/v1/billing/webhook', {
    method: 'POST',
    body: payload,
    headers: { 'stripe-signature': signature },
  });

beforeAll(async () => {
  stripe = startStripe({
    now: () => gateway.clock.now(),
    signedAt: Date.now,
    send: async (payload, signature) => (await webhook(payload, signature)).status,
  });
  gateway = await createTestGateway({
    env: {
      ...{
        ...stripeEnvironment,
        ADMIN_EMAILS: 'demo@ajaxsecurflow.dev',
        FRONTEND_URL: 'https://alarm.example.com',
      },
      ...{ STRIPE_GRACE_DAYS: '0', ACCESS_TOKEN_EXPIRE_MINUTES: '500000', REFRESH_TOKEN_EXPIRE_DAYS: '365' },
    },
    paymentsFetch: stripe.fetch,
  });
  [client, other] = [await gateway.signIn(0), await gateway.signIn(2)];
});
afterAll(() => gateway.close());

interface PlanView {
  readonly plan: string;
  readonly source: string;
  readonly until: string | null;
  readonly payments: {
    readonly is_configured: boolean;
    readonly plans: string[];
    readonly has_portal: boolean;
    readonly subscription: { id: string; status: string; plan: string; ends_with_period: boolean } | null;
  };
}
const planOf = (who = client) => who.json<PlanView>('/api/v1/billing/plan');
const checkout = (plan: string, who = client) =>
  who.fetch('/api/v1/billing/create-checkout-session', post({ plan_type: plan }));
/** Stripe delivers, and the worker works. */
async function settled(isThere: (plan: PlanView) => boolean, who = client): Promise<PlanView> {
  await stripe.outbox.flush();
  await until(async () => isThere(await planOf(who)));
  return planOf(who);
}
const subscriptionId = async () => (await planOf()).payments.subscription?.id ?? '';

describe('buying a plan', () => {
  it('begins free, with what can be bought', async () => {
    expect(await planOf()).toMatchObject({
      ...{ plan: 'free', source: 'default' },
      payments: {
        is_configured: true,
        plans: ['basic', 'pro', 'premium'],
        has_portal: false,
        subscription: null,
      },
    });
    expect(await gateway.fetch('/api/v1/info').then((response) => response.json())).toMatchObject({
      payments: true,
    });
  });

  it('leads to a page of Stripe and back; a card that is declined gives nothing, a good one gives the plan', async () => {
    const response = await checkout('PRO');
    expect(response.status).toBe(200);
    const { url } = (await response.json()) as { url: string };
    const page = await stripe.fetch(url);
    expect(await page.text()).toContain('10.00 €');
    const pay = (card: string) =>
      stripe.fetch(new Request(url, { method: 'POST', body: `card=${card}`, redirect: 'manual' }));
    await pay('bad');
    expect(await planOf()).toMatchObject({ plan: 'free' });
    const paid = await pay('good');
    expect(paid.headers.get('location')).toMatch(
      /^https:\/\/alarm\.example\.com\/billing\?success=true&session_id=cs_/,
    );
    const plan = await settled(({ plan }) => plan === 'pro');
    expect(plan).toMatchObject({
      source: 'stripe',
      payments: { subscription: { status: 'active', plan: 'pro' } },
    });
    const days = (Date.parse(plan.until ?? '') - gateway.clock.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThanOrEqual(30);
    expect(await client.json('/api/v1/auth/me')).toMatchObject({
      ...{ subscription_plan: 'pro', subscription_source: 'stripe', subscription_expires_at: plan.until },
      subscription_id: await subscriptionId(),
    });
  });

  it('is told and shown in the history, with amounts and words old clients know', async () => {
    const entries = await client.json<object[]>('/api/v1/billing/history', {
      headers: { 'accept-language': 'es' },
    });
    expect(entries).toMatchObject([
      ...[{ type: 'payment', status: 'Pagado', status_code: 'paid', amount_minor: 1_000, currency: 'EUR' }],
    ]);
    expect(JSON.stringify(entries)).toMatch(/"id":"inv_\w+".*Suscripción: Pro.*10,00/);
    const { notifications } = await client.json<{ notifications: { title: string }[] }>(
      '/api/v1/notifications/summary',
    );
    const titles = notifications.map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining(['Payment received', 'Your plan is Pro now']));
    expect(await other.json('/api/v1/billing/history')).toEqual([]);
  });

  it('is refused a second time, so that nobody pays twice', async () => {
    const response = await checkout('premium');
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: 'subscription_exists' });
  });
});

describe('what plans cost', () => {
  interface Offers {
    readonly plans: { plan: string; price: object | null }[];
  }
  const offersOf = async (language: string) =>
    (await client.json<Offers>('/api/v1/billing/plan', { headers: { 'accept-language': language } })).plans;

  it('is told as Stripe has it, in the language of the request; what is not sold has no price', async () => {
    const [free, basic] = await offersOf('es');
    expect(free?.price).toBeNull();
    expect(basic?.price).toEqual({
      ...{ amount: '5,00\u00a0€', amount_minor: 500, currency: 'EUR' },
      ...{ interval: 'month', interval_count: 1 },
    });
  });

  it('is still told while Stripe is away', async () => {
    gateway.clock.skip(3_600_000);
    stripe.setDown(true);
    const offers = await offersOf('en');
    stripe.setDown(false);
    expect(offers.map(({ price }) => price !== null)).toEqual([false, true, true, true]);
  });
});

describe('a subscription', () => {
  it('changes its plan at once, and pays for that', async () => {
    const response = await client.fetch('/api/v1/billing/change-plan', post({ plan_type: 'premium' }));
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { plan: 'premium', status: 'active' },
    ]);
    expect(await planOf()).toMatchObject({ plan: 'premium' });
    expect(await client.json('/api/v1/auth/me')).toMatchObject({ subscription_plan: 'premium' });
    await client.fetch('/api/v1/billing/change-plan', post({ plan_type: 'basic' }));
    expect(await planOf()).toMatchObject({ plan: 'basic' });
  });

  it('is not changed by a payment that fails', async () => {
    const { customer } = stripe.bank.subscription(await subscriptionId());
    stripe.bank.decline(customer, true);
    const response = await client.fetch('/api/v1/billing/change-plan', post({ plan_type: 'premium' }));
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      402,
      'payment_failed',
    ]);
    expect(await planOf()).toMatchObject({ plan: 'basic' });
    stripe.bank.decline(customer, false);
  });

  it('has a page of Stripe of its own', async () => {
    const { url } = await client.json<{ url: string }>('/api/v1/billing/portal', { method: 'POST' });
    const page = await (await stripe.fetch(url)).text();
    expect(page).toContain('Basic');
    expect(page).toContain('https://alarm.example.com/billing');
  });

  it('can be let end, and go on after all', async () => {
    const cancelled = await client.json('/api/v1/billing/cancel', { method: 'POST' });
    expect(cancelled).toMatchObject({ ends_with_period: true, status: 'active' });
    const again = await client.json('/api/v1/billing/cancel', { method: 'POST' });
    expect(again).toEqual(cancelled);
    expect(await client.json('/api/v1/billing/resume', { method: 'POST' })).toMatchObject({
      ends_with_period: false,
    });
  });

  it('goes down when a payment fails, up again when it is made, and down when it is given up', async () => {
    const id = await subscriptionId();
    const { customer } = stripe.bank.subscription(id);
    gateway.clock.skip(30 * 86_400_000);
    stripe.bank.decline(customer, true);
    stripe.bank.renew(id);
    expect(await settled(({ payments }) => payments.subscription?.status === 'past_due')).toMatchObject({
      ...{ plan: 'free', source: 'default' },
    });
    stripe.bank.decline(customer, false);
    stripe.bank.retry(id);
    expect(await settled(({ plan }) => plan === 'basic')).toMatchObject({ source: 'stripe' });
    stripe.bank.giveUp(id, 'canceled');
    const over = await settled(({ plan }) => plan === 'free');
    expect(over.payments.subscription).toBeNull();
    const { notifications } = await client.json<{ notifications: { title: string }[] }>(
      '/api/v1/notifications/summary',
    );
    expect(notifications.map(({ title }) => title)).toEqual(
      expect.arrayContaining(['Payment failed', 'Your plan Basic has ended']),
    );
    const missing = await client.fetch('/api/v1/billing/cancel', { method: 'POST' });
    expect([missing.status, ((await missing.json()) as { code: string }).code]).toEqual([
      409,
      'subscription_missing',
    ]);
  });

  it('is in the audit trail: what was asked for, and how it ended', async () => {
    const rows = await client.json<{ action: string; outcome: string }[]>(
      '/api/v1/security/audit-logs?limit=200',
    );
    const ends = rows.filter(({ action }) => action === 'billing.change_plan').map(({ outcome }) => outcome);
    expect(ends).toEqual(['failed', 'done', 'done']);
  });

  it('of a customer that was deleted at Stripe ends, and the account can buy again', async () => {
    await stripe.fetch(
      new Request(await urlOf('pro'), { method: 'POST', body: 'card=good', redirect: 'manual' }),
    );
    await settled(({ plan }) => plan === 'pro');
    const { customer } = stripe.bank.subscription(await subscriptionId());
    stripe.bank.deleteCustomer(customer);
    expect((await settled(({ plan }) => plan === 'free')).payments.has_portal).toBe(false);
    await stripe.fetch(
      new Request(await urlOf('basic'), { method: 'POST', body: 'card=good', redirect: 'manual' }),
    );
    await settled(({ plan }) => plan === 'basic');
    expect(stripe.bank.subscription(await subscriptionId()).customer).not.toBe(customer);
  });
});

async function urlOf(plan: string): Promise<string> {
  const response = await checkout(plan);
  return ((await response.json()) as { url: string }).url;
}

describe('while events of Stripe are late', () => {
  const pay = async (url: string) =>
    stripe.fetch(new Request(url, { method: 'POST', body: 'card=good', redirect: 'manual' }));
  const login = () => gateway.simulator.accounts[2]?.login;
  const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;
  const open = () =>
    [...stripe.bank.subscriptions.values()].filter(
      ({ customer, status }) => status !== 'canceled' && stripe.bank.customer(customer).email === login(),
    );

  it('only one of two pages opened at once can be paid on', async () => {
    const responses = await Promise.all([checkout('pro', other), checkout('basic', other)]);
    const pages = (await Promise.all(responses.map((each) => each.json()))) as { url: string }[];
    const late = stripe.outbox.flush;
    stripe.outbox.flush = async () => {};
    for (const { url } of pages) await pay(url);
    stripe.outbox.flush = late;
    expect(open()).toHaveLength(1);
  });

  it('nobody buys again what was bought a moment ago', async () => {
    const response = await checkout('premium', other);
    expect([response.status, await codeOf(response)]).toEqual([409, 'subscription_exists']);
    expect((await planOf(other)).plan).not.toBe('free');
  });

  it('nothing is changed while a payment is overdue, but it can be let end', async () => {
    const [{ id, customer } = { id: '', customer: '' }] = open();
    stripe.bank.decline(customer, true);
    stripe.bank.renew(id);
    const changing = await other.fetch('/api/v1/billing/change-plan', post({ plan_type: 'premium' }));
    expect([changing.status, await codeOf(changing)]).toEqual([409, 'payment_overdue']);
    const ending = await other.json('/api/v1/billing/cancel', { method: 'POST' });
    expect(ending).toMatchObject({ status: 'past_due', ends_with_period: true });
  });

  it('an end that was set at Stripe is known, and taken back', async () => {
    const [{ id, periodEnd } = { id: '', periodEnd: 0 }] = open();
    stripe.bank.endWithPeriod(id, false);
    stripe.bank.endAt(id, periodEnd);
    const resumed = await other.json('/api/v1/billing/resume', { method: 'POST' });
    expect(resumed).toMatchObject({ ends_with_period: false });
    expect(stripe.bank.subscription(id).cancelAt).toBeNull();
  });

  it('a subscription that has ended at Stripe is missing, and gives nothing any more', async () => {
    for (const { id } of open()) stripe.bank.cancelNow(id);
    const response = await other.fetch('/api/v1/billing/change-plan', post({ plan_type: 'premium' }));
    expect([response.status, await codeOf(response)]).toEqual([409, 'subscription_missing']);
    expect(await planOf(other)).toMatchObject({ plan: 'free', payments: { subscription: null } });
  });

  it('a customer that is gone at Stripe has no portal, and can buy again', async () => {
    for (const { id, email } of [...stripe.bank.customers.values()]) {
      if (email === login()) stripe.bank.deleteCustomer(id);
    }
    const portal = await other.fetch('/api/v1/billing/portal', { method: 'POST' });
    expect([portal.status, await codeOf(portal)]).toEqual([409, 'subscription_missing']);
    expect((await checkout('pro', other)).status).toBe(200);
  });
});

describe('POST /billing/webhook', () => {
  const event = (id: string, object: object = { id: 'prod_1', object: 'product' }) =>
    JSON.stringify({ id, object: 'event', type: 'product.updated', data: { object } });

  it('stores an event once, however often it comes, also at once', async () => {
    const payload = event('evt_replayed');
    const signature = await sign(payload, WEBHOOK_SECRET, Date.now());
    const answers = await Promise.all(Array.from({ length: 8 }, () => webhook(payload, signature)));
    for (const answer of answers) {
      expect([answer.status, await answer.json()]).toEqual([
        200,
        { status: 'success', event_id: 'evt_replayed' },
      ]);
    }
    const rows = await gateway.database.run((sql) => sql.select().from(stripeEvents));
    expect(rows.filter(({ id }) => id === 'evt_replayed')).toHaveLength(1);
  });

  it.each([
    ['a forged one', async (payload: string) => sign(payload, 'whsec_other', Date.now())],
    ['an old one', async (payload: string) => sign(payload, WEBHOOK_SECRET, Date.now() - 600_000)],
    ['one of another text', async () => sign('{}', WEBHOOK_SECRET, Date.now())],
    ['none', async () => ''],
    ['nonsense', async () => 't=x,v1=y'],
  ])('refuses %s and stores nothing', async (name, signatureOf) => {
    const payload = event(`evt_${name.replaceAll(' ', '_')}`);
    const response = await webhook(payload, await signatureOf(payload));
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      ...[400, 'webhook_signature_invalid'],
    ]);
    const rows = await gateway.database.run((sql) => sql.select().from(stripeEvents));
    expect(rows.some(({ id }) => id === `evt_${name.replaceAll(' ', '_')}`)).toBe(false);
  });

  it('takes events larger than what people send, but not any size', async () => {
    const payload = event('evt_large', { id: 'prod_1', object: 'product', text: 'x'.repeat(200_000) });
    expect((await webhook(payload, await sign(payload, WEBHOOK_SECRET, Date.now()))).status).toBe(200);
    expect((await webhook('x'.repeat(600_000), '')).status).toBe(413);
  });

  it('tells administrators of a customer nobody knows', async () => {
    const stranger = stripe.bank.createCustomer('x@y.z', {});
    stripe.bank.subscribe(stranger.id, PRICES.pro, {});
    await stripe.outbox.flush();
    await until(async () => {
      const { notifications } = await client.json<{ notifications: { title: string }[] }>(
        '/api/v1/notifications/summary',
      );
      return notifications.some(({ title }) => title === 'A payment needs a look');
    });
  });
});

describe('Stripe that is away', () => {
  it('is a clear 503 at once, which changes nothing and tells nothing of the operator', async () => {
    stripe.setDown(true);
    const response = await other.fetch('/api/v1/billing/create-checkout-session', post({ plan_type: 'pro' }));
    stripe.setDown(false);
    expect(response.status).toBe(503);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'payments_unavailable', retryable: true });
    expect(text).not.toContain('sk_test');
    expect(await planOf(other)).toMatchObject({ plan: 'free', payments: { subscription: null } });
  });
});

describe('Stripe that never answers', () => {
  it('keeps nobody waiting longer than promised, and may have done it', async () => {
    const { after } = gateway.clock;
    const waits: number[] = [];
    // What is waited for comes at once.
    Object.assign(gateway.clock, {
      after: (ms: number, callback: () => void) => {
        waits.push(ms);
        return after(ms > 10_000 ? 20 : ms, callback);
      },
    });
    stripe.setHanging(true);
    const response = await other.fetch('/api/v1/billing/create-checkout-session', post({ plan_type: 'pro' }));
    stripe.setHanging(false);
    Object.assign(gateway.clock, { after });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      ...[503, 'payments_unavailable'],
    ]);
    // Two more attempts of the library, at once refused, take less than 4 s.
    expect(Math.min(...waits.filter((ms) => ms > 10_000))).toBeLessThanOrEqual(20_000);
    const [row] = await other.json<object[]>('/api/v1/security/audit-logs?limit=1');
    expect(row).toMatchObject({ action: 'billing.checkout', outcome: 'unknown' });
  }, 20_000);
});

describe('without Stripe', () => {
  it('nothing is sold, which every route says and /info and the plan tell beforehand', async () => {
    const plain = await createTestGateway();
    const guest = await plain.signIn();
    const info = await plain.fetch('/api/v1/info');
    expect(await info.json()).toMatchObject({ payments: false });
    expect(await guest.json('/api/v1/billing/plan')).toMatchObject({
      payments: { is_configured: false, plans: [] },
    });
    for (const path of ['create-checkout-session', 'portal', 'change-plan', 'cancel', 'resume']) {
      const response = await guest.fetch(`/api/v1/billing/${path}`, post({ plan_type: 'pro' }));
      expect([path, response.status, ((await response.json()) as { code: string }).code]).toEqual([
        ...[path, 409, 'payments_not_configured'],
      ]);
    }
    const hook = await plain.fetch('/api/v1/billing/webhook', { method: 'POST', body: '{}' });
    expect(hook.status).toBe(409);
    expect(await guest.json('/api/v1/billing/history')).toEqual([]);
    await plain.close();
  }, 90_000);
});
