/**
 * What Stripe answers, as far as this project reads it. Until 2025-03-31 (basil) the end of a period was a member of the
 * subscription, an invoice named its subscription, its payment and its charge, and a line its price; since then they
 * are elsewhere. Both are read, so that events and accounts of any version make the same of the same.
 */
import { z } from 'zod';

/** An id, or the object in its place. */
const reference = z
  .union([z.string(), z.looseObject({ id: z.string() })])
  .nullish()
  .transform((value) => (typeof value === 'object' ? value?.id : value) ?? undefined);
const seconds = z.number().nullish();
const metadata = z.record(z.string(), z.string()).nullish();
const listOf = <T extends z.ZodType>(item: T) => z.looseObject({ data: z.array(item) });

const subscriptionItem = z.looseObject({
  id: z.string(),
  price: z.looseObject({ id: z.string() }).nullish(),
  plan: z.looseObject({ id: z.string() }).nullish(),
  current_period_end: seconds,
});

export const stripeSubscription = z
  .looseObject({
    id: z.string(),
    customer: reference,
    status: z.string(),
    items: listOf(subscriptionItem),
    current_period_end: seconds,
    cancel_at_period_end: z.boolean().nullish(),
    cancel_at: seconds,
    canceled_at: seconds,
    ended_at: seconds,
    start_date: seconds,
    created: z.number(),
    metadata,
  })
  .transform(({ items, ...subscription }) => {
    const ends = [subscription.current_period_end, ...items.data.map((item) => item.current_period_end)];
    const known = ends.filter((end) => typeof end === 'number');
    const periodEnd = known.length === 0 ? undefined : Math.max(...known);
    const cancelAt = subscription.cancel_at ?? undefined;
    return {
      id: subscription.id,
      customer: subscription.customer,
      status: subscription.status,
      items: items.data.map(({ id, price, plan }) => ({ id, price: price?.id ?? plan?.id })),
      /** Epoch seconds; undefined when it is nowhere. */
      periodEnd,
      endsWithPeriod:
        subscription.cancel_at_period_end === true ||
        (cancelAt !== undefined && periodEnd !== undefined && cancelAt <= periodEnd),
      cancelAt,
      endedAt: subscription.ended_at ?? subscription.canceled_at ?? undefined,
      startedAt: subscription.start_date ?? subscription.created,
      metadata: subscription.metadata ?? {},
    };
  });
export type StripeSubscription = z.infer<typeof stripeSubscription>;

const invoiceLine = z.looseObject({
  amount: z.number(),
  period: z.looseObject({ start: z.number(), end: z.number() }),
  price: z.looseObject({ id: z.string() }).nullish(),
  pricing: z.looseObject({ price_details: z.looseObject({ price: reference }).nullish() }).nullish(),
});

export const stripeInvoice = z
  .looseObject({
    id: z.string(),
    number: z.string().nullish(),
    next_payment_attempt: seconds,
    status: z.string().nullish(),
    billing_reason: z.string().nullish(),
    created: z.number(),
    currency: z.string(),
    total: z.number(),
    subscription: reference,
    parent: z
      .looseObject({ subscription_details: z.looseObject({ subscription: reference }).nullish() })
      .nullish(),
    charge: reference,
    payment_intent: reference,
    payments: listOf(
      z.looseObject({ payment: z.looseObject({ charge: reference, payment_intent: reference }).nullish() }),
    ).nullish(),
    hosted_invoice_url: z.string().nullish(),
    invoice_pdf: z.string().nullish(),
    lines: listOf(invoiceLine),
  })
  .transform((invoice) => {
    const payments = (invoice.payments?.data ?? []).map(({ payment }) => payment);
    const paidBy = [invoice.charge, invoice.payment_intent];
    return {
      ...{ id: invoice.id, number: invoice.number ?? undefined, status: invoice.status ?? 'draft' },
      ...{ created: invoice.created, currency: invoice.currency, total: invoice.total },
      /** Of a period that has begun by itself. */
      isRenewal: invoice.billing_reason === 'subscription_cycle',
      nextAttemptAt: invoice.next_payment_attempt ?? undefined,
      subscription: invoice.subscription ?? invoice.parent?.subscription_details?.subscription,
      /** Charges and payment intents. */
      paidBy: [...paidBy, ...payments.flatMap((each) => [each?.charge, each?.payment_intent])].filter(
        (id) => id !== undefined,
      ),
      url: invoice.invoice_pdf ?? invoice.hosted_invoice_url ?? undefined,
      lines: invoice.lines.data.map(({ amount, period, price, pricing }) => ({
        ...{ amount, startsAt: period.start, endsAt: period.end },
        price: price?.id ?? pricing?.price_details?.price,
      })),
    };
  });
export type StripeInvoice = z.infer<typeof stripeInvoice>;

export const stripeCharge = z.looseObject({
  id: z.string(),
  customer: reference,
  payment_intent: reference,
  /** In full. */
  refunded: z.boolean(),
  disputed: z.boolean().nullish(),
});
export type StripeCharge = z.infer<typeof stripeCharge>;

export const stripeDispute = z.looseObject({ id: z.string(), charge: reference, status: z.string() });
export type StripeDispute = z.infer<typeof stripeDispute>;

export const stripeCustomer = z.looseObject({ id: z.string(), deleted: z.boolean().nullish(), metadata });

/** undefined: it has no amount of its own, or is paid once. */
export const stripePrice = z
  .looseObject({
    unit_amount: z.number().nullish(),
    currency: z.string(),
    recurring: z
      .looseObject({
        interval: z.enum(['day', 'week', 'month', 'year']),
        interval_count: z.number().nullish(),
      })
      .nullish(),
  })
  .transform(({ unit_amount: amount, currency, recurring }) =>
    amount == null || recurring == null
      ? undefined
      : {
          ...{ amount, currency: currency.toUpperCase(), interval: recurring.interval },
          intervalCount: recurring.interval_count ?? 1,
        },
  );

/** Of the event only what it is about: what has become of that is asked for. */
export const stripeEvent = z
  .looseObject({
    id: z.string(),
    type: z.string(),
    data: z.looseObject({
      object: z.looseObject({
        id: z.string().nullish(),
        object: z.string(),
        customer: reference,
        charge: reference,
      }),
    }),
  })
  .transform(({ id, type, data: { object } }) => ({
    ...{ id, type },
    customer: object.object === 'customer' ? (object.id ?? undefined) : object.customer,
    charge: object.object === 'dispute' ? object.charge : undefined,
  }));
export type StripeEvent = z.infer<typeof stripeEvent>;
