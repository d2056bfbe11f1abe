/**
 * What the shield refused, counted in memory: scanners send thousands of requests, and the audit trail gets one event
 * per client and minute of them.
 */
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { networkOf } from '../kernel/network.ts';
import { type ProbeRule, probeRules } from './screening.ts';

/** What a hit is counted as: the kind of probe, a hopeless body, or why a connection was closed. */
const rules = [
  ...probeRules,
  'json',
  'malformed_request',
  'uri_too_long',
  'headers_too_large',
  'request_timeout',
] as const;
export type ShieldRule = ProbeRule | (typeof rules)[number];

export interface Hit {
  readonly address: string;
  readonly rule: ShieldRule;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
}

/** All hits of one client in one interval. */
export interface ShieldEvent {
  /** An address, an IPv6 network, or `others` for whatever came beyond the number of clients that are told apart. */
  readonly client: string;
  /** Of the first hit, at most 200 printable characters. */
  readonly sample: { readonly method: string; readonly path: string };
  readonly total: number;
  readonly byRule: Readonly<Partial<Record<ShieldRule, number>>>;
  /** Epoch milliseconds. */
  readonly since: number;
}

export interface Hits {
  note(hit: Hit): void;
  /** Since the start, in Prometheus' text format. */
  metrics(): string;
  /** Writes what has been counted. Never rejects: what cannot be written is logged and gone. */
  flush(): Promise<void>;
}

export interface HitsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly write: (events: readonly ShieldEvent[]) => Promise<void>;
  /** From the first hit to the writing, in milliseconds. */
  readonly intervalMs?: number;
  readonly maxClients?: number;
}

const OTHERS = 'others';
const LONGEST_SAMPLE = 200;

interface Counted {
  readonly sample: ShieldEvent['sample'];
  readonly since: number;
  total: number;
  readonly byRule: Partial<Record<ShieldRule, number>>;
}

export function createHits({ clock, log, write, intervalMs = 60_000, maxClients = 256 }: HitsOptions): Hits {
  const totals = new Map<ShieldRule, number>(rules.map((rule) => [rule, 0]));
  let counted = new Map<string, Counted>();
  let cancel: (() => void) | undefined;

  function countedOf({ address, method, path }: Hit): Counted {
    const network = networkOf(address);
    const client = counted.has(network) || counted.size < maxClients ? network : OTHERS;
    const known = counted.get(client);
    if (known !== undefined) return known;
    const fresh: Counted = {
      sample: { method: printable(method), path: printable(path) },
      since: clock.now(),
      total: 0,
      byRule: {},
    };
    counted.set(client, fresh);
    return fresh;
  }

  async function flush(): Promise<void> {
    cancel?.();
    cancel = undefined;
    if (counted.size === 0) return;
    const events = [...counted].map(([client, hits]) => ({ client, ...hits }));
    counted = new Map();
    try {
      await write(events);
    } catch (error) {
      const hits = events.reduce((sum, { total }) => sum + total, 0);
      log.warn({ error, clients: events.length, hits }, 'refused probes not written to the audit trail');
    }
  }

  return {
    note(hit) {
      totals.set(hit.rule, (totals.get(hit.rule) ?? 0) + 1);
      const entry = countedOf(hit);
      entry.total++;
      entry.byRule[hit.rule] = (entry.byRule[hit.rule] ?? 0) + 1;
      cancel ??= clock.after(intervalMs, () => void flush());
    },
    metrics() {
      const lines = [...totals].map(([rule, total]) => `${METRIC}{rule="${rule}"} ${total}\n`);
      return `# HELP ${METRIC} Requests the shield refused\n# TYPE ${METRIC} counter\n${lines.join('')}`;
    },
    flush,
  };
}

const METRIC = 'ajaxsecurflow_shield_refused_total';

/** What a database stores and a terminal shows without harm. */
function printable(text: string): string {
  return Array.from(text.slice(0, LONGEST_SAMPLE), (character) =>
    character >= ' ' && character <= '~' ? character : '?',
  ).join('');
}
