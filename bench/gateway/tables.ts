/** The tables of docs/benchmarks.md about the gateway. */
import { describeProfile, type FunctionTime } from '../profile.ts';
import { figure, markdownTable, ratio } from '../report.ts';
import { median, quantile } from '../statistics.ts';
import type { Cost, Target } from './load.ts';

export interface Measured {
  readonly targets: ReadonlyMap<string, Target>;
  /** By round. The first target is the gateway. */
  readonly costs: ReadonlyMap<string, readonly Cost[]>;
}

export interface GatewayResults {
  readonly cached: Measured;
  readonly forwarded: Measured;
  readonly guards: {
    readonly lastServedAfterMs: readonly number[];
    readonly servedBeforeExpiry: number;
    readonly mutations: number;
  };
  readonly profiles: {
    readonly cached: readonly FunctionTime[] | undefined;
    readonly forwarded: readonly FunctionTime[] | undefined;
  };
}

/** Who costs the least of those that check who is asking. */
const CACHED_REFERENCE = 'Hono, jose, constant';
const FORWARDED_REFERENCE = 'jose, PostgreSQL, Redis, undici';

const referenceOf = ({ targets }: Measured) =>
  targets.has(CACHED_REFERENCE) ? CACHED_REFERENCE : FORWARDED_REFERENCE;

/** CPU of one relative to the other, round by round: what disturbs a round disturbs both. */
function cpuRatio({ costs }: Measured, one: string, other: string): number {
  const others = costs.get(other) ?? [];
  return median(
    (costs.get(one) ?? []).map(
      ({ cpuMicros }, round) => cpuMicros / (others[round]?.cpuMicros ?? Number.NaN),
    ),
  );
}

const gatewayOf = ({ targets }: Measured) => [...targets.keys()][0] ?? '';

/** Whether the gateway costs more than what it is compared with. */
export const isBehind = (run: Measured) => cpuRatio(run, gatewayOf(run), referenceOf(run)) > 1;

export function describeRun({ cached, forwarded, guards, profiles }: GatewayResults): string {
  return [
    ...['### A cached, authenticated read', costTable(cached)],
    ...['### A forwarded read', costTable(forwarded)],
    ...['### Aims and guards', aimTable({ cached, guards })],
    ...profileOf('a cached read', profiles.cached),
    ...profileOf('a forwarded read', profiles.forwarded),
  ].join('\n\n');
}

function costTable(run: Measured): string {
  const reference = referenceOf(run);
  const rows = [...run.costs].map(([name, costs]) => {
    const latency = (share: number) => median(costs.map(({ latenciesMs }) => quantile(latenciesMs, share)));
    return [
      name,
      figure(median(costs.map(({ cpuMicros }) => cpuMicros))),
      `${cpuRatio(run, name, reference).toFixed(2)} x`,
      figure(latency(0.5)),
      figure(latency(0.99)),
    ];
  });
  const columns = ['', 'CPU per request, us', `of ${reference}`, 'p50, ms', 'p99, ms'];
  return markdownTable({ columns, rows });
}

function aimTable({ cached, guards }: Pick<GatewayResults, 'cached' | 'guards'>): string {
  const { lastServedAfterMs, servedBeforeExpiry, mutations } = guards;
  const measured = cpuRatio(cached, gatewayOf(cached), CACHED_REFERENCE);
  const rows = [
    [
      'A cached read costs no more CPU than Hono, jose, constant',
      ratio(measured, 1),
      measured <= 1 ? 'met' : 'behind',
    ],
    [
      'A session revoked in the database is refused within 1 s',
      `last served after ${lastServedAfterMs.map((ms) => ms.toFixed(0)).join(', ')} ms`,
      'met',
    ],
    ['No token outlives its time', `${servedBeforeExpiry} answers before it, none after`, 'met'],
    ['Audit records equal mutations', `${mutations} of ${mutations}`, 'met'],
  ];
  return markdownTable({ columns: ['aim', 'measured', ''], rows });
}

function profileOf(what: string, times: readonly FunctionTime[] | undefined): string[] {
  return times === undefined ? [] : [describeProfile(what, times)];
}
