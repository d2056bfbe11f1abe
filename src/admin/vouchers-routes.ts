import { createRoute, z } from '@hono/zod-openapi';
import { type AdministratorPolicy, administratorsOnly } from '../access/index.ts';
import {
  type BillingDependencies,
  listVouchers,
  revokeVoucher,
  toCsv,
  toVoucherView,
  voucherSchema,
} from '../billing/index.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { ofChange, ofIds, ofSession, problems } from '../kernel/problems.ts';
import { pageQuery, voucherIdParam } from './users-schema.ts';

export interface VouchersDependencies extends BillingDependencies {
  readonly administrators: AdministratorPolicy;
}

const batch = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'Expected no control characters')
  .optional()
  .openapi({
    description: 'Only those made together',
    example: 'summer',
    pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
  });

const pageSchema = z
  .object({ vouchers: z.array(voucherSchema), next_before_id: z.uuid().nullable() })
  .openapi('Vouchers', { example: { vouchers: [], next_before_id: null } });

/** A file for a spreadsheet holds no more. */
const MOST_EXPORTED = 50_000;

/** `/api/v1/admin/vouchers`; POST /api/v1/billing/generate makes them, where clients of the first gateway expect it. */
export function vouchersRoutes(deps: VouchersDependencies) {
  const always = { tags: ['admin'], ...administratorsOnly(deps.administrators) };
  const listRoute = createRoute({
    ...always,
    method: 'get',
    path: '/vouchers',
    operationId: 'listVouchers',
    summary: 'Vouchers with their codes, newest first',
    request: { query: z.object({ ...pageQuery, batch }) },
    responses: {
      200: jsonContent(pageSchema, 'A page of vouchers'),
      ...problems(...ofSession, 'invalid_request', 'administrator_required'),
    },
  });
  const exportRoute = createRoute({
    ...always,
    method: 'get',
    path: '/vouchers/export',
    operationId: 'exportVouchers',
    summary: 'The same as a file for a spreadsheet',
    request: { query: z.object({ batch }) },
    responses: {
      200: {
        description: 'CSV (RFC 4180), newest first, 50 000 at most',
        content: { 'text/csv': { schema: z.string(), example: 'code,plan,days\r\n' } },
      },
      ...problems(...ofSession, 'invalid_request', 'administrator_required'),
    },
  });
  const revokeRoute = createRoute({
    ...always,
    ...administratorsOnly(deps.administrators, 'What was redeemed stays.'),
    method: 'delete',
    path: '/vouchers/{voucher_id}',
    operationId: 'revokeVoucher',
    summary: 'Let nobody redeem a voucher any more',
    request: { params: voucherIdParam },
    responses: {
      200: jsonContent(voucherSchema, 'As it is now'),
      ...problems(...ofSession, ...ofChange, ...ofIds, 'administrator_required', 'voucher_not_found'),
    },
  });

  return createRouter()
    .openapi(listRoute, async (c) => {
      const { limit, before_id, batch: of } = c.req.valid('query');
      const vouchers = await listVouchers(deps, { limit, beforeId: before_id, batch: of });
      const next_before_id = vouchers.length < limit ? null : (vouchers.at(-1)?.id ?? null);
      return c.json({ vouchers: vouchers.map(toVoucherView), next_before_id }, 200);
    })
    .openapi(exportRoute, async (c) => {
      const { batch: of } = c.req.valid('query');
      const vouchers = await listVouchers(deps, { limit: MOST_EXPORTED, batch: of });
      // Whoever has the file can redeem what is in it.
      const action = {
        ...{ action: 'voucher.export', method: 'GET', endpoint: '/api/v1/admin/vouchers/export' },
        ...{ payload: { batch: of, count: vouchers.length }, severity: 'warning' as const },
      };
      await deps.database.run((sql) =>
        deps.trail.event(sql, action, c.var.facts, c.var.caller, { outcome: 'done', statusCode: 200 }),
      );
      return c.text(toCsv(vouchers), 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': 'attachment; filename="vouchers.csv"',
        'Cache-Control': 'no-store',
      });
    })
    .openapi(revokeRoute, async (c) => {
      const { voucher_id: id } = c.req.valid('param');
      return c.json(toVoucherView(await revokeVoucher(deps, id, c.var.caller, c.var.facts)), 200);
    });
}
