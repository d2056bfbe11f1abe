/** The tables of docs/benchmarks.md about the queue. */
import { figure, markdownTable, ratio } from '../report.ts';
import { median, quantile } from '../statistics.ts';
import { all, bullmq, type Entry, ours, references } from './contenders.ts';
import type { Results } from './results.ts';

export function describeRun(results: Results): string {
  return [
    ...['### The limit', limitTable(results)],
    ...['### After SIGKILL', crashTable(results)],
    ...['### Added latency while tokens are free', latencyTable(results)],
    ...['### Durable jobs', acceptanceTable(results)],
    ...['### Aims', aimTable(results)],
  ].join('\n\n');
}

function limitTable({ limits, crashes }: Results): string {
  const rows = all.map((entry) => {
    const result = limits.get(entry);
    const afterKill = Math.max(
      ...crashes.filter((crash) => crash.entry === entry).map(({ result }) => result.most),
    );
    return [
      entry.name,
      String(result?.most),
      String(result?.edge.most),
      String(afterKill),
      figure(result?.utilisation ?? Number.NaN),
      (result?.fairnessFlooderFirst ?? Number.NaN).toFixed(2),
      (result?.edge.fairnessInterleaved ?? Number.NaN).toFixed(2),
    ];
  });
  const columns = [
    'limit 100 per 2 s',
    'most in any window: saturated',
    'burst at an edge',
    'across SIGKILL',
    'utilisation',
    "Jain's index: flooder first",
    'flooder interleaved',
  ];
  return markdownTable({ columns, rows });
}

function crashTable({ crashes, recoveries }: Results): string {
  const rows = crashes.map(({ entry, how, result }) => {
    const times = recoveries.get(entry) ?? [];
    return [
      entry.name,
      how,
      String(result.lost),
      String(result.refused),
      String(result.twice),
      figure(median(times)),
    ];
  });
  const columns = ['', 'of 500', 'lost', 'told: not executed', 'sent twice', 'back at work, ms'];
  return markdownTable({ columns, rows });
}

interface Latency {
  readonly entry: Entry;
  readonly how: string;
  readonly p50: number;
  readonly p99: number;
}

/** Median over the rounds, less what a request costs without a limiter in the same round. */
function addedLatencies({ latencies }: Results): readonly Latency[] {
  const direct = latencies.find(({ entry }) => entry === references.direct);
  const baselines = (direct?.rounds ?? []).map(median);
  const added = (rounds: Results['latencies'][number]['rounds'], share: number) =>
    median(rounds.map((times, round) => quantile(times, share) - (baselines[round] ?? Number.NaN)));
  return latencies
    .filter(({ entry }) => entry !== references.direct)
    .map(({ entry, how, rounds }) => ({ entry, how, p50: added(rounds, 0.5), p99: added(rounds, 0.99) }));
}

function latencyTable(results: Results): string {
  const added = addedLatencies(results);
  const ping = added.find(({ entry }) => entry === references.ping)?.p50 ?? Number.NaN;
  const bull = added.find(({ entry }) => entry === bullmq)?.p50 ?? Number.NaN;
  const rows = added.map(({ entry, how, p50, p99 }) => [
    entry.name,
    how,
    figure(p50),
    figure(p99),
    ratio(p50, ping),
    ratio(p50, bull),
  ]);
  const columns = ['', '', 'p50, ms', 'p99, ms', 'of a Redis round trip', 'of BullMQ'];
  return markdownTable({ columns, rows });
}

function acceptanceTable({ acceptances }: Results): string {
  const reference = acceptances.find(({ entry }) => entry === bullmq);
  const single = median(reference?.rounds ?? []);
  const rows = acceptances.map(({ entry, how, rounds }) => [
    entry.name,
    how,
    figure(median(rounds)),
    ratio(median(rounds), single),
  ]);
  return markdownTable({ columns: ['', '', 'jobs per second', "of BullMQ's add"], rows });
}

function aimTable(results: Results): string {
  const { limits, crashes, recoveries, acceptances } = results;
  const added = addedLatencies(results);
  const reads = added.find(({ entry, how }) => entry === ours[0] && how === 'reads')?.p50 ?? Number.NaN;
  const of = (entry: Entry) => added.find((latency) => latency.entry === entry)?.p50 ?? Number.NaN;
  const best = (entries: readonly (Entry | undefined)[]) =>
    Math.max(
      ...acceptances.filter(({ entry }) => entries.includes(entry)).map(({ rounds }) => median(rounds)),
    );
  const own = crashes.filter(({ entry }) => ours.includes(entry));
  const commands = own.filter(({ how }) => how.endsWith('commands'));
  const most = Math.max(
    ...ours.flatMap((entry) => [
      limits.get(entry)?.most ?? Number.NaN,
      limits.get(entry)?.edge.most ?? Number.NaN,
    ]),
    ...own.map(({ result }) => result.most),
  );
  const lost = own.reduce((sum, { result }) => sum + result.lost, 0);
  const twice = commands.reduce((sum, { result }) => sum + result.twice, 0);
  const back = ours.map((entry) => median(recoveries.get(entry) ?? []));
  const jobs = [best([ours[0]]), best([bullmq])] as const;
  const aims: readonly (readonly [string, string, boolean])[] = [
    ['Most arrivals in any window <= 100', String(most), most <= 100],
    ['Nothing lost, no command sent twice', `${lost} lost, ${twice} twice`, lost + twice === 0],
    ['Added p50 of reads <= 0.5 x BullMQ', ratio(reads, of(bullmq)), reads <= 0.5 * of(bullmq)],
    [
      '... and <= 4 x a Redis round trip',
      ratio(reads, of(references.ping)),
      reads <= 4 * of(references.ping),
    ],
    ["Durable jobs per second > BullMQ's best", ratio(...jobs), jobs[0] > jobs[1]],
    [
      'Back at work <= 0.5 s after SIGKILL',
      ours.map(({ name }, at) => `${name}: ${figure(back[at] ?? Number.NaN)} ms`).join('; '),
      back.every((ms) => ms <= 500),
    ],
  ];
  return markdownTable({
    columns: ['aim', 'measured', ''],
    rows: aims.map(([aim, measured, isMet]) => [aim, measured, isMet ? 'met' : 'behind']),
  });
}
