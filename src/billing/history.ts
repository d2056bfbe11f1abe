import type { z } from '@hono/zod-openapi';
import { desc, eq } from 'drizzle-orm';
import type { BillingDependencies } from './dependencies.ts';
import type { historySchema } from './schema.ts';
import { redemptions, vouchers } from './table.ts';
import { type Language, planName, texts } from './texts.ts';

export type HistoryEntry = z.infer<typeof historySchema>;

/** More than anybody may redeem. */
const MOST = 200;

/** Vouchers an account has redeemed, newest first. @throws GatewayError database_unavailable */
export async function voucherHistory(
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
