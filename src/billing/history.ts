import type { z } from '@hono/zod-openapi';
import { desc, eq } from 'drizzle-orm';
import type { BillingDependencies } from './dependencies.ts';
import type { historySchema } from './schema.ts';
import { redemptions, stripeInvoices, vouchers } from './table.ts';
import { type Language, moneyText, planName, texts } from './texts.ts';

export type HistoryEntry = z.infer<typeof historySchema>;

/** More than anybody may redeem. */
const MOST = 200;

async function voucherEntries(
  { database }: Pick<BillingDependencies, 'database'>,
  accountId: string,
  language: Language,
): Promise<readonly HistoryEntry[]> {
  const rows = await database.run((sql) =>
    sql
      .select({ id: redemptions.id, at: redemptions.at, plan: vouchers.plan, days: vouchers.days })
      .from(redemptions)
      .innerJoin(vouchers, eq(vouchers.id, redemptions.voucherId))
      .where(eq(redemptions.accountId, accountId))
      .orderBy(desc(redemptions.at))
      .limit(MOST),
  );
  return rows.map(({ id, at, plan, days }) => ({
    id: `vouch_${id}`,
    date: at.toISOString(),
    type: 'voucher',
    description: texts[language].voucher(planName(plan, language), days),
    ...{ amount: '0.00', amount_minor: 0, currency: null },
    // The first dashboard draws this word as done, whatever the language.
    ...{ status: 'Aplicado', status_code: 'applied', download_url: null },
  }));
}

/** The first dashboard draws Pagado and Aplicado as done, everything else as open. */
const statuses: Readonly<Record<string, { word: string; code: HistoryEntry['status_code'] }>> = {
  paid: { word: 'Pagado', code: 'paid' },
  open: { word: 'Pendiente', code: 'open' },
  draft: { word: 'Pendiente', code: 'draft' },
  void: { word: 'Anulado', code: 'void' },
  uncollectible: { word: 'Impagado', code: 'uncollectible' },
  refunded: { word: 'Devuelto', code: 'refunded' },
  disputed: { word: 'Reclamado', code: 'disputed' },
};

async function paymentEntries(
  { database }: Pick<BillingDependencies, 'database'>,
  accountId: string,
  language: Language,
): Promise<readonly HistoryEntry[]> {
  const rows = await database.run((sql) =>
    sql
      .select()
      .from(stripeInvoices)
      .where(eq(stripeInvoices.accountId, accountId))
      .orderBy(desc(stripeInvoices.createdAt))
      .limit(MOST),
  );
  return rows.map((row) => {
    const { word = 'Pendiente', code = 'open' } = statuses[row.status] ?? {};
    return {
      // Stripe's own begin with `in_`, those of the first gateway with `inv_`.
      id: `inv_${row.id.replace(/^in_/, '')}`,
      date: row.createdAt.toISOString(),
      type: 'payment',
      description: texts[language].subscription(row.plan === null ? undefined : planName(row.plan, language)),
      amount: moneyText(row.total, row.currency, language),
      ...{ amount_minor: row.total, currency: row.currency },
      ...{ status: word, status_code: code, download_url: row.url },
    };
  });
}

/** Vouchers and payments of an account, newest first. @throws GatewayError database_unavailable */
export async function billingHistory(
  deps: Pick<BillingDependencies, 'database'>,
  accountId: string,
  language: Language,
): Promise<readonly HistoryEntry[]> {
  const entries = [
    ...(await voucherEntries(deps, accountId, language)),
    ...(await paymentEntries(deps, accountId, language)),
  ];
  return entries.sort((a, b) => Date.parse(b.date) - Date.parse(a.date));
}
