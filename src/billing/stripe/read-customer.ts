import {
  type StripeInvoice,
  type StripeSubscription,
  stripeCharge,
  stripeCustomer,
  stripeDispute,
  stripeInvoice,
  stripeSubscription,
} from './objects.ts';
import type { Payments } from './payments.ts';

export type Reversal = 'refunded' | 'disputed';

/** All that decides what a customer has, as Stripe has it now. */
export interface CustomerAtStripe {
  readonly isDeleted: boolean;
  readonly subscriptions: readonly StripeSubscription[];
  /** Newest first. */
  readonly invoices: readonly StripeInvoice[];
  /** Invoices whose money went back: refunded in full, or disputed and not won. */
  readonly reversed: ReadonlyMap<string, Reversal>;
}

/**
 * @param known ids of subscriptions that were there before: those of a deleted customer are in no list
 * @throws GatewayError payments_unavailable
 */
export async function readCustomer(
  payments: Payments,
  id: string,
  known: readonly string[],
): Promise<CustomerAtStripe> {
  const customer = stripeCustomer.optional().parse((await payments.customer(id)) ?? undefined);
  const isDeleted = customer === undefined || customer.deleted === true;
  const listed = (await payments.subscriptionsOf(id)) ?? [];
  const subscriptions = listed.map((each) => stripeSubscription.parse(each));
  const missing = known.filter((each) => subscriptions.every((subscription) => subscription.id !== each));
  for (const each of missing) {
    const subscription = await payments.subscription(each);
    if (subscription !== undefined) subscriptions.push(stripeSubscription.parse(subscription));
  }
  const invoices = ((await payments.invoicesOf(id)) ?? []).map((each) => stripeInvoice.parse(each));
  return { isDeleted, subscriptions, invoices, reversed: await readReversed(payments, id, invoices) };
}

async function readReversed(
  payments: Payments,
  customer: string,
  invoices: readonly StripeInvoice[],
): Promise<ReadonlyMap<string, Reversal>> {
  const charges = ((await payments.chargesOf(customer)) ?? []).map((each) => stripeCharge.parse(each));
  const reversed = new Map<string, Reversal>();
  for (const charge of charges) {
    if (!charge.refunded && !(await isDisputed(payments, charge))) continue;
    for (const { id, paidBy } of invoices) {
      if (paidBy.includes(charge.id) || (charge.payment_intent && paidBy.includes(charge.payment_intent)))
        reversed.set(id, charge.refunded ? 'refunded' : 'disputed');
    }
  }
  return reversed;
}

/** `warning_*` are questions of a bank: the money is still there. */
const MONEY_IS_BACK = ['won', 'prevented'];

async function isDisputed(
  payments: Payments,
  { id, disputed }: { id: string; disputed?: boolean | null | undefined },
): Promise<boolean> {
  if (!disputed) return false;
  const disputes = (await payments.disputesOf(id)).map((each) => stripeDispute.parse(each));
  return disputes.some(({ status }) => !MONEY_IS_BACK.includes(status) && !status.startsWith('warning_'));
}
