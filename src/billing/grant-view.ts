import { z } from '@hono/zod-openapi';
import { grantSources, plans } from '../kernel/caller.ts';
import { exampleUuid } from '../kernel/demo-world.ts';
import { DAY_MS, stretchAt, type Timeline } from './entitlement.ts';
import type { GrantRow } from './read-grants.ts';

export const grantStates = ['in_force', 'covered', 'waiting', 'upcoming', 'over', 'ended'] as const;

const moment = z.iso.datetime().nullable();

export const grantSchema = z
  .object({
    id: z.uuid(),
    plan: z.enum(plans),
    source: z.enum(grantSources),
    state: z.enum(grantStates).openapi({
      description:
        'in_force: decides now; covered: its period runs, but something as good decides; waiting: days kept until ' +
        'nothing as good is in force; upcoming, over; ended: taken back',
    }),
    from: z.iso.datetime(),
    until: moment.openapi({ description: 'Exclusive; null: no end, or `days`' }),
    days: z.number().int().nullable().openapi({ description: 'Of use instead of a period' }),
    days_left: z.number().nullable().openapi({ description: 'Of `days`, as of now' }),
    decides_from: moment.openapi({
      description: 'First moment at which this grant decides, as things stand',
    }),
    decides_until: moment.openapi({ description: 'Last one, exclusive; null: never, or without end' }),
    ended_at: moment,
    reason: z.string().nullable().openapi({ description: 'In the words of an administrator' }),
  })
  .openapi('Grant', {
    example: {
      id: exampleUuid,
      plan: 'premium',
      source: 'voucher',
      state: 'in_force',
      from: '2026-08-01T09:30:00.000Z',
      until: null,
      days: 30,
      days_left: 30,
      decides_from: '2026-08-01T09:30:00.000Z',
      decides_until: '2026-08-31T09:30:00.000Z',
      ended_at: null,
      reason: null,
    },
  });

type GrantView = z.infer<typeof grantSchema>;

export function toGrantView(grant: GrantRow, timeline: Timeline, nowMs: number): GrantView {
  const own = timeline.filter(({ grantId }) => grantId === grant.id);
  const usedMs = own.reduce(
    (sum, { fromMs, untilMs }) => sum + Math.max(0, Math.min(untilMs, nowMs) - fromMs),
    0,
  );
  const leftMs = grant.days === undefined ? undefined : Math.max(0, grant.days * DAY_MS - usedMs);
  return {
    ...{ id: grant.id, plan: grant.plan, source: grant.source, from: grant.from.toISOString() },
    state: stateOf(grant, timeline, nowMs, leftMs),
    until: grant.until?.toISOString() ?? null,
    days: grant.days ?? null,
    days_left: leftMs === undefined ? null : Math.round((leftMs / DAY_MS) * 100) / 100,
    decides_from: toText(own[0]?.fromMs),
    decides_until: toText(own.at(-1)?.untilMs),
    ended_at: grant.endedAt?.toISOString() ?? null,
    reason: grant.reason ?? null,
  };
}

function stateOf(
  { id, from, until, endedAt }: GrantRow,
  timeline: Timeline,
  nowMs: number,
  leftMs: number | undefined,
): GrantView['state'] {
  if (endedAt !== undefined && endedAt.getTime() <= nowMs) return 'ended';
  if (stretchAt(timeline, nowMs).grantId === id) return 'in_force';
  if (from.getTime() > nowMs) return 'upcoming';
  if (leftMs !== undefined) return leftMs > 0 ? 'waiting' : 'over';
  return (until?.getTime() ?? Number.POSITIVE_INFINITY) > nowMs ? 'covered' : 'over';
}

export const toText = (ms: number | undefined): string | null =>
  ms === undefined || !Number.isFinite(ms) ? null : new Date(ms).toISOString();
