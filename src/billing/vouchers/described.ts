import type { z } from '@hono/zod-openapi';
import { toText } from '../grant-view.ts';
import type { redeemedSchema, voucherSchema } from '../schema.ts';
import { dateText, type Language, planName, texts } from '../texts.ts';
import type { Voucher } from './generate.ts';
import type { Redeemed } from './redeem.ts';

export function toVoucherView(voucher: Voucher): z.infer<typeof voucherSchema> {
  const { id, code, plan, days, uses, used, batch, note } = voucher;
  return {
    ...{ id, code, plan, duration_days: days, uses, used, is_redeemed: used >= uses, batch, note },
    expires_at: voucher.expiresAt?.toISOString() ?? null,
    revoked_at: voucher.revokedAt?.toISOString() ?? null,
    created_at: voucher.createdAt.toISOString(),
  };
}

/** What the account has of it, and from when: days wait for the end of what is as good. */
export function toRedeemedView(
  { id, voucher, at, timeline, grantId }: Redeemed,
  language: Language,
): z.infer<typeof redeemedSchema> {
  const own = timeline.filter((stretch) => stretch.grantId === grantId);
  const startsAtMs = own[0]?.fromMs;
  const { code, days } = voucher;
  const plan = planName(voucher.plan, language);
  const said = texts[language];
  return {
    ...{ id, code, plan: voucher.plan, duration_days: days, is_redeemed: true },
    redeemed_at: at.toISOString(),
    created_at: voucher.createdAt.toISOString(),
    starts_at: toText(startsAtMs),
    ends_at: toText(own.at(-1)?.untilMs),
    explanation:
      startsAtMs === undefined
        ? said.startsNever(plan, days)
        : startsAtMs <= at.getTime()
          ? said.startsNow(plan, days)
          : said.startsLater(plan, days, dateText(new Date(startsAtMs), language)),
  };
}
