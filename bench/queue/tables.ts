/** The tables of docs/benchmarks.md about the queue. */
import { figure, markdownTable, ratio } from '../report.ts';
import { median, quantile } from '../statistics.ts';
import { bullmq, coordinator, type Entry, ours, references } from './contenders.ts';
import type { Results } from './results.ts';

export function describeRun(results: Results): string {
  return [
    ...['### The limit', limitTable(results)],
    ...['### After SIGKILL', crashTable(results)],
    ...['### Added latency while tokens are free', latencyTable(results)],
    ...['### Durable jobs', acceptanceTable(results)],
    ...['### Aims', aimTable(aimsOf(results))],
  ].join('\n\n');
}

function limitTable({ limits, crashes }: Results): string {
  const rows = [...limits].map(([entry, result]) => {
    const afterKill = Math.max(
      ...crashes.filter((crash) => crash.entry === entry).map(({ result }) => result.most),
    );
    return [
      entry.name,
      String(result.most),
      String(result.edge.most),
      String(afterKill),
      figure(result.utilisation),
      result.fairnessFlooderFirst.toFixed(2),
      result.edge.fairnessInterleaved.toFixed(2),
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
      String(result.told),
      String(result.twice),
      figure(median(times)),
    ];
  });
  const columns = ['', 'of 500', 'lost', 'told', 'sent twice', 'back at work, ms'];
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

/** An aim of docs/benchmarks.md: met or not, and what was measured. */
export interface Aim {
  readonly about: 'limit' | 'crash' | 'latency' | 'durable' | 'start';
  readonly text: string;
  readonly measured: string;
  readonly isMet: boolean;
}

export function aimsOf(results: Results): readonly Aim[] {
  const { limits, crashes, recoveries, acceptances } = results;
  const added = addedLatencies(results);
  const reads = added.find(({ entry, how }) => entry === coordinator && how === 'reads')?.p50 ?? Number.NaN;
  const of = (entry: Entry) => added.find((latency) => latency.entry === entry)?.p50 ?? Number.NaN;
  const best = (of: Entry) =>
    Math.max(...acceptances.filter(({ entry }) => entry === of).map(({ rounds }) => median(rounds)));
  const own = crashes.filter(({ entry }) => ours.includes(entry));
  const commands = own.filter(({ how }) => how.endsWith('commands'));
  const limit = limits.get(coordinator);
  const most = Math.max(
    limit?.most ?? Number.NaN,
    limit?.edge.most ?? Number.NaN,
    ...own.map(({ result }) => result.most),
  );
  const lost = own.reduce((sum, { result }) => sum + result.lost, 0);
  const twice = commands.reduce((sum, { result }) => sum + result.twice, 0);
  const back = ours.map(({ name }, at) => {
    const entry = ours[at];
    return { name, ms: median((entry && recoveries.get(entry)) ?? []) };
  });
  return [
    {
      about: 'limit',
      text: 'Most arrivals in any window <= 100',
      measured: String(most),
      isMet: most <= 100,
    },
    {
      about: 'crash',
      text: 'Nothing lost, no command sent twice',
      measured: `${lost} lost, ${twice} twice`,
      isMet: lost + twice === 0,
    },
    {
      about: 'latency',
      text: 'Added p50 of reads <= 0.5 x BullMQ',
      measured: ratio(reads, of(bullmq)),
      isMet: reads <= 0.5 * of(bullmq),
    },
    {
      about: 'latency',
      text: '... and <= 4 x a Redis round trip',
      measured: ratio(reads, of(references.ping)),
      isMet: reads <= 4 * of(references.ping),
    },
    {
      about: 'durable',
      text: "Durable jobs per second > BullMQ's best",
      measured: ratio(best(coordinator), best(bullmq)),
      isMet: best(coordinator) > best(bullmq),
    },
    {
      about: 'start',
      text: 'Back at work <= 0.5 s after SIGKILL',
      measured: back.map(({ name, ms }) => `${name}: ${figure(ms)} ms`).join('; '),
      isMet: back.every(({ ms }) => ms <= 500),
    },
  ];
}

function aimTable(aims: readonly Aim[]): string {
  return markdownTable({
    columns: ['aim', 'measured', ''],
    rows: aims.map(({ text, measured, isMet }) => [text, measured, isMet ? 'met' : 'behind']),
  });
}
