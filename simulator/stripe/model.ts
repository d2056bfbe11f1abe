/** What Stripe knows, as far as subscriptions go: customers, subscriptions, invoices, charges, disputes, and its events. */

/** Epoch seconds everywhere. */
export interface Customer {
  readonly id: string;
  readonly email: string;
  readonly metadata: Record<string, string>;
  deleted: boolean;
}

export interface Subscription {
  readonly id: string;
  readonly customer: string;
  readonly item: string;
  readonly created: number;
  readonly metadata: Record<string, string>;
  price: string;
  status: 'incomplete' | 'active' | 'past_due' | 'unpaid' | 'paused' | 'canceled';
  periodStart: number;
  periodEnd: number;
  cancelAtPeriodEnd: boolean;
  /** A day somebody has named. */
  cancelAt: number | null;
  endedAt: number | null;
}

export interface Line {
  readonly amount: number;
  readonly price: string;
  readonly start: number;
  readonly end: number;
}

export interface Invoice {
  readonly id: string;
  readonly number: string;
  readonly customer: string;
  readonly subscription: string;
  readonly created: number;
  readonly lines: readonly Line[];
  readonly reason: 'subscription_create' | 'subscription_cycle' | 'subscription_update';
  status: 'open' | 'paid' | 'void';
  intent: string;
  charge: string | null;
}

export interface Charge {
  readonly id: string;
  readonly customer: string;
  readonly invoice: string;
  readonly intent: string;
  readonly amount: number;
  refunded: number;
  disputed: boolean;
}

export interface Dispute {
  readonly id: string;
  readonly charge: string;
  status: 'needs_response' | 'won' | 'lost';
}

export interface CheckoutSession {
  readonly id: string;
  readonly customer: string;
  readonly price: string;
  readonly successUrl: string;
  readonly cancelUrl: string;
  readonly metadata: Record<string, string>;
  readonly language: string;
  status: 'open' | 'complete' | 'expired';
  subscription: string | null;
}

export interface PortalSession {
  readonly id: string;
  readonly customer: string;
  readonly returnUrl: string;
  readonly language: string;
}

export interface Price {
  readonly id: string;
  readonly name: string;
  /** In the smallest unit. */
  readonly amount: number;
}

export type Happened =
  | { readonly type: string; readonly kind: 'customer'; readonly id: string }
  | { readonly type: string; readonly kind: 'subscription'; readonly id: string }
  | { readonly type: string; readonly kind: 'invoice'; readonly id: string }
  | { readonly type: string; readonly kind: 'charge'; readonly id: string }
  | { readonly type: string; readonly kind: 'dispute'; readonly id: string }
  | { readonly type: string; readonly kind: 'session'; readonly id: string };

export class StripeRefusal extends Error {
  readonly status: number;
  readonly type: string;
  readonly code: string;

  constructor(status: number, type: string, code: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
    this.code = code;
  }
}

const missing = (what: string, id: string) =>
  new StripeRefusal(404, 'invalid_request_error', 'resource_missing', `No such ${what}: '${id}'`);

export interface BankOptions {
  readonly prices: readonly Price[];
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** In all ids. */
  readonly mark?: string;
  readonly onEvent: (happened: Happened) => void;
}

const MONTH_DAYS = 30;
const DAY_S = 86_400;

/** @see BankOptions */
export function createBank({ prices, now, mark = '', onEvent }: BankOptions) {
  let count = 0;
  const newId = (prefix: string) => `${prefix}_${mark}${String(++count).padStart(6, '0')}`;
  const seconds = () => Math.floor(now() / 1_000);
  const customers = new Map<string, Customer>();
  const subscriptions = new Map<string, Subscription>();
  const invoices = new Map<string, Invoice>();
  const charges = new Map<string, Charge>();
  const disputes = new Map<string, Dispute>();
  const sessions = new Map<string, CheckoutSession>();
  const portals = new Map<string, PortalSession>();
  /** Customers whose cards are declined. */
  const declined = new Set<string>();

  function of<T>(all: ReadonlyMap<string, T>, what: string, id: string): T {
    const found = all.get(id);
    if (found === undefined) throw missing(what, id);
    return found;
  }
  const priceOf = (id: string): Price => {
    const price = prices.find((each) => each.id === id);
    if (price === undefined) throw missing('price', id);
    return price;
  };
  const emit = (kind: Happened['kind'], type: string, id: string) => onEvent({ kind, type, id } as Happened);

  function bill(subscription: Subscription, reason: Invoice['reason'], lines: readonly Line[]): Invoice {
    const invoice: Invoice = {
      id: newId('in'),
      number: `DEMO-${String(count).padStart(4, '0')}`,
      customer: subscription.customer,
      subscription: subscription.id,
      created: seconds(),
      lines,
      reason,
      status: 'open',
      intent: newId('pi'),
      charge: null,
    };
    invoices.set(invoice.id, invoice);
    emit('invoice', 'invoice.created', invoice.id);
    emit('invoice', 'invoice.finalized', invoice.id);
    return invoice;
  }

  /** Whether it was paid. */
  function collect(invoice: Invoice): boolean {
    if (declined.has(invoice.customer)) {
      emit('invoice', 'invoice.payment_failed', invoice.id);
      return false;
    }
    const amount = Math.max(0, totalOf(invoice));
    if (amount > 0) {
      const charge: Charge = {
        id: newId('ch'),
        customer: invoice.customer,
        invoice: invoice.id,
        intent: invoice.intent,
        amount,
        refunded: 0,
        disputed: false,
      };
      charges.set(charge.id, charge);
      invoice.charge = charge.id;
      emit('charge', 'charge.succeeded', charge.id);
    }
    invoice.status = 'paid';
    emit('invoice', 'invoice.paid', invoice.id);
    emit('invoice', 'invoice.payment_succeeded', invoice.id);
    return true;
  }

  function changed(subscription: Subscription): void {
    emit('subscription', 'customer.subscription.updated', subscription.id);
  }

  function subscribe(customer: string, price: string, metadata: Record<string, string>): Subscription {
    const start = seconds();
    const end = start + MONTH_DAYS * DAY_S;
    const subscription: Subscription = {
      ...{ id: newId('sub'), customer, item: newId('si'), created: start, metadata, price },
      ...{
        status: 'incomplete',
        periodStart: start,
        periodEnd: end,
        cancelAtPeriodEnd: false,
        cancelAt: null,
        endedAt: null,
      },
    };
    subscriptions.set(subscription.id, subscription);
    emit('subscription', 'customer.subscription.created', subscription.id);
    const invoice = bill(subscription, 'subscription_create', [
      { amount: priceOf(price).amount, price, start, end },
    ]);
    if (collect(invoice)) {
      subscription.status = 'active';
      changed(subscription);
    }
    return subscription;
  }

  function end(subscription: Subscription): void {
    subscription.status = 'canceled';
    subscription.endedAt = seconds();
    emit('subscription', 'customer.subscription.deleted', subscription.id);
  }

  return {
    ...{ customers, subscriptions, invoices, charges, disputes, sessions, portals, priceOf, prices },
    customer: (id: string) => of(customers, 'customer', id),
    subscription: (id: string) => of(subscriptions, 'subscription', id),
    invoice: (id: string) => of(invoices, 'invoice', id),
    charge: (id: string) => of(charges, 'charge', id),
    session: (id: string) => of(sessions, 'checkout.session', id),
    portal: (id: string) => of(portals, 'billing_portal.session', id),
    createCustomer(email: string, metadata: Record<string, string>): Customer {
      const customer = { id: newId('cus'), email, metadata, deleted: false };
      customers.set(customer.id, customer);
      emit('customer', 'customer.created', customer.id);
      return customer;
    },
    /** Ends its subscriptions at once, as Stripe does. */
    deleteCustomer(id: string): Customer {
      const customer = of(customers, 'customer', id);
      for (const each of subscriptions.values()) {
        if (each.customer === id && each.status !== 'canceled') end(each);
      }
      customer.deleted = true;
      emit('customer', 'customer.deleted', id);
      return customer;
    },
    openSession(session: Omit<CheckoutSession, 'id' | 'status' | 'subscription'>): CheckoutSession {
      priceOf(session.price);
      if (of(customers, 'customer', session.customer).deleted) throw missing('customer', session.customer);
      const opened: CheckoutSession = { ...session, id: newId('cs'), status: 'open', subscription: null };
      sessions.set(opened.id, opened);
      return opened;
    },
    /** @throws StripeRefusal of one that is open no more */
    expireSession(id: string): CheckoutSession {
      const session = of(sessions, 'checkout.session', id);
      if (session.status !== 'open')
        throw new StripeRefusal(400, 'invalid_request_error', '', 'This Session is not open');
      session.status = 'expired';
      emit('session', 'checkout.session.expired', id);
      return session;
    },
    openPortal(portal: Omit<PortalSession, 'id'>): PortalSession {
      if (of(customers, 'customer', portal.customer).deleted) throw missing('customer', portal.customer);
      const opened = { ...portal, id: newId('bps') };
      portals.set(opened.id, opened);
      return opened;
    },
    /** Whether the card was taken; a declined one leaves the page open. */
    complete(session: CheckoutSession, isDeclined = false): boolean {
      if (session.status !== 'open') return session.status === 'complete';
      if (isDeclined) return false;
      declined.delete(session.customer);
      session.status = 'complete';
      session.subscription = subscribe(session.customer, session.price, session.metadata).id;
      emit('session', 'checkout.session.completed', session.id);
      return true;
    },
    subscribe,
    /** Cards of this customer are declined from now on, or taken again. */
    decline(customer: string, isDeclined: boolean): void {
      if (isDeclined) declined.add(customer);
      else declined.delete(customer);
    },
    /** The period is over: another one begins, whether it can be paid for or not. */
    renew(id: string): void {
      const subscription = of(subscriptions, 'subscription', id);
      if (subscription.cancelAtPeriodEnd) {
        end(subscription);
        return;
      }
      const start = subscription.periodEnd;
      const until = start + MONTH_DAYS * DAY_S;
      subscription.periodStart = start;
      subscription.periodEnd = until;
      const { price } = subscription;
      const invoice = bill(subscription, 'subscription_cycle', [
        { amount: priceOf(price).amount, price, start, end: until },
      ]);
      if (!collect(invoice)) subscription.status = 'past_due';
      changed(subscription);
    },
    /** Tries what is open again, as Stripe does for days. */
    retry(id: string): void {
      const subscription = of(subscriptions, 'subscription', id);
      const open = [...invoices.values()].filter(
        (each) => each.subscription === id && each.status === 'open',
      );
      if (!open.map(collect).every(Boolean)) return;
      if (['past_due', 'unpaid', 'incomplete'].includes(subscription.status)) subscription.status = 'active';
      changed(subscription);
    },
    /** Stripe has tried often enough. */
    giveUp(id: string, as: 'unpaid' | 'canceled'): void {
      const subscription = of(subscriptions, 'subscription', id);
      if (as === 'canceled') end(subscription);
      else {
        subscription.status = 'unpaid';
        changed(subscription);
      }
    },
    pause(id: string, isPaused: boolean): void {
      const subscription = of(subscriptions, 'subscription', id);
      subscription.status = isPaused ? 'paused' : 'active';
      emit('subscription', `customer.subscription.${isPaused ? 'paused' : 'resumed'}`, id);
    },
    /** @throws StripeRefusal a declined card, where `isStrict`: nothing was changed then */
    changePrice(id: string, price: string, isStrict: boolean): Subscription {
      const subscription = of(subscriptions, 'subscription', id);
      const difference = priceOf(price).amount - priceOf(subscription.price).amount;
      const left = Math.max(0, subscription.periodEnd - seconds()) / (MONTH_DAYS * DAY_S);
      if (difference > 0 && isStrict && declined.has(subscription.customer)) {
        throw new StripeRefusal(402, 'card_error', 'card_declined', 'Your card was declined.');
      }
      const before = subscription.price;
      subscription.price = price;
      if (difference > 0) {
        const period = { start: seconds(), end: subscription.periodEnd };
        const invoice = bill(subscription, 'subscription_update', [
          { amount: -Math.round(priceOf(before).amount * left), price: before, ...period },
          { amount: Math.round(priceOf(price).amount * left), price, ...period },
        ]);
        if (!collect(invoice)) subscription.status = 'past_due';
      }
      changed(subscription);
      return subscription;
    },
    endWithPeriod(id: string, ends: boolean): Subscription {
      const subscription = of(subscriptions, 'subscription', id);
      subscription.cancelAtPeriodEnd = ends;
      changed(subscription);
      return subscription;
    },
    /** @param at null: it goes on after all */
    endAt(id: string, at: number | null): void {
      const subscription = of(subscriptions, 'subscription', id);
      subscription.cancelAt = at;
      changed(subscription);
    },
    cancelNow(id: string): void {
      end(of(subscriptions, 'subscription', id));
    },
    refund(invoiceId: string, amount?: number): void {
      const { charge: id } = of(invoices, 'invoice', invoiceId);
      const charge = of(charges, 'charge', id ?? '');
      charge.refunded = Math.min(charge.amount, charge.refunded + (amount ?? charge.amount));
      emit('charge', 'charge.refunded', charge.id);
    },
    dispute(invoiceId: string): Dispute {
      const charge = of(charges, 'charge', of(invoices, 'invoice', invoiceId).charge ?? '');
      charge.disputed = true;
      const dispute: Dispute = { id: newId('dp'), charge: charge.id, status: 'needs_response' };
      disputes.set(dispute.id, dispute);
      emit('dispute', 'charge.dispute.created', dispute.id);
      return dispute;
    },
    closeDispute(id: string, status: 'won' | 'lost'): void {
      const dispute = of(disputes, 'dispute', id);
      dispute.status = status;
      emit('dispute', 'charge.dispute.closed', id);
    },
  };
}

export type Bank = ReturnType<typeof createBank>;

export const totalOf = ({ lines }: Invoice) => lines.reduce((sum, { amount }) => sum + amount, 0);
