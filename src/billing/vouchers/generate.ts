import type { Caller, Plan } from '../../kernel/caller.ts';
import type { RequestFacts } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import type { BillingDependencies } from '../dependencies.ts';
import { vouchers } from '../table.ts';
import { newCode } from './code.ts';

export interface VoucherOrder {
  readonly count: number;
  readonly plan: Plan;
  readonly days: number;
  readonly uses: number;
  readonly expiresAt: Date | undefined;
  readonly batch: string | undefined;
  readonly note: string | undefined;
}

export type Voucher = typeof vouchers.$inferSelect;

/** Makes vouchers, all or none. @throws GatewayError database_unavailable */
export async function generateVouchers(
  { database, trail, clock }: BillingDependencies,
  order: VoucherOrder,
  caller: Caller,
  facts: RequestFacts,
): Promise<readonly Voucher[]> {
  const { count, plan, days, uses, batch, note } = order;
  const createdAt = new Date(clock.now());
  const rows = Array.from({ length: count }, () => ({
    ...{ id: newId(clock.now()), code: newCode(randomBytes), plan, days, uses, createdAt },
    expiresAt: order.expiresAt ?? null,
    batch: batch ?? null,
    note: note ?? null,
  }));
  return database.run((sql) =>
    sql.transaction(async (tx) => {
      const made = await tx.insert(vouchers).values(rows).returning();
      await trail.event(
        tx,
        {
          action: 'voucher.generate',
          method: 'POST',
          endpoint: '/api/v1/billing/generate',
          // Never the codes: whoever reads the trail could redeem them.
          payload: { ...order, expiresAt: order.expiresAt?.toISOString() },
          severity: 'warning',
        },
        facts,
        caller,
        { outcome: 'done', statusCode: 201 },
      );
      return made;
    }),
  );
}

const randomBytes = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
