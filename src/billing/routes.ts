import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { administratorsOnly } from '../access/index.ts';
import { acceptLanguageParameter } from '../kernel/accept-language.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import { createRouter, invalidRequest, jsonContent } from '../kernel/openapi.ts';
import { ofBody, ofChange, ofJson, ofSession, problems } from '../kernel/problems.ts';
import type { BillingDependencies } from './dependencies.ts';
import { describePlan } from './describe-plan.ts';
import { billingHistory } from './history.ts';
import { languageOf } from './language-of.ts';
import {
  historySchema,
  planSchema,
  redeemBodySchema,
  redeemedSchema,
  usageQuerySchema,
  usageSchema,
  voucherOrderSchema,
  voucherSchema,
} from './schema.ts';
import type { StripeDependencies } from './stripe/dependencies.ts';
import { paymentRoutes } from './stripe/routes.ts';
import type { Usage } from './usage.ts';
import { toRedeemedView, toVoucherView } from './vouchers/described.ts';
import { generateVouchers } from './vouchers/generate.ts';
import { redeem } from './vouchers/redeem.ts';

export interface BillingRoutesDependencies extends BillingDependencies {
  readonly usage: Usage;
  /** undefined: nothing can be bought. */
  readonly payments: StripeDependencies | undefined;
  /** Where the dashboard is. */
  readonly publicUrl: string;
}

const tags = ['billing'];
const inLanguage = { parameters: [acceptLanguageParameter] };

const planRoute = createRoute({
  method: 'get',
  path: '/plan',
  operationId: 'getPlan',
  tags,
  summary: 'The plan of the account: why, until when, what comes next',
  ...inLanguage,
  responses: { 200: jsonContent(planSchema, 'As of now'), ...problems(...ofSession) },
});

const redeemRoute = createRoute({
  method: 'post',
  path: '/redeem',
  operationId: 'redeemVoucher',
  tags,
  summary: 'Redeem a voucher',
  description:
    'Its days run while nothing as good is in force: at once for who has a lower plan, later for who has an equal or ' +
    'better one. None is lost.',
  ...inLanguage,
  request: { body: { content: { 'application/json': { schema: redeemBodySchema } }, required: true } },
  responses: {
    200: jsonContent(redeemedSchema, 'Redeemed'),
    ...problems(
      ...ofSession,
      ...ofChange,
      ...ofBody,
      'voucher_unknown',
      'voucher_used',
      'voucher_expired',
      'voucher_already_redeemed',
      'voucher_limit_reached',
      'too_many_attempts',
    ),
  },
});

const orderBody = {
  type: 'object' as const,
  properties: {
    duration_days: { type: 'integer' as const, minimum: 1, maximum: 3_650, default: 30 },
    count: { type: 'integer' as const, minimum: 1, maximum: 1_000, default: 1 },
    plan: { type: 'string' as const, enum: ['basic', 'pro', 'premium'], default: 'premium' },
    uses: { type: 'integer' as const, minimum: 1, maximum: 100_000, default: 1 },
    expires_at: { type: 'string' as const, format: 'date-time' },
    batch: { type: 'string' as const, maxLength: 64 },
    note: { type: 'string' as const, maxLength: 200 },
  },
};
const orderExample = { duration_days: 30, count: 3, plan: 'pro', batch: 'summer' };

const usageRoute = createRoute({
  method: 'get',
  path: '/usage',
  operationId: 'getUsage',
  tags,
  summary: 'Requests of the account by day',
  request: { query: usageQuerySchema },
  responses: {
    200: jsonContent(usageSchema, 'Days, oldest first'),
    ...problems(...ofSession, 'invalid_request'),
  },
});

const historyRoute = createRoute({
  method: 'get',
  path: '/history',
  operationId: 'listBillingHistory',
  tags,
  summary: 'Vouchers and payments of the account, newest first',
  ...inLanguage,
  responses: { 200: jsonContent(z.array(historySchema), 'Entries'), ...problems(...ofSession) },
});

/** `/api/v1/billing` */
export function billingRoutes(deps: BillingRoutesDependencies) {
  const generateRoute = createRoute({
    method: 'post',
    path: '/generate',
    operationId: 'generateVouchers',
    tags,
    summary: 'Make vouchers',
    ...administratorsOnly(
      deps.config.administrators,
      'The order comes in the query or in the body, which wins.',
    ),
    request: {
      body: {
        // Described, not validated here: the order may be in the query, and there is no body then.
        content: {
          'application/json': {
            schema: orderBody,
            example: orderExample,
          },
        },
        required: false,
      },
    },
    responses: {
      201: jsonContent(z.array(voucherSchema), 'The vouchers, with their codes'),
      ...problems(...ofSession, ...ofChange, ...ofJson, 'invalid_request', 'administrator_required'),
    },
  });

  return createRouter()
    .openapi(planRoute, async (c) => {
      const { accountId } = c.var.caller;
      return c.json(await describePlan(deps, accountId, languageOf(c)), 200);
    })
    .openapi(redeemRoute, async (c) => {
      const { code } = c.req.valid('json');
      const language = languageOf(c);
      const redeemed = await redeem(deps, c.var.caller, code, c.var.facts, language);
      return c.json(toRedeemedView(redeemed, language), 200);
    })
    .openapi(generateRoute, async (c) => {
      const { duration_days, expires_at, ...order } = await voucherOrder(c, deps.clock.now());
      const expiresAt = expires_at === undefined ? undefined : new Date(expires_at);
      const made = await generateVouchers(
        deps,
        { ...order, batch: order.batch, note: order.note, days: duration_days, expiresAt },
        c.var.caller,
        c.var.facts,
      );
      return c.json(made.map(toVoucherView), 201);
    })
    .openapi(usageRoute, async (c) => {
      const days = await deps.usage.read(c.var.caller.accountId, c.req.valid('query').days);
      const withSum = days.map((day) => ({ ...day, requests: day.fetched + day.cached + day.commands }));
      return c.json({ days: withSum }, 200);
    })
    .openapi(historyRoute, async (c) => {
      const entries = await billingHistory(deps, c.var.caller.accountId, languageOf(c));
      return c.json([...entries], 200);
    })
    .route('/', paymentRoutes(deps));
}

type VoucherOrder = z.infer<ReturnType<typeof voucherOrderSchema>>;

/** @throws GatewayError malformed_json, invalid_request */
async function voucherOrder(c: Context<GatewayEnv>, nowMs: number): Promise<VoucherOrder> {
  const text = await c.req.text();
  let body: unknown = {};
  try {
    if (text.trim() !== '') body = JSON.parse(text);
  } catch (error) {
    throw new GatewayError('malformed_json', { cause: error });
  }
  const fields = z.record(z.string(), z.unknown()).safeParse(body);
  if (!fields.success) throw invalidRequest(fields.error, 'json');
  // What is there twice stays a list, and is refused.
  const query = Object.entries(c.req.queries()).map(([name, values]) => [
    name,
    values.length === 1 ? values[0] : values,
  ]);
  const parsed = voucherOrderSchema(nowMs).safeParse({ ...Object.fromEntries(query), ...fields.data });
  if (!parsed.success) throw invalidRequest(parsed.error, 'json');
  return parsed.data;
}
