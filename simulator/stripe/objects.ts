/** Objects as Stripe writes them: as today, and as before 2025-03-31 (basil), when much was elsewhere. */
import {
  type Bank,
  type Charge,
  type CheckoutSession,
  type Customer,
  type Dispute,
  type Happened,
  type Invoice,
  type Price,
  type Subscription,
  totalOf,
} from './model.ts';

export type Shape = 'current' | 'old';
export const API_VERSIONS: Readonly<Record<Shape, string>> = {
  current: '2026-10-28.endive',
  old: '2024-06-20',
};

export function createObjects(bank: Bank, shape: () => Shape, origin: () => string) {
  const isOld = () => shape() === 'old';
  const listOf = (data: readonly object[], url: string, has_more = false) => ({
    ...{ object: 'list', data, has_more, url },
  });

  const price = ({ id, amount }: Price) => ({
    ...{ id, object: 'price', active: true, type: 'recurring', currency: 'eur', unit_amount: amount },
    ...{ recurring: { interval: 'month', interval_count: 1, usage_type: 'licensed' }, livemode: false },
  });

  const customer = ({ id, email, metadata, deleted }: Customer) =>
    deleted
      ? { id, object: 'customer', deleted: true }
      : { id, object: 'customer', email, metadata, livemode: false };

  function subscription(each: Subscription) {
    const period = { current_period_start: each.periodStart, current_period_end: each.periodEnd };
    return {
      id: each.id,
      object: 'subscription',
      customer: each.customer,
      status: each.status,
      created: each.created,
      start_date: each.created,
      cancel_at_period_end: each.cancelAtPeriodEnd,
      cancel_at: each.cancelAtPeriodEnd ? each.periodEnd : each.cancelAt,
      canceled_at: each.endedAt,
      ended_at: each.endedAt,
      pause_collection: null,
      metadata: each.metadata,
      currency: 'eur',
      livemode: false,
      ...(isOld() ? period : {}),
      items: listOf(
        [
          {
            id: each.item,
            object: 'subscription_item',
            subscription: each.id,
            price: price(bank.priceOf(each.price)),
            ...(isOld() ? { plan: { id: each.price, object: 'plan' } } : period),
          },
        ],
        `/v1/subscription_items?subscription=${each.id}`,
      ),
    };
  }

  function invoice(each: Invoice) {
    const total = totalOf(each);
    const payment = { type: 'payment_intent', payment_intent: each.intent };
    return {
      id: each.id,
      object: 'invoice',
      number: each.number,
      customer: each.customer,
      status: each.status,
      billing_reason: each.reason,
      created: each.created,
      currency: 'eur',
      total,
      amount_due: total,
      amount_paid: each.status === 'paid' ? total : 0,
      next_payment_attempt: each.status === 'open' ? each.created + 3 * 86_400 : null,
      hosted_invoice_url: `${origin()}/invoice/${each.id}`,
      invoice_pdf: null,
      livemode: false,
      ...(isOld()
        ? { subscription: each.subscription, payment_intent: each.intent, charge: each.charge }
        : {
            parent: {
              type: 'subscription_details',
              subscription_details: { subscription: each.subscription, metadata: {} },
            },
            payments: listOf(
              [{ id: `inpay_${each.id}`, object: 'invoice_payment', invoice: each.id, payment }],
              '/v1/invoice_payments',
            ),
          }),
      lines: listOf(
        each.lines.map(({ amount, price, start, end }, at) => ({
          id: `il_${each.id}_${at}`,
          object: 'line_item',
          amount,
          period: { start, end },
          ...(isOld()
            ? { price: { id: price, object: 'price' }, subscription: each.subscription }
            : { pricing: { type: 'price_details', price_details: { price, product: 'prod_1' } } }),
        })),
        `/v1/invoices/${each.id}/lines`,
      ),
    };
  }

  const charge = (each: Charge) => ({
    id: each.id,
    object: 'charge',
    customer: each.customer,
    payment_intent: each.intent,
    amount: each.amount,
    amount_refunded: each.refunded,
    refunded: each.refunded >= each.amount,
    disputed: each.disputed,
    currency: 'eur',
    livemode: false,
    ...(isOld() ? { invoice: each.invoice } : {}),
  });

  const dispute = ({ id, charge: of, status }: Dispute) => ({ id, object: 'dispute', charge: of, status });

  const session = (each: CheckoutSession) => ({
    id: each.id,
    object: 'checkout.session',
    mode: 'subscription',
    customer: each.customer,
    status: each.status,
    subscription: each.subscription,
    metadata: each.metadata,
    url: `${origin()}/c/pay/${each.id}`,
  });

  /** As it is at this moment: what is sent later shows what was then. */
  function about({ kind, id }: Happened): object {
    switch (kind) {
      case 'customer': {
        const known = bank.customer(id);
        return { ...customer({ ...known, deleted: false }) };
      }
      case 'subscription':
        return subscription(bank.subscription(id));
      case 'invoice':
        return invoice(bank.invoice(id));
      case 'charge':
        return charge(bank.charge(id));
      case 'dispute':
        return dispute(bank.disputes.get(id) as Dispute);
      case 'session':
        return session(bank.session(id));
    }
  }

  return { listOf, price, customer, subscription, invoice, charge, dispute, session, about };
}

export type Objects = ReturnType<typeof createObjects>;
