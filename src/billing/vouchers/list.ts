import { and, desc, eq, lt } from 'drizzle-orm';
import type { BillingDependencies } from '../dependencies.ts';
import { vouchers } from '../table.ts';
import type { Voucher } from './generate.ts';

export interface VoucherFilter {
  readonly batch?: string | undefined;
  readonly limit: number;
  /** Only those older than this one: stable paging while vouchers are made. */
  readonly beforeId?: string | undefined;
}

/** Newest first. @throws GatewayError database_unavailable */
export async function listVouchers(
  { database }: Pick<BillingDependencies, 'database'>,
  { batch, limit, beforeId }: VoucherFilter,
): Promise<readonly Voucher[]> {
  const conditions = [
    ...(batch === undefined ? [] : [eq(vouchers.batch, batch)]),
    ...(beforeId === undefined ? [] : [lt(vouchers.id, beforeId)]),
  ];
  return database.run((sql) =>
    sql
      .select()
      .from(vouchers)
      .where(and(...conditions))
      .orderBy(desc(vouchers.id))
      .limit(limit),
  );
}
