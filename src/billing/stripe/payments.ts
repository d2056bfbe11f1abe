/** What is asked of Stripe; the adapter is payments.stripe.ts. Objects come as they are, in whatever version. */
export interface Payments {
  /** The same key makes the same customer. */
  createCustomer(customer: { accountId: string; email: string; key: string }): Promise<string>;
  /** A page where a subscription is paid for. */
  startCheckout(checkout: Checkout): Promise<{ readonly id: string; readonly url: string }>;
  /** Closes the customer's pages that were opened before this one, as far as nobody has paid there. */
  closeEarlierCheckouts(customer: string, id: string): Promise<void>;
  /** Address of a page where a customer manages cards, invoices and subscriptions. undefined: no such customer any more. */
  openPortal(customer: string, returnUrl: string, language: string): Promise<string | undefined>;
  /** @throws GatewayError payment_failed: nothing was changed then */
  changePrice(change: PriceChange): Promise<void>;
  setEndsWithPeriod(subscription: string, endsWithPeriod: boolean): Promise<void>;
  customer(id: string): Promise<unknown>;
  /** Also those that have ended, newest first. undefined: there is no such customer any more. */
  subscriptionsOf(customer: string): Promise<readonly unknown[] | undefined>;
  /** undefined: there is no such subscription. */
  subscription(id: string): Promise<unknown>;
  /** Newest first, with their payments; undefined as above. */
  invoicesOf(customer: string): Promise<readonly unknown[] | undefined>;
  /** Newest first; undefined as above. */
  chargesOf(customer: string): Promise<readonly unknown[] | undefined>;
  charge(id: string): Promise<unknown>;
  disputesOf(charge: string): Promise<readonly unknown[]>;
  /** undefined: there is no such price. */
  price(id: string): Promise<unknown>;
  /** The same, given up when the signal says so: then it throws `payments_unavailable`. */
  within(signal: AbortSignal): Payments;
  /** @throws GatewayError webhook_signature_invalid */
  verifyEvent(payload: string, signature: string): Promise<unknown>;
}

export interface Checkout {
  readonly customer: string;
  readonly accountId: string;
  readonly plan: string;
  readonly price: string;
  readonly successUrl: string;
  readonly cancelUrl: string;
  readonly language: string;
}

export interface PriceChange {
  readonly subscription: string;
  /** Item of the subscription whose price is changed. */
  readonly item: string;
  readonly price: string;
  /** Paid at once; otherwise what is too much is credited on the next invoice. */
  readonly isUpgrade: boolean;
}
