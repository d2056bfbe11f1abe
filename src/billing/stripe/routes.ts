import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type AuditTrail, forward } from '../../audit/index.ts';
import { acceptLanguageParameter } from '../../kernel/accept-language.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { GatewayEnv } from '../../kernel/context.ts';
import { type ErrorCode, GatewayError } from '../../kernel/errors.ts';
import { createRouter, forEverybody, jsonContent } from '../../kernel/openapi.ts';
import { ofBody, ofChange, ofSession, problems } from '../../kernel/problems.ts';
import { languageOf } from '../language-of.ts';
import { changePlan, setRenewal } from './change-subscription.ts';
import type { StripeDependencies } from './dependencies.ts';
import { receiveEvent } from './events.ts';
import { startCheckout } from './start-checkout.ts';
import { customerOf, type Subscription, subscriptionOf } from './subscription.ts';
import { subscriptionSchema, toSubscriptionView } from './subscription-view.ts';
import { syncCustomer } from './sync-customer.ts';

export interface PaymentRoutesDependencies {
  /** undefined: nothing can be bought. */
  readonly payments: StripeDependencies | undefined;
  readonly trail: AuditTrail;
  readonly clock: Clock;
  /** Where the dashboard is, without a slash at its end. */
  readonly publicUrl: string;
}

const tags = ['billing'];

const planBody = z
  .object({
    plan_type: z
      .string()
      .toLowerCase()
      .pipe(z.enum(['basic', 'pro', 'premium']))
      .openapi({ type: 'string', enum: ['basic', 'pro', 'premium'], description: 'In any case' }),
  })
  .openapi('PlanChoice', { example: { plan_type: 'pro' } });

const pageSchema = z
  .object({ url: z.url() })
  .openapi('PaymentPage', { example: { url: 'https://checkout.stripe.com/c/pay/cs_test_a1' } });

const ofPayments = [...ofSession, ...ofChange, 'payments_not_configured', 'payments_unavailable'] as const;
const choice = { body: { content: { 'application/json': { schema: planBody } }, required: true } };

const checkoutRoute = createRoute({
  method: 'post',
  path: '/create-checkout-session',
  operationId: 'startCheckout',
  tags,
  summary: 'A page of Stripe to buy a plan',
  description: 'Nothing is bought by this. The page leads back to the dashboard.',
  parameters: [acceptLanguageParameter],
  request: choice,
  responses: {
    200: jsonContent(pageSchema, 'Where to go'),
    ...problems(...ofPayments, ...ofBody, 'plan_not_sold', 'subscription_exists'),
  },
});

const portalRoute = createRoute({
  method: 'post',
  path: '/portal',
  operationId: 'openPortal',
  tags,
  summary: 'A page of Stripe for cards, invoices and the subscription',
  parameters: [acceptLanguageParameter],
  responses: {
    200: jsonContent(pageSchema, 'Where to go'),
    ...problems(...ofPayments, 'subscription_missing'),
  },
});

const changeRoute = createRoute({
  method: 'post',
  path: '/change-plan',
  operationId: 'changePlan',
  tags,
  summary: 'Change the plan of the subscription, from now on',
  description:
    'A higher plan is paid for the rest of the period at once; what is too much for a lower one is credited on the next ' +
    'invoice. A payment that fails changes nothing.',
  request: choice,
  responses: {
    200: jsonContent(subscriptionSchema, 'As it is now'),
    ...problems(
      ...ofPayments,
      ...ofBody,
      'plan_not_sold',
      'subscription_missing',
      'payment_overdue',
      'payment_failed',
    ),
  },
});

const renewalRoute = (path: '/cancel' | '/resume', operationId: string, summary: string) =>
  createRoute({
    method: 'post',
    path,
    operationId,
    tags,
    summary,
    responses: {
      200: jsonContent(subscriptionSchema, 'As it is now'),
      ...problems(...ofPayments, 'subscription_missing'),
    },
  });
const cancelRoute = renewalRoute('/cancel', 'cancelSubscription', 'Let the subscription end with its period');
const resumeRoute = renewalRoute('/resume', 'resumeSubscription', 'Let it go on after all');

/** Errors after which Stripe may have done it. */
const saysNothing: readonly ErrorCode[] = ['payments_unavailable', 'database_unavailable'];

/** Nobody waits longer for Stripe, however often it has to be asked (promise P5). */
const PATIENCE_MS = 18_000;

/** `/api/v1/billing`, for those who are signed in. */
export function paymentRoutes({ payments, trail, clock, publicUrl }: PaymentRoutesDependencies) {
  function configured(): StripeDependencies {
    if (payments === undefined) throw new GatewayError('payments_not_configured');
    return payments;
  }

  async function patiently<T>(ask: (deps: StripeDependencies) => Promise<T>): Promise<T> {
    const deps = configured();
    const patience = new AbortController();
    const cancel = clock.after(PATIENCE_MS, () => patience.abort());
    try {
      return await ask({ ...deps, payments: deps.payments.within(patience.signal) });
    } finally {
      cancel();
    }
  }

  /** Asks Stripe to do something, between its two audit records. */
  const audited = <T>(
    c: Context<GatewayEnv>,
    action: string,
    payload: object,
    ask: (deps: StripeDependencies) => Promise<T>,
  ) =>
    forward({
      ...{ trail, clock, facts: c.var.facts, actor: c.var.caller, saysNothing },
      send: () => patiently(ask),
      action: { action, method: c.req.method, endpoint: c.req.path, payload },
      endOf: () => ({ outcome: 'done', statusCode: 200 }),
    });

  async function changed(c: Context<GatewayEnv>, deps: StripeDependencies): Promise<Subscription> {
    const subscription = await deps.database.run((sql) => subscriptionOf(sql, c.var.caller.accountId));
    if (subscription === undefined) throw new GatewayError('subscription_missing');
    return subscription;
  }

  return createRouter()
    .openapi(checkoutRoute, async (c) => {
      configured();
      const plan = c.req.valid('json').plan_type;
      const order = { plan, origin: publicUrl, language: languageOf(c) };
      const url = await audited(c, 'billing.checkout', { plan }, (deps) =>
        startCheckout(deps, c.var.caller, order),
      );
      return c.json({ url }, 200);
    })
    .openapi(portalRoute, async (c) => {
      const deps = configured();
      const customer = await deps.database.run((sql) => customerOf(sql, c.var.caller.accountId));
      if (customer === undefined) throw new GatewayError('subscription_missing');
      const url = await patiently(async (patient) => {
        const opened = await patient.payments.openPortal(customer, `${publicUrl}/billing`, languageOf(c));
        if (opened === undefined) await syncCustomer(patient, customer);
        return opened;
      });
      if (url === undefined) throw new GatewayError('subscription_missing');
      return c.json({ url }, 200);
    })
    .openapi(changeRoute, async (c) => {
      const deps = configured();
      const plan = c.req.valid('json').plan_type;
      await audited(c, 'billing.change_plan', { plan }, (patient) =>
        changePlan(patient, c.var.caller.accountId, plan),
      );
      return c.json(toSubscriptionView(await changed(c, deps)), 200);
    })
    .openapi(cancelRoute, async (c) => {
      const deps = configured();
      await audited(c, 'billing.cancel', {}, (patient) => setRenewal(patient, c.var.caller.accountId, false));
      return c.json(toSubscriptionView(await changed(c, deps)), 200);
    })
    .openapi(resumeRoute, async (c) => {
      const deps = configured();
      await audited(c, 'billing.resume', {}, (patient) => setRenewal(patient, c.var.caller.accountId, true));
      return c.json(toSubscriptionView(await changed(c, deps)), 200);
    });
}

const eventExample = {
  ...{ id: 'evt_1', object: 'event', type: 'customer.subscription.updated' },
  data: { object: { id: 'sub_1', object: 'subscription', customer: 'cus_1' } },
};

const webhookRoute = createRoute({
  method: 'post',
  path: '/webhook',
  operationId: 'receiveStripeEvent',
  tags,
  summary: 'For Stripe: takes its events',
  description:
    'Answered once the event is stored; it is handled afterwards. An event that comes again changes nothing.',
  ...forEverybody,
  request: {
    body: {
      // Described, not validated here: what is signed is the text as it came.
      content: {
        'application/json': {
          schema: { type: 'object' as const },
          example: eventExample,
        },
      },
      required: true,
    },
  },
  responses: {
    200: jsonContent(
      z
        .object({ status: z.literal('success'), event_id: z.string() })
        .openapi('EventReceipt', { example: { status: 'success', event_id: 'evt_1' } }),
      'Stored',
    ),
    ...problems(
      ...ofChange,
      'invalid_request',
      'webhook_signature_invalid',
      'payments_not_configured',
      'database_unavailable',
    ),
  },
});

/** `/api/v1/billing/webhook`: whoever signs as Stripe needs no session. */
export function stripeWebhookRoutes({ payments }: Pick<PaymentRoutesDependencies, 'payments'>) {
  return createRouter().openapi(webhookRoute, async (c) => {
    if (payments === undefined) throw new GatewayError('payments_not_configured');
    const event_id = await receiveEvent(payments, await c.req.text(), c.req.header('stripe-signature') ?? '');
    return c.json({ status: 'success' as const, event_id }, 200);
  });
}
