import { inArray } from 'drizzle-orm';
import type { Sql } from '../../db/client.ts';
import type { Plan } from '../../kernel/caller.ts';
import { BILLING_PAGE } from '../dependencies.ts';
import { stripeInvoices } from '../table.ts';
import type { Owner, StripeDependencies } from './dependencies.ts';
import type { StripeInvoice, StripeSubscription } from './objects.ts';
import { planOfPrice } from './plan-of-price.ts';
import type { CustomerAtStripe } from './read-customer.ts';

/** For the history, which needs no Stripe then. */
export async function writeInvoices(
  deps: StripeDependencies,
  tx: Sql,
  { accountId }: Owner,
  { invoices, reversed, subscriptions }: CustomerAtStripe,
  present: Plan,
): Promise<void> {
  const known = await statusesOf(tx, invoices);
  for (const invoice of [...invoices].reverse()) {
    const { id, number, total, created, url } = invoice;
    const status = reversed.get(id) ?? invoice.status;
    const before = known.get(id);
    if (before === status) continue;
    const plan = planOf(deps, invoice, subscriptions);
    const sum = { amount: total, currency: invoice.currency.toUpperCase() };
    const row = {
      ...{ accountId, number: number ?? null, status, total, currency: sum.currency },
      ...{ plan: plan ?? null, url: url ?? null, createdAt: new Date(created * 1_000) },
    };
    await tx
      .insert(stripeInvoices)
      .values({ id, ...row })
      .onConflictDoUpdate({ target: stripeInvoices.id, set: row });
    const wasPaid = before !== undefined && ['refunded', 'disputed'].includes(before);
    if (status === 'paid' && !wasPaid && total > 0) {
      const told = { ...sum, plan: plan ?? present };
      await deps.notify(tx, accountId, 'payment', 'received', told, BILLING_PAGE);
    } else if (status === 'refunded') {
      await deps.notify(tx, accountId, 'payment', 'refunded', sum, BILLING_PAGE);
    }
  }
}

async function statusesOf(tx: Sql, invoices: readonly StripeInvoice[]): Promise<ReadonlyMap<string, string>> {
  if (invoices.length === 0) return new Map();
  const rows = await tx
    .select({ id: stripeInvoices.id, status: stripeInvoices.status })
    .from(stripeInvoices)
    .where(
      inArray(
        stripeInvoices.id,
        invoices.map(({ id }) => id),
      ),
    );
  return new Map(rows.map(({ id, status }) => [id, status]));
}

/** What an invoice is for: by its own prices, else by those of its subscription. */
function planOf(
  { stripe }: StripeDependencies,
  { lines, subscription }: StripeInvoice,
  subscriptions: readonly StripeSubscription[],
): Plan | undefined {
  const own = lines.filter(({ amount }) => amount >= 0);
  const items = subscriptions.find(({ id }) => id === subscription)?.items ?? [];
  const prices = [...own, ...items].map(({ price }) => price).filter((price) => price !== undefined);
  return prices.map((price) => planOfPrice(stripe, price)).find((plan) => plan !== undefined);
}
