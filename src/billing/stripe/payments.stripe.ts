import Stripe from 'stripe';
import type { StripeConfig } from '../../config.ts';
import { GatewayError } from '../../kernel/errors.ts';
import type { Payments } from './payments.ts';

/** The version this code was written against: what Stripe answers does not depend on the settings of an account. */
const API_VERSION = '2026-10-28.endive';
/** Of one attempt; who waits for an answer has less patience (`within`). */
const TIMEOUT_MS = 15_000;
/** Stripe lists no more at once. */
const PAGE = 100;
/** Of a customer, newest first; what is older decides nothing. Declined cards make charges as well. */
const MOST = 1_000;

/** @param fetch what carries the requests: the runtime's, or a test's. */
export function createStripePayments(
  config: StripeConfig,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Payments {
  const { secretKey, webhookSecret, apiBase } = config;
  const base = apiBase === undefined ? undefined : new URL(apiBase);
  const stripe = new Stripe(secretKey, {
    apiVersion: API_VERSION,
    // The same on Node and Deno; every POST carries an Idempotency-Key, so it may be sent twice.
    httpClient: Stripe.createFetchHttpClient(fetch),
    maxNetworkRetries: 2,
    timeout: TIMEOUT_MS,
    telemetry: false,
    appInfo: { name: 'AjaxSecurFlow' },
    ...(base === undefined
      ? {}
      : {
          host: base.hostname,
          port: base.port === '' ? (base.protocol === 'https:' ? 443 : 80) : Number(base.port),
          protocol: base.protocol === 'https:' ? ('https' as const) : ('http' as const),
        }),
  });
  const subtle = Stripe.createSubtleCryptoProvider();

  return {
    createCustomer: ({ accountId, email, key }) =>
      asked(async () => {
        const customer = await stripe.customers.create(
          { email, metadata: { account_id: accountId } },
          { idempotencyKey: key },
        );
        return customer.id;
      }),
    startCheckout: ({ customer, accountId, plan, price, successUrl, cancelUrl, language }) =>
      asked(async () => {
        const metadata = { account_id: accountId, plan_type: plan, price_id: price };
        const session = await stripe.checkout.sessions.create({
          ...{ mode: 'subscription', customer, client_reference_id: accountId, metadata },
          line_items: [{ price, quantity: 1 }],
          subscription_data: { metadata },
          ...{ success_url: successUrl, cancel_url: cancelUrl, allow_promotion_codes: true },
          locale: language as Stripe.Checkout.SessionCreateParams.Locale,
        });
        if (session.url === null) throw new Error('Stripe opened a checkout without a page');
        return { id: session.id, url: session.url };
      }),
    async closeEarlierCheckouts(customer, id) {
      const open = await asked(async () => {
        return (await stripe.checkout.sessions.list({ customer, status: 'open', limit: PAGE })).data;
      });
      const own = open.findIndex((session) => session.id === id);
      // One that is paid for, or closed, at this moment is refused: no harm.
      for (const earlier of open.slice(own + 1)) {
        await asked(() => stripe.checkout.sessions.expire(earlier.id)).catch(ifRefused);
      }
    },
    openPortal: (customer, returnUrl, language) =>
      found(async () => {
        const session = await stripe.billingPortal.sessions.create({
          ...{ customer, return_url: returnUrl },
          locale: language as Stripe.BillingPortal.SessionCreateParams.Locale,
        });
        return session.url;
      }),
    changePrice: ({ subscription, item, price, isUpgrade }) =>
      asked(async () => {
        await stripe.subscriptions.update(subscription, {
          items: [{ id: item, price }],
          proration_behavior: isUpgrade ? 'always_invoice' : 'create_prorations',
          // A payment that fails changes nothing.
          payment_behavior: 'error_if_incomplete',
        });
      }),
    setEndsWithPeriod: (subscription, endsWithPeriod) =>
      asked(async () => {
        const ends = { cancel_at_period_end: endsWithPeriod };
        const { cancel_at } = await stripe.subscriptions.update(subscription, ends);
        // A day somebody has named at Stripe is kept apart from the end of the period.
        if (!endsWithPeriod && cancel_at != null)
          await stripe.subscriptions.update(subscription, { cancel_at: '' });
      }),
    customer: (id) => found(() => stripe.customers.retrieve(id)),
    subscriptionsOf: (customer) =>
      found(() =>
        stripe.subscriptions
          .list({ customer, status: 'all', limit: PAGE })
          .autoPagingToArray({ limit: MOST }),
      ),
    subscription: (id) => found(() => stripe.subscriptions.retrieve(id)),
    invoicesOf: (customer) =>
      found(() =>
        stripe.invoices
          .list({ customer, limit: PAGE, expand: ['data.payments'] })
          .autoPagingToArray({ limit: MOST }),
      ),
    chargesOf: (customer) =>
      found(() => stripe.charges.list({ customer, limit: PAGE }).autoPagingToArray({ limit: MOST })),
    charge: (id) => found(() => stripe.charges.retrieve(id)),
    disputesOf: async (charge) =>
      (await found(async () => (await stripe.disputes.list({ charge, limit: PAGE })).data)) ?? [],
    price: (id) => found(() => stripe.prices.retrieve(id)),
    within: (signal) =>
      createStripePayments(config, (input, init) => {
        const signals = init?.signal ? [init.signal, signal] : [signal];
        return fetch(input, { ...init, signal: AbortSignal.any(signals) });
      }),
    async verifyEvent(payload, signature) {
      try {
        return await stripe.webhooks.constructEventAsync(
          ...([payload, signature, webhookSecret, undefined, subtle] as const),
        );
      } catch (error) {
        throw new GatewayError('webhook_signature_invalid', { cause: error });
      }
    },
  };
}

/** What does not exist is an answer. */
async function found<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await asked(ask);
  } catch (error) {
    if (error instanceof GatewayError && isMissing(error.cause)) return undefined;
    throw error;
  }
}

const isMissing = (error: unknown) =>
  error instanceof Stripe.errors.StripeInvalidRequestError &&
  (error.code === 'resource_missing' || error.statusCode === 404);

/** What Stripe does not do is no matter; whether it could be asked is. */
function ifRefused(error: unknown): void {
  const cause = error instanceof GatewayError ? error.cause : undefined;
  if (!(cause instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
}

/** @throws GatewayError payment_failed, payments_unavailable: its cause says why, its text nothing of the operator's account */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Stripe.errors.StripeCardError) {
      throw new GatewayError('payment_failed', { cause: error });
    }
    throw new GatewayError('payments_unavailable', { cause: error });
  }
}
