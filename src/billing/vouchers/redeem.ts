import { and, eq, inArray, lt, sql as raw } from 'drizzle-orm';
import type { Sql } from '../../db/client.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { RequestFacts } from '../../kernel/context.ts';
import { type ErrorCode, GatewayError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { BILLING_PAGE, type BillingDependencies } from '../dependencies.ts';
import { type Timeline, timelineOf } from '../entitlement.ts';
import { toText } from '../grant-view.ts';
import { readGrants } from '../read-grants.ts';
import { grants, redemptions, vouchers } from '../table.ts';
import { tellPlan } from '../tell-plan.ts';
import { type Language, texts } from '../texts.ts';
import { beginAttempt, forgiveAttempt } from './attempts.ts';
import { isWellFormed, spellingsOf } from './code.ts';

type Voucher = typeof vouchers.$inferSelect;

export interface Redeemed {
  readonly id: string;
  readonly voucher: Voucher;
  readonly at: Date;
  /** The account's, with the voucher's days in it. */
  readonly timeline: Timeline;
  readonly grantId: string;
}

type Refusal = Extract<
  ErrorCode,
  | 'voucher_unknown'
  | 'voucher_used'
  | 'voucher_expired'
  | 'voucher_already_redeemed'
  | 'voucher_limit_reached'
>;

type Result =
  | { readonly kind: 'redeemed'; readonly redeemed: Redeemed }
  | { readonly kind: 'refused'; readonly code: Refusal; readonly looksMistyped?: boolean };

/**
 * Gives the account the days of a voucher, once. Code, count, grant and audit record change together or not at all.
 * @throws GatewayError voucher_unknown, voucher_used, voucher_expired, voucher_already_redeemed, voucher_limit_reached,
 * too_many_attempts, database_unavailable
 */
export async function redeem(
  deps: BillingDependencies,
  caller: Caller,
  typed: string,
  facts: RequestFacts,
  language: Language,
): Promise<Redeemed> {
  const said = texts[language];
  // What is refused is a result: an error would take back the count of the attempt.
  const result = await deps.database.run((sql) =>
    sql.transaction(async (tx): Promise<Result> => {
      const waitMs = await beginAttempt(tx, caller.accountId);
      if (waitMs !== undefined) {
        throw new GatewayError('too_many_attempts', {
          detail: said.tooManyCodes,
          retryAfterSeconds: waitMs / 1_000,
        });
      }
      const spellings = spellingsOf(typed);
      const voucher = await find(tx, spellings);
      if (voucher === undefined) {
        const [likely = ''] = spellings.slice(-1);
        return { kind: 'refused', code: 'voucher_unknown', looksMistyped: !isWellFormed(likely) };
      }
      await forgiveAttempt(tx, caller.accountId);
      return take(deps, tx, caller, voucher, facts);
    }),
  );
  if (result.kind === 'redeemed') {
    deps.plansChanged();
    return result.redeemed;
  }
  const detail = result.looksMistyped ? said.voucher_mistyped : said[result.code];
  throw new GatewayError(result.code, { detail });
}

/** As it was typed comes before what it looks like. */
async function find(tx: Sql, spellings: readonly string[]): Promise<Voucher | undefined> {
  if (spellings.length === 0) return undefined;
  const found = await tx
    .select()
    .from(vouchers)
    .where(inArray(vouchers.code, [...spellings]));
  return found.sort((a, b) => spellings.indexOf(a.code) - spellings.indexOf(b.code))[0];
}

async function take(
  deps: BillingDependencies,
  tx: Sql,
  { accountId, sessionId }: Caller,
  { id: voucherId }: Voucher,
  facts: RequestFacts,
): Promise<Result> {
  const refused = (code: Refusal): Result => ({ kind: 'refused', code });
  const now = new Date(deps.clock.now());
  const own = await tx
    .select({ voucherId: redemptions.voucherId })
    .from(redemptions)
    .where(eq(redemptions.accountId, accountId));
  if (own.some((each) => each.voucherId === voucherId)) return refused('voucher_already_redeemed');
  if (own.length >= deps.config.billing.vouchersPerAccount) return refused('voucher_limit_reached');
  // Whoever comes second waits here for the first, and then sees what is left.
  const [voucher] = await tx
    .update(vouchers)
    .set({ used: raw`${vouchers.used} + 1` })
    .where(and(eq(vouchers.id, voucherId), lt(vouchers.used, vouchers.uses)))
    .returning();
  if (voucher === undefined) return refused('voucher_used');
  const isOver = voucher.revokedAt !== null || (voucher.expiresAt !== null && voucher.expiresAt <= now);
  if (isOver) {
    await tx
      .update(vouchers)
      .set({ used: raw`${vouchers.used} - 1` })
      .where(eq(vouchers.id, voucherId));
    return refused('voucher_expired');
  }
  const id = newId(now.getTime());
  const grantId = newId(now.getTime());
  const { plan, days } = voucher;
  await tx.insert(redemptions).values({ id, voucherId, accountId, at: now });
  await tx
    .insert(grants)
    .values({ id: grantId, accountId, plan, days, source: 'voucher', from: now, reference: id });
  await deps.trail.event(
    tx,
    {
      action: 'voucher.redeem',
      method: 'POST',
      endpoint: '/api/v1/billing/redeem',
      resourceId: voucherId,
      payload: { plan, days, batch: voucher.batch },
    },
    facts,
    { accountId, sessionId },
    { outcome: 'done', statusCode: 200 },
  );
  const timeline = timelineOf(await readGrants(tx, accountId), deps.config.plans.defaultPlan);
  const endsAtMs = timeline.findLast((stretch) => stretch.grantId === grantId)?.untilMs;
  const until = toText(endsAtMs);
  await deps.notify(tx, accountId, 'voucher', 'redeemed', { plan, days, until }, BILLING_PAGE);
  await tellPlan(deps, tx, accountId, { isSaid: true });
  return { kind: 'redeemed', redeemed: { id, voucher, at: now, timeline, grantId } };
}
