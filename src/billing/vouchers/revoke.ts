import { and, eq, isNull } from 'drizzle-orm';
import type { Caller } from '../../kernel/caller.ts';
import type { RequestFacts } from '../../kernel/context.ts';
import { GatewayError } from '../../kernel/errors.ts';
import type { BillingDependencies } from '../dependencies.ts';
import { vouchers } from '../table.ts';
import type { Voucher } from './generate.ts';

/**
 * Nobody can redeem it any more; what was redeemed stays. Once more changes nothing.
 * @throws GatewayError voucher_not_found, database_unavailable
 */
export async function revokeVoucher(
  { database, trail, clock }: BillingDependencies,
  id: string,
  caller: Caller,
  facts: RequestFacts,
): Promise<Voucher> {
  return database.run((sql) =>
    sql.transaction(async (tx) => {
      const [revoked] = await tx
        .update(vouchers)
        .set({ revokedAt: new Date(clock.now()) })
        .where(and(eq(vouchers.id, id), isNull(vouchers.revokedAt)))
        .returning();
      if (revoked === undefined) {
        const [known] = await tx.select().from(vouchers).where(eq(vouchers.id, id));
        if (known === undefined) throw new GatewayError('voucher_not_found');
        return known;
      }
      const action = {
        ...{ action: 'voucher.revoke', method: 'DELETE', endpoint: `/api/v1/admin/vouchers/${id}` },
        ...{ resourceId: id, severity: 'warning' as const },
      };
      await trail.event(tx, action, facts, caller, { outcome: 'done', statusCode: 200 });
      return revoked;
    }),
  );
}
