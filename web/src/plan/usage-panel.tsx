import { For, type JSX, Match, Show, Switch } from 'solid-js';
import type { UsageDay } from '../api/types.ts';
import { Icon } from '../design/icons.tsx';
import { Trouble } from '../design/notice.tsx';
import { createLive } from '../live/create-live.ts';
import { useSession } from '../session/session-context.ts';
import { writeCount } from './quota-words.ts';
import { UsageChart } from './usage-chart.tsx';
import { writeUsageDay } from './usage-words.ts';

const USAGE_INTERVAL_MS = 60_000;
const DAYS = 30;

export function UsagePanel(): JSX.Element {
  const { gateway } = useSession();
  const usage = createLive((options) => gateway.billing.usage(DAYS, options), {
    intervalMs: USAGE_INTERVAL_MS,
  });

  return (
    <section class="panel" aria-labelledby="usage-title">
      <div class="panel__head">
        <h2 id="usage-title" class="panel__title">
          Usage
        </h2>
        <p class="panel__note">The last {DAYS} days, by days of UTC</p>
      </div>
      <Switch fallback={<div class="skeleton skeleton--block" />}>
        <Match when={usage.data()}>{(days) => <Usage days={days()} />}</Match>
        <Match when={usage.error()}>
          <Trouble title="The usage could not be read" error={usage.error()} onRetry={usage.refresh} />
        </Match>
      </Switch>
    </section>
  );
}

function Usage(props: { readonly days: readonly UsageDay[] }): JSX.Element {
  const today = () => props.days.at(-1);
  return (
    <div class="usage">
      <p class="usage__caption">Today</p>
      <dl class="figures usage__today">
        <UsageFigure label="Asked Ajax" kind="fetched" value={today()?.fetched} />
        <UsageFigure label="From the gateway" kind="cached" value={today()?.cached} />
        <UsageFigure label="Commands" kind="commands" value={today()?.commands} />
        <UsageFigure label="Refused" kind="refused" value={today()?.refused} />
      </dl>
      <Show
        when={props.days.some(({ requests, refused }) => requests + refused > 0)}
        fallback={<p class="panel__text">Nothing was asked in these days.</p>}
      >
        <UsageChart days={props.days} />
      </Show>
      <details class="disclosure">
        <summary class="disclosure__summary">
          <Icon name="forward" />
          As a table
        </summary>
        <section class="table-box" tabindex="0" aria-label="Usage by day">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Day</th>
                <th scope="col">Asked Ajax</th>
                <th scope="col">Gateway</th>
                <th scope="col">Commands</th>
                <th scope="col">Refused</th>
              </tr>
            </thead>
            <tbody>
              <For each={[...props.days].reverse()}>
                {(day) => (
                  <tr>
                    <th scope="row">{writeUsageDay(day.day)}</th>
                    <td>{writeCount(day.fetched)}</td>
                    <td>{writeCount(day.cached)}</td>
                    <td>{writeCount(day.commands)}</td>
                    <td>{writeCount(day.refused)}</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </section>
      </details>
    </div>
  );
}

function UsageFigure(props: {
  readonly label: string;
  readonly kind: string;
  readonly value: number | undefined;
}): JSX.Element {
  return (
    <div class="figure" data-kind={props.kind}>
      <dt>{props.label}</dt>
      <dd>{writeCount(props.value ?? 0)}</dd>
    </div>
  );
}
