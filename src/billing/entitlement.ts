import { comparePlans } from '../access/index.ts';
import { type Entitlement, type GrantSource, grantSources, type Plan } from '../kernel/caller.ts';

/**
 * A right to a plan: either for the period [from, until), or for `days` of use from `from` on. Days run only while
 * nothing as good is in force, so a voucher is never spent on time that is paid for already (docs/adr/0025).
 */
export interface Grant {
  readonly id: string;
  readonly plan: Plan;
  readonly source: GrantSource;
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive; undefined while the end is open, and of days. */
  readonly until: Date | undefined;
  /** Of 86 400 s each. */
  readonly days?: number | undefined;
  /** Taken back at that moment, whatever its period says. */
  readonly endedAt?: Date | undefined;
}

/** A piece of time in which one grant, or the default plan, decides. Epoch milliseconds, infinite at the edges. */
export interface Stretch {
  readonly fromMs: number;
  /** Exclusive. */
  readonly untilMs: number;
  readonly plan: Plan;
  readonly source: GrantSource | 'default';
  /** undefined: the default plan. */
  readonly grantId: string | undefined;
  /** Until then there is no moment with a lower plan than this one. */
  readonly holdsUntilMs: number;
}

/** All of time, without gaps, oldest first. */
export type Timeline = readonly Stretch[];

type Piece = Omit<Stretch, 'holdsUntilMs'>;

export const DAY_MS = 86_400_000;

/**
 * What the grants of an account give it at every moment. Depends on nothing but the grants and the default plan, in
 * whatever order they come: of the grants in force the best plan counts, of equal ones the period that lasts longest.
 */
export function timelineOf(grants: readonly Grant[], defaultPlan: Plan): Timeline {
  const periods = grants.filter(({ days }) => days === undefined).map(toPeriod);
  const credits = grants.filter(({ days }) => days !== undefined).map(toCredit);
  const edges = [...periods, ...credits].flatMap(({ fromMs, untilMs }) => [fromMs, untilMs]);
  const boundaries = [...new Set(edges)].filter(Number.isFinite).sort((a, b) => a - b);

  const pieces: Piece[] = [];
  let fromMs = Number.NEGATIVE_INFINITY;
  let next = 0;
  while (fromMs < Number.POSITIVE_INFINITY) {
    while (next < boundaries.length && (boundaries[next] ?? 0) <= fromMs) next++;
    const isAt = ({ fromMs: from, untilMs: until }: Period) => from <= fromMs && until > fromMs;
    const period = best(periods.filter(isAt), longerFirst);
    const base = period && comparePlans(period.grant.plan, defaultPlan) > 0 ? period : undefined;
    const credit = best(
      credits.filter((each) => isAt(each) && each.leftMs > 0),
      earlierFirst,
    );
    const runs =
      credit !== undefined && comparePlans(credit.grant.plan, base?.grant.plan ?? defaultPlan) > 0
        ? credit
        : undefined;
    const edgeMs = boundaries[next] ?? Number.POSITIVE_INFINITY;
    const untilMs = runs === undefined ? edgeMs : Math.min(edgeMs, fromMs + runs.leftMs);
    if (runs !== undefined) runs.leftMs -= untilMs - fromMs;
    append(pieces, { fromMs, untilMs, ...heldBy((runs ?? base)?.grant, defaultPlan) });
    fromMs = untilMs;
  }
  return withHolds(pieces);
}

interface Period {
  readonly grant: Grant;
  readonly fromMs: number;
  readonly untilMs: number;
}

interface Credit extends Period {
  leftMs: number;
}

function toPeriod(grant: Grant): Period {
  const { from, until, endedAt } = grant;
  const untilMs = Math.min(
    until?.getTime() ?? Number.POSITIVE_INFINITY,
    endedAt?.getTime() ?? Number.POSITIVE_INFINITY,
  );
  return { grant, fromMs: from.getTime(), untilMs: Math.max(untilMs, from.getTime()) };
}

function toCredit(grant: Grant): Credit {
  return { ...toPeriod({ ...grant, until: undefined }), leftMs: (grant.days ?? 0) * DAY_MS };
}

function best<P extends Period>(periods: readonly P[], compare: (a: P, b: P) => number): P | undefined {
  return [...periods].sort(
    (a, b) =>
      comparePlans(b.grant.plan, a.grant.plan) ||
      compare(a, b) ||
      grantSources.indexOf(a.grant.source) - grantSources.indexOf(b.grant.source) ||
      (a.grant.id < b.grant.id ? -1 : 1),
  )[0];
}

/** Two endless ones are equal, and infinity minus itself is no number. */
const longerFirst = (a: Period, b: Period) => (a.untilMs === b.untilMs ? 0 : b.untilMs > a.untilMs ? 1 : -1);
const earlierFirst = (a: Period, b: Period) => a.fromMs - b.fromMs;

const heldBy = (grant: Grant | undefined, defaultPlan: Plan) => ({
  plan: grant?.plan ?? defaultPlan,
  source: grant?.source ?? ('default' as const),
  grantId: grant?.id,
});

function append(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1);
  if (last?.grantId === piece.grantId && last !== undefined) {
    pieces[pieces.length - 1] = { ...last, untilMs: piece.untilMs };
  } else pieces.push(piece);
}

function withHolds(pieces: readonly Piece[]): Timeline {
  return pieces.map((piece, at) => {
    const lower = pieces.slice(at + 1).find(({ plan }) => comparePlans(plan, piece.plan) < 0);
    return { ...piece, holdsUntilMs: lower?.fromMs ?? Number.POSITIVE_INFINITY };
  });
}

export function stretchAt(timeline: Timeline, nowMs: number): Stretch {
  const stretch = timeline.findLast(({ fromMs }) => fromMs <= nowMs);
  if (stretch === undefined) throw new Error('A timeline has no gaps');
  return stretch;
}

/** What an account may do at `nowMs`. Ends are exclusive, so an entitlement ends to the millisecond without any job. */
export function entitlementAt(timeline: Timeline, nowMs: number): Entitlement {
  const { plan, source, holdsUntilMs } = stretchAt(timeline, nowMs);
  return { plan, source, until: Number.isFinite(holdsUntilMs) ? new Date(holdsUntilMs) : undefined };
}
