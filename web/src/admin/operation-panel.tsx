import { For, type JSX, Match, Show, Switch } from 'solid-js';
import type { CoordinatorStatus } from '../api/types.ts';
import { Trouble } from '../design/notice.tsx';
import { writeMoment } from '../design/time.ts';
import { createLive } from '../live/create-live.ts';
import { writeCount } from '../plan/quota-words.ts';
import { useSession } from '../session/session-context.ts';
import { AlertsPanel } from './alerts-panel.tsx';
import { KeysPanel } from './keys-panel.tsx';
import { UpstreamSwitch } from './upstream-switch.tsx';

const STATUS_INTERVAL_MS = 5000;

/** The switch that stops everything, how the coordinator does, and what operators were told. */
export function OperationPanel(): JSX.Element {
  const { admin } = useSession().gateway;
  const status = createLive((options) => admin.coordinator(options), { intervalMs: STATUS_INTERVAL_MS });

  return (
    <>
      <Switch fallback={<div class="skeleton skeleton--block panel" />}>
        <Match when={status.data()}>
          {(data) => (
            <>
              <UpstreamSwitch state={data().upstream.stopped} onChange={status.refresh} />
              <StatusFigures status={data()} />
              <Show when={isWorthTelling(data().keys)}>
                <KeysPanel keys={data().keys} />
              </Show>
            </>
          )}
        </Match>
        <Match when={status.error()}>
          <Trouble
            title="The coordinator could not be asked"
            error={status.error()}
            onRetry={status.refresh}
          />
        </Match>
      </Switch>
      <AlertsPanel />
    </>
  );
}

/** One key that works is the budget above. */
const isWorthTelling = (keys: CoordinatorStatus['keys']): boolean =>
  keys.length > 1 || keys.some(({ state }) => state === 'failing');

const breakerWords: Readonly<Record<CoordinatorStatus['upstream']['breaker'], string>> = {
  closed: 'Reachable',
  open: 'Away: nothing is sent',
  half_open: 'Being tried',
};

const sum = (byLane: Readonly<Record<string, number>>): number =>
  Object.values(byLane).reduce((total, count) => total + count, 0);

function StatusFigures(props: { readonly status: CoordinatorStatus }): JSX.Element {
  const facts = (): readonly (readonly [string, string])[] => {
    const { budget, queue, upstream, cache, sessions, storage, started_at } = props.status;
    return [
      ['Budget', `${budget.used} of ${budget.limit} in ${budget.window_ms / 1000} s`],
      ['Closed by Ajax', budget.closed_until ? `until ${writeMoment(budget.closed_until)}` : 'No'],
      ['Ajax', breakerWords[upstream.breaker]],
      ['Storage', storage === 'ok' ? 'Works' : 'Not reachable'],
      ['Waiting', writeCount(sum(queue.waiting))],
      ['Sessions at Ajax', writeCount(sessions)],
      ['Sent, failed', `${writeCount(upstream.sent)}, ${writeCount(upstream.failed)}`],
      ['Throttled', writeCount(upstream.throttled)],
      ['Answered by the cache', writeCount(cache.hits)],
      ['Running since', writeMoment(started_at)],
    ];
  };
  return (
    <section class="panel" aria-labelledby="status-title">
      <div class="panel__head">
        <h2 id="status-title" class="panel__title">
          Coordinator
        </h2>
        <p class="panel__note" data-status={props.status.status}>
          {props.status.status === 'ok' ? 'All is well' : 'Not all is well'}
        </p>
      </div>
      <dl class="status-facts">
        <For each={facts()}>
          {([name, value]) => (
            <div class="status-facts__one">
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          )}
        </For>
      </dl>
      <Show when={props.status.lease.url}>
        {(url) => <p class="panel__text">The active one is at {url()}.</p>}
      </Show>
    </section>
  );
}
