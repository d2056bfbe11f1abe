/** The operator's figures in Prometheus' text format. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CoordinatorStatus, KeyStatus } from './contract/messages.ts';
import { urgencies } from './queue/urgency.ts';

export interface Metrics {
  /** Work of this urgency got its token after waiting so long. */
  started(urgency: string, waitedMs: number): void;
  /** A request to Ajax has ended. */
  exchanged(result: 'answered' | 'unanswered', tookMs: number): void;
  text(status: CoordinatorStatus): Promise<string>;
}

const SECONDS = [0.005, 0.02, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 30];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const name = (rest: string) => `ajaxsecurflow_${rest}`;
  const waits = new Histogram({
    name: name('queue_wait_seconds'),
    help: 'Time work waited for its token',
    labelNames: ['lane'],
    buckets: SECONDS,
    registers,
  });
  const durations = new Histogram({
    name: name('upstream_seconds'),
    help: 'Time from the writing of a request to the end of its answer',
    labelNames: ['result'],
    buckets: SECONDS,
    registers,
  });
  for (const lane of urgencies) waits.zero({ lane });

  const gauge = (rest: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: name(rest), help, labelNames, registers });
  const counter = (rest: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: name(rest), help, labelNames, registers });

  const limit = gauge('budget_limit', 'Requests to Ajax allowed in any window, on all API keys');
  const used = gauge('budget_used', 'Tokens booked now');
  const closed = gauge('budget_closed', '1 while throttling by Ajax keeps the budget of some API key closed');
  const waiting = gauge('queue_waiting', 'Work waiting for a token', ['lane']);
  const oldest = gauge('queue_oldest_seconds', 'How long the oldest waiting work has waited', ['lane']);
  const requests = counter('upstream_requests_total', 'Requests written to Ajax', ['result']);
  const stopped = gauge('upstream_stopped', '1 while the operator has stopped all requests to Ajax');
  const breaker = gauge('upstream_breaker_open', '1 while Ajax is taken for away, and nothing is sent');
  const refreshes = counter('upstream_refreshes_total', 'Upstream sessions renewed');
  const reads = counter('cache_reads_total', 'Reads by how they were answered', ['result']);
  const entries = gauge('cache_entries', 'Answers in memory');
  const open = gauge('commands_open', 'Commands without an end');
  const again = counter('commands_again_total', 'Commands answered by an earlier one', ['how']);
  const jobs = gauge('jobs', 'Asynchronous reads kept');
  const sessions = gauge('upstream_sessions', 'Accounts with an upstream session');
  const epoch = gauge('lease_epoch', 'Grows whenever a coordinator takes the lease');
  const storage = gauge('storage_up', '1 while the storage of the coordinator answers');

  /** By the place of the key in the configuration, from 1. */
  const byKey = (rest: string, help: string) => gauge(rest, help, ['key']);
  const ofKey = {
    limit: byKey('key_limit', 'Requests to Ajax allowed in any window on this API key'),
    used: byKey('key_used', 'Tokens of this API key booked now'),
    waiting: byKey('key_waiting', 'Work waiting for a token of this API key'),
    closed: byKey('key_closed', '1 while throttling by Ajax keeps this API key closed'),
    failing: byKey('key_failing', '1 while Ajax refuses this API key'),
    breaker: byKey('key_breaker_open', '1 while Ajax is taken for away on this API key'),
    sessions: byKey('key_sessions', 'Accounts that go by this API key'),
  };

  function setKey({ place, ...key }: KeyStatus): void {
    const labels = { key: String(place) };
    ofKey.limit.set(labels, key.limit);
    ofKey.used.set(labels, key.used);
    ofKey.waiting.set(labels, key.waiting);
    ofKey.closed.set(labels, key.closedUntil === null ? 0 : 1);
    ofKey.failing.set(labels, key.state === 'failing' ? 1 : 0);
    ofKey.breaker.set(labels, key.breaker === 'closed' ? 0 : 1);
    ofKey.sessions.set(labels, key.sessions);
  }

  /** Counted elsewhere since the start; a counter of Prometheus only takes increments. */
  function total(metric: Counter, labels: Record<string, string>, value: number): void {
    metric.remove(labels);
    metric.inc(labels, value);
  }

  return {
    started: (lane, waitedMs) => waits.observe({ lane }, waitedMs / 1_000),
    exchanged: (result, tookMs) => durations.observe({ result }, tookMs / 1_000),
    async text(status) {
      const { budget, queue, upstream, cache, commands } = status;
      limit.set(budget.limit);
      used.set(budget.used);
      closed.set(budget.closedUntil === null ? 0 : 1);
      for (const key of status.keys) setKey(key);
      for (const [lane, count] of Object.entries(queue.waiting)) waiting.set({ lane }, count);
      for (const [lane, ms] of Object.entries(queue.oldestMs)) oldest.set({ lane }, ms / 1_000);
      total(requests, { result: 'answered' }, upstream.answered - upstream.throttled);
      total(requests, { result: 'throttled' }, upstream.throttled);
      total(requests, { result: 'failed' }, upstream.failed);
      stopped.set(upstream.stopped === null ? 0 : 1);
      breaker.set(upstream.breaker === 'closed' ? 0 : 1);
      total(refreshes, {}, upstream.refreshes);
      total(reads, { result: 'hit' }, cache.hits);
      total(reads, { result: 'miss' }, cache.misses);
      total(reads, { result: 'coalesced' }, cache.coalesced);
      total(reads, { result: 'stale' }, cache.stale);
      entries.set(cache.entries);
      open.set(commands.open);
      total(again, { how: 'joined' }, commands.joined);
      total(again, { how: 'replayed' }, commands.replayed);
      jobs.set(status.jobs);
      sessions.set(status.sessions);
      epoch.set(status.lease.epoch);
      storage.set(status.storage === 'ok' ? 1 : 0);
      return registry.metrics();
    },
  };
}
